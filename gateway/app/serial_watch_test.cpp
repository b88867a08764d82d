// SPDX-License-Identifier: Apache-2.0
#include "app/serial_watch.hpp"

#include <gtest/gtest.h>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

auto says(std::string serial) -> std::vector<model::Decoded> {
  return {{.point = 1, .value = std::move(serial), .quality = {}}};
}

TEST(SerialNumber, IsComparedWithoutWhatANameplateAdds) {
  EXPECT_TRUE(is_same_serial("0021045678", "21045678"));
  EXPECT_TRUE(is_same_serial("ab 12-34.5/6", "AB123456"));
  EXPECT_FALSE(is_same_serial("21045678", "21045679"));
  EXPECT_FALSE(is_same_serial("2104567", "21045678"));
}

class SerialWatchTest : public testing::Test {
 protected:
  static constexpr reading::Instant start{1h};
  MeterSettings meter = meter_with_serial("AB12");
  SerialWatch watch{meter, {}};
};

TEST_F(SerialWatchTest, AsksForTheOnePoint) {
  ASSERT_EQ(watch.requests().size(), 1U);
  EXPECT_EQ(watch.requests()[0].first, 50);
}

TEST_F(SerialWatchTest, IsDueAtTheStartAndADayLater) {
  EXPECT_TRUE(watch.is_due(start));
  EXPECT_FALSE(watch.look_at(says("AB12"), start));
  EXPECT_FALSE(watch.is_due(start + 24h - 1us));
  EXPECT_TRUE(watch.is_due(start + 24h));
}

TEST_F(SerialWatchTest, IsDueAfterAnOutageButNotMoreOftenThanOnceAMinute) {
  EXPECT_FALSE(watch.look_at(says("AB12"), start));
  watch.was_away(start + 10s);
  EXPECT_FALSE(watch.is_due(start + 1min - 1us));
  EXPECT_TRUE(watch.is_due(start + 1min));
  EXPECT_FALSE(watch.look_at(says("AB12"), start + 1min));
  watch.was_away(start + 2h);
  EXPECT_TRUE(watch.is_due(start + 2h));
}

TEST_F(SerialWatchTest, AsksAgainInTenMinutesAfterSilenceAndADayAfterARefusal) {
  watch.gave_nothing(false, start);
  EXPECT_FALSE(watch.is_due(start + 10min - 1us));
  EXPECT_TRUE(watch.is_due(start + 10min));
  watch.gave_nothing(true, start);
  EXPECT_FALSE(watch.is_due(start + 24h - 1us));
  EXPECT_TRUE(watch.is_due(start + 24h));
}

TEST_F(SerialWatchTest, TellsAnotherDeviceOnce) {
  const auto exchange = watch.look_at(says("CD34"), start);
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->before, "AB12");
  EXPECT_EQ(exchange->now, "CD34");
  EXPECT_TRUE(watch.is_exchanged());
  EXPECT_EQ(watch.found(), "CD34");
  EXPECT_FALSE(watch.look_at(says("CD34"), start + 24h));
}

TEST_F(SerialWatchTest, TellsTheReturnOfTheConfiguredDevice) {
  EXPECT_TRUE(watch.look_at(says("CD34"), start));
  const auto exchange = watch.look_at(says("AB12"), start + 1h);
  ASSERT_TRUE(exchange);
  EXPECT_EQ(exchange->before, "CD34");
  EXPECT_FALSE(watch.is_exchanged());
}

TEST_F(SerialWatchTest, MakesNothingOfAnEmptyNumber) {
  EXPECT_FALSE(watch.look_at(says("0000"), start));
  EXPECT_FALSE(
      watch.look_at(std::vector{model::Decoded{
                        .point = 1, .value = reading::Acquisition::not_available, .quality = {}}},
                    start));
  EXPECT_FALSE(watch.is_exchanged());
  EXPECT_FALSE(watch.is_due(start + 1h)) << "it was asked";
}

TEST(SerialWatch, WithoutAConfiguredNumberComparesWithTheFirstOne) {
  const auto meter = meter_with_serial("");
  SerialWatch watch{meter, {}};
  const reading::Instant start{1h};
  EXPECT_FALSE(watch.look_at(says("AB12"), start));
  EXPECT_FALSE(watch.is_exchanged());
  EXPECT_TRUE(watch.look_at(says("CD34"), start + 1h));
  EXPECT_TRUE(watch.is_exchanged());
}

TEST(SerialWatch, IsNeverDueForAModelWithoutASerialNumber) {
  const auto meter = two_point_meter({});
  const SerialWatch watch{meter, {}};
  EXPECT_FALSE(watch.is_due(reading::Instant{1h}));
}

}  // namespace
}  // namespace bornier::app
