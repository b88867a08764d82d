// SPDX-License-Identifier: Apache-2.0
#include "model/register_words.hpp"

#include <cstddef>

namespace bornier::model {
namespace {

constexpr auto low_bits(unsigned count) noexcept -> std::uint64_t {
  return ~std::uint64_t{0} >> (64U - count);
}

/// Groups of `width` bits, each a digit of a number to `base`; nothing if one is none.
auto of_digits(std::uint64_t bits, unsigned width, std::uint64_t base, unsigned groups) noexcept
    -> std::optional<RegisterNumber> {
  std::uint64_t value = 0;
  for (unsigned group = groups; group-- > 0;) {
    const std::uint64_t digit = (bits >> (group * width)) & low_bits(width);
    if (digit >= base) {
      return std::nullopt;
    }
    value = value * base + digit;
  }
  return RegisterNumber{{value, false}};
}
auto to_digits(std::uint64_t value, unsigned width, std::uint64_t base, unsigned groups) noexcept
    -> std::optional<std::uint64_t> {
  std::uint64_t bits = 0;
  for (unsigned group = 0; group < groups; ++group) {
    bits |= (value % base) << (group * width);
    value /= base;
  }
  return value == 0 ? std::optional{bits} : std::nullopt;
}

auto of_twos_complement(std::uint64_t bits, unsigned width) noexcept -> reading::Integer {
  if (((bits >> (width - 1U)) & 1U) == 0) {
    return {bits, false};
  }
  return {(~bits + 1U) & low_bits(width), true};
}
auto to_twos_complement(reading::Integer value, unsigned width) noexcept
    -> std::optional<std::uint64_t> {
  const std::uint64_t largest = low_bits(width - 1U);
  if (value.magnitude > (value.negative ? largest + 1U : largest)) {
    return std::nullopt;
  }
  return (value.negative ? ~value.magnitude + 1U : value.magnitude) & low_bits(width);
}

constexpr unsigned mantissa_width = 24;
constexpr std::uint64_t set_flag = 0xFF;

/// The exponent is chosen as small as the mantissa allows, as a meter would that shows all digits.
auto to_decimal_float(RegisterNumber number, bool is_signed) noexcept
    -> std::optional<std::uint64_t> {
  while (number.whole.magnitude % 10 == 0 &&
         number.whole.magnitude > low_bits(mantissa_width - 1) && number.exponent < 127) {
    number.whole.magnitude /= 10;
    ++number.exponent;
  }
  std::optional<std::uint64_t> mantissa;
  if (is_signed) {
    mantissa = to_twos_complement(number.whole, mantissa_width);
  } else if (!number.whole.negative && number.whole.magnitude <= low_bits(mantissa_width)) {
    mantissa = number.whole.magnitude;
  }
  if (!mantissa) {
    return std::nullopt;
  }
  return (std::uint64_t{static_cast<std::uint8_t>(number.exponent)} << mantissa_width) | *mantissa;
}

/// Flags in the two highest bytes, the first of them is the sign.
auto of_flagged(std::uint64_t bits) noexcept -> std::optional<RegisterNumber> {
  const std::uint64_t sent = bits >> 24U;
  const std::uint64_t capacitive = (bits >> 16U) & 0xFFU;
  if ((sent != 0 && sent != set_flag) || (capacitive != 0 && capacitive != set_flag)) {
    return std::nullopt;
  }
  const std::uint64_t magnitude = bits & 0xFFFFU;
  return RegisterNumber{{magnitude, sent != 0 && magnitude != 0}};
}

}  // namespace

auto raw_bits(std::span<const std::uint16_t> words, const Encoding& encoding) noexcept
    -> std::uint64_t {
  std::uint64_t bits = 0;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::uint16_t word =
        encoding.low_word_first ? words[words.size() - 1 - index] : words[index];
    bits = (bits << 16U) | (in_byte_order(word, encoding));
  }
  return bits;
}

