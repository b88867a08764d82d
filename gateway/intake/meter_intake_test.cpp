// SPDX-License-Identifier: Apache-2.0
#include "intake/meter_intake.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "intake/testing.hpp"
#include "reading/time_text.hpp"

namespace bornier::intake {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view water_meter = R"(
silent_after = "2h"
[message.up]
topic = "app/{application}/device/{device}/up"
format = "json"
time = { at = "/time", as = "iso" }
identity = ["/fCnt"]
[message.history]
topic = "app/{application}/device/{device}/up"
format = "json"
each = { in = "/log", time = { at = "/t", as = "iso" } }
[message.battery]
topic = "app/{application}/device/{device}/battery"
format = "plain"
[[availability]]
topic = "app/{application}/device/{device}/online"
online = ["true", "1"]
offline = "false"
[[availability]]
topic = "app/{application}/bridge"
pointer = "/state"
online = "online"
offline = "offline"
[points]
volume = { quantity = "volume", medium = "water", unit = "m3", message = "up", pointer = "/v", rollover = 1000 }
volume_hourly = { quantity = "volume", medium = "water", unit = "m3", message = "history", pointer = "/v" }
battery_voltage = { quantity = "battery_voltage", unit = "V", message = "battery" }
)";

class MeterIntakeTest : public testing::Test {
 protected:
  static auto plan() -> MeterPlan {
    const auto model = model_of(water_meter);
    MeterPlan plan{model, model::Settings{*model}, {{"device", "a1"}}, {}, {}};
    plan.points.resize(model->points.size());
    std::iota(plan.points.begin(), plan.points.end(), std::size_t{0});
    return plan;
  }

  auto take(std::string_view payload, std::string_view topic = "app/7/device/a1/up") -> Taken {
    Arrival arrival;
    arrival.topic = topic;
    arrival.payload = std::as_bytes(std::span{payload});
    arrival.retained = retained;
    arrival.now.stamp = *reading::parse_stamp(now);
    arrival.clock_trusted = clock_trusted;
    arrival.is_backlog = is_backlog;
    return intake.take(arrival);
  }

  static auto times(const Taken& taken) -> std::string {
    std::string all;
    for (const auto& sample : taken.samples) {
      all += (all.empty() ? "" : " ") + (sample.time ? to_text(*sample.time) : "arrival");
    }
    return all;
  }

  std::string now = "2026-11-28T04:00:00.000Z";
  bool retained = false;
  bool clock_trusted = true;
  bool is_backlog = false;
  MeterIntake intake{plan(), {}};
};

TEST_F(MeterIntakeTest, SubscribesToItsTopicsAndToNoOthers) {
  EXPECT_EQ(intake.filters(),
            (std::vector<std::string>{"app/+/bridge", "app/+/device/a1/battery",
                                      "app/+/device/a1/online", "app/+/device/a1/up"}));
  EXPECT_FALSE(take("1", "app/7/device/a2/up").meant);
  EXPECT_EQ(intake.figures().messages, 0U);
}

TEST_F(MeterIntakeTest, TakesTheMetersOwnTime) {
  const auto taken = take(R"({"fCnt":1,"time":"2026-11-28T03:59:58Z","v":1.5,"log":[]})");
  EXPECT_EQ(times(taken), "2026-11-28T03:59:58.000Z");
  EXPECT_TRUE(taken.remembers);
}

TEST_F(MeterIntakeTest, TakesAMessageThatNamesItselfOnce) {
  EXPECT_EQ(take(R"({"fCnt":1,"v":1.5,"log":[]})").samples.size(), 1U);
  EXPECT_TRUE(take(R"({"fCnt":1,"v":1.5,"log":[]})").samples.empty());
  EXPECT_EQ(take(R"({"fCnt":2,"v":1.5,"log":[]})").samples.size(), 1U);
  EXPECT_EQ(intake.figures().repeated, 1U);
}

