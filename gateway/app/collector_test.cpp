// SPDX-License-Identifier: Apache-2.0
#include "app/collector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bornier::app {
namespace {

using reading::Acquisition;
using reading::Decimal;
using reading::MeterNumber;
using reading::PointNumber;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr reading::Stamp new_year = reading::stamp_at(1'767'225'600'000);

auto at(std::chrono::milliseconds after, bool trusted = true) -> Collector::Moment {
  return {.now = {.instant = reading::Instant{1h + after}, .stamp = new_year + after},
          .trusted = trusted};
}

auto number(std::size_t point, std::int64_t value) -> model::Decoded {
  return {.point = point, .value = Decimal{value, 0}, .quality = {}};
}

auto absent(std::size_t point, Acquisition reason) -> model::Decoded {
  return {.point = point, .value = reason, .quality = {}};
}

/// Meter 1 with the model's points 2 and 5, which are 12 and 15 in the catalog.
class CollectorTest : public testing::Test {
 protected:
  CollectorTest() { collector.add_meter(meter, {{2, first}, {5, second}}); }

  /// What was collected since the last call.
  auto collected() -> reading::Entries {
    const auto chunk = pending.begin_commit();
    if (!chunk) {
      return {};
    }
    auto entries = *chunk->entries;
    pending.committed();
    return entries;
  }

