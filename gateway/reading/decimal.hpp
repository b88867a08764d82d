// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bornier::reading {

/// mantissa × 10^exponent: the meter's own decimal digits. 2301e-1 and 23010e-2 are the same number
/// with other digits;
/// `==` compares digits, `compare` compares numbers.
struct Decimal {
  std::int64_t mantissa{};
  std::int8_t exponent{};

  friend constexpr auto operator==(const Decimal&, const Decimal&) noexcept -> bool = default;
};

/// Numeric order, exact for every pair.
[[nodiscard]] auto compare(Decimal left, Decimal right) noexcept -> std::strong_ordering;

/// left + right, or left - right, with the digits of the finer one; nothing if they do not fit.
[[nodiscard]] auto sum(Decimal left, Decimal right, bool minus = false) noexcept
    -> std::optional<Decimal>;

/// Plain positional notation: "-0.0300", "4216", "120000" for 12e4. The same text stands in SQLite,
/// in PostgreSQL's `numeric` and in every table that we print.
[[nodiscard]] auto to_text(Decimal value) -> std::string;

/// The inverse of `to_text`; also takes an exponent ("1.5e3"). Nothing for text that is not a
/// decimal number or does not fit 64 bits of mantissa.
[[nodiscard]] auto parse_decimal(std::string_view text) noexcept -> std::optional<Decimal>;

}  // namespace bornier::reading
