// SPDX-License-Identifier: Apache-2.0
#include "platform/repeats.hpp"

#include <gtest/gtest.h>

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;
const reading::Instant start{1h};

TEST(Repeats, TellsTheFirstAndCountsTheOthers) {
  Repeats repeats;
  EXPECT_TRUE(repeats.is_news("dropped", start));
  EXPECT_FALSE(repeats.is_news("dropped", start + 1s));
  EXPECT_FALSE(repeats.is_news("dropped", start + 2s));
  EXPECT_TRUE(repeats.over(start + Repeats::quiet - 1us).empty());
  const auto over = repeats.over(start + Repeats::quiet);
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over.front(), (std::pair<std::string, std::uint64_t>{"dropped", 2}));
  EXPECT_TRUE(repeats.is_news("dropped", start + Repeats::quiet));
}

TEST(Repeats, IsSilentAboutWhatHappenedOnce) {
  Repeats repeats;
  EXPECT_TRUE(repeats.is_news("conflict", start));
  EXPECT_TRUE(repeats.over(start + Repeats::quiet).empty());
}

TEST(Repeats, TakesNoMoreSubjectsThanItHasRoomFor) {
  Repeats repeats;
  for (std::size_t subject = 0; subject < Repeats::subjects; ++subject) {
    ASSERT_TRUE(repeats.is_news(std::to_string(subject), start));
  }
  EXPECT_FALSE(repeats.is_news("one more", start));
}

}  // namespace
}  // namespace bornier::platform
