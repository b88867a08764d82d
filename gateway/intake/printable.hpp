// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bornier::intake {

/// One line for a terminal of what a stranger sent: no more than `longest` bytes and an ellipsis,
/// and nothing that moves a cursor or turns the direction of writing. What is no UTF-8 text is
/// shown as hexadecimal digits.
[[nodiscard]] auto printable(std::string_view text, std::size_t longest) -> std::string;

/// The same characters in a string of TOML, quotes included; `text` is UTF-8.
[[nodiscard]] auto toml_string(std::string_view text) -> std::string;

}  // namespace bornier::intake
