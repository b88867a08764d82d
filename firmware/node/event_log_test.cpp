// SPDX-License-Identifier: Apache-2.0
#include "node/event_log.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace bornier::node {
namespace {

using Record = std::array<std::byte, EventLog::packed_size>;

void add(EventLog& log, std::uint16_t first, std::uint16_t last) {
  for (auto value = first; value <= last; ++value) {
    log.add(EventKind::door_open, 0, value);
  }
}

auto saved(EventLog& log) -> Record {
  Record record{};
  log.mark_saved(log.pack(record));
  return record;
}

TEST(EventLog, NumbersItsEventsFromOne) {
  EventLog log;
  EXPECT_EQ(log.oldest(), log.next());
  log.set_time(0x1'0007, 99);
  log.add(EventKind::storm_begin, 3);
  EXPECT_EQ(log.oldest(), 1U);
  EXPECT_EQ(log.next(), 2U);
  EXPECT_EQ(log[1], (Event{99, 7, 0, EventKind::storm_begin, 3}));
}

TEST(EventLog, HoldsTheLatest32) {
  EventLog log;
  add(log, 1, 32);
  EXPECT_EQ(log.oldest(), 1U);
  add(log, 33, 33);
  EXPECT_EQ(log.oldest(), 2U);
  EXPECT_EQ(log.size(), 32U);
  EXPECT_EQ(log[33].value, 33);
  EXPECT_EQ(log[2].value, 2);
  EXPECT_FALSE(log.holds(1));
  EXPECT_TRUE(log.holds(2));
  EXPECT_FALSE(log.holds(34));
}

TEST(EventLog, PlacesEventsByTheirNumber) {
  EventLog log;
  add(log, 1, 33);
  EXPECT_EQ(log.number_at(1), 33U);
  EXPECT_EQ(log.number_at(2), 2U);
  EXPECT_EQ(log.number_at(0), 32U);
}

TEST(EventLog, GoesOnWhereNumbersWrap) {
  EventLog log;
  log.continue_from(0xFFFF'FFFFU);
  add(log, 1, 3);
  EXPECT_EQ(log.next(), 2U);
  EXPECT_EQ(log.oldest(), 0xFFFF'FFFFU);
  EXPECT_EQ(log[0xFFFF'FFFFU].value, 1);
  EXPECT_EQ(log[0].value, 2);
  EXPECT_EQ(log[1].value, 3);
  EXPECT_EQ(log.number_at(31), 0xFFFF'FFFFU);
}

TEST(EventLog, SurvivesInRecordsOfFive) {
  EventLog log;
  std::vector<Record> records;
  add(log, 1, 2);
  records.push_back(saved(log));
  EXPECT_EQ(log.unsaved(), log.next());
  add(log, 3, 12);
  EXPECT_EQ(log.unsaved(), 3U);
  records.push_back(saved(log));
  EXPECT_EQ(log.unsaved(), 8U) << "ten are more than a record has";
  records.push_back(saved(log));
  EXPECT_EQ(log.unsaved(), log.next());

  EventLog again;
  for (const auto& record : records) {
    again.restore(record);
  }
  EXPECT_EQ(again.next(), 13U);
  EXPECT_EQ(again.oldest(), 1U);
  for (std::uint32_t number = 1; number < 13; ++number) {
    EXPECT_EQ(again[number], log[number]) << number;
  }
  EXPECT_EQ(again.unsaved(), again.next());
}

TEST(EventLog, ARecordHoldsOlderEventsWhereItHasRoom) {
  EventLog log;
  add(log, 1, 7);
  saved(log);
  saved(log);
  add(log, 8, 8);
  EventLog again;
  again.restore(saved(log));
  EXPECT_EQ(again.oldest(), 4U);
  EXPECT_EQ(again.next(), 9U);
}

TEST(EventLog, LeavesOutWhatCameBeforeALostRecord) {
  EventLog log;
  add(log, 1, 5);
  const auto first = saved(log);
  add(log, 6, 10);
  saved(log);
  add(log, 11, 15);
  const auto third = saved(log);
  EventLog again;
  again.restore(first);
  again.restore(third);
  EXPECT_EQ(again.oldest(), 11U);
  EXPECT_EQ(again.next(), 16U);
}

TEST(EventLog, GivesNoNumberTwiceThoughItsEventsAreLost) {
  EventLog log;
  add(log, 1, 3);
  const auto record = saved(log);
  EventLog again;
  again.restore(record);
  again.continue_from(9);
  EXPECT_EQ(again.next(), 9U);
  EXPECT_EQ(again.size(), 0U);
  EventLog newer;
  newer.restore(record);
  newer.continue_from(2);
  EXPECT_EQ(newer.next(), 4U);
  EXPECT_EQ(newer.size(), 3U);
}

TEST(EventLog, DoesNotWaitForWhatWasOverwrittenBeforeItWasSaved) {
  EventLog log;
  add(log, 1, 40);
  EXPECT_EQ(log.unsaved(), 9U);
}

}  // namespace
}  // namespace bornier::node
