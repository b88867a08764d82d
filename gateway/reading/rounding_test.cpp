// SPDX-License-Identifier: Apache-2.0
#include "reading/rounding.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "reading/wide.hpp"

namespace bornier::reading {
namespace {

constexpr auto largest_integer = std::numeric_limits<std::int64_t>::max();
constexpr auto smallest_integer = std::numeric_limits<std::int64_t>::min();
constexpr Weight one{};

auto float_bits(float value) -> std::uint32_t {
  return std::bit_cast<std::uint32_t>(value);
}
auto float_bits(double value) -> std::uint64_t {
  return std::bit_cast<std::uint64_t>(value);
}

TEST(Scale, KeepsTheDigitsOfAnIntegerRegister) {
  EXPECT_EQ(*scale(integer(2301), {1, 1, -1}, -1), (Decimal{2301, -1}));
  EXPECT_EQ(*scale(integer(-2301), {1, 1, -1}, -1), (Decimal{-2301, -1}));
  EXPECT_EQ(*scale(integer(smallest_integer), one, 0), (Decimal{smallest_integer, 0}));
}

TEST(Scale, RoundsHalfToEven) {
  const auto tenths = [](std::int64_t raw) { return scale(integer(raw), {1, 1, -1}, 0)->mantissa; };
  EXPECT_EQ(tenths(4), 0);
  EXPECT_EQ(tenths(5), 0);
  EXPECT_EQ(tenths(6), 1);
  EXPECT_EQ(tenths(15), 2);
  EXPECT_EQ(tenths(25), 2);
  EXPECT_EQ(tenths(-25), -2);
  EXPECT_EQ(tenths(-26), -3);
}

TEST(Scale, TakesRatiosOfIntegers) {
  // A CT of 250/5, a clock of 2 ns steps, one third.
  EXPECT_EQ(*scale(integer(1234), {250, 5, 0}, 0), (Decimal{61700, 0}));
  EXPECT_EQ(*scale(integer(1'000'000'001), {2, 1, -9}, -3), (Decimal{2000, -3}));
  EXPECT_EQ(*scale(integer(1), {1, 3, 0}, -6), (Decimal{333333, -6}));
  EXPECT_EQ(*scale(integer(2), {-1, 3, 0}, -6), (Decimal{-666667, -6}));
}

TEST(Scale, TakesWeightsThatAreNoPowerOfTen) {
  EXPECT_EQ(*scale(integer(1'000'000'000), {152588, 1, -12}, -3), (Decimal{152588, -3}));
}

TEST(Scale, HoldsTheLimitsOfTheMantissaOnBothSides) {
  EXPECT_EQ(*scale({9'223'372'036'854'775'807U, false}, one, 0), (Decimal{largest_integer, 0}));
  EXPECT_EQ(scale({9'223'372'036'854'775'808U, false}, one, 0).error(), ValueFault::out_of_range);
  EXPECT_EQ(*scale({9'223'372'036'854'775'808U, true}, one, 0), (Decimal{smallest_integer, 0}));
  EXPECT_EQ(scale({9'223'372'036'854'775'809U, true}, one, 0).error(), ValueFault::out_of_range);
  EXPECT_EQ(*scale({~std::uint64_t{0}, false}, {largest_integer, 9'223'372'036'854'775'807U, 0}, 1),
            (Decimal{1'844'674'407'370'955'162, 1}));
  EXPECT_EQ(scale(integer(1), {1, 1, 19}, 0).error(), ValueFault::out_of_range);
  EXPECT_EQ(*scale(integer(9), {1, 1, 18}, 0), (Decimal{9'000'000'000'000'000'000, 0}));
  EXPECT_EQ(scale(integer(1), {1, 1, 300}, 0).error(), ValueFault::out_of_range);
  EXPECT_EQ(*scale(integer(1), {1, 1, -300}, 0), (Decimal{0, 0}));
  EXPECT_EQ(*scale(integer(0), {1, 1, 300}, 0), (Decimal{0, 0}));
}

TEST(Weight, MultipliesInLowestTerms) {
  EXPECT_EQ(*multiply(Weight{250, 5, 0}, Weight{1, 1, -3}), (Weight{50, 1, -3}));
  EXPECT_EQ(*multiply(Weight{1, 3, 0}, Weight{-3, 2, 1}), (Weight{-1, 2, 1}));
  EXPECT_EQ(*multiply(Weight{largest_integer, 1, 0}, Weight{1, 9'223'372'036'854'775'807U, 0}),
            one);
  EXPECT_EQ(multiply(Weight{largest_integer, 1, 0}, Weight{2, 1, 0}).error(),
            ValueFault::out_of_range);
  EXPECT_EQ(multiply(Weight{1, 1, 32767}, Weight{1, 1, 1}).error(), ValueFault::out_of_range);
}

// Register words from vendor documents and hand computation with IEEE 754.
TEST(RoundFloat, GivesTheDigitsThatTheMeterShows) {
  EXPECT_EQ(round_float32(0x43663334, one, -2)->value, (Decimal{23020, -2}));
  EXPECT_EQ(round_float32(0x43708000, one, -2)->value, (Decimal{24050, -2}));
  EXPECT_EQ(round_float32(0x4212806B, one, -3)->value, (Decimal{36625, -3}));
  EXPECT_EQ(round_float32(0xC3708000, one, -2)->value, (Decimal{-24050, -2}));
  EXPECT_EQ(round_float32(0x80000000, one, -2)->value, (Decimal{0, -2}));
  EXPECT_EQ(round_float64(0x406CCCCCCCCCCCCD, one, -1)->value, (Decimal{2304, -1}));
}

TEST(RoundFloat, RoundsOnceHalfToEven) {
  EXPECT_EQ(round_float32(float_bits(0.125F), one, -2)->value, (Decimal{12, -2}));
  EXPECT_EQ(round_float32(float_bits(0.375F), one, -2)->value, (Decimal{38, -2}));
  EXPECT_EQ(round_float32(float_bits(2.5F), one, 0)->value, (Decimal{2, 0}));
  EXPECT_EQ(round_float32(float_bits(3.5F), one, 0)->value, (Decimal{4, 0}));
  EXPECT_EQ(round_float32(float_bits(std::nextafter(2.5F, 3.0F)), one, 0)->value, (Decimal{3, 0}));
  EXPECT_EQ(round_float64(float_bits(std::nextafter(2.5, 0.0)), one, 0)->value, (Decimal{2, 0}));
}

TEST(RoundFloat, ShiftsTheUnitBeforeItRounds) {
  // 4.216 kW as W
  EXPECT_EQ(round_float32(float_bits(4.216F), {1, 1, 3}, -1)->value, (Decimal{42160, -1}));
}

TEST(RoundFloat, ReportsWhatIsNoNumber) {
  EXPECT_EQ(round_float32(0x7FC00000, one, -2).error(), ValueFault::not_a_number);
  EXPECT_EQ(round_float32(0xFF800001, one, -2).error(), ValueFault::not_a_number);
  EXPECT_EQ(round_float32(0x7F800000, one, -2).error(), ValueFault::infinite);
  EXPECT_EQ(round_float64(0xFFF0000000000000, one, -2).error(), ValueFault::infinite);
  EXPECT_EQ(round_float64(0x7FF8000000000000, one, -2).error(), ValueFault::not_a_number);
}

TEST(RoundFloat, HoldsTheWholeRangeOfItsFormat) {
  EXPECT_EQ(round_float32(0x00000001, one, -3)->value, (Decimal{0, -3}));
  EXPECT_EQ(round_float32(0x00000001, one, -45)->value, (Decimal{1, -45}));
  EXPECT_EQ(round_float32(0x7F7FFFFF, one, 20)->value, (Decimal{3'402'823'466'385'288'598, 20}));
  EXPECT_EQ(round_float32(0x7F7FFFFF, one, -3).error(), ValueFault::out_of_range);
  EXPECT_EQ(round_float64(0x0000000000000001, one, -3)->value, (Decimal{0, -3}));
  EXPECT_EQ(round_float64(0x7FEFFFFFFFFFFFFF, one, 0).error(), ValueFault::out_of_range);
  // 2^1000 × 10^-300 is 10.7 but needs more than 128 bits on the way: refused, not wrong.
  EXPECT_EQ(round_float64(0x7E70000000000000, {1, 1, -300}, 0).error(), ValueFault::out_of_range);
}

TEST(RoundFloat, IsCoarseOnceTheRegisterStepsOverTheResolution) {
  EXPECT_FALSE(round_float32(float_bits(16383.999F), one, -3)->coarse);
  EXPECT_TRUE(round_float32(float_bits(16384.0F), one, -3)->coarse);
  EXPECT_TRUE(round_float32(float_bits(-20000.0F), one, -3)->coarse);
  EXPECT_FALSE(round_float32(float_bits(20000.0F), one, -2)->coarse);
  EXPECT_FALSE(round_float32(0, one, -3)->coarse);
  EXPECT_FALSE(round_float32(float_bits(16777215.0F), one, 0)->coarse);
  EXPECT_TRUE(round_float32(float_bits(16777216.0F), one, 0)->coarse ==
              (std::nextafter(16777216.0F, 2e7F) - 16777216.0F > 1.0F));
}

TEST(RoundFloat, AgreesWithTheHostsOwnArithmeticOnBinaryFractions) {
  std::mt19937 random{20250101};
  for (int round = 0; round < 20000; ++round) {
    const auto steps = static_cast<std::int64_t>(random() % 16'000'000) - 8'000'000;
    const float value = static_cast<float>(steps) / 1024.0F;         // exact
    const double thousandths = static_cast<double>(value) * 1000.0;  // exact in 53 bits
    EXPECT_EQ(round_float32(float_bits(value), one, -3)->value.mantissa,
              static_cast<std::int64_t>(std::nearbyint(thousandths)));
  }
}

TEST(NearestFloat, IsWhatTheCompilerMakesOfTheSameDigits) {
  EXPECT_EQ(*nearest_float32({2302, -1}, one), float_bits(230.2F));
  EXPECT_EQ(*nearest_float32({-1, -1}, one), float_bits(-0.1F));
  EXPECT_EQ(*nearest_float32({16777217, 0}, one), float_bits(16777216.0F));
  EXPECT_EQ(*nearest_float32({16777219, 0}, one), float_bits(16777220.0F));
  EXPECT_EQ(*nearest_float32({0, 0}, one), 0U);
  EXPECT_EQ(*nearest_float64({2302, -1}, one), float_bits(230.2));
  EXPECT_EQ(*nearest_float64({1, -20}, one), float_bits(1e-20));
  EXPECT_EQ(*nearest_float64({largest_integer, 0}, one), float_bits(9223372036854775807.0));
  EXPECT_EQ(*nearest_float32({4216, 0}, {1, 1, 3}), float_bits(4.216F));
  EXPECT_EQ(nearest_float32({1, 39}, one).error(), ValueFault::out_of_range);
}

TEST(Rounding, BringsEveryFloatBackThatIsNotCoarse) {
  std::mt19937_64 random{7};
  for (int round = 0; round < 20000; ++round) {
    const auto digits = static_cast<std::int64_t>(random() % 33'000'000) - 16'500'000;
    const auto resolution = static_cast<std::int8_t>(-static_cast<int>(random() % 5));
    const Weight weight{1, 1, static_cast<std::int16_t>(static_cast<int>(random() % 7) - 3)};
    const auto bits = nearest_float32({digits, resolution}, weight);
    ASSERT_TRUE(bits) << digits;
    const auto back = round_float32(*bits, weight, resolution);
    ASSERT_TRUE(back) << digits;
    if (!back->coarse) {
      EXPECT_EQ(back->value, (Decimal{digits, resolution}));
    }
  }
}

TEST(Unscale, BringsRawBack) {
  EXPECT_EQ(*unscale({2301, -1}, {1, 1, -1}), integer(2301));
  EXPECT_EQ(*unscale({-61700, 0}, {250, 5, 0}), integer(-1234));
  EXPECT_EQ(*unscale({1'844'674'407'370'955'161, 1}, {10, 1, 0}),
            (Integer{1'844'674'407'370'955'161U, false}));
  EXPECT_EQ(unscale({1, 20}, one).error(), ValueFault::out_of_range);
  EXPECT_EQ(unscale({1, 0}, {0, 1, 0}).error(), ValueFault::out_of_range);
}

TEST(Wide, MultipliesAndDividesWithoutLoss) {
  const std::uint64_t all = ~std::uint64_t{0};
  EXPECT_EQ(multiply(all, all), (Wide{all - 1, 1}));
  const Division division = divide(multiply(all, all - 1), Wide{0, all});
  EXPECT_EQ(division.quotient, (Wide{0, all - 1}));
  EXPECT_TRUE(is_zero(division.rest));
  EXPECT_EQ(divide(Wide{1, 0}, Wide{0, 3}).quotient, (Wide{0, 0x5555555555555555}));
  EXPECT_EQ(divide(Wide{1, 0}, Wide{0, 3}).rest, (Wide{0, 1}));
  EXPECT_EQ(divide(Wide{8, 5}, Wide{2, 0}).quotient, (Wide{0, 4}));
  EXPECT_FALSE(multiply(Wide{1, 0}, all) == std::nullopt);
  EXPECT_FALSE(multiply(Wide{2, 0}, all).has_value());
  EXPECT_TRUE(times_power(Wide{0, 1}, 10, 38).has_value());
  EXPECT_FALSE(times_power(Wide{0, 1}, 10, 39).has_value());
}

}  // namespace
}  // namespace bornier::reading
