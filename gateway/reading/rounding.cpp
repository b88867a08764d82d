// SPDX-License-Identifier: Apache-2.0
#include "reading/rounding.hpp"

#include <compare>
#include <limits>
#include <numeric>
#include <optional>

#include "reading/wide.hpp"

namespace bornier::reading {
namespace {

constexpr std::uint64_t largest_positive = std::numeric_limits<std::int64_t>::max();

struct IeeeFormat {
  int significand_bits;  ///< the hidden one included
  int exponent_bits;
};
constexpr IeeeFormat binary32{24, 8};
constexpr IeeeFormat binary64{53, 11};

/// What an IEEE 754 number stands for: significand × 2^exponent.
struct BinaryNumber {
  std::uint64_t significand{};
  int exponent{};
  bool negative{};
};

auto take_apart(std::uint64_t bits, IeeeFormat format) noexcept
    -> wire::Result<BinaryNumber, ValueFault> {
  const int fraction_bits = format.significand_bits - 1;
  const int all_ones = (1 << format.exponent_bits) - 1;
  const std::uint64_t hidden_one = std::uint64_t{1} << fraction_bits;
  const std::uint64_t fraction = bits & (hidden_one - 1);
  const int biased = static_cast<int>(bits >> fraction_bits) & all_ones;
  const bool negative = ((bits >> (fraction_bits + format.exponent_bits)) & 1U) != 0;
  if (biased == all_ones) {
    return fraction != 0 ? ValueFault::not_a_number : ValueFault::infinite;
  }
  const int bias = all_ones / 2 + fraction_bits;
  if (biased == 0) {
    return BinaryNumber{fraction, 1 - bias, negative};
  }
  return BinaryNumber{fraction | hidden_one, biased - bias, negative};
}

/// dividend / divisor × 2^exponent.
struct Fraction {
  Wide dividend;
  Wide divisor;
  int exponent{};
};

/// dividend / divisor × 10^power × 2^exponent. Only the fives of the ten are multiplied out, which
/// leaves room for them in 128 bits. Nothing where that does not suffice.
auto fraction(Wide dividend, std::uint64_t divisor, int power, int exponent) noexcept
    -> std::optional<Fraction> {
  exponent += power;
  if (power >= 0) {
    const auto scaled = times_power(dividend, 5, power);
    return scaled ? std::optional{Fraction{*scaled, {0, divisor}, exponent}} : std::nullopt;
  }
  const auto scaled = times_power(Wide{0, divisor}, 5, -power);
  if (scaled && width(*scaled) < 128) {
    return Fraction{dividend, *scaled, exponent};
  }
  // The divisor is 2^127 or more: what stays below 2^126 rounds to 0.
  const bool nothing = width(dividend) + (exponent > 0 ? exponent : 0) < 127;
  return nothing ? std::optional{Fraction{{}, {0, 1}, 0}} : std::nullopt;
}

/// The whole number next to a fraction, half to even; nothing from 2^128 on.
auto round_to_whole(Fraction number) noexcept -> std::optional<Wide> {
  const int doublings = number.exponent > 0 ? number.exponent : 0;
  const int halvings = number.exponent < 0 ? -number.exponent : 0;
  if (is_zero(number.dividend)) {
    return Wide{};
  }
  if (width(number.dividend) + doublings > 128) {
    return std::nullopt;
  }
  const Division division = divide(shift_left(number.dividend, doublings), number.divisor);
  Wide whole = shift_right(division.quotient, halvings);
  std::strong_ordering to_half = std::strong_ordering::less;
  if (halvings == 0) {
    to_half = shift_left(division.rest, 1) <=> number.divisor;
  } else if (halvings <= 128) {
    const Wide lost = subtract(division.quotient, shift_left(whole, halvings));
    to_half = lost <=> shift_left(Wide{0, 1}, halvings - 1);
    if (to_half == 0 && !is_zero(division.rest)) {
      to_half = std::strong_ordering::greater;
    }
  }
  if (to_half > 0 || (to_half == 0 && (whole.low & 1U) != 0)) {
    whole.low += 1;
    whole.high += whole.low == 0 ? 1U : 0U;
  }
  return whole;
}

/// Whether a fraction is greater than 1.
auto exceeds_one(Fraction number) noexcept -> bool {
  if (number.exponent >= 0) {
    return width(number.dividend) + number.exponent > 128 ||
           shift_left(number.dividend, number.exponent) > number.divisor;
  }
  return width(number.divisor) - number.exponent <= 128 &&
         number.dividend > shift_left(number.divisor, -number.exponent);
}

auto decimal(std::optional<Wide> mantissa, bool negative, std::int8_t exponent) noexcept
    -> wire::Result<Decimal, ValueFault> {
  if (!mantissa || mantissa->high != 0 || mantissa->low > largest_positive + (negative ? 1U : 0U)) {
    return ValueFault::out_of_range;
  }
  const std::uint64_t digits = negative ? ~mantissa->low + 1U : mantissa->low;
  return Decimal{static_cast<std::int64_t>(digits), exponent};
}

auto round_float(std::uint64_t bits, IeeeFormat format, Weight weight,
                 std::int8_t resolution) noexcept -> wire::Result<RoundedFloat, ValueFault> {
  const auto number = take_apart(bits, format);
  if (!number) {
    return number.error();
  }
  const int power = weight.exponent - resolution;
  const Wide product = multiply(number->significand, magnitude(weight.numerator));
  const auto exact = fraction(product, weight.denominator, power, number->exponent);
  if (!exact) {
    return ValueFault::out_of_range;
  }
  const bool negative = number->negative != (weight.numerator < 0);
  const auto value = decimal(round_to_whole(*exact), negative, resolution);
  if (!value) {
    return value.error();
  }
  // What the last bit of the significand is worth, in steps of the resolution.
  const auto step =
      fraction({0, magnitude(weight.numerator)}, weight.denominator, power, number->exponent);
  return RoundedFloat{*value, step && exceeds_one(*step)};
}

/// The number nearest to value / weight, as bits.
auto nearest_float(Decimal value, IeeeFormat format, Weight weight) noexcept
    -> wire::Result<std::uint64_t, ValueFault> {
  if (weight.numerator == 0) {
    return ValueFault::out_of_range;
  }
  const std::uint64_t sign_bit = std::uint64_t{1}
                                 << (format.significand_bits - 1 + format.exponent_bits);
  const bool negative = (value.mantissa < 0) != (weight.numerator < 0);
  if (value.mantissa == 0) {
    return std::uint64_t{0};
  }
  const auto exact = fraction(multiply(magnitude(value.mantissa), weight.denominator),
                              magnitude(weight.numerator), value.exponent - weight.exponent, 0);
  if (!exact || is_zero(exact->dividend) || width(exact->dividend) > 126 ||
      width(exact->divisor) > 126) {
    return ValueFault::out_of_range;
  }
  // Bring the quotient into [1, 2), then take one bit after the other.
  auto [dividend, divisor, exponent] = *exact;
  const int apart = width(dividend) - width(divisor);
  dividend = shift_left(dividend, apart < 0 ? -apart : 0);
  divisor = shift_left(divisor, apart > 0 ? apart : 0);
  exponent += apart;
  if (dividend < divisor) {
    dividend = shift_left(dividend, 1);
    --exponent;
  }
  std::uint64_t significand = 0;
  for (int bit = 0; bit < format.significand_bits; ++bit) {
    const bool one = dividend >= divisor;
    significand = (significand << 1U) | (one ? 1U : 0U);
    dividend = shift_left(one ? subtract(dividend, divisor) : dividend, 1);
  }
  if (dividend > divisor || (dividend == divisor && (significand & 1U) != 0)) {
    ++significand;
  }
  if (significand == std::uint64_t{1} << format.significand_bits) {
    significand >>= 1U;
    ++exponent;
  }
  const int bias = (1 << (format.exponent_bits - 1)) - 1;
  if (exponent > bias || exponent < 1 - bias) {
    return ValueFault::out_of_range;
  }
  const std::uint64_t hidden_one = std::uint64_t{1} << (format.significand_bits - 1);
  return (negative ? sign_bit : 0U) |
         (static_cast<std::uint64_t>(exponent + bias) << (format.significand_bits - 1)) |
         (significand & ~hidden_one);
}

}  // namespace

auto in_powers_of_ten(Weight weight) noexcept -> Weight {
  for (; weight.numerator != 0 && weight.numerator % 10 == 0; weight.numerator /= 10) {
    ++weight.exponent;
  }
  for (; weight.denominator % 10 == 0; weight.denominator /= 10) {
    --weight.exponent;
  }
  return weight;
}

auto multiply(Weight left, Weight right) noexcept -> wire::Result<Weight, ValueFault> {
  // Crosswise in lowest terms first, so that only what truly does not fit is refused.
  const auto divide_common = [](std::uint64_t& numerator, std::uint64_t& denominator) {
    const std::uint64_t common = std::gcd(numerator, denominator);
    numerator /= common;
    denominator /= common;
  };
  std::uint64_t left_numerator = magnitude(left.numerator);
  std::uint64_t right_numerator = magnitude(right.numerator);
  divide_common(left_numerator, left.denominator);
  divide_common(left_numerator, right.denominator);
  divide_common(right_numerator, left.denominator);
  divide_common(right_numerator, right.denominator);
  const Wide numerator = multiply(left_numerator, right_numerator);
  const Wide denominator = multiply(left.denominator, right.denominator);
  const int exponent = left.exponent + right.exponent;
  if (width(numerator) > 63 || width(denominator) > 63 ||
      exponent < std::numeric_limits<std::int16_t>::min() ||
      exponent > std::numeric_limits<std::int16_t>::max()) {
    return ValueFault::out_of_range;
  }
  const auto positive = static_cast<std::int64_t>(numerator.low);
  const bool negative = (left.numerator < 0) != (right.numerator < 0);
  return Weight{negative ? -positive : positive, denominator.low,
                static_cast<std::int16_t>(exponent)};
}

auto scale(Integer raw, Weight weight, std::int8_t resolution) noexcept
    -> wire::Result<Decimal, ValueFault> {
  const bool negative = raw.negative != (weight.numerator < 0);
  const auto exact = fraction(multiply(raw.magnitude, magnitude(weight.numerator)),
                              weight.denominator, weight.exponent - resolution, 0);
  if (!exact) {
    return ValueFault::out_of_range;
  }
  return decimal(round_to_whole(*exact), negative, resolution);
}

auto scale_from(Decimal start, std::uint64_t raw, Weight weight, std::int8_t resolution) noexcept
    -> wire::Result<Decimal, ValueFault> {
  const int exponent =
      start.mantissa == 0 || start.exponent > weight.exponent ? weight.exponent : start.exponent;
  const auto begun = times_power(multiply(magnitude(start.mantissa), weight.denominator), 10,
                                 start.exponent - exponent);
  const auto added =
      times_power(multiply(raw, magnitude(weight.numerator)), 10, weight.exponent - exponent);
  if (!begun || !added || width(*begun) > 126 || width(*added) > 126) {
    return ValueFault::out_of_range;
  }
  const auto exact = fraction(add(*begun, *added), weight.denominator, exponent - resolution, 0);
  if (!exact) {
    return ValueFault::out_of_range;
  }
  return decimal(round_to_whole(*exact), false, resolution);
}

auto unscale(Decimal value, Weight weight) noexcept -> wire::Result<Integer, ValueFault> {
  if (weight.numerator == 0) {
    return ValueFault::out_of_range;
  }
  const auto exact = fraction(multiply(magnitude(value.mantissa), weight.denominator),
                              magnitude(weight.numerator), value.exponent - weight.exponent, 0);
  if (!exact) {
    return ValueFault::out_of_range;
  }
  const auto whole = round_to_whole(*exact);
  if (!whole || whole->high != 0) {
    return ValueFault::out_of_range;
  }
  const bool negative = (value.mantissa < 0) != (weight.numerator < 0);
  return Integer{whole->low, negative && whole->low != 0};
}

auto round_float32(std::uint32_t bits, Weight weight, std::int8_t resolution) noexcept
    -> wire::Result<RoundedFloat, ValueFault> {
  return round_float(bits, binary32, weight, resolution);
}

auto round_float64(std::uint64_t bits, Weight weight, std::int8_t resolution) noexcept
    -> wire::Result<RoundedFloat, ValueFault> {
  return round_float(bits, binary64, weight, resolution);
}

auto nearest_float32(Decimal value, Weight weight) noexcept
    -> wire::Result<std::uint32_t, ValueFault> {
  const auto bits = nearest_float(value, binary32, weight);
  if (!bits) {
    return bits.error();
  }
  return static_cast<std::uint32_t>(*bits);
}

auto nearest_float64(Decimal value, Weight weight) noexcept
    -> wire::Result<std::uint64_t, ValueFault> {
  return nearest_float(value, binary64, weight);
}

}  // namespace bornier::reading
