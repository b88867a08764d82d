// SPDX-License-Identifier: Apache-2.0
#include "buffer/pending.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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

TEST(Pending, HandsOutMemosWithTheEntriesTheyCameWith) {
  Pending pending{1U << 20U};
  pending.add(entries(new_year, 1), true, start, {{"gas", "1"}, {"water", "1"}});
  pending.add(entries(new_year, 2), true, start, {{"water", "22"}});
  const auto first = pending.begin_commit();
  pending.add(entries(new_year, 3), true, start, {{"water", "3"}});
  EXPECT_THAT(first->memos, ElementsAre(Memo{"gas", "1"}, Memo{"water", "22"}));
  pending.failed(Fault::input_output);
  EXPECT_EQ(pending.begin_commit()->memos, first->memos);
  pending.committed();
  EXPECT_THAT(pending.begin_commit()->memos, ElementsAre(Memo{"water", "3"}));
  pending.committed();
  EXPECT_EQ(pending.bytes(), 0U);
}

TEST(Pending, TakesAMemoWithoutEntriesAsAChunk) {
  Pending pending{room_for_ten};
  pending.add({}, true, start, {{"water", "1"}});
  EXPECT_EQ(pending.oldest(), start);
  const auto chunk = pending.begin_commit();
  ASSERT_TRUE(chunk);
  EXPECT_TRUE(chunk->entries->empty());
  EXPECT_THAT(chunk->memos, ElementsAre(Memo{"water", "1"}));
}

TEST(Pending, Promise7_CountsTheMemoryOfMemosAndDropsThemWithWhatItRefuses) {
  const std::string value(512, 'v');
  const auto memory = room_for_ten / 10 + sizeof(Memo) + 5 + value.size();
  Pending enough{memory};
  EXPECT_EQ(enough.add(entries(new_year, 1), true, start, {{"water", value}}), 0U);
  EXPECT_EQ(enough.bytes(), memory);
  Pending too_small{memory - 1};
  EXPECT_EQ(too_small.add(entries(new_year, 1), true, start, {{"water", value}}), 1U);
  const auto chunk = too_small.begin_commit();
  EXPECT_EQ(chunk->entries->gaps.size(), 1U);
  EXPECT_THAT(chunk->memos, ElementsAre());
}

TEST(Pending, DropsAMemoWithoutEntriesThatDoesNotFit) {
  Pending pending{sizeof(Memo) + 6};
  pending.add({}, true, start, {{"water", "12"}});
  EXPECT_FALSE(pending.refuses()) << "there is nothing to declare";
  EXPECT_FALSE(pending.begin_commit());
  pending.add({}, true, start, {{"water", "1"}});
  EXPECT_TRUE(pending.begin_commit());
}

TEST(Pending, Promise2_DeclaresWhatItRefusedNoLaterThanAMemoThatFollows) {
  Pending pending{room_for_ten};
  for (int value = 1; value <= 9; ++value) {
    pending.add(entries(new_year, value), true, start);
  }
  auto two = entries(new_year, 10);
  reading::append(entries(new_year, 11), two);
  EXPECT_EQ(pending.add(two, true, start), 2U);
  pending.add({}, true, start, {{"water", "11"}});
  const auto chunk = pending.begin_commit();
  EXPECT_THAT(chunk->memos, ElementsAre(Memo{"water", "11"}));
  ASSERT_EQ(chunk->entries->gaps.size(), 1U);
  EXPECT_EQ(chunk->entries->gaps[0].readings, 2U);
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
