// SPDX-License-Identifier: Apache-2.0
#include "app/counter_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using reading::Decimal;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

/// Points: 0 counts pulses, 1 energy; 2 is a voltage. 0 and 1 are read.
auto counting_meter(std::string serial = {}) -> MeterSettings {
  MeterSettings meter;
  meter.id = "node-1";
  meter.serial = std::move(serial);
  meter.model = std::make_shared<const model::Model>(model::model_with_points(
      "a = { quantity = \"pulse_count\", address = 0, type = \"uint16\" }\n"
      "b = { quantity = \"energy_active_import\", address = 1, type = \"uint16\", unit = \"kWh\" "
      "}\n"
      "c = { quantity = \"voltage\", address = 2, type = \"uint16\", unit = \"V\" }\n"));
  meter.settings = model::Settings{*meter.model};
  meter.polls.push_back({.every = 1s, .points = {0, 1}});
  return meter;
}

auto shows(std::size_t point, std::int64_t value) -> std::vector<model::Decoded> {
  return {{.point = point, .value = Decimal{value, 0}, .quality = {}}};
}

/// Whether the reading is marked.
auto is_marked(CounterWatch& watch, std::size_t point, std::int64_t value) -> bool {
  auto points = shows(point, value);
  watch.look_at(points);
  return points.front().quality.has(reading::QualityFlag::meter_restarted);
}

constexpr reading::Instant now{1h};

TEST(CounterWatch, MarksAndTellsAnyCounterThatFell) {
  CounterWatch watch{counting_meter()};
  EXPECT_FALSE(is_marked(watch, 1, 100));
  EXPECT_FALSE(is_marked(watch, 2, 230));
  EXPECT_FALSE(is_marked(watch, 2, 229));
  EXPECT_TRUE(is_marked(watch, 1, 99));
  const auto told = watch.take_falls(now);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->text, "b fell from 100 to 99");
  EXPECT_FALSE(is_marked(watch, 1, 99));
  EXPECT_FALSE(watch.take_falls(now + 2min));
}

TEST(CounterWatch, RemembersPulsesOnlyAndOnlyWhatChanged) {
  CounterWatch watch{counting_meter()};
  EXPECT_FALSE(is_marked(watch, 1, 100));
  EXPECT_THAT(watch.take_memos(), IsEmpty());
  EXPECT_FALSE(is_marked(watch, 0, 100));
  const auto memos = watch.take_memos();
  ASSERT_THAT(memos, SizeIs(1));
  EXPECT_EQ(memos[0].key, "counters/node-1");
  EXPECT_FALSE(is_marked(watch, 0, 100));
  EXPECT_THAT(watch.take_memos(), IsEmpty());

  CounterWatch later{counting_meter(), memos[0].value};
  EXPECT_TRUE(is_marked(later, 0, 99));
  EXPECT_FALSE(is_marked(later, 1, 99));
}

TEST(CounterWatch, ForgetsWhatAnotherDeviceCounted) {
  CounterWatch watch{counting_meter("A-1")};
  EXPECT_FALSE(is_marked(watch, 0, 100));
  const auto memo = watch.take_memos().at(0).value;
  CounterWatch same{counting_meter("A-1"), memo};
  EXPECT_TRUE(is_marked(same, 0, 5));
  CounterWatch exchanged{counting_meter("A-2"), memo};
  EXPECT_FALSE(is_marked(exchanged, 0, 5));
  EXPECT_TRUE(is_marked(watch, 0, 7));
  watch.forget();
  EXPECT_FALSE(watch.take_falls(now));
  EXPECT_FALSE(is_marked(watch, 0, 3));
}

TEST(CounterWatch, TakesAMemoThatIsNoneForNothing) {
  for (const auto* text : {"", "A-1", "\n", "\nx"}) {
    CounterWatch watch{counting_meter(), text};
    EXPECT_FALSE(is_marked(watch, 0, 0)) << text;
  }
}

TEST(CounterWatch, HasAKeyOnlyWherePulsesAreRead) {
  auto meter = counting_meter();
  EXPECT_EQ(counters_key(meter), "counters/node-1");
  meter.polls = {{.every = 1s, .points = {1, 2}}};
  EXPECT_EQ(counters_key(meter), std::nullopt);
}

}  // namespace
}  // namespace bornier::app
