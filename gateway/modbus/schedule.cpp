// SPDX-License-Identifier: Apache-2.0
#include "modbus/schedule.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace bornier::modbus {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;

/// Polls that interrupt each other.
constexpr std::size_t most_in_flight = 4;

auto last_mark(reading::Stamp stamp, milliseconds period) -> reading::Stamp {
  const auto rest = stamp.time_since_epoch() % period;
  return stamp - (rest.count() < 0 ? rest + period : rest);
}

auto instant_of(reading::Stamp stamp, reading::Now now) -> reading::Instant {
  return now.instant + (stamp - now.stamp);
}

}  // namespace

Schedule::Schedule(std::vector<Task> tasks, ScheduleSettings settings)
    : tasks_{std::move(tasks)}, settings_{settings}, marks_(tasks_.size()) {
  for (std::size_t index = 0; index < tasks_.size(); ++index) {
    Task& task = tasks_[index];
    task.period = std::max(task.period, milliseconds{1});
    if (task.meter >= meters_.size()) {
      meters_.resize(task.meter + 1);
    }
    Meter& meter = meters_[task.meter];
    meter.pause = settings_.first_pause;
    if (!meter.cheapest || task.cost < tasks_[*meter.cheapest].cost) {
      meter.cheapest = index;
      meter.probe_cost = task.cost;
    }
  }
}

// The passing of marks.

void Schedule::observe(reading::Now now) {
  const auto last = std::exchange(last_, now);
  if (!last) {
    for (std::size_t task = 0; task < tasks_.size(); ++task) {
      start(task, now);
    }
    return;
  }
  const auto elapsed = now.instant - last->instant;
  const reading::Now undisturbed{now.instant, last->stamp + floor<milliseconds>(elapsed)};
  const bool stepped = std::chrono::abs(now.stamp - undisturbed.stamp) > settings_.clock_step;
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    reach(task, stepped ? undisturbed : now);
    if (stepped) {
      jump(task, now);
    }
  }
  Duration most = settings_.probe_savings;
  for (const Meter& meter : meters_) {
    most = std::max(most, meter.probe_cost);
  }
  probe_savings_ = std::min(most, probe_savings_ + elapsed * settings_.probe_permille / 1000);
}

void Schedule::start(std::size_t task, reading::Now now) {
  Marks& marks = marks_[task];
  const auto last = last_mark(now.stamp, tasks_[task].period);
  if (const auto from = tasks_[task].from) {
    marks.next = std::min(*from, last + tasks_[task].period);  // the clock may have been set back
    reach(task, now);
    return;
  }
  marks.next = last + tasks_[task].period;
  if (settings_.poll_at_start || last == now.stamp) {
    ++marks.counts.reached;
    set_due(task, last, now.instant, now.instant);
  }
}

void Schedule::reach(std::size_t task, reading::Now now) {
  Marks& marks = marks_[task];
  if (now.stamp < marks.next) {
    return;
  }
  const auto first = marks.next;
  const auto latest = last_mark(now.stamp, tasks_[task].period);
  marks.next = latest + tasks_[task].period;
  const auto reached = static_cast<std::uint64_t>((marks.next - first) / tasks_[task].period);
  const bool silent = meters_[tasks_[task].meter].state.silent;
  std::uint64_t& unpolled = !bus_up_ ? marks.counts.bus_down
                            : silent ? marks.counts.withheld
                                     : marks.counts.missed;
  marks.counts.reached += reached;
  unpolled += reached - 1 + (marks.due ? 1 : 0);
  set_due(task, latest, instant_of(first, now), instant_of(latest, now));
}

/// The marks between the old and the new wall clock were never now. The last of them is polled all
/// the same, or a correction of two seconds at midnight would cost a daily reading.
void Schedule::jump(std::size_t task, reading::Now now) {
  Marks& marks = marks_[task];
  const auto latest = last_mark(now.stamp, tasks_[task].period);
  const auto passed = (latest + tasks_[task].period - marks.next) / tasks_[task].period;
  marks.next = latest + tasks_[task].period;
  if (passed > 0) {
    marks.counts.reached += static_cast<std::uint64_t>(passed);
    marks.counts.jumped += static_cast<std::uint64_t>(passed) - 1 + (marks.due ? 1 : 0);
    set_due(task, latest, now.instant, now.instant);
  }
}

void Schedule::set_due(std::size_t task, reading::Stamp mark, reading::Instant first,
                       reading::Instant latest) {
  Marks& marks = marks_[task];
  if (!marks.due) {
    marks.deadline = first + std::min(tasks_[task].period, settings_.longest_wait);
  }
  marks.due = mark;
  marks.due_since = latest;
}

