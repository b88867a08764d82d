// SPDX-License-Identifier: Apache-2.0
#include "app/live_meter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <tuple>

#include "app/live_report.hpp"
#include "app/live_status.hpp"
#include "app/testing.hpp"

namespace bornier::app {
namespace {

using model::Severity;
using reading::Acquisition;
using reading::Decimal;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

auto finding(Severity severity, std::string_view about) {
  return AllOf(Field(&LiveFinding::severity, severity),
               Field(&LiveFinding::about, std::string{about}));
}

auto value(std::size_t point, std::variant<Decimal, std::string, Acquisition> of,
           std::uint8_t exception_code = 0) -> PointSeen {
  return {.decoded = {.point = point, .value = std::move(of), .quality = {}},
          .exception_code = exception_code};
}

/// A meter with one point that is read, and a serial number, on a bus over TCP.
class LiveMeterTest : public testing::Test {
 protected:
  explicit LiveMeterTest(MeterSettings of = meter_with_serial("AB12")) : settings{std::move(of)} {
    bus.name = "plant-room";
    meter.settings = &settings;
    meter.bus = &bus;
  }
  MeterSettings settings;
  BusSettings bus;
  LiveMeter meter;
};

TEST_F(LiveMeterTest, IsWellWhereAllPointsCameAndTheSerialNumberIsTheConfiguredOne) {
  judge(meter, {{value(0, Decimal{9, -1}), value(1, std::string{"0AB-12"})}});
  EXPECT_THAT(meter.findings, IsEmpty());
  EXPECT_EQ(meter.points_read, 1U);
  EXPECT_EQ(meter.points, 1U);
  EXPECT_EQ(meter.serial_verdict, SerialVerdict::same);
}

TEST_F(LiveMeterTest, OfAnotherDeviceIsAnError) {
  judge(meter, {{value(0, Decimal{9, -1}), value(1, std::string{"CD34"})}});
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::error, "serial")));
  EXPECT_EQ(meter.findings[0].evidence, "serial number CD34, configured is AB12");
}

TEST_F(LiveMeterTest, WithoutAConfiguredNumberGetsAHintThatNamesIt) {
  settings.serial.clear();
  judge(meter, {{value(0, Decimal{9, -1}), value(1, std::string{"CD34"})}});
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "serial")));
  EXPECT_THAT(meter.findings[0].remedy, HasSubstr("serial = \"CD34\""));
}

TEST_F(LiveMeterTest, ThatTellsNoNumberIsNotCompared) {
  for (auto own : {value(1, std::string{"0000"}), value(1, Acquisition::exception, 2)}) {
    judge(meter, {{value(0, Decimal{9, -1}), own}});
    EXPECT_EQ(meter.serial_verdict, SerialVerdict::unknown);
  }
  EXPECT_THAT(meter.findings, IsEmpty());
}

TEST_F(LiveMeterTest, RefusedPointIsAnErrorWithItsException) {
  judge(meter, {{value(0, Acquisition::exception, 2), value(1, std::string{"AB12"})}});
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::error, "points")));
  EXPECT_EQ(meter.findings[0].what, "the meter refuses 1 of 1 configured points");
  EXPECT_EQ(meter.findings[0].evidence, "a (exception 2)");
  EXPECT_EQ(meter.points_read, 0U);
}

TEST_F(LiveMeterTest, PointWithTroubleInOneLookOnlyIsPassedOver) {
  judge(meter, {{value(0, Acquisition::out_of_range), value(1, std::string{"AB12"})},
                {value(0, Decimal{9, -1}), value(1, std::string{"AB12"})}});
  EXPECT_THAT(meter.findings, IsEmpty());
}

TEST_F(LiveMeterTest, ImplausibleValueIsAnErrorThatShowsIt) {
  auto seen = value(0, Decimal{-300, 0});
  seen.decoded.quality = seen.decoded.quality.with(reading::QualityFlag::implausible);
  judge(meter, {{seen}});
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::error, "points")));
  EXPECT_EQ(meter.findings[0].evidence, "a -300");
}

TEST_F(LiveMeterTest, WhatTheMeterHasNoValueForIsAHint) {
  judge(meter, {{value(0, Acquisition::not_available), value(1, std::string{"AB12"})}});
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "points")));
  meter.findings.clear();
  judge(meter, {{value(0, Acquisition::unsupported), value(1, std::string{"AB12"})}});
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "points")));
}

TEST_F(LiveMeterTest, NeedsItsSerialNumberBesidesItsPoints) {
  EXPECT_THAT(configured_points(settings), ElementsAre(0));
  EXPECT_THAT(further_points(settings), ElementsAre(1));
}

