// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "modbus/schedule.hpp"
#include "modbus/seeded_testing.hpp"

/// A schedule against simulated buses under a clock that a test moves.
namespace bornier::modbus {
namespace {

using namespace std::chrono_literals;
using reading::Instant;
using reading::Now;
using std::chrono::milliseconds;

struct SimulatedMeter {
  Duration takes{20ms};          ///< for all answers that a task needs
  int requests{1};               ///< that it takes; between two of them others may go first
  Duration timeout{500ms};       ///< bus time of a poll without an answer
  std::uint32_t loses_one_in{};  ///< polls at random; 0: none
  Duration dead_from{Duration::max()};
  Duration dead_until{Duration::max()};
};

class Bus {
 public:
  Bus(std::vector<Task> tasks, std::vector<SimulatedMeter> meters, std::uint32_t seed,
      ScheduleSettings settings = {})
      : schedule{std::move(tasks), settings}, meters_{std::move(meters)}, random_{seed} {}

  [[nodiscard]] auto now() const -> Now {
    const auto stamp = std::chrono::floor<milliseconds>(now_.time_since_epoch() + wall_);
    return Now{now_, reading::Stamp{stamp}};
  }

  void run(Duration time) {
    const Instant end = now_ + time;
    while (now_ < end) {
      const auto step = schedule.step(now());
      if (const auto* wait = std::get_if<WaitUntil>(&step)) {
        ASSERT_GT(wait->instant, now_) << "asks to wait for the past";
        now_ = wait->instant + Duration{random_.draw(900)};  // the shell is never quite punctual
        continue;
      }
      carry_out(std::get<Poll>(step));
    }
  }

  void set_wall_clock(milliseconds by) {
    wall_ += by;
    clock_was_set_ = true;
  }

  /// Everything that a meter's task was due for has a place in its figures.
  void expect_every_mark_accounted() {
    for (std::size_t task = 0; task < schedule.tasks().size(); ++task) {
      const MarkCounts& c = schedule.counts(task);
      const auto placed =
          c.read + c.late + c.missed + c.silent + c.withheld + c.failed + c.bus_down + c.jumped;
      ASSERT_LE(placed, c.reached);
      ASSERT_LE(c.reached, placed + 1) << "more than the one that waits";
    }
  }

  [[nodiscard]] auto kept(std::size_t task) const -> double {
    const MarkCounts& c = schedule.counts(task);
    return static_cast<double>(c.read + c.late + 1) / static_cast<double>(c.reached);
  }

  [[nodiscard]] auto probe_time() const -> Duration {
    Duration sum{};
    for (std::size_t meter = 0; meter < meters_.size(); ++meter) {
      sum += schedule.meter(meter).probe_time;
    }
    return sum;
  }

  Schedule schedule;
  std::map<std::size_t, Duration> longest_pause;  ///< between two polls of a task
  std::uint64_t polls{};

 private:
  void carry_out(const Poll& poll) {
    const SimulatedMeter& meter = meters_[poll.meter];
    const auto begun = now_.time_since_epoch();
    const bool dead = begun >= meter.dead_from && begun < meter.dead_until;
    const bool lost = meter.loses_one_in > 0 && random_.draw(meter.loses_one_in) == 0;
    for (const DueTask& due : poll.tasks) {
      ASSERT_TRUE(clock_was_set_ || due.mark <= now().stamp) << "polls before the mark";
      auto& longest = longest_pause[due.task];
      longest = std::max(longest, begun - last_poll_[due.task]);
      last_poll_[due.task] = begun;
    }
    ++polls;
    if (dead || lost) {
      now_ += meter.timeout;
    }
    for (int left = dead || lost ? 0 : meter.requests * static_cast<int>(poll.tasks.size());
         left > 0; --left) {
      now_ += meter.takes / meter.requests;
      make_way(left);
    }
    schedule.finished(dead || lost ? Outcome::silent : Outcome::answered, now());
  }

  void make_way(int left) {
    while (left > 1) {
      const auto urgent = schedule.interrupt(now());
      if (!urgent) {
        return;
      }
      carry_out(*urgent);
    }
  }

