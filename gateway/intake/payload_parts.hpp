// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/message.hpp"
#include "model/model.hpp"

namespace bornier::intake {

using Bytes = std::span<const std::byte>;

/// All four look into what they are given.
[[nodiscard]] auto as_text(Bytes bytes) -> std::string_view;
/// Without the blanks around it.
[[nodiscard]] auto trimmed(std::string_view text) -> std::string_view;
/// The field of separated text: by its place, or by a name before "=" or ":".
[[nodiscard]] auto field_in(std::string_view text, const model::Place& place, char separator)
    -> std::optional<std::string_view>;
/// The bytes of a place; nothing if they are not all there.
[[nodiscard]] auto bytes_in(Bytes payload, const model::Place& place) -> std::optional<Bytes>;

/// An unsigned number of at most eight bytes.
[[nodiscard]] auto number_in(Bytes bytes, bool low_first) -> std::uint64_t;
/// As registers would hold it, high word and byte first.
[[nodiscard]] auto words_in(Bytes bytes, const model::Place& place, const model::Encoding& encoding)
    -> std::vector<std::uint16_t>;

}  // namespace bornier::intake
