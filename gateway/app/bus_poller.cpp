// SPDX-License-Identifier: Apache-2.0
#include "app/bus_poller.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace bornier::app {
namespace {

using reading::Acquisition;
using std::chrono::milliseconds;

constexpr milliseconds first_reconnect{200};
constexpr milliseconds longest_reconnect{5'000};
/// A guess for the schedule until polls have been measured.
constexpr milliseconds usual_poll{20};

auto tasks_of(const std::vector<BusPoller::Meter>& meters) -> std::vector<modbus::Task> {
  std::vector<modbus::Task> tasks;
  for (std::size_t meter = 0; meter < meters.size(); ++meter) {
    const auto& polls = meters[meter].settings->polls;
    for (std::size_t poll = 0; poll < polls.size(); ++poll) {
      modbus::Task task{.meter = meter, .period = polls[poll].every, .cost = usual_poll};
      if (poll < meters[meter].first_marks.size()) {
        task.from = meters[meter].first_marks[poll];
      }
      tasks.push_back(task);
    }
  }
  return tasks;
}

}  // namespace

BusPoller::BusPoller(const boost::asio::any_io_executor& executor, const BusSettings& settings,
                     std::vector<Meter> meters, std::unique_ptr<io::Line> line,
                     const TrustedClock& clock, Collector& collector)
    : meters_{std::move(meters)},
      clock_{clock},
      collector_{collector},
      reader_{executor, settings, std::move(line), clock.clock()},
      sleep_{executor, clock.clock()},
      lane_{executor, clock.clock(), [this] { sleep_.notify(); }},
      schedule_{tasks_of(meters_)},
      begun_{clock.clock().now().instant} {
  reader_.let_write_scan_lists();
  for (auto& meter : meters_) {
    for (std::size_t poll = 0; poll < meter.settings->polls.size(); ++poll) {
      poll_of_task_.push_back(poll);
    }
    learnings_.emplace_back(*meter.settings, meter.known_refusals);
    if (meter.serial_watch) {
      serials_.push_back(std::move(*meter.serial_watch));
      meter.serial_watch.reset();
    } else {
      serials_.emplace_back(*meter.settings, settings);
    }
    if (meter.event_log) {
      event_logs_.push_back(std::move(*meter.event_log));
      meter.event_log.reset();
    } else {
      event_logs_.emplace_back(*meter.settings, settings);
    }
    shown_.push_back(std::move(meter.shown));
    counters_.push_back(meter.counters ? std::move(*meter.counters)
                                       : CounterWatch{*meter.settings});
    meter.counters.reset();
  }
}

auto BusPoller::occupancy_permille() const -> std::uint32_t {
  return occupancy_.permille(begun_, clock_.clock().now().instant);
}

auto BusPoller::first_open_marks(std::size_t meter) const
    -> std::vector<std::optional<reading::Stamp>> {
  std::vector<std::optional<reading::Stamp>> marks;
  std::vector<std::size_t> tasks;
  for (std::size_t task = 0; task < schedule_.tasks().size(); ++task) {
    if (schedule_.tasks()[task].meter == meter) {
      tasks.push_back(task);
      marks.push_back(schedule_.first_open_mark(task));
    }
  }
  for (const auto& read : second_reads_) {
    for (const auto& due : read.poll.tasks) {
      const auto place = std::ranges::find(tasks, due.task);
      if (place != tasks.end()) {
        marks[static_cast<std::size_t>(place - tasks.begin())] = due.mark;
      }
    }
  }
  return marks;
}

void BusPoller::stop(CommandLane::End why) {
  stopping_ = why;
  sleep_.notify();
}

auto BusPoller::poll_until_stopped() -> boost::asio::awaitable<void> {
  auto pause = first_reconnect;
  while (!stopping_) {
    if (!reader_.line().is_open()) {
      const bool connected = co_await connect();
      if (!connected) {
        lane_.refuse(CommandLane::End::bus_down);
        co_await sleep_.wait(clock_.clock().now().instant + pause);
        pause = std::min(pause * 2, longest_reconnect);
        continue;
      }
      pause = first_reconnect;
    }
    if (lane_.has_orders()) {
      Between between = [this]() -> boost::asio::awaitable<void> {
        static_cast<void>(co_await take_due());
      };
      co_await lane_.serve_one(reader_, std::move(between));
    }
    if (reader_.line().is_open()) {
      co_await take_turn();
    }
  }
  for (std::size_t meter = 0; meter < meters_.size(); ++meter) {
    say_falls(meter, clock_.clock().now().instant + std::chrono::minutes{1});  // what waits
  }
  lane_.close(stopping_.value_or(CommandLane::End::stopping));
  ended_ = true;
}

auto BusPoller::take_due() -> boost::asio::awaitable<std::optional<reading::Instant>> {
  auto second = take_second_read();
  if (second) {
    const auto meter = second->meter;
    const auto outcome = co_await carry_out(std::move(*second), Purpose::sample);
    if (outcome == modbus::Outcome::answered) {
      co_await ask_serial(meter);
      co_await ask_event_log(meter);
    }
    say_falls(meter, clock_.clock().now().instant);
    co_return std::nullopt;
  }
  const auto step = schedule_.step(clock_.clock().now());
  if (const auto* wait = std::get_if<modbus::WaitUntil>(&step)) {
    auto until = wait->instant;
    for (const auto& read : second_reads_) {
      until = std::min(until, read.at);
    }
    co_return until;
  }
  co_await poll(std::get<modbus::Poll>(step));
  co_return std::nullopt;
}

auto BusPoller::take_turn() -> boost::asio::awaitable<void> {
  const auto nothing_until = co_await take_due();
  if (nothing_until && !lane_.has_orders()) {
    co_await sleep_.wait(*nothing_until);
  }
}

auto BusPoller::poll(modbus::Poll poll) -> boost::asio::awaitable<void> {
  const auto refresh = meters_[poll.meter].settings->model->timing.refresh;
  const auto purpose = refresh.count() > 0 ? Purpose::refresh : Purpose::sample;
  const bool was_silent = schedule_.meter(poll.meter).silent;
  const auto outcome = co_await carry_out(poll, purpose);
  schedule_.finished(outcome, clock_.clock().now());
  say_silence(poll, was_silent);
  if (outcome == modbus::Outcome::bus_down) {
    say_lost_line(poll);
  }
  if (purpose == Purpose::refresh && outcome == modbus::Outcome::answered) {
    second_reads_.push_back({.at = clock_.clock().now().instant + refresh, .poll = poll});
  }
  if (outcome == modbus::Outcome::silent || outcome == modbus::Outcome::bus_down) {
    serials_[poll.meter].was_away(clock_.clock().now().instant);
    event_logs_[poll.meter].was_away();
  } else if (purpose == Purpose::sample && outcome == modbus::Outcome::answered) {
    co_await ask_serial(poll.meter);
    co_await ask_event_log(poll.meter);
  }
  say_falls(poll.meter, clock_.clock().now().instant);
}

auto BusPoller::make_way() -> boost::asio::awaitable<void> {
  while (!stopping_ && reader_.line().is_open()) {
    auto urgent = schedule_.interrupt(clock_.clock().now());
    if (!urgent) {
      break;
    }
    co_await poll(std::move(*urgent));
  }
}

auto BusPoller::take_second_read() -> std::optional<modbus::Poll> {
  const auto now = clock_.clock().now().instant;
  const auto due = std::find_if(second_reads_.begin(), second_reads_.end(),
                                [&](const SecondRead& read) { return read.at <= now; });
  if (due == second_reads_.end()) {
    return std::nullopt;
  }
  auto poll = std::move(due->poll);
  second_reads_.erase(due);
  return poll;
}

auto BusPoller::connect() -> boost::asio::awaitable<bool> {
  const auto outcome = co_await reader_.connect();
  const bool connected = outcome.has_value();
  schedule_.bus_is(connected, clock_.clock().now());
  const auto reason = connected ? std::string{} : reader_.figures().last_error;
  const auto& bus = reader_.settings().name;
  if (reason != told_error_) {
    if (connected) {
      spdlog::info("bus {}: connected to {}; polling goes on", bus, reader_.line().name());
    } else {
      spdlog::warn("bus {}: no connection to {}: {}; trying again every {} s or sooner", bus,
                   reader_.line().name(), reason, longest_reconnect.count() / 1'000);
    }
    told_error_ = reason;
  }
  if (connected && std::exchange(told_remark_, reader_.line().remark()) != told_remark_ &&
      !told_remark_.empty()) {
    spdlog::info("bus {}: {}: {}", bus, reader_.line().name(), told_remark_);
  }
  if (!connected) {
    for (const auto& meter : meters_) {
      collector_.meter_is(meter.number, Acquisition::bus_down, clock_.moment());
    }
    for (auto& serial : serials_) {
      serial.was_away(clock_.clock().now().instant);
    }
  }
  co_return connected;
}

auto BusPoller::points_of(const modbus::Poll& poll) const -> std::vector<std::size_t> {
  std::vector<std::size_t> points;
  for (const auto& due : poll.tasks) {
    const auto& of_task = meters_[poll.meter].settings->polls[poll_of_task_[due.task]].points;
    points.insert(points.end(), of_task.begin(), of_task.end());
  }
  return points;
}

auto BusPoller::plan(std::size_t meter, const std::vector<std::size_t>& points) const
    -> std::vector<Request> {
  const auto& settings = *meters_[meter].settings;
  auto refusals = learnings_[meter].known();
  auto wanted = without_lacking(learnings_[meter], points);
  if (wanted.empty()) {
    wanted = points;  // whether the meter is there is to be known all the same
    refusals.lacking.clear();
  }
  const auto cost = cost_of(reader_.settings(), settings.model->timing);
  auto requests = plan_requests(*settings.model, wanted, cost, refusals);
  if (!requests) {
    requests = plan_requests(*settings.model, wanted, cost);  // rather refused than not asked
  }
  if (!requests) {
    spdlog::error("meter {}: {}; it is not read: see `bornier check`", settings.id,
                  requests.error());
    return {};
  }
  return std::move(*requests);
}

auto BusPoller::requests_of(const modbus::Poll& poll) -> const std::vector<Request>& {
  std::vector<std::size_t> key;
  for (const auto& due : poll.tasks) {
    key.push_back(due.task);
  }
  auto found = plans_.find(key);
  if (found == plans_.end()) {
    found = plans_.emplace(std::move(key), plan(poll.meter, points_of(poll))).first;
  }
  return found->second;
}

void BusPoller::forget_plans(std::size_t meter) {
  std::erase_if(plans_, [&](const auto& plan) {
    const bool of_meter = schedule_.tasks()[plan.first.front()].meter == meter;
    if (of_meter) {
      reader_.forget(plan.second);
    }
    return of_meter;
  });
}

auto BusPoller::carry_out(modbus::Poll poll, Purpose purpose)
    -> boost::asio::awaitable<modbus::Outcome> {
  const auto& meter = meters_[poll.meter];
  const auto& requests = requests_of(poll);
  // A dying meter is not asked twice: repetitions would cost its neighbours their marks.
  auto effort = schedule_.meter(poll.meter).unanswered > 0 ? MeterReader::Effort::once
                                                           : MeterReader::Effort::full;
  if (poll.probe) {
    effort = MeterReader::Effort::probe;
  }
  PollAnswers answers{*meter.settings, requests, &shown_[poll.meter]};
  auto& learning = learnings_[poll.meter];
  std::vector<std::size_t> missing;
  Arrived arrived = [&](const Gathered& one) {
    if (purpose == Purpose::refresh) {
      return;
    }
    if (!one.words.empty()) {
      learning.answered(*one.request);
    }
    if (learning.begins_with(one)) {
      const auto points = answers.failed(*one.request);
      missing.insert(missing.end(), points.begin(), points.end());
    } else {
      deliver(poll.meter, one, answers);
    }
  };
  Between between = [this] { return make_way(); };
  ++under_way_;
  const auto begun = clock_.clock().now().instant;
  const auto outcome = co_await reader_.read(*meter.settings, requests, effort, std::move(arrived),
                                             std::move(between));
  learning.poll_ended(outcome);
  say_written_list();
  say_overtaxed();
  const bool is_there = outcome == modbus::Outcome::answered || outcome == modbus::Outcome::failed;
  if (purpose == Purpose::sample && is_there && !poll.probe) {
    co_await learn(poll, effort, std::move(missing));
  }
  if (--under_way_ == 0) {
    occupancy_.busy(begun, clock_.clock().now().instant);
  }
  co_return outcome;
}

}  // namespace bornier::app