TEST_F(MeterIntakeTest, TakesOfOverlappingHistoryOnlyWhatIsNew) {
  EXPECT_EQ(times(take(R"({"log":[{"t":"2026-11-28T01:00:00Z","v":1},)"
                       R"({"t":"2026-11-28T02:00:00Z","v":2}]})")),
            "2026-11-28T01:00:00.000Z 2026-11-28T02:00:00.000Z");
  EXPECT_EQ(times(take(R"({"fCnt":2,"log":[{"t":"2026-11-28T02:00:00Z","v":2},)"
                       R"({"t":"2026-11-28T03:00:00Z","v":3}]})")),
            "2026-11-28T03:00:00.000Z");
  EXPECT_EQ(intake.figures().repeated, 1U);
}

TEST_F(MeterIntakeTest, RemembersAcrossARestart) {
  static_cast<void>(take(R"({"fCnt":1,"v":1.5,"log":[{"t":"2026-11-28T01:00:00Z","v":1}]})"));
  intake = MeterIntake{plan(), intake.memory()};
  EXPECT_TRUE(
      take(R"({"fCnt":1,"v":1.5,"log":[{"t":"2026-11-28T01:00:00Z","v":1}]})").samples.empty());
  intake = MeterIntake{plan(), "nonsense"};
  EXPECT_EQ(take(R"({"fCnt":1,"v":1.5,"log":[]})").samples.size(), 1U);
}

TEST_F(MeterIntakeTest, KnowsAMessageWithItsTimeByAllOfIt) {
  const auto model = model_of(R"(
[message.state]
topic = "z/{device}"
format = "json"
time = { at = "/last_seen", as = "iso" }
[points]
power_active = { quantity = "power_active", unit = "W", pointer = "/power" }
)");
  intake = MeterIntake{{model, model::Settings{*model}, {{"device", "a1"}}, {0}, {}}, {}};
  const auto* first = R"({"last_seen":"2026-11-28T03:00:00Z","power":1})";
  EXPECT_EQ(take(first, "z/a1").samples.size(), 1U);
  EXPECT_EQ(take(R"({"last_seen":"2026-11-28T03:00:00Z","power":2})", "z/a1").samples.size(), 1U);
  EXPECT_EQ(take(first, "z/a1").samples.size(), 0U);
  EXPECT_EQ(take(R"({"power":1})", "z/a1").samples.size(), 1U);
  EXPECT_EQ(take(R"({"power":1})", "z/a1").samples.size(), 1U);
}

TEST_F(MeterIntakeTest, TakesNoRetainedMessageForASample) {
  retained = true;
  const auto taken = take("3.6", "app/7/device/a1/battery");
  EXPECT_TRUE(taken.meant);
  EXPECT_TRUE(taken.samples.empty());
  EXPECT_EQ(intake.figures().retained, 1U);
  EXPECT_EQ(intake.figures().messages, 0U);
}

TEST_F(MeterIntakeTest, HearsOfAvailabilityAlsoFromARetainedMessage) {
  retained = true;
  EXPECT_EQ(take("false", "app/7/device/a1/online").availability, Taken::Word::offline);
  EXPECT_EQ(take("1", "app/7/device/a1/online").availability, Taken::Word::online);
  EXPECT_EQ(take("perhaps", "app/7/device/a1/online").availability, Taken::Word::none);
}

TEST_F(MeterIntakeTest, IsThereOnlyIfNobodySaysOtherwise) {
  const auto bridge = [this](std::string_view payload) {
    return take(payload, "app/7/bridge").availability;
  };
  EXPECT_EQ(bridge(R"({"state":"offline"})"), Taken::Word::offline);
  EXPECT_EQ(take("1", "app/7/device/a1/online").availability, Taken::Word::offline);
  EXPECT_EQ(bridge("online"), Taken::Word::online);  // some write the word alone
}

TEST_F(MeterIntakeTest, BelievesNoTimeThatCannotBe) {
  const auto time = [this](std::string_view text) {
    static int count = 100;
    return times(take("{\"fCnt\":" + std::to_string(++count) + R"(,"v":1,"log":[],"time":")" +
                      std::string{text} + "\"}"));
  };
  EXPECT_EQ(time("2026-11-28T04:05:00Z"), "2026-11-28T04:05:00.000Z");
  EXPECT_EQ(time("2026-11-28T04:05:00.001Z"), "arrival");
  EXPECT_EQ(time("2026-10-29T04:00:00Z"), "2026-10-29T04:00:00.000Z");
  EXPECT_EQ(time("2026-10-29T03:59:59.999Z"), "arrival");
  EXPECT_EQ(time("1970-01-01T00:00:00Z"), "arrival");
  EXPECT_EQ(intake.figures().unusable_times, 3U);
}