auto words_of(std::uint64_t bits, const Encoding& encoding) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> words(encoding.registers);
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto word = static_cast<std::uint16_t>(bits & 0xFFFFU);
    words[encoding.low_word_first ? index : words.size() - 1 - index] =
        in_byte_order(word, encoding);
    bits >>= 16U;
  }
  return words;
}

auto is_bit_field(RegisterType type) noexcept -> bool {
  switch (type) {
    case RegisterType::uint16:
    case RegisterType::uint32:
    case RegisterType::uint48:
    case RegisterType::uint64:
    case RegisterType::enum16:
    case RegisterType::bits16:
    case RegisterType::bits32: return true;
    default: return false;
  }
}

auto number_of(std::uint64_t bits, const Encoding& encoding) noexcept
    -> std::optional<RegisterNumber> {
  const unsigned width = encoding.registers * 16U;
  switch (encoding.type) {
    case RegisterType::int16:
    case RegisterType::int32:
    case RegisterType::int64: return RegisterNumber{of_twos_complement(bits, width)};
    case RegisterType::int16_sm:
    case RegisterType::int32_sm:
    case RegisterType::int48_sm: {
      const std::uint64_t magnitude = bits & low_bits(width - 1U);
      return RegisterNumber{{magnitude, magnitude != 0 && bits != magnitude}};
    }
    case RegisterType::bcd16:
    case RegisterType::bcd32: return of_digits(bits, 4, 10, encoding.registers * 4U);
    case RegisterType::base10000: return of_digits(bits, 16, 10'000, encoding.registers);
    case RegisterType::mant24exp8_u:
    case RegisterType::mant24exp8_s: {
      const std::uint64_t mantissa = bits & low_bits(mantissa_width);
      const auto exponent = static_cast<std::int8_t>(bits >> mantissa_width);
      return RegisterNumber{encoding.type == RegisterType::mant24exp8_s
                                ? of_twos_complement(mantissa, mantissa_width)
                                : reading::Integer{mantissa, false},
                            exponent};
    }
    case RegisterType::pf_flags32: return of_flagged(bits);
    case RegisterType::boolean: return RegisterNumber{{bits & 1U, false}};
    default: return RegisterNumber{{bits, false}};
  }
}

auto bits_of(RegisterNumber number, const Encoding& encoding) noexcept
    -> std::optional<std::uint64_t> {
  const unsigned width = encoding.registers * 16U;
  const auto [whole, exponent] = number;
  if (is_decimal_float(encoding.type)) {
    return to_decimal_float(number, encoding.type == RegisterType::mant24exp8_s);
  }
  if (exponent != 0) {
    return std::nullopt;
  }
  switch (encoding.type) {
    case RegisterType::int16:
    case RegisterType::int32:
    case RegisterType::int64: return to_twos_complement(whole, width);
    case RegisterType::int16_sm:
    case RegisterType::int32_sm:
    case RegisterType::int48_sm:
      if (whole.magnitude > low_bits(width - 1U)) {
        return std::nullopt;
      }
      return whole.magnitude | (whole.negative ? std::uint64_t{1} << (width - 1U) : 0U);
    case RegisterType::pf_flags32:
      if (whole.magnitude > 0xFFFFU) {
        return std::nullopt;
      }
      return whole.magnitude | (whole.negative ? set_flag << 24U : 0U);
    default: break;
  }
  if (whole.negative) {
    return std::nullopt;
  }
  switch (encoding.type) {
    case RegisterType::bcd16:
    case RegisterType::bcd32: return to_digits(whole.magnitude, 4, 10, encoding.registers * 4U);
    case RegisterType::base10000: return to_digits(whole.magnitude, 16, 10'000, encoding.registers);
    case RegisterType::boolean:
      return whole.magnitude <= 1 ? std::optional{whole.magnitude} : std::nullopt;
    default:
      return whole.magnitude <= low_bits(width) ? std::optional{whole.magnitude} : std::nullopt;
  }
}

}  // namespace bornier::model
