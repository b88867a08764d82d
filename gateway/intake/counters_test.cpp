// SPDX-License-Identifier: Apache-2.0
#include "intake/counters.hpp"

#include <gtest/gtest.h>

namespace bornier::intake {
namespace {

using reading::Decimal;

auto point(std::string name) -> model::Point {
  model::Point point;
  point.name = std::move(name);
  return point;
}

TEST(Counters, TellAFallFromARise) {
  Counters counters;
  const auto volume = point("volume");
  EXPECT_FALSE(counters.take(volume, {1505, -1}, {}));
  EXPECT_FALSE(counters.take(volume, {1505, -1}, {}));
  EXPECT_FALSE(counters.take(volume, {1506, -1}, {}));
  EXPECT_EQ(counters.take(volume, {1505, -1}, {}), (Decimal{1506, -1}));
  EXPECT_FALSE(counters.take(point("other"), {1, 0}, {}));
}

TEST(Counters, TellAWrapByTheLastTenthBeforeAndTheFirstAfterIt) {
  const auto shows = [](Decimal before, Decimal after) {
    auto counter = point("volume");
    counter.rollover = Decimal{1000, 0};
    Counters counters;
    static_cast<void>(counters.take(counter, before, {}));
    return counters.take(counter, after, {}).has_value();
  };
  EXPECT_FALSE(shows({9001, -1}, {999, -1}));
  EXPECT_TRUE(shows({9000, -1}, {999, -1}));
  EXPECT_TRUE(shows({9001, -1}, {1000, -1}));
}

TEST(Counters, AreTheSameAfterARestart) {
  Counters counters;
  static_cast<void>(counters.take(point("a"), {-5, -128}, {}));
  static_cast<void>(counters.take(point("b"), {INT64_MAX, 127}, {}));
  const auto again = Counters::of_bytes(counters.to_bytes());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, counters);
}

TEST(Counters, FitAMemoHoweverManyThereAre) {
  Counters counters;
  for (int number = 0; number < 1000; ++number) {
    static_cast<void>(counters.take(point(std::to_string(number)), {1, 0}, {}));
  }
  EXPECT_LE(counters.to_bytes().size(), 4096U);
  EXPECT_TRUE(Counters::of_bytes(counters.to_bytes()));
}

TEST(Counters, TakeNoOtherBytes) {
  EXPECT_TRUE(Counters::of_bytes("\x01"));
  EXPECT_FALSE(Counters::of_bytes(""));
  EXPECT_FALSE(Counters::of_bytes("\x02"));
  EXPECT_FALSE(Counters::of_bytes("\x01x"));
}

}  // namespace
}  // namespace bornier::intake