TEST_F(MeterIntakeTest, TakesNoHistoryWhoseTimeCannotBe) {
  EXPECT_EQ(times(take(R"({"log":[{"t":"2027-01-01T00:00:00Z","v":1},)"
                       R"({"t":"2026-11-28T03:00:00Z","v":2}]})")),
            "2026-11-28T03:00:00.000Z");
}

TEST_F(MeterIntakeTest, TakesNoMessageWithoutTheTimeThatItNeeds) {
  const auto model = model_of(R"(
[message.log]
topic = "z/{device}"
format = "json"
time = { at = "/t", as = "iso", needed = true }
[points]
volume = { quantity = "volume", medium = "water", unit = "m3", pointer = "/v" }
)");
  intake = MeterIntake{{model, model::Settings{*model}, {{"device", "a1"}}, {0}, {}}, {}};
  EXPECT_EQ(take(R"({"v":1})", "z/a1").samples.size(), 0U);
  EXPECT_EQ(take(R"({"v":1,"t":"2022-10-18T12:00:00Z"})", "z/a1").samples.size(), 0U);
  EXPECT_EQ(intake.figures().unusable_times, 2U);
  EXPECT_EQ(take(R"({"v":1,"t":"2026-11-28T01:00:00Z"})", "z/a1").samples.size(), 1U);
}

TEST_F(MeterIntakeTest, BelievesTheMeterWhileItsOwnClockIsNotTrusted) {
  clock_trusted = false;
  now = "1970-01-01T00:01:00.000Z";
  EXPECT_EQ(times(take(R"({"fCnt":1,"time":"2026-11-28T03:59:58Z","v":1.5,"log":[]})")),
            "2026-11-28T03:59:58.000Z");
  EXPECT_EQ(times(take(R"({"fCnt":2,"time":"2009-12-31T23:59:59Z","v":1.5,"log":[]})")), "arrival");
}

TEST_F(MeterIntakeTest, FlagsACounterThatFell) {
  static_cast<void>(take(R"({"fCnt":1,"v":150.5,"log":[]})"));
  const auto taken = take(R"({"fCnt":2,"v":0.0,"log":[]})");
  ASSERT_EQ(taken.falls.size(), 1U);
  EXPECT_EQ(taken.falls.front().before, (reading::Decimal{1505, -1}));
  EXPECT_TRUE(
      taken.samples.front().points.front().quality.has(reading::QualityFlag::meter_restarted));
  EXPECT_TRUE(take(R"({"fCnt":3,"v":0.5,"log":[]})").falls.empty());
}

TEST_F(MeterIntakeTest, FlagsACounterThatFellWhileTheGatewayWasOff) {
  EXPECT_TRUE(take(R"({"fCnt":1,"v":150.5,"log":[]})").remembers_counters);
  EXPECT_FALSE(take(R"({"fCnt":2,"v":151,"log":[]})").remembers_counters);
  intake = MeterIntake{plan(), intake.memory(), intake.counters()};
  EXPECT_EQ(take(R"({"fCnt":3,"v":0.0,"log":[]})").falls.size(), 1U);
  intake = MeterIntake{plan(), intake.memory(), "nonsense"};
  EXPECT_TRUE(take(R"({"fCnt":4,"v":0.0,"log":[]})").falls.empty());
}

TEST_F(MeterIntakeTest, TellsAWrapFromAFall) {
  static_cast<void>(take(R"({"fCnt":1,"v":999.9,"log":[]})"));
  EXPECT_TRUE(take(R"({"fCnt":2,"v":0.2,"log":[]})").falls.empty());
  static_cast<void>(take(R"({"fCnt":3,"v":900,"log":[]})"));
  EXPECT_EQ(take(R"({"fCnt":4,"v":0.2,"log":[]})").falls.size(), 1U);
}

TEST_F(MeterIntakeTest, TakesALateSampleForNoFall) {
  static_cast<void>(take(R"({"fCnt":2,"time":"2026-11-28T03:00:00Z","v":5,"log":[]})"));
  EXPECT_TRUE(take(R"({"fCnt":1,"time":"2026-11-28T02:00:00Z","v":4,"log":[]})").falls.empty());
}

