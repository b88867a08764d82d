// SPDX-License-Identifier: Apache-2.0
#include "reading/decimal.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "reading/wide.hpp"

namespace bornier::reading {
namespace {

// Mantissas have at most 19 digits; further apart than this, the exponents alone decide.
constexpr int decisive_exponents = 19;

auto compare_magnitudes(Decimal left, Decimal right) noexcept -> std::strong_ordering {
  if (left.exponent < right.exponent) {
    return 0 <=> compare_magnitudes(right, left);
  }
  const int apart = left.exponent - right.exponent;
  if (apart > decisive_exponents) {
    return std::strong_ordering::greater;
  }
  // 19 digits × 10^19 stay below 2^127.
  const auto aligned = times_power(Wide{0, magnitude(left.mantissa)}, 10, apart);
  return aligned ? *aligned <=> Wide{0, magnitude(right.mantissa)} : std::strong_ordering::greater;
}

auto sign(std::int64_t value) noexcept -> int {
  return (value > 0) - (value < 0);
}

auto is_digit(char character) noexcept -> bool {
  return character >= '0' && character <= '9';
}

/// Reads "+12", "-3" at the end of `text`; nothing if that is not all there is or it is absurdly
/// big.
auto parse_exponent(std::string_view text) noexcept -> std::optional<int> {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > 4 || !std::ranges::all_of(text, is_digit)) {
    return std::nullopt;
  }
  int value = 0;
  for (const char digit : text) {
    value = value * 10 + (digit - '0');
  }
  return negative ? -value : value;
}

}  // namespace

auto compare(Decimal left, Decimal right) noexcept -> std::strong_ordering {
  if (sign(left.mantissa) != sign(right.mantissa)) {
    return sign(left.mantissa) <=> sign(right.mantissa);
  }
  if (left.mantissa == 0) {
    return std::strong_ordering::equal;
  }
  return left.mantissa > 0 ? compare_magnitudes(left, right) : compare_magnitudes(right, left);
}

auto sum(Decimal left, Decimal right, bool minus) noexcept -> std::optional<Decimal> {
  const std::int8_t exponent = std::min(left.exponent, right.exponent);
  for (Decimal* part : {&left, &right}) {
    for (; part->exponent > exponent; --part->exponent) {
      if (__builtin_mul_overflow(part->mantissa, 10, &part->mantissa)) {
        return std::nullopt;
      }
    }
  }
  Decimal total{0, exponent};
  const bool overflow =
      minus ? __builtin_sub_overflow(left.mantissa, right.mantissa, &total.mantissa)
            : __builtin_add_overflow(left.mantissa, right.mantissa, &total.mantissa);
  return overflow ? std::nullopt : std::optional{total};
}

auto to_text(Decimal value) -> std::string {
  std::string digits = std::to_string(magnitude(value.mantissa));
  if (value.exponent >= 0) {
    if (value.mantissa != 0) {
      digits.append(static_cast<std::size_t>(value.exponent), '0');
    }
  } else {
    const auto decimals = static_cast<std::size_t>(-value.exponent);
    if (digits.size() <= decimals) {
      digits.insert(0, decimals + 1 - digits.size(), '0');
    }
    digits.insert(digits.size() - decimals, 1, '.');
  }
  if (value.mantissa < 0) {
    digits.insert(0, 1, '-');
  }
  return digits;
}

auto parse_decimal(std::string_view text) noexcept -> std::optional<Decimal> {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  int exponent = 0;
  if (const auto mark = text.find_first_of("eE"); mark != std::string_view::npos) {
    const auto parsed = parse_exponent(text.substr(mark + 1));
    if (!parsed) {
      return std::nullopt;
    }
    exponent = *parsed;
    text = text.substr(0, mark);
  }
  const std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1U : 0U);
  std::uint64_t mantissa = 0;
  bool digits = false;
  bool point = false;
  for (const char character : text) {
    if (character == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(character)) {
      return std::nullopt;
    }
    const auto digit = static_cast<std::uint64_t>(character - '0');
    if (mantissa > (limit - digit) / 10) {
      return std::nullopt;
    }
    mantissa = mantissa * 10 + digit;
    digits = true;
    if (point && --exponent < std::numeric_limits<std::int8_t>::min()) {
      return std::nullopt;
    }
  }
  if (!digits || exponent < std::numeric_limits<std::int8_t>::min() ||
      exponent > std::numeric_limits<std::int8_t>::max()) {
    return std::nullopt;
  }
  const auto value = static_cast<std::int64_t>(negative ? ~mantissa + 1U : mantissa);
  return Decimal{value, static_cast<std::int8_t>(exponent)};
}

}  // namespace bornier::reading
