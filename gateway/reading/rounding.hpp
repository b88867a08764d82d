// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "reading/decimal.hpp"
#include "wire/result.hpp"

/// From what a register holds to the digits that are kept, and back: exact in 128-bit integers,
/// rounded at most once, half to even. No binary floating point takes part.
namespace bornier::reading {

/// numerator / denominator × 10^exponent. The denominator is not 0.
struct Weight {
  std::int64_t numerator{1};
  std::uint64_t denominator{1};
  std::int16_t exponent{};
  friend constexpr auto operator==(const Weight&, const Weight&) noexcept -> bool = default;
};

enum class ValueFault : std::uint8_t {
  out_of_range = 1,  ///< does not fit 64 bits of mantissa, or the register
  not_a_number,      ///< IEEE 754 NaN
  infinite,          ///< IEEE 754 infinity
  not_representable  ///< no register content gives exactly this value
};

/// left × right in lowest terms. `out_of_range` if numerator or denominator leave 63 bits.
[[nodiscard]] auto multiply(Weight left, Weight right) noexcept -> wire::Result<Weight, ValueFault>;

/// The same weight with every ten of numerator and denominator in the exponent: 10 × 10^-1 and
/// 1/1000 are powers of ten too.
[[nodiscard]] auto in_powers_of_ten(Weight weight) noexcept -> Weight;
/// Of a weight that `in_powers_of_ten` gave.
[[nodiscard]] constexpr auto is_power_of_ten(const Weight& weight) noexcept -> bool {
  return weight.numerator == 1 && weight.denominator == 1;
}

/// A whole number between -2^64 and 2^64: what an integer register of any width can hold.
struct Integer {
  std::uint64_t magnitude{};
  bool negative{};
  friend constexpr auto operator==(const Integer&, const Integer&) noexcept -> bool = default;
};
[[nodiscard]] constexpr auto integer(std::int64_t value) noexcept -> Integer {
  return value < 0 ? Integer{~static_cast<std::uint64_t>(value) + 1U, true}
                   : Integer{static_cast<std::uint64_t>(value), false};
}

/// raw × weight as a multiple of 10^resolution.
[[nodiscard]] auto scale(Integer raw, Weight weight, std::int8_t resolution) noexcept
    -> wire::Result<Decimal, ValueFault>;

/// start + raw × weight as a multiple of 10^resolution, rounded once. Neither start nor weight is
/// negative. `out_of_range` also where 128 bits do not hold the exact sum.
[[nodiscard]] auto scale_from(Decimal start, std::uint64_t raw, Weight weight,
                              std::int8_t resolution) noexcept -> wire::Result<Decimal, ValueFault>;

/// The number nearest to value / weight; the inverse of `scale` where the division leaves no rest.
[[nodiscard]] auto unscale(Decimal value, Weight weight) noexcept
    -> wire::Result<Integer, ValueFault>;

struct RoundedFloat {
  Decimal value;
  /// Neighbouring register values lie further apart than the resolution, so its last digit is not
  /// real: a float32 counter of kW.h at 0.001 from 16384 on.
  bool coarse{};
};

/// The IEEE 754 number with these bits, × weight, as a multiple of 10^resolution.
[[nodiscard]] auto round_float32(std::uint32_t bits, Weight weight, std::int8_t resolution) noexcept
    -> wire::Result<RoundedFloat, ValueFault>;
[[nodiscard]] auto round_float64(std::uint64_t bits, Weight weight, std::int8_t resolution) noexcept
    -> wire::Result<RoundedFloat, ValueFault>;

/// The bits of the IEEE 754 number nearest to value / weight. `out_of_range` above the largest
/// finite and below the smallest normal number.
[[nodiscard]] auto nearest_float32(Decimal value, Weight weight) noexcept
    -> wire::Result<std::uint32_t, ValueFault>;
[[nodiscard]] auto nearest_float64(Decimal value, Weight weight) noexcept
    -> wire::Result<std::uint64_t, ValueFault>;

}  // namespace bornier::reading
