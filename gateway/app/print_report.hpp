// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "app/output.hpp"
#include "wire/result.hpp"

namespace bornier::app {

/// A report of status_report() for people (table), its points as rows (csv), or as it is (json).
/// The error is one sentence: what the daemon says is wrong, or that its answer is not understood.
[[nodiscard]] auto print_report(std::string_view report, Format format)
    -> wire::Result<std::string, std::string>;

}  // namespace bornier::app
