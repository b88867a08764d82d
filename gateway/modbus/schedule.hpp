// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "reading/time.hpp"

/// Who is next on a bus.
namespace bornier::modbus {

using Duration = reading::BootTime::duration;

/// A set of points of one meter that is read every `period`: due at each multiple of the period
/// since 1970 (UTC), its *marks*.
struct Task {
  std::size_t meter{};                 ///< any numbering from 0 without large holes
  std::chrono::milliseconds period{};  ///< at least 1 ms
  Duration cost{};                     ///< bus time one poll is expected to take
  /// Another schedule polled it before: the first mark that is left to this one. Nothing: as
  /// `poll_at_start` says.
  std::optional<reading::Stamp> from{};
};

struct ScheduleSettings {
  /// So many polls in a row without an answer make a meter silent; one late answer does not.
  int silent_after{3};
  /// Silent meters are probed after a pause that doubles between these two.
  std::chrono::milliseconds first_pause{5'000};
  std::chrono::milliseconds longest_pause{120'000};
  /// The share of the bus's time that all probes together may use, in thousandths, and how much of
  /// it may be saved up.
  int probe_permille{50};
  std::chrono::milliseconds probe_savings{3'000};
  /// How long a probe waits for a gap between the polls of live meters; after twice that it is sent
  /// into a saturated bus.
  std::chrono::milliseconds probe_patience{5'000};
  /// A poll that starts later than this after its mark (or half a period, if that is less) is late.
  std::chrono::milliseconds tolerance{100};
  /// A poll's deadline is the next mark, but at most this after its own: on a saturated bus even a
  /// daily poll starts about then.
  std::chrono::milliseconds longest_wait{60'000};
  /// The two clocks have drifted apart by more than this since the last step: the wall clock was
  /// set.
  std::chrono::milliseconds clock_step{50};
  /// `WaitUntil` is never further away than this, so that a clock that is set is noticed.
  std::chrono::milliseconds longest_sleep{1'000};
  /// Every task is due at once when the schedule starts, not only at its first mark.
  bool poll_at_start{true};
};

/// Where every mark of a task went: `reached` = all others + 1 if one waits for its poll or is
/// being polled.
struct MarkCounts {
  std::uint64_t reached{};
  std::uint64_t read{};      ///< answered, begun on time
  std::uint64_t late{};      ///< answered, begun late
  std::uint64_t missed{};    ///< the next mark came first: the bus has too much to do
  std::uint64_t silent{};    ///< polled without an answer
  std::uint64_t withheld{};  ///< not polled because the meter is silent
  std::uint64_t failed{};    ///< answered, but not usably
  std::uint64_t bus_down{};
  std::uint64_t jumped{};  ///< the wall clock was set past it
  friend auto operator==(const MarkCounts&, const MarkCounts&) -> bool = default;
};

struct MeterState {
  bool silent{};
  int unanswered{};  ///< polls and probes in a row
  std::uint64_t probes{};
  std::uint64_t probes_answered{};
  Duration probe_time{};  ///< bus time of all its probes
  /// Not before then, and not before the budget allows; meaningful while silent.
  reading::Instant next_probe;
};

struct DueTask {
  std::size_t task{};  ///< index into the tasks given to the schedule
  reading::Stamp mark;
  friend auto operator==(const DueTask&, const DueTask&) -> bool = default;
};

/// Read these tasks of one meter now, then call `finished`.
struct Poll {
  std::size_t meter{};
  std::vector<DueTask> tasks;
  /// The meter is silent: one attempt, and give up at the first request without an answer.
  bool probe{};
  friend auto operator==(const Poll&, const Poll&) -> bool = default;
};

struct WaitUntil {
  reading::Instant instant;  ///< always later than the `now` of the step
  friend auto operator==(const WaitUntil&, const WaitUntil&) -> bool = default;
};

enum class Outcome : std::uint8_t {
  answered,  ///< with values, or with exceptions for some of them
  failed,    ///< the meter is there, but nothing of what came is usable
  silent,
  bus_down,  ///< the connection or the line is gone; says nothing about the meter
};

/// One bus: one request at a time, earliest deadline first; what is late is not repeated. A meter's
/// tasks that are due together are polled together, unless another meter's task has to wait for
/// that. Under overload every task gets its turn: a task keeps the deadline of the first mark that
/// it missed until it is polled.
class Schedule {
 public:
  explicit Schedule(std::vector<Task> tasks, ScheduleSettings settings = {});

  /// What to do now. While a poll is unfinished or the bus is down the answer is to wait.
  [[nodiscard]] auto step(reading::Now now) -> std::variant<Poll, WaitUntil>;

  /// Between two requests of a poll: what has an earlier deadline and goes first. Then `finished`
  /// ends that, and the poll goes on.
  [[nodiscard]] auto interrupt(reading::Now now) -> std::optional<Poll>;

  /// Ends the poll that was given out last; the time between, without that of interruptions, is the
  /// bus time it took.
  void finished(Outcome outcome, reading::Now now);

  /// While the bus is down nothing is polled and marks count as `bus_down`. When it comes back
  /// silent meters may be probed at once: it may have been the bus.
  void bus_is(bool up, reading::Now now);

  [[nodiscard]] auto tasks() const noexcept -> std::span<const Task> { return tasks_; }
  [[nodiscard]] auto counts(std::size_t task) const -> const MarkCounts& {
    return marks_.at(task).counts;
  }
  /// The first mark that was not polled yet: it waits, or is still to come. Nothing before the
  /// first step.
  [[nodiscard]] auto first_open_mark(std::size_t task) const -> std::optional<reading::Stamp>;
  [[nodiscard]] auto meter(std::size_t meter) const -> const MeterState& {
    return meters_.at(meter).state;
  }

 private:
  struct Marks {
    reading::Stamp next;                ///< the first mark not reached
    std::optional<reading::Stamp> due;  ///< the last mark reached, while it waits for its poll
    reading::Instant due_since;
    reading::Instant deadline;  ///< of the first mark reached since the last poll
    MarkCounts counts;
  };
  struct Meter {
    MeterState state;
    std::chrono::milliseconds pause{};
    Duration probe_cost{};
    std::optional<std::size_t> cheapest;  ///< the task that probes it
    std::uint64_t last_turn{};
  };
  struct InFlight {
    Poll poll;
    reading::Instant begun;
    std::vector<bool> late;     ///< parallel to poll.tasks
    reading::Instant deadline;  ///< the earliest of its tasks
    Duration interrupted{};
  };

  void observe(reading::Now now);
  void start(std::size_t task, reading::Now now);
  void reach(std::size_t task, reading::Now now);
  void jump(std::size_t task, reading::Now now);
  void set_due(std::size_t task, reading::Stamp mark, reading::Instant first,
               reading::Instant latest);

  [[nodiscard]] auto is_live(std::size_t task) const -> bool;
  [[nodiscard]] auto next_live() const -> std::optional<std::size_t>;
  [[nodiscard]] auto is_under_way(std::size_t meter) const -> bool;
  /// This task, with what else of its meter is polled along.
  [[nodiscard]] auto poll_for(std::size_t task, reading::Now now) const -> Poll;
  [[nodiscard]] auto next_live_mark(reading::Now now) const -> std::optional<reading::Instant>;
  [[nodiscard]] auto probe_allowed_at(const Meter& meter) const -> std::optional<reading::Instant>;
  [[nodiscard]] auto next_probe() const -> std::optional<std::size_t>;
  [[nodiscard]] auto finds_room(const Meter& probed, bool bus_wanted, reading::Now now) const
      -> bool;

  auto begin(Poll poll) -> Poll;
  [[nodiscard]] auto wait(reading::Now now) const -> WaitUntil;
  void account(Outcome outcome);
  void judge(Meter& meter, Outcome outcome, Duration took, reading::Now now);

  std::vector<Task> tasks_;
  ScheduleSettings settings_;
  std::vector<Marks> marks_;   ///< parallel to tasks_
  std::vector<Meter> meters_;  ///< by meter index
  std::optional<reading::Now> last_;
  std::vector<InFlight> in_flight_;  ///< each interrupts the one before
  std::optional<reading::Instant> probe_waits_since_;
  Duration probe_savings_{};  ///< bus time that probes may use now; negative: a debt
  std::uint64_t turns_{};
  bool bus_up_{true};
};

}  // namespace bornier::modbus