auto three_phase_meter() -> MeterSettings {
  std::string points;
  int address = 0;
  for (const std::string phase : {"1", "2", "3"}) {
    for (const auto& [name, quantity, unit] :
         {std::tuple{"u", "voltage", "V"}, std::tuple{"i", "current", "A"},
          std::tuple{"p", "power_active", "W"}}) {
      points += name + phase + " = { quantity = \"" + quantity + "\", phase = \"l" + phase +
                (std::string{name} == "u" ? "_n" : "") +
                "\", address = " + std::to_string(address++) + ", type = \"int16\", unit = \"" +
                unit + "\" }\n";
    }
  }
  auto meter = two_point_meter({});
  meter.model = std::make_shared<const model::Model>(model::model_with_points(points));
  meter.settings = model::Settings{*meter.model};
  return meter;
}

class LiveThreePhaseTest : public LiveMeterTest {
 protected:
  LiveThreePhaseTest() : LiveMeterTest{three_phase_meter()} {}
  static auto look(std::int64_t l2_volts, std::int64_t l2_watts) -> Look {
    Look look;
    for (std::size_t phase = 0; phase < 3; ++phase) {
      look.push_back(value(3 * phase, Decimal{phase == 1 ? l2_volts : 230, 0}));
      look.push_back(value(3 * phase + 1, Decimal{10, 0}));
      look.push_back(value(3 * phase + 2, Decimal{phase == 1 ? l2_watts : 2'000, 0}));
    }
    return look;
  }
};

TEST_F(LiveThreePhaseTest, WiringIsJudgedByWhatEveryLookFinds) {
  judge(meter, {look(230, -2'000), look(230, -2'000)});
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "ct_reversed")));
  meter.findings.clear();
  judge(meter, {look(230, -2'000), look(230, 2'000)});
  EXPECT_THAT(meter.findings, IsEmpty());
}

TEST_F(LiveThreePhaseTest, WiringIsAnErrorOnlyIfEveryLookCallsItOne) {
  judge(meter, {look(190, 1'500), look(190, 1'500)});
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "voltage_unbalanced")));
  meter.findings.clear();
  judge(meter, {look(150, 1'200), look(150, 1'200)});
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::error, "voltage_unbalanced")));
  for (const auto& looks : {std::vector{look(150, 1'200), look(190, 1'500)},
                            std::vector{look(190, 1'500), look(150, 1'200)}}) {
    meter.findings.clear();
    judge(meter, looks);
    EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "voltage_unbalanced")));
  }
}

/// What a daemon says of the meter with the serial number.
class LiveStatusTest : public LiveMeterTest {
 protected:
  auto judged(const std::string& of_meter) -> std::vector<LiveMeter*> {
    const std::string report =
        R"({"gateway":{"time":"2026-11-27T12:00:10.000Z"},"buses":[{"name":"plant-room",)"
        R"("endpoint":"10.4.0.20:502","error":"refused"}],"meters":[)" +
        of_meter + "]}";
    auto left = judge_by_status(report, {&meter, 1}, std::vector{endpoint});
    EXPECT_TRUE(left);
    return left ? *left : std::vector<LiveMeter*>{};
  }
  static auto meter_in_state(const std::string& state, const std::string& rest) -> std::string {
    return R"({"id":"main","model":"m","bus":"plant-room","unit_id":7,"since":"noon","state":")" +
           state + "\"," + rest + "}";
  }
  std::string endpoint = "10.4.0.20:502";
};

TEST_F(LiveStatusTest, TakesValuesAgesAndSerialNumberFromTheDaemon) {
  EXPECT_THAT(judged(meter_in_state(
                  "ok", R"("answered":"2026-11-27T12:00:07.500Z","serial":"CD34","points":[)"
                        R"({"name":"a","state":"exception 2","value":null,"time":null}])")),
              IsEmpty());
  EXPECT_TRUE(meter.from_daemon);
  EXPECT_EQ(meter.answers, true);
  EXPECT_EQ(meter.age, 2'500ms);
  EXPECT_THAT(meter.findings,
              ElementsAre(finding(Severity::error, "points"), finding(Severity::error, "serial")));
  EXPECT_EQ(meter.findings[0].evidence, "a (exception 2)");
}

TEST_F(LiveStatusTest, DoesNotCompareASerialNumberThatTheDaemonDoesNotKnow) {
  judged(
      meter_in_state("ok", R"("serial":null,"points":[{"name":"a","state":"ok","value":"0.9"}])"));
  EXPECT_EQ(meter.serial_verdict, SerialVerdict::unknown);
  EXPECT_THAT(meter.findings, IsEmpty());
  EXPECT_EQ(meter.points_read, 1U);
}

TEST_F(LiveStatusTest, SilenceIsAnErrorWithItsRemedy) {
  judged(meter_in_state("no response", R"("points":[])"));
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::error, "answer")));
  EXPECT_EQ(meter.findings[0].what, "unit 7 at 10.4.0.20:502 does not answer");
  EXPECT_EQ(meter.answers, false);
}

