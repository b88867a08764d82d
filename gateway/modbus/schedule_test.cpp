// SPDX-License-Identifier: Apache-2.0
#include "modbus/schedule.hpp"

#include <gtest/gtest.h>

namespace bornier::modbus {
namespace {

using namespace std::chrono_literals;
using reading::Instant;
using reading::Now;
using reading::Stamp;
using std::chrono::milliseconds;

/// A Monday, 12:00:00 UTC.
constexpr auto noon = reading::stamp_at(1'700'481'600'000);
constexpr auto boot = Instant{77s};

auto only_marks() -> ScheduleSettings {
  ScheduleSettings settings;
  settings.poll_at_start = false;
  return settings;
}

auto every(milliseconds period, std::size_t meter, Duration cost = 20ms) -> Task {
  return Task{meter, period, cost};
}

/// A conversation with a schedule. Time is told as milliseconds since noon, and moves forward.
class PollTimes {
 public:
  explicit PollTimes(std::vector<Task> tasks, ScheduleSettings settings = only_marks())
      : schedule{std::move(tasks), settings} {}

  auto at(milliseconds since_noon) -> Now {
    since_noon_ = since_noon;
    return Now{boot + since_noon, noon + since_noon + offset};
  }

  /// The poll that is given out at this time; fails the test if the answer is to wait.
  auto poll(milliseconds since_noon) -> Poll {
    const auto step = schedule.step(at(since_noon));
    const auto* poll = std::get_if<Poll>(&step);
    EXPECT_NE(poll, nullptr) << "waits at " << since_noon.count();
    return poll == nullptr ? Poll{} : *poll;
  }

  /// How long after noon it wants to be called again.
  auto wait(milliseconds since_noon) -> Duration {
    const auto step = schedule.step(at(since_noon));
    const auto* wait = std::get_if<WaitUntil>(&step);
    EXPECT_NE(wait, nullptr) << "polls at " << since_noon.count();
    return wait == nullptr ? Duration{} : wait->instant - boot;
  }

  void finished(Outcome outcome, milliseconds since_noon) {
    schedule.finished(outcome, at(since_noon));
  }

  Schedule schedule;
  milliseconds offset{};  ///< what somebody added to the wall clock

 private:
  milliseconds since_noon_{};
};

auto mark(milliseconds since_noon) -> Stamp {
  return noon + since_noon;
}

TEST(Schedule, SleepsUntilTheMarkAndPollsAtIt) {
  PollTimes with{{every(100ms, 0)}};
  EXPECT_EQ(with.wait(30ms), 100ms);
  EXPECT_EQ(with.wait(99ms), 100ms);
  EXPECT_EQ(with.poll(100ms), (Poll{0, {{0, mark(100ms)}}, false}));
  with.finished(Outcome::answered, 120ms);
  EXPECT_EQ(with.wait(120ms), 200ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 1, .read = 1}));
}

TEST(Schedule, PutsMarksOnMultiplesOfThePeriodSince1970) {
  auto settings = only_marks();
  settings.longest_sleep = 48h;
  PollTimes daily{{every(24h, 0)}, settings};
  EXPECT_EQ(daily.wait(0ms), 12h);
  EXPECT_EQ(daily.poll(12h).tasks.front(), (DueTask{0, mark(12h)}));
  // 1700481600 = 7 × 242925942 + 6: the next multiple of 7 s is one second away.
  PollTimes odd{{every(7s, 0)}, settings};
  EXPECT_EQ(odd.wait(0ms), 1s);
}

TEST(Schedule, PollsEveryTaskOnceWhenItStarts) {
  PollTimes with{{every(24h, 0), every(1s, 1)}, ScheduleSettings{}};
  EXPECT_EQ(with.poll(300ms), (Poll{1, {{1, mark(0ms)}}, false}));
  with.finished(Outcome::answered, 310ms);
  EXPECT_EQ(with.poll(310ms), (Poll{0, {{0, mark(-12h)}}, false}));
  with.finished(Outcome::answered, 320ms);
  EXPECT_EQ(with.wait(320ms), 1s);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 1, .read = 1}));
}

TEST(Schedule, PollsTheTasksOfAMeterTogetherThatAreDueTogether) {
  PollTimes with{{every(1s, 3), every(5s, 3), every(5s, 4)}};
  EXPECT_EQ(with.wait(4500ms), 5s);
  EXPECT_EQ(with.poll(5s), (Poll{3, {{0, mark(5s)}, {1, mark(5s)}}, false}));
  with.finished(Outcome::answered, 5030ms);
  EXPECT_EQ(with.poll(5030ms).meter, 4U);
}