auto Schedule::first_open_mark(std::size_t task) const -> std::optional<reading::Stamp> {
  if (!last_) {
    return std::nullopt;
  }
  const Marks& marks = marks_.at(task);
  return marks.due ? *marks.due : marks.next;
}

// Who is next.

auto Schedule::is_live(std::size_t task) const -> bool {
  return !meters_[tasks_[task].meter].state.silent;
}

auto Schedule::next_live() const -> std::optional<std::size_t> {
  std::optional<std::size_t> best;
  const auto order = [this](std::size_t task) {
    return std::tuple{marks_[task].deadline, meters_[tasks_[task].meter].last_turn};
  };
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    if (marks_[task].due && is_live(task) && !is_under_way(tasks_[task].meter) &&
        (!best || order(task) < order(*best))) {
      best = task;
    }
  }
  return best;
}

auto Schedule::is_under_way(std::size_t meter) const -> bool {
  return std::ranges::any_of(in_flight_,
                             [meter](const InFlight& each) { return each.poll.meter == meter; });
}

auto Schedule::poll_for(std::size_t task, reading::Now now) const -> Poll {
  const auto meter = tasks_[task].meter;
  // Who is late already saves requests.
  const bool is_late = now.instant > marks_[task].deadline;
  auto others = reading::Instant::max();
  for (std::size_t other = 0; other < tasks_.size() && !is_late; ++other) {
    if (tasks_[other].meter != meter && marks_[other].due && is_live(other) &&
        !is_under_way(tasks_[other].meter)) {
      others = std::min(others, marks_[other].deadline);
    }
  }
  Poll poll{meter, {}, false};
  for (std::size_t other = 0; other < tasks_.size(); ++other) {
    if (tasks_[other].meter == meter && marks_[other].due &&
        (other == task || marks_[other].deadline <= others)) {
      poll.tasks.push_back(DueTask{other, *marks_[other].due});
    }
  }
  return poll;
}

auto Schedule::next_live_mark(reading::Now now) const -> std::optional<reading::Instant> {
  std::optional<reading::Stamp> next;
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    if (is_live(task) && (!next || marks_[task].next < *next)) {
      next = marks_[task].next;
    }
  }
  return next ? std::optional{instant_of(*next, now)} : std::nullopt;
}

/// When its pause is over and the budget suffices, whether or not that is in the past.
auto Schedule::probe_allowed_at(const Meter& meter) const -> std::optional<reading::Instant> {
  if (!meter.state.silent || !meter.cheapest || settings_.probe_permille <= 0) {
    return std::nullopt;
  }
  const Duration lacking = meter.probe_cost - probe_savings_;
  const auto affordable = last_->instant + lacking * 1000 / settings_.probe_permille;
  return lacking.count() > 0 ? std::max(meter.state.next_probe, affordable)
                             : meter.state.next_probe;
}

auto Schedule::next_probe() const -> std::optional<std::size_t> {
  std::optional<std::size_t> best;
  for (std::size_t meter = 0; meter < meters_.size(); ++meter) {
    const auto allowed_at = probe_allowed_at(meters_[meter]);
    if (allowed_at && *allowed_at <= last_->instant &&
        (!best || meters_[meter].state.next_probe < meters_[*best].state.next_probe)) {
      best = meter;
    }
  }
  return best;
}

auto Schedule::finds_room(const Meter& probed, bool bus_wanted, reading::Now now) const -> bool {
  const auto waited = now.instant - *probe_waits_since_;
  if (waited >= 2 * settings_.probe_patience) {
    return true;
  }
  if (bus_wanted) {
    return false;
  }
  const auto next = next_live_mark(now);
  return !next || *next >= now.instant + probed.probe_cost || waited >= settings_.probe_patience;
}

// Polls.

auto Schedule::step(reading::Now now) -> std::variant<Poll, WaitUntil> {
  observe(now);
  if (!in_flight_.empty() || !bus_up_) {
    return wait(now);
  }
  const auto live = next_live();
  const auto probe = next_probe();
  if (!probe) {
    probe_waits_since_.reset();
  } else if (!probe_waits_since_) {
    probe_waits_since_ = now.instant;
  }
  if (probe && finds_room(meters_[*probe], live.has_value(), now)) {
    probe_waits_since_.reset();
    const std::size_t task = *meters_[*probe].cheapest;
    const auto mark = marks_[task].due.value_or(marks_[task].next - tasks_[task].period);
    return begin(Poll{*probe, {DueTask{task, mark}}, true});
  }
  if (!live) {
    return wait(now);
  }
  return begin(poll_for(*live, now));
}

