// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bornier::reading {

/// Well-formed throughout.
[[nodiscard]] auto is_utf8(std::string_view text) noexcept -> bool;

/// The text with every byte that is not part of a well-formed UTF-8 sequence (Unicode 15, table
/// 3-7) replaced by U+FFFD: a meter's serial number in Latin-1 must not make a batch unreadable.
[[nodiscard]] auto to_utf8(std::string_view text) -> std::string;

}  // namespace bornier::reading