  std::vector<SimulatedMeter> meters_;
  Seeded random_;
  Instant now_{};
  Duration wall_{Duration{1'700'481'600'123'456}};
  std::map<std::size_t, Duration> last_poll_;
  bool clock_was_set_{};
};

auto marks_between(milliseconds period, reading::Stamp from, reading::Stamp to) -> std::uint64_t {
  return static_cast<std::uint64_t>(to.time_since_epoch() / period -
                                    from.time_since_epoch() / period);
}

TEST(ScheduleSimulation, AccountsForEveryMarkWhateverHappens) {
  constexpr std::array periods{100ms, 250ms, 1000ms, 7000ms, 60'000ms, 86'400'000ms};
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    Seeded random{seed};
    std::vector<SimulatedMeter> meters(1 + random.draw(5));
    std::vector<Task> tasks;
    for (std::size_t index = 0; index < meters.size(); ++index) {
      SimulatedMeter& meter = meters[index];
      meter.takes = Duration{1 + random.draw(150'000)};
      meter.timeout = Duration{50'000 + random.draw(1'500'000)};
      meter.requests = 1 + static_cast<int>(random.draw(8));
      meter.loses_one_in = random.draw(3) == 0 ? 1 + random.draw(6) : 0;
      meter.dead_from = Duration{random.draw(40'000'000)};
      meter.dead_until = meter.dead_from + Duration{random.draw(60'000'000)};
      for (auto left = 1 + random.draw(3); left > 0; --left) {
        tasks.push_back(Task{index, periods[random.draw(periods.size())], meter.takes});
      }
    }
    Bus bus{tasks, meters, seed};
    const auto begun = bus.now().stamp;
    bus.run(60s);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
    bus.expect_every_mark_accounted();
    for (std::size_t task = 0; task < tasks.size(); ++task) {
      const auto reached = bus.schedule.counts(task).reached;
      const auto expected = marks_between(tasks[task].period, begun, bus.now().stamp) + 1;
      ASSERT_LE(reached, expected) << "seed " << seed;  // the last turn may not have been looked at
      ASSERT_GE(reached + 1 + static_cast<std::uint64_t>(2'000ms / tasks[task].period), expected)
          << "seed " << seed;
    }
    ASSERT_LE(bus.probe_time(), Duration{60s} / 20 + 2s) << "seed " << seed;
  }
}

TEST(ScheduleSimulation, NeitherStallsNorFloodsWhenTheWallClockIsSet) {
  for (std::uint32_t seed = 0; seed < 120; ++seed) {
    Seeded random{seed};
    Bus bus{{{0, 100ms, 5ms}, {1, 1s, 5ms}, {1, 60s, 5ms}}, {{.takes = 5ms}, {.takes = 5ms}}, seed};
    for (int turn = 0; turn < 20; ++turn) {
      bus.run(Duration{random.draw(5'000'000)});
      const auto before = bus.polls;
      const milliseconds magnitude{random.draw(1U << (1U + random.draw(30)))};
      bus.set_wall_clock(random.draw(2) == 0 ? magnitude : -std::min(magnitude, milliseconds{1h}));
      bus.run(10s);
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
      ASSERT_GE(bus.polls - before, 100U) << "seed " << seed;
      ASSERT_LE(bus.polls - before, 120U) << "seed " << seed;
    }
    bus.expect_every_mark_accounted();
  }
}

TEST(ScheduleSimulation, Promise6_LiveMetersKeepTheirMarksBesideADeadOne) {
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    std::vector<Task> tasks{{0, 1s, 20ms}};
    std::vector<SimulatedMeter> meters{{.timeout = 500ms + seed * 100ms, .dead_from = 0ms}};
    for (std::size_t live = 1; live <= 10; ++live) {
      meters.push_back({.takes = 20ms});
      tasks.push_back(Task{live, live % 2 == 0 ? 1'000ms : 10'000ms, 20ms});
      tasks.push_back(Task{live, 900'000ms, 20ms});
    }
    Bus bus{tasks, meters, seed};
    bus.run(1h);
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_TRUE(bus.schedule.meter(0).silent);
    for (std::size_t task = 1; task < tasks.size(); ++task) {
      ASSERT_GE(bus.kept(task), 0.99) << "task " << task << " seed " << seed;
    }
    bus.expect_every_mark_accounted();
  }
}

TEST(ScheduleSimulation, Promise6_AFastMeterKeepsItsMarksBesideADeadOne) {
  // No probe fits between marks 100 ms apart: what is lost is lost to growing pauses.
  Bus bus{
      {{0, 1s, 20ms}, {1, 100ms, 10ms}}, {{.timeout = 1s, .dead_from = 0ms}, {.takes = 10ms}}, 1};
  bus.run(6h);
  EXPECT_GE(bus.kept(1), 0.99);
}

TEST(ScheduleSimulation, Promise6_ProbesOfManyDeadMetersStayWithinTheirShare) {
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    std::vector<Task> tasks{{0, 1s, 100ms}};
    std::vector<SimulatedMeter> meters{{.takes = 100ms}};
    for (std::size_t dead = 1; dead <= 20; ++dead) {
      tasks.push_back(Task{dead, 10s, 100ms});
      meters.push_back({.timeout = 700ms + seed * 250ms, .dead_from = 0ms});
    }
    Bus bus{tasks, meters, seed};
    bus.run(3h);
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_LE(bus.probe_time(), Duration{3h} / 20 + 2s);
    EXPECT_GE(bus.probe_time(), Duration{3h} / 20 * 9 / 10)
        << "so many dead meters use their share";
    std::vector<std::uint64_t> probes;
    for (std::size_t dead = 1; dead <= 20; ++dead) {
      probes.push_back(bus.schedule.meter(dead).probes);
    }
    EXPECT_LE(std::ranges::max(probes), std::ranges::min(probes) + 2) << "and share it evenly";
  }
}

TEST(ScheduleSimulation, FindsAMeterAgainEvenOnASaturatedBus) {
  Bus bus{{{0, 1s, 50ms}, {1, 100ms, 150ms}, {2, 100ms, 150ms}},
          {{.takes = 50ms, .dead_from = 0ms, .dead_until = 1h}, {.takes = 150ms}, {.takes = 150ms}},
          1};
  bus.run(1h + 3min);
  EXPECT_FALSE(bus.schedule.meter(0).silent);
  EXPECT_EQ(bus.schedule.meter(0).probes_answered, 1U);
}

TEST(ScheduleSimulation, StarvesNobodyUnderOverload) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    Seeded random{seed};
    std::vector<Task> tasks;
    std::vector<SimulatedMeter> meters(20, SimulatedMeter{.takes = 50ms});
    for (std::size_t meter = 0; meter < meters.size(); ++meter) {
      constexpr std::array periods{100ms, 300ms, 1'000ms, 10'000ms};
      tasks.push_back(Task{meter, periods[random.draw(periods.size())], 50ms});
    }
    Bus bus{tasks, meters, seed};
    bus.run(3min);
    ASSERT_FALSE(HasFatalFailure());
    // One round of all meters takes a second.
    for (std::size_t task = 0; task < tasks.size(); ++task) {
      ASSERT_LE(bus.longest_pause[task], 2 * tasks[task].period + 2s) << "seed " << seed;
    }
    bus.expect_every_mark_accounted();
  }
}

TEST(ScheduleSimulation, KeepsSecondsBesidePollsThatTakeLonger) {
  // Half of the time goes into polls of 800 ms, at every multiple of ten seconds all of them.
  std::vector<Task> tasks;
  std::vector<SimulatedMeter> meters;
  for (std::size_t meter = 0; meter < 6; ++meter) {
    tasks.push_back({meter, 10s, 800ms});
    meters.push_back({.takes = 800ms, .requests = 13});
  }
  for (std::size_t meter = 6; meter < 10; ++meter) {
    tasks.push_back({meter, 1s, 60ms});
    meters.push_back({.takes = 60ms});
  }
  Bus bus{tasks, meters, 1};
  bus.run(1h);
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    EXPECT_EQ(bus.schedule.counts(task).missed, 0U) << "task " << task;
    EXPECT_GE(bus.kept(task), 0.999) << "task " << task;
  }
  // 61 ms of a request that is under way and three others' 60 ms before it, at the most.
  for (std::size_t task = 6; task < 10; ++task) {
    EXPECT_LE(bus.longest_pause[task], 1s + 300ms) << "task " << task;
  }
}

TEST(ScheduleSimulation, KeepsADailyMarkWaitingNoLongerThanSaid) {
  Bus bus{{{0, 24h, 50ms}, {1, 100ms, 150ms}}, {{.takes = 50ms}, {.takes = 150ms}}, 1};
  bus.run(12h + 62s);
  EXPECT_EQ(bus.schedule.counts(0).late, 2U) << "the one at the start and that of midnight";
}

TEST(ScheduleSimulation, RunsForWeeks) {
  std::vector<Task> tasks;
  std::vector<SimulatedMeter> meters;
  for (std::size_t meter = 0; meter < 6; ++meter) {
    meters.push_back({.takes = 80ms, .loses_one_in = 50});
    tasks.push_back(Task{meter, 60s, 80ms});
    tasks.push_back(Task{meter, 24h, 80ms});
  }
  meters[5].dead_from = 100h;
  meters[5].dead_until = 300h;
  ScheduleSettings settings;
  settings.longest_sleep = 60s;
  Bus bus{tasks, meters, 7, settings};
  bus.run(24h * 28);
  bus.expect_every_mark_accounted();
  for (std::size_t task = 0; task < 10; ++task) {
    const MarkCounts& counts = bus.schedule.counts(task);
    EXPECT_EQ(counts.missed + counts.withheld, 0U) << task;
  }
  EXPECT_FALSE(bus.schedule.meter(5).silent);
  EXPECT_NEAR(static_cast<double>(bus.schedule.counts(10).withheld), 200 * 60, 10);
}

}  // namespace
}  // namespace bornier::modbus
