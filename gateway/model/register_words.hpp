// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

/// Register words ↔ what they say, in either word and byte order, without weight or unit.
namespace bornier::model {

/// Bits of a number of at most four registers.
[[nodiscard]] auto raw_bits(std::span<const std::uint16_t> words, const Encoding& encoding) noexcept
    -> std::uint64_t;
[[nodiscard]] auto words_of(std::uint64_t bits, const Encoding& encoding)
    -> std::vector<std::uint16_t>;

[[nodiscard]] constexpr auto is_signed(RegisterType type) noexcept -> bool {
  return type == RegisterType::int16 || type == RegisterType::int32 || type == RegisterType::int64;
}
[[nodiscard]] constexpr auto is_float(RegisterType type) noexcept -> bool {
  return type == RegisterType::float32 || type == RegisterType::float64;
}

/// The whole number that the bits of an integer register stand for.
[[nodiscard]] auto integer_of(std::uint64_t bits, const Encoding& encoding) noexcept
    -> reading::Integer;
/// Nothing if the register is too narrow.
[[nodiscard]] auto bits_of(reading::Integer value, const Encoding& encoding) noexcept
    -> std::optional<std::uint64_t>;

/// Ends at the first NUL, without trailing blanks; what is not printable ASCII becomes '?', since
/// the encoding is nowhere stated and the platform takes UTF-8 only.
[[nodiscard]] auto text_of(std::span<const std::uint16_t> words, const Encoding& encoding)
    -> std::string;
/// Padded with NUL; nothing if the text is too long.
[[nodiscard]] auto words_of(std::string_view text, const Encoding& encoding)
    -> std::optional<std::vector<std::uint16_t>>;

/// "2026-11-22T10:35", in the meter's own time, whose zone the register does not say. Nothing if
/// the meter marks it invalid or it is no date. M-Bus type F (CP32): EN 13757-3, annex A.
[[nodiscard]] auto date_of_mbus_f(std::uint64_t bits) -> std::optional<std::string>;
[[nodiscard]] auto mbus_f_of_date(std::string_view text) noexcept -> std::optional<std::uint64_t>;

}  // namespace bornier::model
