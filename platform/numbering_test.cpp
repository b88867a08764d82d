// SPDX-License-Identifier: Apache-2.0
#include "platform/numbering.hpp"

#include <gtest/gtest.h>

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;
using Ranges = std::vector<batch::SequenceRange>;

auto range(std::uint64_t first, std::uint64_t last) -> batch::SequenceRange {
  return {batch::Sequence{first}, batch::Sequence{last}};
}

class NumberingTest : public testing::Test {
 protected:
  void store(std::uint64_t first, std::uint64_t last) { numbering.store(range(first, last)); }
  void hear(std::uint64_t sequence, std::uint64_t oldest_held, Ranges backlog = {}) {
    batch::Header header;
    header.sequence = batch::Sequence{sequence};
    header.oldest_held = batch::Sequence{oldest_held};
    header.backlog = std::move(backlog);
    numbering.hear(header);
  }
  /// Two looks apart: what is missing now has stood.
  auto ask_once_it_stood() -> Ranges {
    EXPECT_EQ(numbering.ask(start), Ranges{});
    EXPECT_EQ(numbering.ask(start + 60s - 1us), Ranges{});
    return numbering.ask(start + 60s);
  }

  const reading::Instant start{1h};
  AskLimits limits;
  Numbering numbering{limits};
};

TEST_F(NumberingTest, MergesWhatTouches) {
  store(5, 6);
  store(1, 2);
  store(4, 4);
  EXPECT_EQ(numbering.stored(), (Ranges{range(1, 2), range(4, 6)}));
  store(3, 3);
  EXPECT_EQ(numbering.stored(), (Ranges{range(1, 6)}));
}

TEST_F(NumberingTest, TakesANumberTwice) {
  store(3, 8);
  store(5, 5);
  store(1, 9);
  EXPECT_EQ(numbering.stored(), (Ranges{range(1, 9)}));
}

TEST_F(NumberingTest, AsksOnceADayForWhatTheGatewayCannotSend) {
  store(1, 2);
  store(5, 6);
  hear(6, 1);
  ASSERT_EQ(ask_once_it_stood(), (Ranges{range(3, 4)}));
  numbering.refused(start + 61s);
  store(8, 9);
  EXPECT_EQ(numbering.ask(start + 120s), Ranges{});
  EXPECT_EQ(numbering.ask(start + 180s), (Ranges{range(7, 7)}));
  store(7, 7);
  EXPECT_EQ(numbering.ask(start + 61s + 24h - 1us), Ranges{});
  EXPECT_EQ(numbering.ask(start + 61s + 24h), (Ranges{range(3, 4)}));
}

TEST_F(NumberingTest, AsksForAHoleOnceItHasStood) {
  store(1, 2);
  store(5, 6);
  hear(6, 1);
  EXPECT_EQ(ask_once_it_stood(), (Ranges{range(3, 4)}));
}

TEST_F(NumberingTest, GivesANewHoleItsTime) {
  store(1, 2);
  hear(2, 1);
  EXPECT_EQ(ask_once_it_stood(), Ranges{});
  store(5, 6);
  EXPECT_EQ(numbering.ask(start + 119s), Ranges{});
  EXPECT_EQ(numbering.ask(start + 120s), Ranges{});
  EXPECT_EQ(numbering.ask(start + 180s), (Ranges{range(3, 4)}));
}

TEST_F(NumberingTest, AsksForNothingBeforeItKnowsWhatIsHeld) {
  store(1, 2);
  store(5, 6);
  EXPECT_EQ(ask_once_it_stood(), Ranges{});
}

TEST_F(NumberingTest, LeavesOutWhatIsNoLongerHeld) {
  store(1, 2);
  store(8, 9);
  hear(9, 5);
  EXPECT_EQ(ask_once_it_stood(), (Ranges{range(5, 7)}));
}

TEST_F(NumberingTest, LeavesOutWhatWaitsInTheBacklog) {
  store(1, 2);
  store(10, 10);
  hear(10, 1, {range(4, 6), range(8, 8)});
  EXPECT_EQ(ask_once_it_stood(), (Ranges{range(3, 3), range(7, 7), range(9, 9)}));
}

TEST_F(NumberingTest, BelievesTheNewestHeader) {
  store(1, 2);
  store(10, 11);
  hear(11, 1);
  hear(10, 1, {range(3, 9)});
  EXPECT_EQ(ask_once_it_stood(), (Ranges{range(3, 9)}));
}

TEST_F(NumberingTest, AsksForTheStartOfANumberingThatBeginsLate) {
  store(500, 510);
  hear(510, 490);
  EXPECT_EQ(ask_once_it_stood(), (Ranges{range(490, 499)}));
}

TEST_F(NumberingTest, DoublesThePauseWhileAskingDoesNotHelp) {
  store(1, 1);
  store(3, 3);
  hear(3, 1);
  ASSERT_EQ(ask_once_it_stood(), (Ranges{range(2, 2)}));
  const auto first = start + 60s;
  EXPECT_EQ(numbering.ask(first + 60s - 1us), Ranges{});
  EXPECT_EQ(numbering.ask(first + 60s), (Ranges{range(2, 2)}));
  EXPECT_EQ(numbering.ask(first + 180s - 1us), Ranges{});
  EXPECT_EQ(numbering.ask(first + 180s), (Ranges{range(2, 2)}));
}

TEST_F(NumberingTest, IsToBeLookedAtOnceAMinuteAlsoWhileItWaitsForWhatItAskedFor) {
  store(1, 1);
  store(3, 3);
  hear(3, 1);
  ASSERT_EQ(ask_once_it_stood(), (Ranges{range(2, 2)}));
  ASSERT_EQ(numbering.ask(start + 120s), (Ranges{range(2, 2)})) << "again in two minutes";
  EXPECT_EQ(numbering.missing(), Ranges{});
  numbering.looked(start + 121s);
  EXPECT_EQ(numbering.missing(), (Ranges{range(2, 2)}));
  EXPECT_EQ(numbering.due(start + 181s - 1us), std::nullopt);
  EXPECT_EQ(numbering.due(start + 181s), batch::Sequence{2});
  store(2, 2);
  EXPECT_EQ(numbering.due(start + 300s), std::nullopt);
}

TEST_F(NumberingTest, AsksOnAtOnceWhenItWasGivenWhatItAskedFor) {
  limits.numbers = 2;
  numbering = Numbering{limits};
  store(1, 1);
  store(6, 6);
  hear(6, 1);
  ASSERT_EQ(ask_once_it_stood(), (Ranges{range(2, 3)}));
  store(2, 2);
  EXPECT_EQ(numbering.ask(start + 61s), Ranges{});
  store(3, 3);
  EXPECT_EQ(numbering.ask(start + 62s), (Ranges{range(4, 5)}));
}

TEST_F(NumberingTest, AsksForNoMoreRangesThanAllowed) {
  limits.ranges = 2;
  numbering = Numbering{limits};
  for (std::uint64_t number = 1; number <= 9; number += 2) {
    store(number, number);
  }
  hear(9, 1);
  EXPECT_EQ(ask_once_it_stood(), (Ranges{range(2, 2), range(4, 4)}));
}

TEST_F(NumberingTest, SurvivesTheLargestNumbers) {
  store(1, 1);
  store(UINT64_MAX, UINT64_MAX);
  hear(UINT64_MAX, UINT64_MAX - 1, {range(UINT64_MAX, UINT64_MAX)});
  EXPECT_EQ(ask_once_it_stood(), (Ranges{range(UINT64_MAX - 1, UINT64_MAX - 1)}));
}

}  // namespace
}  // namespace bornier::platform
