// SPDX-License-Identifier: Apache-2.0
#include "intake/topic_guess.hpp"

#include <gtest/gtest.h>

#include "intake/testing.hpp"

namespace bornier::intake {
namespace {

using Own = std::map<std::string, std::string>;

auto topic_of(std::string_view text) -> model::TopicTemplate {
  return *model::parse_topic(text);
}

TEST(MatchLong, LetsOneCaptureStandForSeveralLevels) {
  const auto found = match_long(topic_of("{base}/{device}/{what}"), "home/roof/12/power", "base");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (model::Captures{{"base", "home/roof"}, {"device", "12"}, {"what", "power"}}));
}

TEST(MatchLong, NeedsEveryLevel) {
  const auto topic = topic_of("a/{device}/b");
  EXPECT_TRUE(match_long(topic, "a/x/b", "device"));
  EXPECT_TRUE(match_long(topic, "a/x/y/b", "device"));
  EXPECT_FALSE(match_long(topic, "a/b", "device"));
  EXPECT_FALSE(match_long(topic, "a/x/c", "device"));
  EXPECT_FALSE(match_long(topic, "a/x/y/b", "base"));
}

class GuessTest : public testing::Test {
 protected:
  static auto otherwise(std::string_view topic, std::string_view name)
      -> std::optional<TopicGuess> {
    model::Model model;
    model.captures = {{"base", "usual"}, {"number", "main"}};
    return guess_otherwise(model, topic_of(topic), name);
  }
};

TEST_F(GuessTest, TakesTheDeviceWithItsSlashes) {
  const auto guess = guess_as_usual(topic_of("zigbee2mqtt/{device}"), "zigbee2mqtt/cellar/plug");
  ASSERT_TRUE(guess);
  EXPECT_EQ(guess->device, "cellar/plug");
  EXPECT_TRUE(guess->own.empty());
}

TEST_F(GuessTest, FindsAnotherBase) {
  const auto guess = otherwise("{base}/{device}", "home/meters/12");
  ASSERT_TRUE(guess);
  EXPECT_EQ(guess->device, "12");
  EXPECT_EQ(guess->own, (Own{{"base", "home/meters"}}));
  EXPECT_EQ(guess->captures, (model::Captures{{"device", "12"}}));
}

TEST_F(GuessTest, LetsTheDeviceHaveSlashesWhereItStandsFirst) {
  const auto guess = otherwise("{device}/{number}/json", "home/cellar/garden/json");
  ASSERT_TRUE(guess);
  EXPECT_EQ(guess->device, "home/cellar");
  EXPECT_EQ(guess->own, (Own{{"number", "garden"}}));
}

TEST_F(GuessTest, IsNoneWhereAllIsAsUsual) {
  EXPECT_FALSE(otherwise("{base}/{device}", "usual/12"));
  EXPECT_FALSE(otherwise("tele/{other}/SENSOR", "tele/x/SENSOR"));
}

TEST(DevicePrefixes, AreWhatStandsBeforeTheLastSeparator) {
  const auto model = model_of(R"(
[message.m]
topic = "s/{device}/v"
format = "plain"
[points]
volume = { quantity = "volume", medium = "water", unit = "m3", message = "m" }
[[test]]
title = "a"
origin = "b"
topic = "s/maker-3em-A4CF12/v"
payload = "1"
expect = { volume = "1 m3" }
[[test]]
title = "a name of a person's"
origin = "b"
topic = "s/x-1/v"
payload = "1"
expect = { volume = "1 m3" }
)");
  EXPECT_EQ(device_prefixes(*model), (std::vector<std::string>{"maker-3em-"}));
}

}  // namespace
}  // namespace bornier::intake
