// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "model/message.hpp"

namespace bornier::intake {

/// The bytes that a text stands for: hexadecimal digits (blanks between bytes do not matter), or
/// base64 (RFC 4648, sections 4 and 5: either alphabet, padded or not). Nothing for any other text.
[[nodiscard]] auto bytes_of(std::string_view text, model::Coding coding)
    -> std::optional<std::vector<std::byte>>;

}  // namespace bornier::intake
