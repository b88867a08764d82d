// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/output.hpp"

namespace bornier::app {

/// Reads the configured meters, or only those named, and prints what is the matter with them:
/// results to stdout, progress to stderr. Where the configuration's daemon runs, it is asked
/// instead of the meters that it reads. The exit code: 1 if anything is wrong. `file` is named in
/// messages.
[[nodiscard]] auto check_live(const Configuration& configuration, const std::string& file,
                              const std::vector<std::string>& meters, Format format) -> int;

}  // namespace bornier::app
