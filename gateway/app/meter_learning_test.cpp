// SPDX-License-Identifier: Apache-2.0
#include "app/meter_learning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto holding = wire::Table::holding_register;
constexpr std::uint8_t illegal_address = 2;
constexpr std::uint8_t device_busy = 6;

/// Points "a" in register 0 and "b" in register 100, read together.
class MeterLearningTest : public testing::Test {
 protected:
  explicit MeterLearningTest(model::Timing timing = {}) : meter{two_point_meter(timing)} {
    auto model = *meter.model;
    model.limits.holes_readable = true;
    meter.model = std::make_shared<const model::Model>(std::move(model));
  }

  auto came(const Request& of, std::uint8_t code, std::vector<std::uint16_t> words = {}) const
      -> Gathered {
    Gathered one;
    one.request = &of;
    one.exception_code = code;
    one.words = std::move(words);
    one.at = clock.now();
    return one;
  }
  auto refused(const Request& of) const -> Gathered { return came(of, illegal_address); }
  auto answered(const Request& of) const -> Gathered {
    return came(of, 0, std::vector<std::uint16_t>(of.count));
  }

  /// Asks until nothing is to be found out; what touches these registers is refused.
  auto ask_device(std::vector<std::uint16_t> bad) -> std::size_t {
    std::size_t asked = 0;
    for (auto request = learning.next(clock.now().instant); request && asked < 100; ++asked) {
      const bool is_bad = std::ranges::any_of(bad, [&](const auto address) {
        return address >= request->first && address < request->first + request->count;
      });
      EXPECT_TRUE(learning.came(is_bad ? refused(*request) : answered(*request)));
      request = learning.next(clock.now().instant);
    }
    return asked;
  }

  ManualClock clock;
  MeterSettings meter;
  MeterLearning learning{meter};
  Request both{.table = holding, .first = 0, .count = 101, .points = {0, 1}};
};

TEST_F(MeterLearningTest, FindsOutWhichPointTheMeterLacks) {
  ASSERT_TRUE(learning.begins_with(refused(both)));
  learning.poll_ended(modbus::Outcome::failed);
  EXPECT_EQ(ask_device({100}), 3U);
  EXPECT_TRUE(learning.take_news());
  EXPECT_FALSE(learning.take_news());
  EXPECT_FALSE(learning.is_lacking(0));
  EXPECT_TRUE(learning.is_lacking(1));
  EXPECT_THAT(without_lacking(learning, std::vector<std::size_t>{0, 1}), ElementsAre(0));
}

TEST_F(MeterLearningTest, PlansAroundAHoleThatItHasFound) {
  ASSERT_TRUE(learning.begins_with(refused(both)));
  EXPECT_EQ(ask_device({50}), 4U);
  const std::vector<std::size_t> points{0, 1};
  EXPECT_EQ(plan_requests(*meter.model, points, {}, learning.known())->size(), 2U);
  EXPECT_EQ(plan_requests(*meter.model, points)->size(), 1U);
}

TEST_F(MeterLearningTest, SearchesForNothingWhereTheMeterIsOnlyBusy) {
  EXPECT_FALSE(learning.begins_with(came(both, device_busy)));
  EXPECT_FALSE(learning.begins_with(answered(both)));
  EXPECT_FALSE(learning.begins_with(came(both, 0))) << "silence refuses nothing";
}

TEST_F(MeterLearningTest, LeavesASearchToTheNextPollWhenTheMeterFallsSilent) {
  ASSERT_TRUE(learning.begins_with(refused(both)));
  const auto request = learning.next(clock.now().instant);
  EXPECT_FALSE(learning.came(came(*request, 0)));
  EXPECT_TRUE(learning.is_searching());
  EXPECT_TRUE(learning.begins_with(refused(both))) << "the same search";
  EXPECT_EQ(ask_device({50}), 4U);
  EXPECT_FALSE(learning.is_searching());
}

TEST_F(MeterLearningTest,
       LearnsNothingFromAMeterThatRefusesEverythingAndSearchesAgainAMinuteLater) {
  ASSERT_TRUE(learning.begins_with(refused(both)));
  learning.poll_ended(modbus::Outcome::failed);
  EXPECT_EQ(ask_device({0, 100}), 3U);
  EXPECT_FALSE(learning.take_news());
  EXPECT_EQ(learning.known(), modbus::Refusals{});
  clock.move_by(59'999ms);
  EXPECT_FALSE(learning.begins_with(refused(both)));
  clock.move_by(1ms);
  EXPECT_TRUE(learning.begins_with(refused(both)));
}

TEST_F(MeterLearningTest, BelievesAMeterThatAnsweredSomethingElseInThePoll) {
  ASSERT_TRUE(learning.begins_with(refused(both)));
  learning.poll_ended(modbus::Outcome::answered);
  EXPECT_EQ(ask_device({0, 100}), 3U);
  EXPECT_EQ(learning.known().lacking.size(), 2U);
}

class LackingPointTest : public MeterLearningTest {
 protected:
  LackingPointTest() {
    EXPECT_TRUE(learning.begins_with(refused(both)));
    EXPECT_EQ(ask_device({100}), 3U);
    EXPECT_TRUE(learning.take_news());
  }
};

TEST_F(LackingPointTest, IsAskedForAgainAfterPausesThatGrowToAnHour) {
  for (const auto pause : {60s, 120s, 240s, 480s, 960s, 1'920s, 3'600s, 3'600s}) {
    clock.move_by(pause - 1ms);
    EXPECT_EQ(ask_device({100}), 0U) << pause.count();
    clock.move_by(1ms);
    EXPECT_EQ(ask_device({100}), 1U) << pause.count();
  }
  EXPECT_FALSE(learning.take_news());
}

TEST_F(LackingPointTest, IsNotLackingOnceAnyAnswerHasHadIt) {
  learning.answered({.table = holding, .first = 0, .count = 100, .points = {0}});
  EXPECT_TRUE(learning.is_lacking(1));
  learning.answered({.table = holding, .first = 100, .count = 1, .points = {1}});
  EXPECT_TRUE(learning.take_news());
  EXPECT_FALSE(learning.is_lacking(1));
}

TEST_F(LackingPointTest, IsReadAgainOnceTheMeterGivesIt) {
  clock.move_by(60s);
  EXPECT_EQ(ask_device({}), 1U);
  EXPECT_TRUE(learning.take_news());
  EXPECT_FALSE(learning.is_lacking(1));
}

TEST_F(LackingPointTest, IsAskedForAMinuteAfterTheLastTimeWhenTheMeterWasAway) {
  for (const auto pause : {60s, 120s}) {
    clock.move_by(pause);
    EXPECT_EQ(ask_device({100}), 1U);
  }
  clock.move_by(60s - 1ms);
  learning.poll_ended(modbus::Outcome::silent);
  EXPECT_EQ(ask_device({100}), 0U) << "a meter that comes and goes is not asked each time";
  clock.move_by(1ms);
  EXPECT_EQ(ask_device({100}), 1U);
}

TEST_F(LackingPointTest, IsAskedForOnceAfterARestart) {
  MeterLearning restarted{meter, learning.known()};
  EXPECT_TRUE(restarted.is_lacking(1));
  const auto request = restarted.next(clock.now().instant);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->first, 100);
  EXPECT_TRUE(restarted.came(refused(*request)));
  EXPECT_FALSE(restarted.next(clock.now().instant));
}

}  // namespace
}  // namespace bornier::app
