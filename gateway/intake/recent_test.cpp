// SPDX-License-Identifier: Apache-2.0
#include "intake/recent.hpp"

#include <gtest/gtest.h>

namespace bornier::intake {
namespace {

using Answer = Recent::Answer;

auto hour(int number) -> reading::Stamp {
  return reading::stamp_at(1'764'000'000'000) + std::chrono::hours{number};
}

TEST(Recent, KnowsASampleByItsKindAndTime) {
  Recent recent;
  EXPECT_EQ(recent.look("up", hour(1)), Answer::is_new);
  recent.take("up", hour(1));
  EXPECT_EQ(recent.look("up", hour(1)), Answer::repeated);
  EXPECT_EQ(recent.look("history", hour(1)), Answer::is_new);
  EXPECT_EQ(recent.look("up", hour(2)), Answer::is_new);
}

TEST(Recent, TakesALateSampleOnce) {
  Recent recent;
  recent.take("up", hour(9));
  EXPECT_EQ(recent.look("up", hour(3)), Answer::is_new);
  recent.take("up", hour(3));
  EXPECT_EQ(recent.look("up", hour(3)), Answer::repeated);
}

TEST(Recent, RefusesWhatIsOlderThanAllItRemembers) {
  Recent recent;
  for (int number = 0; number < 65; ++number) {
    recent.take("up", hour(number));
  }
  EXPECT_EQ(recent.look("up", hour(1)), Answer::repeated);
  EXPECT_EQ(recent.look("up", hour(0)), Answer::too_late);
  EXPECT_EQ(recent.look("up", hour(-1)), Answer::too_late);
  EXPECT_EQ(recent.look("up", hour(65)), Answer::is_new);
}

TEST(Recent, RemembersFourMessagesOfHistory) {
  Recent recent;
  recent.make_room_for(24);
  for (int number = 0; number < 96; ++number) {
    recent.take("history", hour(number));
  }
  EXPECT_EQ(recent.look("history", hour(0)), Answer::repeated);
  recent.take("history", hour(96));
  EXPECT_EQ(recent.look("history", hour(0)), Answer::too_late);
  EXPECT_LE(recent.to_bytes().size(), 4096U);
}

TEST(Recent, IsBoundedHoweverLongAMessageIs) {
  Recent recent;
  recent.make_room_for(4'000'000);
  for (int number = 0; number < 5'000; ++number) {
    recent.take("history", hour(number));
  }
  EXPECT_LE(recent.to_bytes().size(), 4096U);
}

TEST(Recent, KnowsAMessageByWhatNamesIt) {
  Recent recent;
  EXPECT_EQ(recent.look("01a2\n17"), Answer::is_new);
  recent.take("01a2\n17");
  EXPECT_EQ(recent.look("01a2\n17"), Answer::repeated);
  EXPECT_EQ(recent.look("01a2\n18"), Answer::is_new);
}

TEST(Recent, IsTheSameAfterARestart) {
  Recent recent;
  recent.make_room_for(24);
  for (int number = 0; number < 100; ++number) {
    recent.take("history", hour(number));
  }
  recent.take("01a2\n17");
  const auto bytes = recent.to_bytes();
  const auto again = Recent::of_bytes(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, recent);
  EXPECT_EQ(again->look("history", hour(1)), Answer::too_late);
}

TEST(Recent, TakesNoOtherBytes) {
  const auto bytes = Recent{}.to_bytes();
  ASSERT_TRUE(Recent::of_bytes(bytes));
  EXPECT_FALSE(Recent::of_bytes(""));
  EXPECT_FALSE(Recent::of_bytes(bytes.substr(1)));
  EXPECT_FALSE(Recent::of_bytes(bytes + "x"));
  EXPECT_FALSE(Recent::of_bytes("\x02" + bytes.substr(1)));
  EXPECT_FALSE(Recent::of_bytes(bytes + std::string(12 * 65, '\0')));
}

TEST(Recent, IsNotMisledByOneTimeFarAhead) {
  Recent recent;
  recent.take("up", hour(1'000'000));
  for (int number = 0; number < 200; ++number) {
    EXPECT_EQ(recent.look("up", hour(number)), Answer::is_new) << number;
    recent.take("up", hour(number));
  }
  EXPECT_EQ(recent.look("up", hour(199)), Answer::repeated);
}

}  // namespace
}  // namespace bornier::intake
