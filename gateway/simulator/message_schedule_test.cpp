// SPDX-License-Identifier: Apache-2.0
#include "simulator/message_schedule.hpp"

#include <gtest/gtest.h>

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;
using reading::Stamp;
using reading::stamp_at;

/// "METER/KIND at MS" of all that is taken until `end`, looked at each millisecond.
auto taken_until(MessageSchedule& schedule, Stamp from, Stamp end) -> std::vector<std::string> {
  std::vector<std::string> taken;
  for (auto now = from; now < end; now += 1ms) {
    while (const auto due = schedule.take(now)) {
      EXPECT_EQ(due->time, now);
      taken.push_back(std::to_string(due->meter) + "/" + std::to_string(due->kind) + " at " +
                      std::to_string(reading::milliseconds_since_1970(due->time)));
    }
  }
  return taken;
}

using Lines = std::vector<std::string>;

TEST(MessageSchedule, SpreadsTheMessagesOverTheSpanWhereverItBegins) {
  const std::vector<MessageSchedule::Kind> kinds{{0, 0, 100ms}, {0, 1, 100ms}, {1, 0, 200ms}};
  MessageSchedule schedule{kinds, stamp_at(1'001)};
  EXPECT_EQ(schedule.next(), stamp_at(1'033));
  EXPECT_EQ(taken_until(schedule, stamp_at(1'001), stamp_at(1'240)),
            (Lines{"0/1 at 1033", "0/0 at 1100", "0/1 at 1133", "1/0 at 1133", "0/0 at 1200",
                   "0/1 at 1233"}));
  MessageSchedule at_once{kinds, stamp_at(1'100)};
  EXPECT_EQ(at_once.take(stamp_at(1'100))->time, stamp_at(1'100));
}

TEST(MessageSchedule, LeavesOutWhatNobodyTookInTime) {
  MessageSchedule schedule{{{0, 0, 100ms}}, stamp_at(1'000)};
  EXPECT_EQ(schedule.take(stamp_at(1'099))->time, stamp_at(1'000));
  EXPECT_EQ(schedule.skipped(), 0U);
  EXPECT_EQ(schedule.take(stamp_at(1'350))->time, stamp_at(1'300));
  EXPECT_EQ(schedule.skipped(), 2U);
  EXPECT_FALSE(schedule.take(stamp_at(1'399)));
  EXPECT_TRUE(schedule.take(stamp_at(1'400)));
}

TEST(MessageSchedule, GoesOnAtOnceWhenTheClockIsSetBack) {
  MessageSchedule schedule{{{0, 0, 100ms}}, stamp_at(10'000)};
  EXPECT_TRUE(schedule.take(stamp_at(10'000)));
  EXPECT_EQ(taken_until(schedule, stamp_at(5'050), stamp_at(5'201)),
            (Lines{"0/0 at 5100", "0/0 at 5200"}));
}

TEST(MessageSchedule, OfNothingIsNeverDue) {
  MessageSchedule schedule{{}, stamp_at(0)};
  EXPECT_FALSE(schedule.take(stamp_at(0)));
  EXPECT_FALSE(schedule.next());
}

}  // namespace
}  // namespace bornier::simulator
