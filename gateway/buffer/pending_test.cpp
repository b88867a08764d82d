// SPDX-License-Identifier: Apache-2.0
#include "buffer/pending.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "buffer/store_fixture.hpp"

namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
using reading::GapReason;
using reading::Instant;
using testing::ElementsAre;

constexpr Instant start{10s};
constexpr std::size_t room_for_ten = 10 * (sizeof(reading::Answer) + sizeof(reading::Number));

TEST(Pending, HandsOutOneChunkOfAllThatWaits) {
  Pending pending{room_for_ten};
  pending.add(entries(new_year, 1), true, start);
  pending.add(entries(new_year + 1s, 2), true, start + 1s);
  EXPECT_EQ(pending.oldest(), start);
  const auto chunk = pending.begin_commit();
  ASSERT_TRUE(chunk);
  EXPECT_TRUE(chunk->trusted);
  EXPECT_EQ(chunk->entries->answers.size(), 2U);
  pending.committed();
  EXPECT_EQ(pending.bytes(), 0U);
  EXPECT_EQ(pending.oldest(), std::nullopt);
  EXPECT_FALSE(pending.begin_commit());
}

TEST(Pending, CollectsTheNextChunkDuringACommit) {
  Pending pending{room_for_ten};
  pending.add(entries(new_year, 1), true, start);
  const auto first = pending.begin_commit();
  pending.add(entries(new_year + 1s, 2), true, start + 1s);
  EXPECT_FALSE(pending.begin_commit()) << "one commit at a time";
  EXPECT_EQ(first->entries->answers.size(), 1U) << "what is on its way does not change";
  pending.committed();
  EXPECT_EQ(pending.oldest(), start + 1s);
  EXPECT_EQ(pending.begin_commit()->entries->answers.at(0).time, new_year + 1s);
}

TEST(Pending, OffersAFailedChunkAgainUnchanged) {
  Pending pending{room_for_ten};
  pending.add(entries(new_year, 1), true, start);
  const auto first = pending.begin_commit();
  pending.failed(Fault::input_output);
  EXPECT_EQ(pending.oldest(), start);
  EXPECT_EQ(pending.begin_commit()->entries, first->entries);
}

TEST(Pending, KeepsTrustedAndUntrustedTimesInChunksOfTheirOwn) {
  Pending pending{room_for_ten};
  pending.add(entries(reading::stamp_at(5), 1), false, start);
  pending.add(entries(new_year, 2), true, start);
  EXPECT_FALSE(pending.begin_commit()->trusted);
  pending.committed();
  EXPECT_TRUE(pending.begin_commit()->trusted);
}

TEST(Pending, Promise7_HoldsUpToItsBoundAndRefusesWhatFollows) {
  Pending pending{room_for_ten};
  for (int value = 1; value <= 10; ++value) {
    EXPECT_EQ(pending.add(entries(new_year, value), true, start), 0U) << value;
  }
  EXPECT_EQ(pending.add(entries(new_year, 11), true, start), 1U);
  EXPECT_EQ(pending.waiting_readings(), 10U);
  EXPECT_EQ(pending.refused_readings(), 1U);
}

TEST(Pending, Promise2_DeclaresWhatItRefusedAsOneGap) {
  Pending pending{room_for_ten};
  for (int value = 1; value <= 10; ++value) {
    pending.add(entries(new_year, value), true, start);
  }
  pending.add(entries(new_year + 11s, 11, counter), true, start);
  pending.add(entries(new_year + 12s, 12, gauge), true, start);
  ASSERT_TRUE(pending.begin_commit());
  pending.committed();
  const auto declared = pending.begin_commit();
  ASSERT_TRUE(declared);
  EXPECT_THAT(declared->entries->gaps, ElementsAre(reading::Gap{.first = new_year + 11s,
                                                                .last = new_year + 12s,
                                                                .readings = 2,
                                                                .points = {gauge, counter},
                                                                .reason = GapReason::memory_full}));
  pending.committed();
  EXPECT_FALSE(pending.begin_commit()) << "declared once";
}

TEST(Pending, BlamesAFullDiskWhereThatWasTheReason) {
  Pending pending{room_for_ten};
  for (int value = 1; value <= 10; ++value) {
    pending.add(entries(new_year, value), true, start);
  }
  ASSERT_TRUE(pending.begin_commit());
  pending.failed(Fault::disk_full);
  pending.add(entries(new_year, 11), true, start);
  ASSERT_TRUE(pending.begin_commit());
  pending.committed();
  EXPECT_EQ(pending.begin_commit()->entries->gaps.at(0).reason, GapReason::disk_full);
}

TEST(Pending, TakesAChangeOfStateWhenReadingsNoLongerFit) {
  Pending pending{room_for_ten};
  for (int value = 1; value <= 10; ++value) {
    pending.add(entries(new_year, value), true, start);
  }
  reading::Entries change;
  change.states.push_back({.time = new_year,
                           .meter = reading::MeterNumber{1},
                           .point = {},
                           .state = reading::Acquisition::no_response});
  pending.add(change, true, start);
  EXPECT_EQ(pending.begin_commit()->entries->states.size(), 1U);
}

}  // namespace
}  // namespace bornier::buffer
