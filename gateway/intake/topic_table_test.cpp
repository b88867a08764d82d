// SPDX-License-Identifier: Apache-2.0
#include "intake/topic_table.hpp"

#include <gtest/gtest.h>

namespace bornier::intake {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr reading::Instant start{std::chrono::hours{1}};

TEST(TopicTable, LooksForTheMetersOfATopicOnce) {
  int looked = 0;
  TopicTable table{10, [&](std::string_view topic) {
                     ++looked;
                     return std::vector<std::size_t>{topic.size()};
                   }};
  EXPECT_EQ(table.at("a/b", start).meters, std::vector<std::size_t>{3});
  EXPECT_EQ(table.at("a/b", start).meters, std::vector<std::size_t>{3});
  EXPECT_EQ(table.at("a", start).meters, std::vector<std::size_t>{1});
  EXPECT_EQ(looked, 2);
}

TEST(TopicTable, AdmitsTheRateOfATopicAndTwoSecondsOfItAtOnce) {
  TopicTable table{10, [](std::string_view) { return std::vector<std::size_t>{}; }};
  auto& entry = table.at("a", start);
  for (int message = 0; message < 20; ++message) {
    EXPECT_TRUE(table.admit(entry, start));
  }
  EXPECT_FALSE(table.admit(entry, start));
  EXPECT_FALSE(table.admit(entry, start + milliseconds{99}));
  EXPECT_TRUE(table.admit(entry, start + milliseconds{101}));
  EXPECT_EQ(entry.flooded, 2U);
  EXPECT_TRUE(table.admit(table.at("b", start), start));  // a flood is its own topic's business
}

TEST(TopicTable, AdmitsWhatTheBrokerHasKeptWhileNobodyListened) {
  TopicTable table{10, [](std::string_view) { return std::vector<std::size_t>{}; }};
  const auto admitted = [&table](std::string_view topic, reading::Instant now) {
    auto& entry = table.at(topic, now);
    int count = 0;
    while (table.admit(entry, now)) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(admitted("known", start), 20);
  table.allow_for(seconds{30}, start);
  EXPECT_EQ(admitted("known", start), 300);
  EXPECT_EQ(admitted("new", start), 320);
  table.allow_for(seconds{5}, start + seconds{1});
  EXPECT_EQ(admitted("newer", start + seconds{1}), 370);  // of both absences
  EXPECT_EQ(admitted("known", start + seconds{1}), 50);
}

TEST(TopicTable, DoesNotSaveUpWhatTheBrokerMayHaveKept) {
  TopicTable table{10, [](std::string_view) { return std::vector<std::size_t>{}; }};
  const auto admitted = [&table](std::string_view topic, reading::Instant now) {
    auto& entry = table.at(topic, now);
    int count = 0;
    while (table.admit(entry, now)) {
      ++count;
    }
    return count;
  };
  static_cast<void>(table.at("quiet", start));
  static_cast<void>(table.at("busy", start));
  table.allow_for(seconds{30}, start);
  EXPECT_TRUE(table.admit(table.at("busy", start + seconds{5}), start + seconds{5}));
  EXPECT_EQ(admitted("busy", start + seconds{15}), 319);
  EXPECT_EQ(admitted("quiet", start + seconds{10} + milliseconds{1}), 20);
  EXPECT_EQ(admitted("new", start + seconds{600} - milliseconds{1}), 320);
  EXPECT_EQ(admitted("newer", start + seconds{600}), 20);
}

TEST(TopicTable, GivesEachMessageOfATopicATimeOfItsOwn) {
  TopicTable table{10, [](std::string_view) { return std::vector<std::size_t>{}; }};
  auto& entry = table.at("a", start);
  const reading::Now now{.instant = start, .stamp = reading::stamp_at(1'767'225'600'000)};
  const auto later = [&now](milliseconds by) {
    return reading::Now{.instant = now.instant + by, .stamp = now.stamp + by};
  };
  EXPECT_EQ(TopicTable::arrival(entry, now).stamp, now.stamp);
  EXPECT_EQ(TopicTable::arrival(entry, now).stamp, now.stamp + milliseconds{1});
  EXPECT_EQ(TopicTable::arrival(entry, now).instant, now.instant + milliseconds{2});
  EXPECT_EQ(TopicTable::arrival(entry, later(milliseconds{2})).stamp, now.stamp + milliseconds{3});
  EXPECT_EQ(TopicTable::arrival(entry, later(milliseconds{4})).stamp, now.stamp + milliseconds{4});
  EXPECT_EQ(TopicTable::arrival(table.at("b", start), now).stamp, now.stamp);
}

TEST(TopicTable, FollowsAClockThatWasSetBack) {
  TopicTable table{10, [](std::string_view) { return std::vector<std::size_t>{}; }};
  auto& entry = table.at("a", start);
  const auto stamp = reading::stamp_at(1'767'225'600'000);
  const auto at = [&entry](reading::Stamp time) {
    return TopicTable::arrival(entry, {.instant = start, .stamp = time}).stamp;
  };
  EXPECT_EQ(at(stamp), stamp);
  EXPECT_EQ(at(stamp - seconds{60} + milliseconds{1}), stamp + milliseconds{1});
  EXPECT_EQ(at(stamp - seconds{60}), stamp - seconds{60});
}

TEST(TopicTable, ForgetsAllTopicsWhenThereAreTooMany) {
  TopicTable table{10, [](std::string_view) { return std::vector<std::size_t>{}; }};
  for (std::size_t topic = 0; topic < TopicTable::most_topics; ++topic) {
    static_cast<void>(table.at(std::to_string(topic), start));
  }
  EXPECT_EQ(table.size(), TopicTable::most_topics);
  static_cast<void>(table.at("one more", start));
  EXPECT_EQ(table.size(), 1U);
}

TEST(TopicTable, ForgetsAllTopicsWhenTheirNamesAreTooLong) {
  TopicTable table{10, [](std::string_view) { return std::vector<std::size_t>{}; }};
  const std::string half(TopicTable::most_bytes / 2, 'a');
  static_cast<void>(table.at(half, start));
  static_cast<void>(table.at(half.substr(1) + "b", start));
  EXPECT_EQ(table.size(), 2U);
  static_cast<void>(table.at("c", start));
  EXPECT_EQ(table.size(), 1U);
}

}  // namespace
}  // namespace bornier::intake
