// SPDX-License-Identifier: Apache-2.0
#include "reading/pulse_index.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace bornier::reading {
namespace {

constexpr auto most = std::numeric_limits<std::int64_t>::max();

/// 10 L a pulse, in m3; 1234.56 m3 at count 0.
constexpr PulseRule ten_litres{
    .index = {123'456, -2}, .count = 0, .value = {1, 1, -2}, .resolution = -2};

TEST(PulseIndex, IsTheIndexThatItBeginsWithAtTheCountThatItBeginsAt) {
  EXPECT_EQ(*index_at(ten_litres, {0, 0}), (Decimal{123'456, -2}));
}

TEST(PulseIndex, AddsWhatEachPulseIsWorth) {
  EXPECT_EQ(*index_at(ten_litres, {48'123, 0}), (Decimal{171'579, -2}));
}

TEST(PulseIndex, CountsFromTheCountThatItBeginsAt) {
  const PulseRule exchanged{
      .index = {0, 0}, .count = 48'123, .value = {1, 1, -3}, .resolution = -3};
  EXPECT_EQ(*index_at(exchanged, {48'123, 0}), (Decimal{0, -3}));
  EXPECT_EQ(*index_at(exchanged, {48'131, 0}), (Decimal{8, -3}));
}

TEST(PulseIndex, GivesNothingBelowTheCountThatItBeginsAt) {
  const PulseRule rule{.index = {5, 0}, .count = 100, .value = {}, .resolution = 0};
  EXPECT_EQ(*index_at(rule, {100, 0}), (Decimal{5, 0}));
  EXPECT_EQ(index_at(rule, {99, 0}).error(), ValueFault::out_of_range);
}

TEST(PulseIndex, RoundsAConstantOnceHalfToEven) {
  // 800 pulses a kW.h: 1.25 W.h each.
  const PulseRule rule{.index = {0, 0}, .count = 0, .value = {1, 800, 0}, .resolution = -3};
  EXPECT_EQ(*index_at(rule, {1, 0}), (Decimal{1, -3}));
  EXPECT_EQ(*index_at(rule, {2, 0}), (Decimal{2, -3}));
  EXPECT_EQ(*index_at(rule, {6, 0}), (Decimal{8, -3}));
  EXPECT_EQ(*index_at(rule, {800, 0}), (Decimal{1'000, -3}));
  EXPECT_EQ(*index_at(rule, {800'000'001, 0}), (Decimal{1'000'000'001, -3}));
}

TEST(PulseIndex, TakesACountThatIsWrittenWithAPoint) {
  EXPECT_EQ(*index_at(ten_litres, {20, -1}), (Decimal{123'458, -2}));
  EXPECT_EQ(*index_at(ten_litres, {2, 1}), (Decimal{123'476, -2}));
}

TEST(PulseIndex, HoldsTheLargestMantissaAndNoMore) {
  const PulseRule rule{.index = {most - 1, 0}, .count = 0, .value = {}, .resolution = 0};
  EXPECT_EQ(*index_at(rule, {1, 0}), (Decimal{most, 0}));
  EXPECT_EQ(index_at(rule, {2, 0}).error(), ValueFault::out_of_range);
}

TEST(PulseIndex, RefusesASumThat128BitsDoNotHold) {
  const PulseRule rule{.index = {1, 0}, .count = 0, .value = {most, 7, 100}, .resolution = 0};
  EXPECT_EQ(index_at(rule, {most, 0}).error(), ValueFault::out_of_range);
}

TEST(PulseIndex, ForgetsTheExponentOfAZero) {
  const PulseRule rule{.index = {0, -100}, .count = 0, .value = {1, 1, -2}, .resolution = -2};
  EXPECT_EQ(*index_at(rule, {7, 0}), (Decimal{7, -2}));
}

/// index and value in steps of 10^-4 and 10^-6 of a unit, rounded to thousandths.
TEST(PulseIndex, IsNearestToTheExactSumForAnyRule) {
  std::mt19937_64 random{20261128};
  const auto up_to = [&random](std::int64_t last) {
    return std::uniform_int_distribution<std::int64_t>{0, last}(random);
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto divisor = up_to(999) + 1;
    const PulseRule rule{.index = {up_to(100'000'000), -4},
                         .count = up_to(1'000'000),
                         .value = {up_to(999) + 1, static_cast<std::uint64_t>(divisor), -6},
                         .resolution = -3};
    const auto pulses = up_to(1'000'000);
    const auto exact = rule.index.mantissa * 100 * divisor + pulses * rule.value.numerator;
    const auto step = 1'000 * divisor;
    auto expected = exact / step;
    const auto twice = 2 * (exact % step);
    expected += twice > step || (twice == step && expected % 2 != 0) ? 1 : 0;
    ASSERT_EQ(*index_at(rule, {rule.count + pulses, 0}), (Decimal{expected, -3}))
        << "round " << round;
  }
}

TEST(PulseIndex, NeverFallsWhileTheCountDoesNot) {
  std::mt19937_64 random{7};
  const PulseRule rule{.index = {17, -3}, .count = 3, .value = {22, 7, -3}, .resolution = -3};
  Decimal before{};
  std::int64_t count = 3;
  for (int round = 0; round < 10'000; ++round) {
    count += static_cast<std::int64_t>(random() % 3);
    const auto now = *index_at(rule, {count, 0});
    ASSERT_TRUE(compare(now, before) >= 0);
    before = now;
  }
}

}  // namespace
}  // namespace bornier::reading