TEST(Schedule, LetsNobodyWaitForTasksThatHaveMoreTime) {
  PollTimes with{{every(1s, 3), every(5s, 3), every(1s, 4)}};
  EXPECT_EQ(with.wait(4500ms), 5s);
  EXPECT_EQ(with.poll(5s), (Poll{3, {{0, mark(5s)}}, false}));
  with.finished(Outcome::answered, 5030ms);
  EXPECT_EQ(with.poll(5030ms), (Poll{4, {{2, mark(5s)}}, false}));
  with.finished(Outcome::answered, 5060ms);
  EXPECT_EQ(with.poll(5060ms), (Poll{3, {{1, mark(5s)}}, false}));
}

TEST(Schedule, PollsTogetherWhatIsLateAnyhow) {
  PollTimes with{{every(1s, 3), every(5s, 3), every(1s, 4)}};
  EXPECT_EQ(with.wait(4500ms), 5s);
  EXPECT_EQ(with.poll(6001ms), (Poll{3, {{0, mark(6s)}, {1, mark(5s)}}, false}));
}

TEST(Schedule, InterruptsAPollForAnEarlierDeadline) {
  PollTimes with{{every(10s, 0), every(1s, 1)}};
  EXPECT_EQ(with.wait(9500ms), 10s);
  EXPECT_EQ(with.poll(10s).meter, 1U);
  with.finished(Outcome::answered, 10'020ms);
  EXPECT_EQ(with.poll(10'020ms).meter, 0U);
  EXPECT_FALSE(with.schedule.interrupt(with.at(10'999ms))) << "nothing else is due";
  EXPECT_EQ(with.schedule.interrupt(with.at(11s)), (Poll{1, {{1, mark(11s)}}, false}));
  EXPECT_FALSE(with.schedule.interrupt(with.at(11'010ms)));
  EXPECT_EQ(with.wait(11'015ms), 12'015ms) << "two polls are unfinished";
  with.finished(Outcome::answered, 11'020ms);
  with.finished(Outcome::answered, 11'500ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 1, .read = 1}));
  EXPECT_EQ(with.schedule.counts(1), (MarkCounts{.reached = 2, .read = 2}));
}

TEST(Schedule, FinishesAPollWhoseDeadlineIsNear) {
  PollTimes with{{every(10s, 0), every(1s, 1)}};
  EXPECT_EQ(with.wait(9500ms), 10s);
  EXPECT_EQ(with.poll(18'500ms).meter, 1U);
  with.finished(Outcome::answered, 18'900ms);
  EXPECT_EQ(with.poll(18'900ms).meter, 0U);
  EXPECT_EQ(with.schedule.interrupt(with.at(19s)), std::nullopt) << "both are due at 20 s";
}

TEST(Schedule, InterruptsNothingWhereNothingIsPolled) {
  PollTimes with{{every(1s, 0)}};
  EXPECT_EQ(with.wait(500ms), 1s);
  EXPECT_FALSE(with.schedule.interrupt(with.at(1s)));
  EXPECT_EQ(with.poll(1s).meter, 0U);
  EXPECT_FALSE(with.schedule.interrupt(with.at(3s))) << "a meter does not interrupt itself";
}

TEST(Schedule, PollsTheEarliestDeadlineFirst) {
  PollTimes with{{every(10s, 0), every(1s, 1), every(100ms, 2)}};
  EXPECT_EQ(with.wait(9950ms), 10s);
  EXPECT_EQ(with.poll(10s).meter, 2U);
  with.finished(Outcome::answered, 10'020ms);
  EXPECT_EQ(with.poll(10'020ms).meter, 1U);
  with.finished(Outcome::answered, 10'040ms);
  EXPECT_EQ(with.poll(10'040ms).meter, 0U);
}

TEST(Schedule, TakesTurnsAmongEquallyLateMeters) {
  PollTimes with{{every(1s, 0), every(1s, 1)}};
  EXPECT_EQ(with.wait(500ms), 1s);
  EXPECT_EQ(with.poll(1s).meter, 0U);
  with.finished(Outcome::answered, 2s);  // too slow: meter 1 has missed its first mark
  EXPECT_EQ(with.poll(2s).meter, 1U);
  with.finished(Outcome::answered, 3s);
  EXPECT_EQ(with.poll(3s).meter, 0U);
  with.finished(Outcome::answered, 4s);
  EXPECT_EQ(with.poll(4s).meter, 1U);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 4, .read = 2, .missed = 1}));
}

TEST(Schedule, CountsAMissedMarkAndGoesOnWithTheNext) {
  PollTimes with{{every(100ms, 0)}};
  EXPECT_EQ(with.wait(50ms), 100ms);
  EXPECT_EQ(with.poll(100ms).tasks.front().mark, mark(100ms));
  with.finished(Outcome::answered, 450ms);
  EXPECT_EQ(with.poll(450ms).tasks.front().mark, mark(400ms));
  with.finished(Outcome::answered, 460ms);
  EXPECT_EQ(with.wait(460ms), 500ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 4, .read = 2, .missed = 2}));
}

TEST(Schedule, CallsAPollLateThatBeginsBeyondTheTolerance) {
  for (const auto& [begin, late] : {std::pair{1100ms, 0U}, std::pair{1101ms, 1U}}) {
    PollTimes with{{every(1s, 0)}};
    EXPECT_EQ(with.wait(500ms), 1s);
    EXPECT_EQ(with.poll(begin).meter, 0U);
    with.finished(Outcome::answered, begin + 10ms);
    EXPECT_EQ(with.schedule.counts(0).late, late);
    EXPECT_EQ(with.schedule.counts(0).read, 1U - late);
  }
}

TEST(Schedule, LetsNoFastMeterStarveASlowOne) {
  // Meter 0 alone could fill the bus. Meter 1's deadline comes nearer until it is the earliest.
  PollTimes with{{every(100ms, 0), every(2s, 1)}};
  EXPECT_EQ(with.wait(1999ms), 2s);
  milliseconds now = 2s;
  while (with.poll(now).meter == 0) {
    now += 150ms;
    ASSERT_LE(now, 4200ms);
    with.finished(Outcome::answered, now);
  }
  EXPECT_GE(now, 3900ms);
}

/// A silent meter 0 beside a live meter 1, both every second; the first pause has begun at 3.5 s.
class SilentMeter : public ::testing::Test {
 protected:
  SilentMeter() : with{{every(1s, 0, 500ms), every(1s, 1)}} {
    EXPECT_EQ(with.wait(500ms), 1s);
    for (const auto second : {1s, 2s, 3s}) {
      EXPECT_FALSE(with.schedule.meter(0).silent);
      const auto first = with.poll(second).meter;
      with.finished(first == 0 ? Outcome::silent : Outcome::answered,
                    second + (first == 0 ? 500ms : 20ms));
      const auto begun = second + (first == 0 ? 500ms : 20ms);
      const auto other = with.poll(begun).meter;
      EXPECT_NE(first, other);
      with.finished(other == 0 ? Outcome::silent : Outcome::answered,
                    begun + (other == 0 ? 500ms : 20ms));
    }
  }

  /// Lets meter 1 answer all its polls up to the first probe of meter 0.
  auto next_probe(milliseconds from, milliseconds until) -> milliseconds {
    auto now = from;
    while (now < until) {
      const auto step = with.schedule.step(with.at(now));
      if (const auto* wait = std::get_if<WaitUntil>(&step)) {
        now = std::chrono::ceil<milliseconds>(wait->instant - boot);
        continue;
      }
      if (std::get<Poll>(step).probe) {
        return now;
      }
      now += 20ms;
      with.finished(Outcome::answered, now);
    }
    return until;
  }

  PollTimes with;
};

TEST_F(SilentMeter, IsOneThatLeftThreePollsInARowUnanswered) {
  EXPECT_TRUE(with.schedule.meter(0).silent);
  EXPECT_FALSE(with.schedule.meter(1).silent);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 3, .silent = 3}));
}

TEST_F(SilentMeter, IsNotPolledAtItsMarksAndTheyAreCounted) {
  EXPECT_EQ(with.poll(4s).meter, 1U);
  with.finished(Outcome::answered, 4020ms);
  EXPECT_EQ(with.wait(4020ms), 5s);
  EXPECT_EQ(with.poll(5s).meter, 1U);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 5, .silent = 3, .withheld = 1}));
}

TEST_F(SilentMeter, IsProbedOnceItsPauseIsOverAndTheBudgetAllows) {
  // The probe is expected to take 500 ms, which 5 % of the time yields after 10 s; the savings
  // began at 0.5 s. The gap before 11 s is then just large enough.
  EXPECT_EQ(next_probe(4s, 60s), 10'500ms);
}

TEST_F(SilentMeter, IsProbedAfterGrowingPauses) {
  auto probe = next_probe(4s, 60s);
  with.finished(Outcome::silent, probe + 100ms);
  for (const auto pause : {10s, 20s, 40s, 80s, 120s, 120s}) {
    const auto ended = probe + 100ms;
    probe = next_probe(ended, ended + 200s);
    EXPECT_GE(probe, ended + pause);
    EXPECT_LE(probe, ended + pause + 1s);
    with.finished(Outcome::silent, probe + 100ms);
  }
  EXPECT_EQ(with.schedule.meter(0).probes, 7U);
  EXPECT_EQ(with.schedule.meter(0).probes_answered, 0U);
}

TEST_F(SilentMeter, IsBackOnItsMarksAfterTheFirstAnswer) {
  const auto probe = next_probe(4s, 60s);
  with.finished(Outcome::answered, probe + 20ms);
  EXPECT_FALSE(with.schedule.meter(0).silent);
  EXPECT_EQ(with.wait(probe + 20ms), 11s);
  const auto first = with.poll(11s).meter;
  with.finished(Outcome::answered, 11'020ms);
  EXPECT_EQ(first + with.poll(11'020ms).meter, 1U);
  EXPECT_EQ(with.schedule.counts(0),
            (MarkCounts{.reached = 11, .late = 1, .silent = 3, .withheld = 6}));
}

TEST_F(SilentMeter, IsProbedAtOnceWhenTheBusComesBack) {
  const auto probe = next_probe(4s, 60s);
  with.finished(Outcome::silent, probe + 1ms);
  with.schedule.bus_is(false, with.at(probe + 1ms));
  EXPECT_EQ(with.wait(probe + 2ms), probe + 1002ms);
  with.schedule.bus_is(true, with.at(12'100ms));
  EXPECT_EQ(with.poll(12'100ms).meter, 1U);
  with.finished(Outcome::answered, 12'120ms);
  EXPECT_TRUE(with.poll(12'120ms).probe);
}

TEST_F(SilentMeter, IsProbedOnlyWhereThatFitsBeforeTheNextMark) {
  const auto probe = next_probe(4s, 60s);
  with.finished(Outcome::silent, probe + 500ms);
  with.schedule.bus_is(false, with.at(31s));
  with.schedule.bus_is(true, with.at(31'480ms));
  EXPECT_EQ(with.poll(31'480ms).meter, 1U);
  with.finished(Outcome::answered, 31'501ms);
  EXPECT_EQ(with.wait(31'501ms), 32s);
  EXPECT_EQ(with.poll(32s).meter, 1U);
  with.finished(Outcome::answered, 32'020ms);
  EXPECT_TRUE(with.poll(32'020ms).probe);
}

TEST(Schedule, ForgivesAMeterThatOnlySometimesIsLate) {
  PollTimes with{{every(1s, 0)}};
  EXPECT_EQ(with.wait(500ms), 1s);
  for (milliseconds now = 1s; now < 30s; now += 1s) {
    EXPECT_FALSE(with.poll(now).probe);
    with.finished(now % 3s == 0ms ? Outcome::failed : Outcome::silent, now + 300ms);
  }
  EXPECT_FALSE(with.schedule.meter(0).silent);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 29, .silent = 20, .failed = 9}));
}

TEST(Schedule, MakesUpForADailyReadingWhenASilentMeterIsBack) {
  PollTimes with{{every(24h, 0, 200ms), every(1s, 0, 20ms)}};
  EXPECT_EQ(with.wait(12h - 3500ms), 12h - 3s);
  for (const auto before : {3s, 2s, 1s}) {
    EXPECT_EQ(with.poll(12h - before).tasks.size(), 1U);
    with.finished(Outcome::silent, 12h - before + 500ms);
  }
  EXPECT_EQ(with.wait(12h), 12h + 1s);
  with.schedule.bus_is(false, with.at(12h + 10s));
  with.schedule.bus_is(true, with.at(12h + 20s));
  EXPECT_TRUE(with.poll(12h + 20s).probe);
  with.finished(Outcome::answered, 12h + 20'100ms);
  const auto poll = with.poll(12h + 20'100ms);
  EXPECT_EQ(poll.tasks.front(), (DueTask{0, mark(12h)}));
  with.finished(Outcome::answered, 12h + 20'200ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 1, .late = 1}));
}

TEST(Schedule, CountsMarksThatPassWhileTheBusIsDown) {
  PollTimes with{{every(1s, 0)}};
  EXPECT_EQ(with.wait(500ms), 1s);
  EXPECT_EQ(with.poll(1s).meter, 0U);
  with.finished(Outcome::bus_down, 1200ms);
  with.schedule.bus_is(false, with.at(1200ms));
  EXPECT_EQ(with.wait(4100ms), 5100ms);
  with.schedule.bus_is(true, with.at(4200ms));
  EXPECT_EQ(with.poll(4200ms).tasks.front().mark, mark(4s));
  with.finished(Outcome::answered, 4220ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 4, .late = 1, .bus_down = 3}));
}

TEST(Schedule, FollowsAWallClockThatIsSetForward) {
  PollTimes with{{every(10s, 0)}};
  EXPECT_EQ(with.wait(500ms), 1500ms);
  with.offset = 1h + 3s;
  // One poll for all the marks that were jumped over, then the marks of the new clock.
  EXPECT_EQ(with.poll(1s).tasks.front().mark, mark(1h));
  with.finished(Outcome::answered, 1020ms);
  EXPECT_EQ(with.wait(6500ms), 7s);
  EXPECT_EQ(with.poll(7s).tasks.front().mark, mark(1h + 10s));
  with.finished(Outcome::answered, 7020ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 361, .read = 2, .jumped = 359}));
}

TEST(Schedule, FollowsAWallClockThatIsSetBack) {
  PollTimes with{{every(10s, 0)}};
  EXPECT_EQ(with.wait(9500ms), 10s);
  with.offset = -1h;
  EXPECT_EQ(with.wait(9600ms), 10s);
  EXPECT_EQ(with.poll(10s).tasks.front().mark, mark(10s - 1h));
  with.finished(Outcome::answered, 10'020ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 1, .read = 1}));
}

TEST(Schedule, ComesBackToLookAtTheClockThoughNothingIsDueForLong) {
  PollTimes with{{every(24h, 0)}};
  EXPECT_EQ(with.wait(0ms), 1s);
  EXPECT_EQ(PollTimes{{}}.wait(0ms), 1s);
}

TEST(Schedule, WaitsWhileAPollIsUnfinished) {
  PollTimes with{{every(100ms, 0), every(100ms, 1)}};
  EXPECT_EQ(with.poll(0ms).meter, 0U);
  EXPECT_EQ(with.wait(50ms), 1050ms);
  with.finished(Outcome::answered, 60ms);
  EXPECT_EQ(with.poll(60ms).meter, 1U);
}

auto left_over(milliseconds period, milliseconds since_noon) -> Task {
  auto task = every(period, 0);
  task.from = mark(since_noon);
  return task;
}

TEST(Schedule, BeginsWithTheMarkThatWasLeftToIt) {
  PollTimes with{{left_over(100ms, 300ms)}, ScheduleSettings{}};
  EXPECT_EQ(with.wait(220ms), 300ms) << "200 was polled by the schedule before";
  EXPECT_EQ(with.poll(300ms), (Poll{0, {{0, mark(300ms)}}, false}));
}

TEST(Schedule, PollsAtOnceForAMarkThatPassedBetweenTwoSchedules) {
  PollTimes with{{left_over(1'000ms, 1'000ms)}, ScheduleSettings{}};
  EXPECT_EQ(with.poll(1'004ms), (Poll{0, {{0, mark(1'000ms)}}, false}));
  with.finished(Outcome::answered, 1'030ms);
  EXPECT_EQ(with.schedule.counts(0), (MarkCounts{.reached = 1, .read = 1}));
}

TEST(Schedule, IsNotHeldUpByAMarkFromBeforeTheClockWasSetBack) {
  PollTimes with{{left_over(100ms, 3'600'000ms)}, ScheduleSettings{}};
  EXPECT_EQ(with.wait(20ms), 100ms);
}

TEST(Schedule, NamesTheFirstMarkThatWasNotPolled) {
  PollTimes with{{every(100ms, 0)}};
  EXPECT_EQ(with.schedule.first_open_mark(0), std::nullopt);
  EXPECT_EQ(with.wait(30ms), 100ms);
  EXPECT_EQ(with.schedule.first_open_mark(0), mark(100ms));
  static_cast<void>(with.poll(100ms));
  EXPECT_EQ(with.schedule.first_open_mark(0), mark(200ms)) << "it is being polled";
  with.finished(Outcome::answered, 210ms);
  EXPECT_EQ(with.schedule.first_open_mark(0), mark(200ms)) << "it waits";
}

}  // namespace
}  // namespace bornier::modbus
