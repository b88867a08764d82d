// SPDX-License-Identifier: Apache-2.0
#include "app/pulse_meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using reading::Acquisition;
using reading::Decimal;
using reading::MeterNumber;
using reading::PointNumber;
using reading::QualityFlag;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr reading::Stamp begun = reading::stamp_at(1'767'225'600'000);

/// Meter "node" with points 3 (in no use) and 4, a count, which are 13 and 14 in the catalog. Meter
/// "water" counts by point 4, its index is 20: 1 L a pulse from `begun` on, and from an hour later
/// on another meter from count 1000.
class PulseMetersTest : public testing::Test {
 protected:
  PulseMetersTest() {
    auto& device = configuration.meters.emplace_back();
    device.id = "node";
    devices["node"] =
        collector.add_meter(MeterNumber{1}, {{3, PointNumber{13}}, {4, PointNumber{14}}});
    auto& water = configuration.pulse_meters.emplace_back();
    water.id = "water";
    water.count = 4;
    water.quantity = reading::find_quantity("volume");
    water.periods = {
        {.from = begun,
         .rule = {.index = {5, 0}, .count = 0, .value = {1, 1, -3}, .resolution = -3},
         .unit = "m3",
         .text = "first"},
        {.from = begun + 1h,
         .rule = {.index = {0, 0}, .count = 1'000, .value = {1, 1, -3}, .resolution = -3},
         .unit = "m3",
         .text = "second"}};
  }

  static auto after(std::chrono::milliseconds time, bool trusted = true) -> Collector::Moment {
    return {.now = {.instant = reading::Instant{1h + time}, .stamp = begun + time},
            .trusted = trusted};
  }
  void change(std::chrono::milliseconds time, std::uint32_t point = 20) {
    choose_periods(configuration, begun + time);
    const std::vector<batch::Registered::Numbers> numbers{
        {.meter = MeterNumber{2}, .points = {PointNumber{point}}}};
    meters.change(configuration, numbers, devices, after(time));
  }
  static auto count(std::int64_t value, reading::Quality quality = {})
      -> std::vector<model::Decoded> {
    return {{.point = 4, .value = Decimal{value, 0}, .quality = quality}};
  }
  auto collected() -> reading::Entries {
    const auto chunk = pending.begin_commit();
    if (!chunk) {
      return {};
    }
    auto entries = *chunk->entries;
    pending.committed();
    return entries;
  }
  auto view() -> const MeterView& { return collector.meter(meters.numbers().at("water")); }

  buffer::Pending pending{1U << 20U};
  Collector collector{pending, [] {}};
  PulseMeters meters{collector};
  PulseMeters::Devices devices;
  Configuration configuration;
};

TEST_F(PulseMetersTest, GiveAnIndexBesideTheRawCountInOneAnswer) {
  change(0ms);
  collector.answered(0, count(7), after(1s));
  const auto entries = collected();
  ASSERT_EQ(entries.answers.size(), 1U);
  EXPECT_EQ(entries.answers[0].time, begun + 1s);
  EXPECT_THAT(entries.answers[0].numbers,
              ElementsAre(reading::Number{.point = PointNumber{14}, .quality = {}, .value = {7, 0}},
                          reading::Number{.point = PointNumber{20},
                                          .quality = reading::Quality{}.with(QualityFlag::derived),
                                          .value = {5'007, -3}}));
  EXPECT_EQ(view().state, Acquisition::ok);
  EXPECT_EQ(view().views[0].state, Acquisition::ok);
  EXPECT_EQ(std::get<Decimal>(view().views[0].value), (Decimal{5'007, -3}));
  EXPECT_EQ(collector.readings_taken(), 2U);
}

TEST_F(PulseMetersTest, MarkTheIndexOfACountThatFell) {
  change(0ms);
  collector.answered(0, count(3, reading::Quality{}.with(QualityFlag::meter_restarted)), after(1s));
  const auto entries = collected();
  EXPECT_TRUE(entries.answers[0].numbers[1].quality.has(QualityFlag::meter_restarted));
  EXPECT_TRUE(entries.answers[0].numbers[1].quality.has(QualityFlag::derived));
}

TEST_F(PulseMetersTest, AreInTheStateOfTheirDevice) {
  change(0ms);
  collector.answered(0, count(7), after(1s));
  collector.meter_is(0, Acquisition::no_response, after(2s));
  EXPECT_EQ(view().state, Acquisition::no_response);
  EXPECT_EQ(view().since, begun + 2s);
  const std::vector<std::size_t> both{3, 4};
  collector.points_are(0, both, Acquisition::exception, 2, after(3s));
  EXPECT_EQ(view().state, Acquisition::ok);
  EXPECT_EQ(view().views[0].state, Acquisition::exception);
  EXPECT_EQ(view().views[0].exception_code, 2);
  static_cast<void>(collected());
  collector.meter_is(0, Acquisition::bus_down, after(4s));
  const auto states = collected().states;
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].meter, MeterNumber{2});
  EXPECT_EQ(states[0].state, Acquisition::bus_down);
}

TEST_F(PulseMetersTest, AreInTheStateOfADeviceThatIsSilentAlready) {
  collector.meter_is(0, Acquisition::no_response, after(0s));
  change(1s);
  EXPECT_EQ(view().state, Acquisition::no_response);
}

TEST_F(PulseMetersTest, Promise5_HaveNoIndexWhereNobodyKnowsWhichPeriodItIs) {
  change(1h);
  collector.answered(0, count(1'007), after(1h + 1s, false));
  EXPECT_EQ(collected().answers[0].numbers.size(), 1U) << "the count is kept";
  collector.answered(0, count(1'008), after(1h + 2s));
  EXPECT_EQ(collected().answers[0].numbers.size(), 2U);
}

TEST_F(PulseMetersTest, NeedNoTrustedClockWhereThereIsOnePeriod) {
  configuration.pulse_meters.front().periods.pop_back();
  change(-24h);
  collector.answered(0, count(7), after(-24h, false));
  const auto numbers = collected().answers[0].numbers;
  ASSERT_EQ(numbers.size(), 2U);
  EXPECT_EQ(numbers[1].value, (Decimal{5'007, -3}));
}

TEST_F(PulseMetersTest, HaveTheRolloverOfTheirPeriodInTheCatalog) {
  auto& meter = configuration.pulse_meters.front();
  EXPECT_EQ(registration_of(meter).points[0].rollover, "");
  meter.periods[0].rollover = "65.536";
  EXPECT_EQ(registration_of(meter).points[0].rollover, "65.536");
}

TEST_F(PulseMetersTest, HaveNoIndexBeforeTheirFirstPeriod) {
  change(-1s);
  collector.answered(0, count(7), after(-1ms));
  EXPECT_EQ(collected().answers[0].numbers.size(), 1U);
  EXPECT_EQ(view().state, Acquisition::ok);
  EXPECT_EQ(view().views[0].state, Acquisition::not_polled_yet);
  collector.answered(0, count(7), after(0ms));
  EXPECT_EQ(collected().answers[0].numbers.size(), 2U);
}

TEST_F(PulseMetersTest, NeverCountByAPeriodThatHasEnded) {
  change(0ms);
  collector.answered(0, count(1'000), after(1h - 1ms));
  EXPECT_EQ(collected().answers[0].numbers.size(), 2U);
  collector.answered(0, count(1'000), after(1h));
  EXPECT_EQ(collected().answers[0].numbers.size(), 1U);
  change(1h, 21);
  collector.answered(0, count(1'002), after(1h + 1s));
  const auto entries = collected();
  ASSERT_EQ(entries.answers[0].numbers.size(), 2U);
  EXPECT_EQ(entries.answers[0].numbers[1].point, PointNumber{21});
  EXPECT_EQ(entries.answers[0].numbers[1].value, (Decimal{2, -3}));
}

TEST_F(PulseMetersTest, AreOutOfRangeBelowTheCountThatTheirPeriodBeginsAt) {
  change(1h);
  collector.answered(0, count(999), after(1h));
  EXPECT_EQ(collected().answers[0].numbers.size(), 1U);
  EXPECT_EQ(view().views[0].state, Acquisition::out_of_range);
  collector.answered(0, count(1'000), after(2h));
  EXPECT_EQ(view().views[0].state, Acquisition::ok);
}

TEST_F(PulseMetersTest, TakeTheTimeThatAMessageStates) {
  change(1h);
  const auto early = count(1'003);
  const auto late = count(1'005);
  const std::vector<Collector::Sent> samples{{.points = early, .time = begun + 30min, .extra = {}},
                                             {.points = late, .time = begun + 61min, .extra = {}}};
  collector.sent(0, samples, {}, after(2h));
  const auto entries = collected();
  ASSERT_EQ(entries.answers.size(), 2U);
  EXPECT_EQ(entries.answers[0].numbers.size(), 1U) << "before the period in force";
  ASSERT_EQ(entries.answers[1].numbers.size(), 2U);
  EXPECT_EQ(entries.answers[1].time, begun + 61min);
  EXPECT_TRUE(entries.answers[1].numbers[1].quality.has(QualityFlag::time_of_meter));
  EXPECT_EQ(view().views[0].time, begun + 61min);
}

TEST_F(PulseMetersTest, LeaveWithTheConfiguration) {
  change(0ms);
  configuration.pulse_meters.clear();
  meters.change(configuration, {}, devices, after(1s));
  EXPECT_TRUE(meters.numbers().empty());
  EXPECT_EQ(collector.meters().size(), 1U);
  collector.answered(0, count(7), after(2s));
  EXPECT_EQ(collected().answers[0].numbers.size(), 1U);
}

TEST_F(PulseMetersTest, KeepWhatTheyShowedWhileTheirNumbersStay) {
  change(0ms);
  collector.answered(0, count(7), after(1s));
  change(2s);
  EXPECT_TRUE(view().views[0].time);
  change(3s, 21);
  EXPECT_FALSE(view().views[0].time);
}

TEST_F(PulseMetersTest, KnowWhichPeriodsHaveChangedAndWhenTheNextOneBegins) {
  EXPECT_THAT(choose_periods(configuration, begun + 1h - 1ms), IsEmpty());
  EXPECT_EQ(next_period(configuration, begun + 1h - 1ms), begun + 1h);
  EXPECT_THAT(choose_periods(configuration, begun + 1h),
              ElementsAre(&configuration.pulse_meters.front()));
  EXPECT_EQ(next_period(configuration, begun + 1h), std::nullopt);
  EXPECT_EQ(choose_periods(configuration, begun).size(), 1U) << "the clock was set back";
}

}  // namespace
}  // namespace bornier::app