TEST_F(MeterIntakeTest, KeepsOneSampleInEachSpanOfTheClock) {
  auto thin = plan();
  thin.every = {milliseconds{0}, milliseconds{0}, minutes{1}};
  intake = MeterIntake{std::move(thin), {}};
  const auto battery = [this](std::string at) {
    now = std::move(at);
    return take("3.6", "app/7/device/a1/battery").samples.size();
  };
  EXPECT_EQ(battery("2026-11-28T04:00:10.000Z"), 1U);
  EXPECT_EQ(battery("2026-11-28T04:00:59.999Z"), 0U);
  EXPECT_EQ(battery("2026-11-28T04:01:00.000Z"), 1U);
  EXPECT_EQ(intake.figures().thinned, 1U);
}

TEST_F(MeterIntakeTest, HearsAMeterWhoseSampleIsNotKept) {
  auto thin = plan();
  thin.every = {milliseconds{0}, milliseconds{0}, minutes{1}};
  intake = MeterIntake{std::move(thin), {}};
  EXPECT_TRUE(take("3.6", "app/7/device/a1/battery").heard);
  const auto taken = take("3.6", "app/7/device/a1/battery");
  EXPECT_TRUE(taken.samples.empty());
  EXPECT_TRUE(taken.heard);
  EXPECT_FALSE(take("{").heard);
}

TEST_F(MeterIntakeTest, KeepsOfABacklogTheNewestWhereOneOfManyIsKept) {
  auto thin = plan();
  thin.every = {milliseconds{0}, milliseconds{0}, minutes{1}};
  intake = MeterIntake{std::move(thin), {}};
  is_backlog = true;
  EXPECT_TRUE(take("3.1", "app/7/device/a1/battery").samples.empty());
  EXPECT_TRUE(take("3.2", "app/7/device/a1/battery").samples.empty());
  EXPECT_EQ(times(take(R"({"fCnt":1,"time":"2026-11-28T03:00:00Z","v":1.5,"log":[]})")),
            "2026-11-28T03:00:00.000Z");
  const reading::Now end{.instant = {}, .stamp = *reading::parse_stamp(now)};
  const auto taken = intake.end_of_backlog(end);
  ASSERT_EQ(taken.samples.size(), 1U);
  ASSERT_EQ(taken.samples.front().points.size(), 1U);
  EXPECT_EQ(std::get<reading::Decimal>(taken.samples.front().points.front().value),
            (reading::Decimal{32, -1}));
  EXPECT_TRUE(intake.end_of_backlog(end).samples.empty());
  is_backlog = false;
  EXPECT_TRUE(take("3.3", "app/7/device/a1/battery").samples.empty());  // of the same minute
}

TEST_F(MeterIntakeTest, KnowsByAllOfItAMessageThatDoesNotNameItself) {
  const auto* first = R"({"time":"2026-11-28T03:59:58Z","v":1.5,"log":[]})";
  EXPECT_EQ(take(first).samples.size(), 1U);
  EXPECT_EQ(take(R"({"time":"2026-11-28T03:59:59Z","v":1.5,"log":[]})").samples.size(), 1U);
  EXPECT_EQ(take(first).samples.size(), 0U);
  EXPECT_EQ(take(R"({"v":1.5,"log":[]})").samples.size(), 1U);
  EXPECT_EQ(take(R"({"v":1.5,"log":[]})").samples.size(), 1U);
}

TEST_F(MeterIntakeTest, CountsAndExplainsWhatIsBroken) {
  EXPECT_TRUE(take("{").samples.empty());
  EXPECT_EQ(intake.figures().broken, 2U);  // two kinds of messages have this topic
  EXPECT_EQ(intake.figures().problem,
            "a message on app/7/device/a1/up is not taken: it is no JSON; look at what publishes "
            "on this topic");
  static_cast<void>(take("low", "app/7/device/a1/battery"));
  EXPECT_EQ(intake.figures().problem,
            "a message on app/7/device/a1/battery: battery_voltage: \"low\" is no number");
}

}  // namespace
}  // namespace bornier::intake
