// SPDX-License-Identifier: Apache-2.0
#include "modbus/bus_health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bornier::modbus {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr reading::Instant start{1h};

TEST(Latencies, KnowNothingBeforeTheFirstAnswer) {
  EXPECT_FALSE(Latencies{}.percentile(500));
}

TEST(Latencies, TellEachValueToAFifth) {
  for (std::int64_t us = 256; us < 30'000'000; us += us / 7 + 1) {
    Latencies latencies;
    latencies.add(reading::Instant::duration{us});
    const auto told = latencies.percentile(1'000)->count();
    EXPECT_GE(told, us);
    EXPECT_LE(told, us + us / 4 + 1) << us;
  }
}

TEST(Latencies, TakeTheShortestAndTheLongest) {
  Latencies latencies;
  latencies.add(-1us);
  EXPECT_EQ(latencies.percentile(1'000), 256us);
  latencies.add(1h);
  EXPECT_GT(latencies.percentile(1'000), 55s);
}

TEST(Latencies, TellHowManyAnswersTookNoLonger) {
  Latencies latencies;
  for (int answer = 0; answer < 98; ++answer) {
    latencies.add(10ms);
  }
  latencies.add(100ms);
  latencies.add(100ms);
  EXPECT_LT(latencies.percentile(500), 13ms);
  EXPECT_LT(latencies.percentile(980), 13ms);
  EXPECT_GE(latencies.percentile(981), 100ms);
}

TEST(Latencies, ForgetWhatWasLongAgo) {
  Latencies latencies;
  for (int answer = 0; answer < 100; ++answer) {
    latencies.add(500ms);
  }
  for (int answer = 0; answer < 10'000; ++answer) {
    latencies.add(5ms);
  }
  EXPECT_LT(latencies.percentile(990), 7ms);
  EXPECT_LE(latencies.count(), 1'024U);
}

TEST(Occupancy, IsTheShareOfTheLastMinute) {
  Occupancy line;
  for (int second = 0; second < 300; ++second) {
    line.busy(start + second * 1s, start + second * 1s + 250ms);
  }
  EXPECT_NEAR(line.permille(start, start + 300s), 250, 2);
  EXPECT_NEAR(line.permille(start, start + 330s), 125, 2);
  EXPECT_EQ(line.permille(start, start + 400s), 0U);
}

TEST(Occupancy, IsTheShareOfAllTimeWhileThatIsLessThanAMinute) {
  Occupancy line;
  line.busy(start + 1s, start + 3s);
  EXPECT_EQ(line.permille(start, start + 4s), 500U);
  EXPECT_EQ(line.permille(start, start), 0U);
}

TEST(Occupancy, CountsWhatReachesOverSeveralSlots) {
  Occupancy line;
  line.busy(start, start + 45s);
  EXPECT_NEAR(line.permille(start, start + 60s), 750, 1);
}

auto unit_with(std::uint64_t requests, std::uint64_t answers) -> UnitHealth {
  UnitHealth unit;
  unit.requests = requests;
  unit.answers = answers;
  unit.timeouts = requests - answers;
  return unit;
}

TEST(Patience, IsTheCeilingUntilTenAnswersHaveCome) {
  UnitHealth unit;
  for (int answer = 0; answer < 9; ++answer) {
    unit.latencies.add(10ms);
    EXPECT_EQ(patience(unit, 1'000ms), 1'000ms);
  }
  unit.latencies.add(10ms);
  EXPECT_EQ(patience(unit, 1'000ms), 250ms);
}

TEST(Patience, FollowsTheSlowAnswersUpToTheCeiling) {
  UnitHealth unit;
  for (int answer = 0; answer < 100; ++answer) {
    unit.latencies.add(100ms);
  }
  EXPECT_GE(patience(unit, 1'000ms), 400ms);
  EXPECT_LE(patience(unit, 1'000ms), 500ms);
  EXPECT_EQ(patience(unit, 300ms), 300ms);
}

TEST(Patience, IsTheCeilingAtEveryFourthTimeoutInARow) {
  UnitHealth unit;
  for (int answer = 0; answer < 10; ++answer) {
    unit.latencies.add(5ms);
  }
  for (const auto expected : {250ms, 250ms, 250ms, 1'500ms, 250ms, 250ms, 250ms, 1'500ms}) {
    EXPECT_EQ(patience(unit, 1'500ms), expected);
    ++unit.timeouts_in_a_row;
  }
}

TEST(Hints, SayNothingOfALineThatIsWell) {
  EXPECT_THAT(hints({{1, unit_with(1'000, 1'000)}, {2, unit_with(1'000, 999)}}, LineKind::serial),
              IsEmpty());
  EXPECT_THAT(hints({}, LineKind::serial), IsEmpty());
}

TEST(Hints, TellSilenceFromRubbishOnALineOnWhichNothingIsUnderstood) {
  UnitsHealth units{{1, unit_with(10, 0)}, {2, unit_with(10, 0)}};
  EXPECT_THAT(hints(units, LineKind::serial), ElementsAre(HasSubstr("no byte has come")));
  units[2].stray = 1;
  EXPECT_THAT(hints(units, LineKind::serial), ElementsAre(HasSubstr("baud, parity")));
  units[2].requests = 9;
  EXPECT_THAT(hints(units, LineKind::serial), IsEmpty()) << "too few requests to say";
}

TEST(Hints, SuspectTwoMetersWithOneAddressWhereOnlyOneUnitsAnswersAreDamaged) {
  UnitsHealth units{{1, unit_with(100, 100)}, {5, unit_with(100, 98)}};
  units[5].damaged = 2;
  EXPECT_THAT(hints(units, LineKind::serial),
              ElementsAre(AllOf(HasSubstr("unit 5: 2 %"), HasSubstr("two meters"))));
  units[5].damaged = 1;
  EXPECT_THAT(hints(units, LineKind::serial), IsEmpty());
}

TEST(Hints, SuspectTheTerminationWhereMostUnitsAreDamaged) {
  UnitsHealth units;
  for (std::uint8_t id = 1; id <= 4; ++id) {
    units[id] = unit_with(100, 95);
    units[id].damaged = 5;
  }
  EXPECT_THAT(hints(units, LineKind::serial), ElementsAre(HasSubstr("termination")));
}

TEST(Hints, NameTheUnitThatHasNeverAnsweredWhereOthersDo) {
  EXPECT_THAT(hints({{1, unit_with(10, 10)}, {9, unit_with(3, 0)}}, LineKind::network),
              ElementsAre(HasSubstr("unit 9: has never answered")));
  EXPECT_THAT(hints({{1, unit_with(10, 10)}, {9, unit_with(2, 0)}}, LineKind::network), IsEmpty());
}

TEST(Hints, SayThatTheTimeoutIsTooShortWhereAnswersComeLate) {
  UnitsHealth units{{1, unit_with(150, 147)}};
  units[1].late = 3;
  EXPECT_THAT(hints(units, LineKind::serial), ElementsAre(HasSubstr("raise `timeout`")));
  units[1].late = 2;
  EXPECT_THAT(hints(units, LineKind::serial), IsEmpty());
}

TEST(Hints, SayThatTheConverterSpeaksForASilentMeter) {
  UnitsHealth units{{1, unit_with(10, 10)}, {2, unit_with(10, 0)}};
  units[2].exceptions[0x0B] = 10;
  EXPECT_THAT(hints(units, LineKind::network), ElementsAre(HasSubstr("converter")));
}

TEST(Hints, SuspectAnotherMasterWhereAnswersComeThatNobodyAskedFor) {
  UnitsHealth units{{1, unit_with(100, 100)}};
  units[1].foreign = 2;
  EXPECT_THAT(hints(units, LineKind::serial), ElementsAre(HasSubstr("another master")));
  EXPECT_THAT(hints(units, LineKind::network), IsEmpty());
}

TEST(Hints, SayThatAMeterIsTooBusy) {
  UnitsHealth units{{1, unit_with(100, 97)}};
  units[1].exceptions[6] = 3;
  EXPECT_THAT(hints(units, LineKind::network), ElementsAre(HasSubstr("busy in 3 %")));
}

TEST(Hints, ForgetARepairedLineWithinAnHour) {
  UnitsHealth units{{1, unit_with(100, 50)}};
  auto& unit = units[1];
  unit.look(start);
  EXPECT_THAT(hints(units, LineKind::serial), IsEmpty()) << "what was before the first look";
  unit.requests += 100;
  unit.answers += 50;
  unit.damaged += 50;
  unit.look(start + 30min - 1us);
  EXPECT_THAT(hints(units, LineKind::serial), ElementsAre(HasSubstr("damaged")));
  unit.look(start + 30min);
  EXPECT_THAT(hints(units, LineKind::serial), ElementsAre(HasSubstr("damaged")));
  unit.requests += 100;
  unit.answers += 100;
  unit.look(start + 60min);
  EXPECT_THAT(hints(units, LineKind::serial), IsEmpty());
  EXPECT_EQ(unit.damaged, 50U) << "since the start";
}

TEST(Hints, TellAUnitThatHasGoneFromOneThatNeverWas) {
  UnitsHealth units{{1, unit_with(10, 10)}, {2, unit_with(10, 10)}, {9, unit_with(10, 0)}};
  units[2].look(start);
  units[2].requests += 3;
  units[2].timeouts += 3;
  EXPECT_THAT(hints(units, LineKind::network),
              ElementsAre(HasSubstr("unit 2: does not answer any more"),
                          HasSubstr("unit 9: has never answered")));
}

}  // namespace
}  // namespace bornier::modbus