  static constexpr MeterNumber meter{1};
  static constexpr PointNumber first{12};
  static constexpr PointNumber second{15};
  buffer::Pending pending{1U << 20U};
  int wakes = 0;
  Collector collector{pending, [this] { ++wakes; }};
};

TEST_F(CollectorTest, WritesTheFirstStateOfMeterAndPoint) {
  collector.answered(0, std::vector{number(2, 230)}, at(0ms));
  const auto entries = collected();
  EXPECT_THAT(entries.states, ElementsAre(reading::StateChange{.time = new_year,
                                                               .meter = meter,
                                                               .point = std::nullopt,
                                                               .state = Acquisition::ok,
                                                               .exception_code = 0},
                                          reading::StateChange{.time = new_year,
                                                               .meter = meter,
                                                               .point = first,
                                                               .state = Acquisition::ok,
                                                               .exception_code = 0}));
}

TEST_F(CollectorTest, WritesAStateOnlyWhenItChanges) {
  collector.answered(0, std::vector{number(2, 230)}, at(0ms));
  static_cast<void>(collected());
  collector.answered(0, std::vector{number(2, 231)}, at(1s));
  EXPECT_THAT(collected().states, IsEmpty());
  collector.meter_is(0, Acquisition::no_response, at(2s));
  collector.meter_is(0, Acquisition::no_response, at(3s));
  const auto entries = collected();
  ASSERT_EQ(entries.states.size(), 1U);
  EXPECT_EQ(entries.states[0].time, new_year + 2s);
  EXPECT_EQ(entries.states[0].state, Acquisition::no_response);
  EXPECT_EQ(collector.meter(0).since, new_year + 2s);
}

TEST_F(CollectorTest, Promise8_TellsSilenceFromALostBusAndFromAnAnswer) {
  std::vector<Acquisition> states;
  const auto see = [&] {
    for (const auto& change : collected().states) {
      if (!change.point) {
        states.push_back(change.state);
      }
    }
  };
  collector.answered(0, std::vector{number(2, 1)}, at(0ms));
  see();
  collector.meter_is(0, Acquisition::bus_down, at(1s));
  see();
  collector.meter_is(0, Acquisition::no_response, at(2s));
  see();
  collector.answered(0, std::vector{number(2, 1)}, at(3s));
  see();
  EXPECT_THAT(states, ElementsAre(Acquisition::ok, Acquisition::bus_down, Acquisition::no_response,
                                  Acquisition::ok));
}

TEST_F(CollectorTest, GivesAllPointsOfAnAnswerOneTimeInTheirOrder) {
  collector.answered(0, std::vector{number(5, 7), number(2, 230)}, at(5ms));
  const auto entries = collected();
  ASSERT_EQ(entries.answers.size(), 1U);
  EXPECT_EQ(entries.answers[0].time, new_year + 5ms);
  ASSERT_EQ(entries.answers[0].numbers.size(), 2U);
  EXPECT_EQ(entries.answers[0].numbers[0].point, second);
  EXPECT_EQ(entries.answers[0].numbers[1].point, first);
  EXPECT_EQ(collector.readings_taken(), 2U);
}

TEST_F(CollectorTest, KeepsTextsBesideNumbers) {
  collector.answered(
      0, std::vector{model::Decoded{.point = 5, .value = std::string{"21045678"}, .quality = {}}},
      at(0ms));
  const auto entries = collected();
  ASSERT_EQ(entries.answers.size(), 1U);
  ASSERT_EQ(entries.answers[0].texts.size(), 1U);
  EXPECT_EQ(entries.answers[0].texts[0].value, "21045678");
}

TEST_F(CollectorTest, PassesOverPointsThatNobodyAskedFor) {
  collector.answered(0, std::vector{number(3, 1)}, at(0ms));
  EXPECT_THAT(collected().answers, IsEmpty());
}

TEST_F(CollectorTest, MakesAbsenceAStateAndKeepsTheLastValue) {
  collector.answered(0, std::vector{number(2, 230)}, at(0ms));
  static_cast<void>(collected());
  collector.answered(0, std::vector{absent(2, Acquisition::not_available)}, at(1s));
  const auto entries = collected();
  EXPECT_THAT(entries.answers, IsEmpty());
  ASSERT_EQ(entries.states.size(), 1U);
  EXPECT_EQ(entries.states[0].state, Acquisition::not_available);
  const auto& view = collector.meter(0).views.at(0);
  EXPECT_EQ(std::get<Decimal>(view.value), (Decimal{230, 0}));
  EXPECT_EQ(view.time, new_year);
}

TEST_F(CollectorTest, WritesARefusalAgainWhenItsCodeChanges) {
  const std::vector<std::size_t> points{5};
  collector.points_are(0, points, Acquisition::exception, 2, at(0ms));
  const auto entries = collected();
  ASSERT_EQ(entries.states.size(), 2U);
  EXPECT_EQ(entries.states[0].state, Acquisition::ok) << "the meter itself answers";
  EXPECT_EQ(entries.states[1].point, second);
  EXPECT_EQ(entries.states[1].exception_code, 2);
  collector.points_are(0, points, Acquisition::exception, 2, at(1s));
  EXPECT_TRUE(collected().empty());
  collector.points_are(0, points, Acquisition::exception, 4, at(2s));
  EXPECT_EQ(collected().states.at(0).exception_code, 4);
}

TEST_F(CollectorTest, Promise5_UsesTheTimeSinceBootWhileTheClockIsNotTrusted) {
  collector.answered(0, std::vector{number(2, 230)}, at(0ms, false));
  const auto chunk = pending.begin_commit();
  ASSERT_TRUE(chunk);
  EXPECT_FALSE(chunk->trusted);
  EXPECT_EQ(chunk->entries->answers.at(0).time, reading::stamp_at(3'600'000));
  EXPECT_EQ(chunk->entries->states.at(0).time, reading::stamp_at(3'600'000));
}

TEST_F(CollectorTest, WakesTheKeeperOnceForAllThatWaits) {
  collector.answered(0, std::vector{number(2, 1)}, at(0ms));
  collector.answered(0, std::vector{number(2, 2)}, at(1ms));
  EXPECT_EQ(wakes, 1);
  static_cast<void>(collected());
  collector.event(reading::EventKind::clock_step, 0, -90, "", at(2ms));
  EXPECT_EQ(wakes, 2);
  const auto entries = collected();
  ASSERT_EQ(entries.events.size(), 1U);
  EXPECT_EQ(entries.events[0].meter, meter);
  EXPECT_EQ(entries.events[0].number, -90);
}

TEST_F(CollectorTest, WakesTheKeeperAgainWhenTheMemoryFills) {
  std::int64_t value = 0;
  while (!pending.is_filling() && value < 100'000) {
    EXPECT_LE(wakes, 1);
    collector.answered(0, std::vector{number(2, ++value)}, at(0ms));
  }
  EXPECT_EQ(wakes, 2);
  collector.answered(0, std::vector{number(2, ++value)}, at(0ms));
  EXPECT_EQ(wakes, 2);
}

TEST_F(CollectorTest, WritesAgainTheStatesOfWhatHasANewNumberOnly) {
  collector.answered(0, std::vector{number(2, 230), number(5, 50)}, at(0ms));
  static_cast<void>(collected());
  collector.renumber(0, meter, {{2, first}, {5, PointNumber{16}}});
  collector.answered(0, std::vector{number(2, 231), number(5, 51)}, at(1s));
  const auto entries = collected();
  EXPECT_THAT(entries.states, ElementsAre(reading::StateChange{.time = new_year + 1s,
                                                               .meter = meter,
                                                               .point = PointNumber{16},
                                                               .state = Acquisition::ok,
                                                               .exception_code = 0}));
  ASSERT_EQ(entries.answers.size(), 1U);
  EXPECT_EQ(entries.answers[0].numbers.at(1).point, PointNumber{16});
}

TEST_F(CollectorTest, NeverUsesTheNumberOfARemovedMeterAgain) {
  EXPECT_EQ(collector.add_meter(MeterNumber{2}, {}), 1U);
  collector.remove_meter(1);
  EXPECT_EQ(collector.add_meter(MeterNumber{3}, {}), 2U);
  EXPECT_EQ(collector.meters().size(), 2U);
}

TEST_F(CollectorTest, KeepsWhatAMeterSentAtItsOwnTimeWithWhatHasToBeRemembered) {
  const std::vector<model::Decoded> then{number(2, 7)};
  const std::vector<model::Decoded> now{number(2, 8)};
  const std::vector<Collector::Sent> samples{
      {.points = then, .time = new_year - 1h, .extra = reading::Number{second, {}, {3600, 0}}},
      {.points = now, .time = std::nullopt, .extra = {}}};
  collector.sent(0, samples, {{"mqtt/a", "seen"}}, at(0ms));
  const auto chunk = pending.begin_commit();
  ASSERT_TRUE(chunk);
  EXPECT_TRUE(chunk->trusted);
  EXPECT_THAT(chunk->memos, ElementsAre(buffer::Memo{"mqtt/a", "seen"}));
  const auto own = reading::Quality{}.with(reading::QualityFlag::time_of_meter);
  EXPECT_THAT(
      chunk->entries->answers,
      ElementsAre(reading::Answer{.time = new_year, .numbers = {{first, {}, {8, 0}}}, .texts = {}},
                  reading::Answer{.time = new_year - 1h,
                                  .numbers = {{first, own, {7, 0}}, {second, {}, {3600, 0}}},
                                  .texts = {}}));
}

TEST_F(CollectorTest, ShowsTheNewestOfWhatWasSentWhateverCameLast) {
  const std::vector<model::Decoded> early{number(2, 7)};
  const std::vector<model::Decoded> late{number(2, 8)};
  const std::vector<Collector::Sent> first_sent{{.points = late, .time = new_year, .extra = {}}};
  const std::vector<Collector::Sent> then{{.points = early, .time = new_year - 1h, .extra = {}}};
  collector.sent(0, first_sent, {}, at(0ms));
  collector.sent(0, then, {}, at(1s));
  EXPECT_EQ(collector.meter(0).views[0].time, new_year);
  EXPECT_EQ(std::get<Decimal>(collector.meter(0).views[0].value), (Decimal{8, 0}));
}

TEST_F(CollectorTest, TakesTheMetersTimeForUtcWhileItsOwnClockIsNotTrusted) {
  const std::vector<model::Decoded> values{number(2, 7)};
  const std::vector<Collector::Sent> samples{{.points = values, .time = new_year, .extra = {}},
                                             {.points = values, .time = std::nullopt, .extra = {}}};
  collector.sent(0, samples, {{"mqtt/a", "seen"}}, at(0ms, false));
  const auto boot = pending.begin_commit();
  ASSERT_TRUE(boot);
  EXPECT_FALSE(boot->trusted);
  EXPECT_TRUE(boot->memos.empty());
  EXPECT_EQ(boot->entries->answers.size(), 1U);
  pending.committed();
  const auto utc = pending.begin_commit();
  ASSERT_TRUE(utc);
  EXPECT_TRUE(utc->trusted);
  EXPECT_EQ(utc->memos.size(), 1U);
  EXPECT_EQ(utc->entries->answers.front().time, new_year);
}

TEST_F(CollectorTest, Promise5_ShowsWhatIsAnsweredAfterTheClockWasSetBack) {
  collector.answered(0, std::vector{number(2, 230)}, at(0ms));
  collector.answered(0, std::vector{absent(2, Acquisition::exception)}, at(1s));
  collector.answered(0, std::vector{number(2, 231)}, at(-1h));
  EXPECT_EQ(collector.meter(0).views[0].state, Acquisition::ok);
  EXPECT_EQ(std::get<Decimal>(collector.meter(0).views[0].value), (Decimal{231, 0}));
}

TEST_F(CollectorTest, IsNotHeldUpByATimeThatAMeterStatedBeforeItsClockWasSet) {
  const std::vector<model::Decoded> wrong{number(2, 7)};
  const std::vector<model::Decoded> right{number(2, 8)};
  const std::vector<Collector::Sent> ahead{
      {.points = wrong, .time = new_year + 24h * 365, .extra = {}}};
  const std::vector<Collector::Sent> then{{.points = right, .time = new_year, .extra = {}}};
  collector.sent(0, ahead, {}, at(0ms, false));
  collector.sent(0, then, {}, at(1s));
  EXPECT_EQ(std::get<Decimal>(collector.meter(0).views[0].value), (Decimal{8, 0}));
}

}  // namespace
}  // namespace bornier::app
