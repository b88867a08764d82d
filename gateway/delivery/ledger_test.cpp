// SPDX-License-Identifier: Apache-2.0
#include "delivery/ledger.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace bornier::delivery {
namespace {

using batch::Sequence;
using batch::SequenceRange;
using namespace std::chrono_literals;

auto at(std::chrono::seconds since_boot) -> reading::Instant {
  return reading::Instant{since_boot};
}

auto numbers(const std::vector<Sequence>& sequences) -> std::vector<std::uint64_t> {
  std::vector<std::uint64_t> result;
  for (const auto sequence : sequences)
    result.push_back(sequence.value());
  return result;
}

class LedgerTest : public testing::Test {
 protected:
  /// Batch n has 100 + n bytes and is sealed at second n.
  void hold(std::uint64_t first, std::uint64_t last) {
    for (auto n = first; n <= last; ++n)
      ledger.append(batch_of(n));
  }
  static auto batch_of(std::uint64_t n) -> Waiting {
    return {Sequence{n}, static_cast<std::uint32_t>(100 + n), at(std::chrono::seconds{n})};
  }
  auto remove(std::uint64_t first, std::uint64_t last) -> std::vector<std::uint64_t> {
    std::vector<Sequence> removed;
    ledger.remove({Sequence{first}, Sequence{last}}, removed);
    return numbers(removed);
  }
  auto first_waiting() -> std::uint64_t {
    const auto found = ledger.first_waiting();
    return found ? found->sequence.value() : 0;
  }
  auto first_live(std::chrono::seconds since) -> std::uint64_t {
    const auto found = ledger.first_live(at(since));
    return found ? found->sequence.value() : 0;
  }

