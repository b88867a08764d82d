// SPDX-License-Identifier: Apache-2.0
#include "model/counters.hpp"

#include <gtest/gtest.h>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using reading::Decimal;
using namespace std::chrono_literals;

auto point(std::string name) -> Point {
  Point point;
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

TEST(Counters, TakeDigitsThatAreNoLongerShownForNoFall) {
  const auto shows = [](Decimal before, Decimal after) {
    const auto counter = point("energy_active_import");
    Counters counters;
    static_cast<void>(counters.take(counter, before, {}));
    return counters.take(counter, after, {}).has_value();
  };
  EXPECT_FALSE(shows({123'456, -2}, {1'234, 0}));
  EXPECT_TRUE(shows({123'500, -2}, {1'234, 0}));
  EXPECT_TRUE(shows({123'456, -2}, {1'234'559, -3}));
}

/// Points 0 and 1 are counters, "a" and "b".
class FallReportTest : public testing::Test {
 protected:
  auto take(const std::vector<Fall>& falls, reading::Instant::duration after) {
    return report.take(model, falls, reading::Instant{1h} + after);
  }

  Model model = model_with_points(
      "a = { quantity = \"pulse_count\", address = 0, type = \"uint16\" }\n"
      "b = { quantity = \"pulse_count\", address = 1, type = \"uint16\" }\n");
  FallReport report;
};

TEST_F(FallReportTest, TellsAFallWithBothValues) {
  const auto told = take({{0, {48'123, 0}, {3, 0}}}, 0s);
  EXPECT_EQ(told.value().falls, 1);
  EXPECT_EQ(told->text, "a fell from 48123 to 3");
  EXPECT_FALSE(take({}, 2min));
}

TEST_F(FallReportTest, TellsWhatFellTogetherOnce) {
  const auto told = take({{0, {5, 0}, {0, 0}}, {1, {7, 0}, {1, 0}}}, 0s);
  EXPECT_EQ(told.value().falls, 2);
  EXPECT_EQ(told->text, "b fell from 7 to 1; 2 falls since the last event");
}

TEST_F(FallReportTest, TellsOnceAMinuteAtTheMostAndForgetsNone) {
  EXPECT_TRUE(take({{0, {5, 0}, {0, 0}}}, 0s));
  EXPECT_FALSE(take({{0, {4, 0}, {1, 0}}}, 1s));
  EXPECT_FALSE(take({{1, {9, 0}, {2, 0}}}, 59'999ms));
  const auto told = take({}, 1min);
  EXPECT_EQ(told.value().falls, 2);
  EXPECT_EQ(told->text, "b fell from 9 to 2; 2 falls since the last event");
}

TEST_F(FallReportTest, ForgetsWhatAnotherDeviceCounted) {
  EXPECT_TRUE(take({{0, {5, 0}, {0, 0}}}, 0s));
  EXPECT_FALSE(take({{0, {4, 0}, {1, 0}}}, 1s));
  report.forget();
  EXPECT_FALSE(take({}, 5min));
}

}  // namespace
}  // namespace bornier::model
