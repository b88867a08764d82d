// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reading/time.hpp"

namespace bornier::reading {

/// "2026-11-23T03:00:00.123Z": UTC, the spelling of the platform's views.
[[nodiscard]] auto to_text(Stamp stamp) -> std::string;

}  // namespace bornier::reading
