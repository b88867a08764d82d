// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

/// Register words ↔ the text that they hold.
namespace bornier::model {

/// Text and date types; nothing where the meter says that it has none: an empty text, a date that
/// is marked invalid or is none.
[[nodiscard]] auto text_of(std::span<const std::uint16_t> words, const Encoding& encoding)
    -> std::optional<std::string>;
/// The words from which `text_of` gives this text; nothing if there are none.
[[nodiscard]] auto words_of(std::string_view text, const Encoding& encoding)
    -> std::optional<std::vector<std::uint16_t>>;

}  // namespace bornier::model
