// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <optional>

namespace bornier::reading {

/// Unsigned 128-bit arithmetic in two halves: 32-bit ARM has no __int128, and one code path for all
/// boards is one that the tests see.
struct Wide {
  std::uint64_t high{};
  std::uint64_t low{};

  friend constexpr auto operator==(const Wide&, const Wide&) noexcept -> bool = default;
  friend constexpr auto operator<=>(const Wide&, const Wide&) noexcept = default;
};

[[nodiscard]] constexpr auto magnitude(std::int64_t value) noexcept -> std::uint64_t {
  return value < 0 ? ~static_cast<std::uint64_t>(value) + 1U : static_cast<std::uint64_t>(value);
}

[[nodiscard]] constexpr auto is_zero(Wide value) noexcept -> bool {
  return (value.high | value.low) == 0;
}

/// Bits needed to write the value; 0 for 0.
[[nodiscard]] constexpr auto width(Wide value) noexcept -> int {
  return static_cast<int>(value.high != 0 ? 64 + std::bit_width(value.high)
                                          : std::bit_width(value.low));
}

/// Below 2^128.
[[nodiscard]] constexpr auto add(Wide left, Wide right) noexcept -> Wide {
  const std::uint64_t low = left.low + right.low;
  return {left.high + right.high + (low < left.low ? 1U : 0U), low};
}

[[nodiscard]] constexpr auto subtract(Wide left, Wide right) noexcept -> Wide {
  return {left.high - right.high - (left.low < right.low ? 1U : 0U), left.low - right.low};
}

/// Bits shifted out are lost; `by` may be anything from 0 up.
[[nodiscard]] constexpr auto shift_left(Wide value, int by) noexcept -> Wide {
  if (by >= 128) {
    return {};
  }
  if (by >= 64) {
    return {value.low << (by - 64), 0};
  }
  return by == 0 ? value : Wide{(value.high << by) | (value.low >> (64 - by)), value.low << by};
}

[[nodiscard]] constexpr auto shift_right(Wide value, int by) noexcept -> Wide {
  if (by >= 128) {
    return {};
  }
  if (by >= 64) {
    return {0, value.high >> (by - 64)};
  }
  return by == 0 ? value : Wide{value.high >> by, (value.low >> by) | (value.high << (64 - by))};
}

/// Never overflows.
[[nodiscard]] constexpr auto multiply(std::uint64_t left, std::uint64_t right) noexcept -> Wide {
  constexpr std::uint64_t half = 0xFFFF'FFFF;
  const std::uint64_t low = (left & half) * (right & half);
  const std::uint64_t cross = (left >> 32U) * (right & half) + (low >> 32U);
  const std::uint64_t other = (left & half) * (right >> 32U) + (cross & half);
  return {(left >> 32U) * (right >> 32U) + (cross >> 32U) + (other >> 32U),
          (other << 32U) | (low & half)};
}

/// Nothing where 128 bits do not hold the product.
[[nodiscard]] constexpr auto multiply(Wide left, std::uint64_t right) noexcept
    -> std::optional<Wide> {
  const Wide low = multiply(left.low, right);
  const Wide high = multiply(left.high, right);
  if (high.high != 0 || high.low + low.high < high.low) {
    return std::nullopt;
  }
  return Wide{high.low + low.high, low.low};
}

/// value × base^power, power >= 0. Nothing where 128 bits do not hold it.
[[nodiscard]] constexpr auto times_power(Wide value, std::uint64_t base, int power) noexcept
    -> std::optional<Wide> {
  if (is_zero(value)) {
    return value;
  }
  for (; power > 0; --power) {
    const auto next = multiply(value, base);
    if (!next) {
      return std::nullopt;
    }
    value = *next;
  }
  return value;
}

struct Division {
  Wide quotient;
  Wide rest;
};

/// `divisor` is not 0 and below 2^127.
[[nodiscard]] constexpr auto divide(Wide dividend, Wide divisor) noexcept -> Division {
  if (dividend.high == 0 && divisor.high == 0) {
    return {{0, dividend.low / divisor.low}, {0, dividend.low % divisor.low}};
  }
  Division result{{}, dividend};
  for (int bit = width(dividend) - width(divisor); bit >= 0; --bit) {
    result.quotient = shift_left(result.quotient, 1);
    const Wide part = shift_left(divisor, bit);
    if (result.rest >= part) {
      result.rest = subtract(result.rest, part);
      result.quotient.low |= 1U;
    }
  }
  return result;
}

}  // namespace bornier::reading
