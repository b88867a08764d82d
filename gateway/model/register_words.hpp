// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/model.hpp"

/// Register words ↔ the number that they hold, in either word and byte order, without weight or
/// unit.
namespace bornier::model {

/// A register's bytes, the high one first.
[[nodiscard]] constexpr auto in_byte_order(std::uint16_t word, const Encoding& encoding) noexcept
    -> std::uint16_t {
  return encoding.low_byte_first ? static_cast<std::uint16_t>((word << 8U) | (word >> 8U)) : word;
}

/// Bits of a number of at most four registers.
[[nodiscard]] auto raw_bits(std::span<const std::uint16_t> words, const Encoding& encoding) noexcept
    -> std::uint64_t;
[[nodiscard]] auto words_of(std::uint64_t bits, const Encoding& encoding)
    -> std::vector<std::uint16_t>;

[[nodiscard]] constexpr auto is_float(RegisterType type) noexcept -> bool {
  return type == RegisterType::float32 || type == RegisterType::float64;
}

/// Carries its own power of ten.
[[nodiscard]] constexpr auto is_decimal_float(RegisterType type) noexcept -> bool {
  return type == RegisterType::mant24exp8_u || type == RegisterType::mant24exp8_s ||
         type == RegisterType::written;
}
/// Holds a text rather than a number.
[[nodiscard]] constexpr auto is_text(RegisterType type) noexcept -> bool {
  return type == RegisterType::text || type == RegisterType::text1 || type == RegisterType::hex ||
         type == RegisterType::mbus_f || type == RegisterType::bcd48_smhdmy ||
         type == RegisterType::unix32 || type == RegisterType::unix64;
}
/// A text that is one number in the registers, so that their order may vary.
[[nodiscard]] constexpr auto is_packed_date(RegisterType type) noexcept -> bool {
  return type == RegisterType::mbus_f || type == RegisterType::unix32 ||
         type == RegisterType::unix64;
}
/// Neither a text nor IEEE 754.
[[nodiscard]] constexpr auto is_whole(RegisterType type) noexcept -> bool {
  return !is_float(type) && !is_text(type);
}
/// Any pattern of bits means a number, and none is negative: its bits can be taken apart.
[[nodiscard]] auto is_bit_field(RegisterType type) noexcept -> bool;

/// whole × 10^exponent. Only decimal floats have an exponent.
struct RegisterNumber {
  reading::Integer whole;
  std::int8_t exponent{};
  friend constexpr auto operator==(const RegisterNumber&, const RegisterNumber&) noexcept
      -> bool = default;
};

/// What the bits of a register that is no float and no text stand for. Nothing if they stand for
/// nothing: a decimal digit above 9, a flag that is neither set nor clear.
[[nodiscard]] auto number_of(std::uint64_t bits, const Encoding& encoding) noexcept
    -> std::optional<RegisterNumber>;
/// Nothing if the register cannot hold it.
[[nodiscard]] auto bits_of(RegisterNumber number, const Encoding& encoding) noexcept
    -> std::optional<std::uint64_t>;

}  // namespace bornier::model