TEST_F(LiveStatusTest, LostBusIsAnErrorWithItsReason) {
  judged(meter_in_state("bus down", R"("points":[])"));
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::error, "answer")));
  EXPECT_EQ(meter.findings[0].what, "10.4.0.20:502: no connection: refused");
}

TEST_F(LiveStatusTest, PointThatTheDaemonDoesNotPollIsAHint) {
  judged(meter_in_state("ok", R"("serial":"AB12","points":[])"));
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "points")));
  EXPECT_EQ(meter.findings[0].what, "not polled yet are 1 of 1 configured points");
}

TEST_F(LiveStatusTest, AnotherConfigurationOfTheMeterIsAnError) {
  judged(R"({"id":"main","model":"other","bus":"plant-room","unit_id":7,"state":"ok"})");
  ASSERT_THAT(meter.findings, ElementsAre(finding(Severity::error, "answer")));
  EXPECT_FALSE(meter.answers.has_value());
}

TEST_F(LiveStatusTest, MeterOnALineOfTheDaemonIsNotReadDirectly) {
  EXPECT_THAT(judged(""), IsEmpty());
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::error, "answer")));
}

TEST_F(LiveStatusTest, MeterOnAnotherLineIsLeftToBeRead) {
  endpoint = "10.4.0.21:502";
  EXPECT_THAT(judged(""), ElementsAre(&meter));
  EXPECT_THAT(meter.findings, IsEmpty());
}

TEST_F(LiveStatusTest, RefusesWhatIsNoReport) {
  for (const auto* garbage : {"", "[]", "{", R"({"error":"no"})"}) {
    EXPECT_FALSE(judge_by_status(garbage, {&meter, 1}, std::vector{endpoint})) << garbage;
  }
}

TEST_F(LiveStatusTest, ThreePhasesOfOneTimeAreJudgedTogether) {
  settings = three_phase_meter();
  const auto report_at = [](const std::string& power_time) {
    std::string points;
    for (const std::string phase : {"1", "2", "3"}) {
      for (const auto& [name, value] : {std::pair{"u", "230"}, std::pair{"i", "10"},
                                        std::pair{"p", phase == "2" ? "-2000" : "2000"}}) {
        points += std::string{points.empty() ? "" : ","} + R"({"name":")" + name + phase +
                  R"(","state":"ok","value":")" + value + R"(","time":")" +
                  (std::string{name} == "p" ? power_time : "2026-11-27T12:00:05.000Z") + "\"}";
      }
    }
    return meter_in_state("ok", "\"points\":[" + points + "]");
  };
  std::vector<std::size_t> all(9);
  std::iota(all.begin(), all.end(), 0U);
  settings.polls[0].points = all;
  judged(report_at("2026-11-27T12:00:02.000Z"));
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "ct_reversed")));
  meter.findings.clear();
  judged(report_at("2026-11-27T12:00:01.999Z"));
  EXPECT_THAT(meter.findings, ElementsAre(finding(Severity::hint, "wiring")));
  EXPECT_EQ(meter.points_read, 9U);
}

TEST_F(LiveMeterTest, IsPrintedForPeopleAndPrograms) {
  meter.answers = true;
  meter.latencies = {10ms, 30ms, 20ms};
  judge(meter, {{value(0, Decimal{9, -1}), value(1, std::string{"CD34"})}});
  EXPECT_EQ(to_text({&meter, 1}, Format::table),
            "meter  bus         unit  answers  points  serial number         latency          "
            "findings\n"
            "main   plant-room     7  yes      1 of 1  CD34 INSTEAD OF AB12  20 ms, worst 30  1 "
            "error\n"
            "\n"
            "error  main: another device answers in this meter's place\n"
            "       serial number CD34, configured is AB12\n"
            "       -> if it was exchanged, write serial = \"CD34\" in its [[meter]] (its readings "
            "then count as another device's); if not, look at bus and unit id\n"
            "1 meter, 1 error, 0 hints\n");
  EXPECT_THAT(to_text({&meter, 1}, Format::csv),
              HasSubstr("\nmain,plant-room,7,meter,yes,1,1,AB12,CD34,other,20,30,1,0,error: "));
  EXPECT_THAT(to_text({&meter, 1}, Format::json),
              AllOf(HasSubstr(R"("errors":1,"hints":0)"), HasSubstr(R"("serial_verdict":"other")"),
                    HasSubstr(R"("latency_median_ms":20)")));
}

}  // namespace
}  // namespace bornier::app