auto Schedule::interrupt(reading::Now now) -> std::optional<Poll> {
  if (in_flight_.empty() || in_flight_.size() >= most_in_flight || in_flight_.back().poll.probe ||
      !bus_up_) {
    return std::nullopt;
  }
  observe(now);
  const auto live = next_live();
  if (!live || marks_[*live].deadline >= in_flight_.back().deadline) {
    return std::nullopt;
  }
  return begin(poll_for(*live, now));
}

auto Schedule::begin(Poll poll) -> Poll {
  InFlight flight{poll, last_->instant, {}, reading::Instant::max(), {}};
  for (const DueTask& due : poll.tasks) {
    flight.deadline = std::min(flight.deadline, marks_[due.task].deadline);
    const auto tolerance = std::min(settings_.tolerance, tasks_[due.task].period / 2);
    flight.late.push_back(last_->instant - marks_[due.task].due_since > tolerance);
    if (!poll.probe) {
      marks_[due.task].due.reset();
    }
  }
  meters_[poll.meter].last_turn = ++turns_;
  in_flight_.push_back(std::move(flight));
  return poll;
}

auto Schedule::wait(reading::Now now) const -> WaitUntil {
  auto until = now.instant + settings_.longest_sleep;
  if (!in_flight_.empty() || !bus_up_) {
    return {until};
  }
  until = std::min(until, next_live_mark(now).value_or(until));
  if (probe_waits_since_) {
    until = std::min(until, *probe_waits_since_ + settings_.probe_patience);
  }
  for (const Meter& meter : meters_) {
    const auto allowed_at = probe_allowed_at(meter);
    if (allowed_at && *allowed_at > now.instant) {
      until = std::min(until, *allowed_at);
    }
  }
  return {until};
}

void Schedule::finished(Outcome outcome, reading::Now now) {
  if (in_flight_.empty()) {
    return;
  }
  observe(now);
  account(outcome);
  const auto& ended = in_flight_.back();
  const auto took = now.instant - ended.begun;
  judge(meters_[ended.poll.meter], outcome, took - ended.interrupted, now);
  in_flight_.pop_back();
  if (!in_flight_.empty()) {
    in_flight_.back().interrupted += took;
  }
}

void Schedule::account(Outcome outcome) {
  const InFlight& ended = in_flight_.back();
  for (std::size_t index = 0; index < ended.poll.tasks.size(); ++index) {
    const DueTask& polled = ended.poll.tasks[index];
    Marks& marks = marks_[polled.task];
    if (ended.poll.probe) {
      // Only a probe that finds the meter again settles a mark: the others go on waiting, so that
      // a daily reading is made up for when the meter is back.
      const bool found = outcome == Outcome::answered || outcome == Outcome::failed;
      if (!found || marks.due != polled.mark) {
        continue;
      }
      marks.due.reset();
    }
    switch (outcome) {
      case Outcome::answered: ++(ended.late[index] ? marks.counts.late : marks.counts.read); break;
      case Outcome::failed: ++marks.counts.failed; break;
      case Outcome::silent: ++marks.counts.silent; break;
      case Outcome::bus_down: ++marks.counts.bus_down; break;
    }
  }
}

void Schedule::judge(Meter& meter, Outcome outcome, Duration took, reading::Now now) {
  const bool probe = in_flight_.back().poll.probe;
  const bool found = outcome == Outcome::answered || outcome == Outcome::failed;
  if (probe) {
    ++meter.state.probes;
    meter.state.probes_answered += found ? 1 : 0;
    meter.state.probe_time += took;
    probe_savings_ -= took;
    meter.pause = std::min(2 * meter.pause, settings_.longest_pause);
    meter.state.next_probe = now.instant + meter.pause;
  }
  if (found) {
    meter.state.silent = false;
    meter.state.unanswered = 0;
    meter.pause = settings_.first_pause;
  } else if (outcome == Outcome::silent) {
    ++meter.state.unanswered;
    meter.probe_cost = took;
    if (!meter.state.silent && meter.state.unanswered >= settings_.silent_after) {
      meter.state.silent = true;
      meter.state.next_probe = now.instant + meter.pause;
    }
  }
}

void Schedule::bus_is(bool up, reading::Now now) {
  observe(now);
  if (up && !bus_up_) {
    for (Meter& meter : meters_) {
      meter.pause = settings_.first_pause;
      meter.state.next_probe = now.instant;
    }
  }
  bus_up_ = up;
}

}  // namespace bornier::modbus
