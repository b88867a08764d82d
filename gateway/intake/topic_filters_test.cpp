// SPDX-License-Identifier: Apache-2.0
#include "intake/topic_filters.hpp"

#include <gmock/gmock.h>

namespace bornier::intake {
namespace {

using testing::ElementsAre;

TEST(TopicFilters, StayAsTheyAreWhereNoTopicMatchesTwo) {
  EXPECT_THAT(without_overlap({"b/+", "a/+", "a/+/c", "b", "+/x/y", "a/x/z"}),
              ElementsAre("+/x/y", "a/+", "a/+/c", "a/x/z", "b", "b/+"));
}

TEST(TopicFilters, LeaveOutWhatAWiderOneMatches) {
  EXPECT_THAT(without_overlap({"a/b", "a/+", "a/b", "a/c"}), ElementsAre("a/+"));
}

TEST(TopicFilters, BecomeOneWhereTheyOverlap) {
  EXPECT_THAT(without_overlap({"a/+/c", "a/b/+"}), ElementsAre("a/+/+"));
  EXPECT_THAT(without_overlap({"a/+/c", "+/b/c"}), ElementsAre("+/+/c"));
}

TEST(TopicFilters, AreLookedAtAgainOnceOneHasBecomeWider) {
  EXPECT_THAT(without_overlap({"a/x/z", "a/+/c", "a/b/+"}), ElementsAre("a/+/+"));
  EXPECT_THAT(without_overlap({"a/b/+", "a/x/z", "a/+/c"}), ElementsAre("a/+/+"));
}

TEST(TopicFilters, LeaveTheBrokersOwnTopicsToThemselves) {
  EXPECT_THAT(without_overlap({"+/load", "$SYS/load"}), ElementsAre("$SYS/load", "+/load"));
  EXPECT_THAT(without_overlap({"$SYS/+", "$SYS/load"}), ElementsAre("$SYS/+"));
}

TEST(TopicFilters, KeepEmptyLevels) {
  EXPECT_THAT(without_overlap({"/devices/+/x", "/devices/a/x", "devices/a/x/"}),
              ElementsAre("/devices/+/x", "devices/a/x/"));
}

}  // namespace
}  // namespace bornier::intake