  Ledger ledger;
};

TEST_F(LedgerTest, CountsWhatItHolds) {
  hold(1, 3);
  EXPECT_EQ(ledger.size(), 3U);
  EXPECT_EQ(ledger.bytes(), 101U + 102U + 103U);
  EXPECT_EQ(ledger.oldest(), Sequence{1});
}

TEST_F(LedgerTest, RemovesARangeWithBothEnds) {
  hold(1, 10);
  EXPECT_EQ(remove(3, 5), (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(ledger.size(), 7U);
  EXPECT_EQ(ledger.oldest(), Sequence{1});
  EXPECT_EQ(remove(1, 2), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(ledger.oldest(), Sequence{6});
}

TEST_F(LedgerTest, IgnoresNumbersThatItDoesNotHoldHoweverWideTheRange) {
  hold(5, 6);
  EXPECT_TRUE(remove(1, 4).empty());
  EXPECT_TRUE(remove(7, std::numeric_limits<std::uint64_t>::max()).empty());
  EXPECT_TRUE(remove(6, 5).empty());
  EXPECT_EQ(remove(0, std::numeric_limits<std::uint64_t>::max()),
            (std::vector<std::uint64_t>{5, 6}));
  EXPECT_EQ(ledger.size(), 0U);
  EXPECT_EQ(ledger.bytes(), 0U);
  EXPECT_FALSE(ledger.oldest());
}

TEST_F(LedgerTest, RemovesNothingTwice) {
  hold(1, 10);
  remove(5, 5);
  EXPECT_TRUE(remove(5, 5).empty());
  EXPECT_EQ(ledger.size(), 9U);
}

TEST_F(LedgerTest, GivesTheLowestNumberThatWaits) {
  hold(1, 4);
  EXPECT_EQ(first_waiting(), 1U);
  ledger.mark_sent(Sequence{1});
  remove(2, 2);
  EXPECT_EQ(first_waiting(), 3U);
  ledger.mark_sent(Sequence{3});
  ledger.mark_sent(Sequence{4});
  EXPECT_EQ(first_waiting(), 0U);
  hold(5, 5);
  EXPECT_EQ(first_waiting(), 5U);
}

TEST_F(LedgerTest, GivesTheLowestLiveNumberSealedAtTheLimitOrLater) {
  hold(1, 9);
  EXPECT_EQ(first_live(5s), 5U);
  ledger.mark_sent(Sequence{5});
  EXPECT_EQ(first_live(5s), 6U);
  EXPECT_EQ(first_live(8s), 8U);
  EXPECT_EQ(first_live(10s), 0U);
  EXPECT_EQ(first_waiting(), 1U);
}

TEST_F(LedgerTest, TakesAMissingNumberBackIn) {
  hold(1, 9);
  for (std::uint64_t n = 1; n <= 9; ++n)
    ledger.mark_sent(Sequence{n});
  EXPECT_EQ(first_waiting(), 0U);
  remove(4, 4);
  EXPECT_TRUE(ledger.insert(batch_of(4)));
  EXPECT_EQ(first_waiting(), 4U);
  EXPECT_FALSE(ledger.insert(batch_of(4)));
  remove(1, 3);
  EXPECT_TRUE(ledger.insert(batch_of(2)));
  EXPECT_EQ(first_waiting(), 2U);
  EXPECT_EQ(ledger.oldest(), Sequence{2});
  EXPECT_EQ(ledger.size(), 7U);
}

TEST_F(LedgerTest, TakesALiveNumberBackInAsALiveOne) {
  hold(1, 9);
  ledger.mark_sent(Sequence{8});
  ledger.mark_sent(Sequence{9});
  EXPECT_EQ(first_live(8s), 0U);
  remove(8, 8);
  ledger.insert(batch_of(8));
  EXPECT_EQ(first_live(8s), 8U);
}

TEST_F(LedgerTest, KeepsSealingTimesInTheOrderOfTheNumbers) {
  hold(10, 11);
  ledger.append({Sequence{12}, 1, at(2s)});  // a clock that went back
  EXPECT_EQ(ledger.first_live(at(11s))->sequence, Sequence{11});
  ledger.mark_sent(Sequence{11});
  EXPECT_EQ(first_live(11s), 12U);
  ledger.insert({Sequence{3}, 1, at(99s)});
  EXPECT_EQ(first_waiting(), 3U);
  EXPECT_EQ(first_live(11s), 12U);
}

TEST_F(LedgerTest, FollowsAChangeOfSize) {
  hold(1, 2);
  ledger.set_bytes(Sequence{2}, 7);
  ledger.set_bytes(Sequence{3}, 7);
  EXPECT_EQ(ledger.bytes(), 101U + 7U);
  ledger.mark_sent(Sequence{1});
  EXPECT_EQ(ledger.first_waiting()->bytes, 7U);
}

TEST_F(LedgerTest, TellsWhatWaitsAsRangesAndMergesTheLastBeyondTheLimit) {
  hold(1, 9);
  ledger.mark_sent(Sequence{3});
  remove(6, 7);
  const std::vector<SequenceRange> all{
      {Sequence{1}, Sequence{2}}, {Sequence{4}, Sequence{5}}, {Sequence{8}, Sequence{9}}};
  EXPECT_EQ(ledger.waiting_ranges(3), all);
  const std::vector<SequenceRange> merged{{Sequence{1}, Sequence{2}}, {Sequence{4}, Sequence{9}}};
  EXPECT_EQ(ledger.waiting_ranges(2), merged);
}

TEST_F(LedgerTest, StaysRightWhenFiftyThousandAreRemovedInAnyOrder) {
  hold(1, 50'000);
  std::uint64_t left = 50'000;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    const auto n = i * 7919 % 50'000 + 1;  // 7919 is prime to 50,000: every number once
    if (n == 25'000)
      continue;
    ASSERT_EQ(remove(n, n).size(), 1U);
    ASSERT_EQ(ledger.size(), --left);
  }
  EXPECT_EQ(first_waiting(), 25'000U);
  EXPECT_EQ(ledger.oldest(), Sequence{25'000});
  EXPECT_EQ(ledger.bytes(), 25'100U);
}

}  // namespace
}  // namespace bornier::delivery
