// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reading/time.hpp"

namespace bornier::reading {

/// "2026-11-23T03:00:00.123Z": UTC, the spelling of the platform's views.
[[nodiscard]] auto to_text(Stamp stamp) -> std::string;

/// The inverse, for years of four digits; nothing for any other text.
[[nodiscard]] auto parse_stamp(std::string_view text) noexcept -> std::optional<Stamp>;

}  // namespace bornier::reading
