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
    for (const auto& poll : meters[meter].settings->polls) {
      tasks.push_back({.meter = meter, .period = poll.every, .cost = usual_poll});
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
      schedule_{tasks_of(meters_)} {
  for (const auto& meter : meters_) {
    for (std::size_t poll = 0; poll < meter.settings->polls.size(); ++poll) {
      poll_of_task_.push_back(poll);
    }
  }
}

void BusPoller::stop() {
  stopping_ = true;
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
      co_await lane_.serve_one(reader_);
    }
    if (reader_.line().is_open()) {
      co_await take_turn();
    }
  }
  lane_.refuse(CommandLane::End::stopping);
  ended_ = true;
}

auto BusPoller::take_turn() -> boost::asio::awaitable<void> {
  auto second = take_second_read();
  if (second) {
    static_cast<void>(co_await carry_out(std::move(*second), Purpose::sample));
    co_return;
  }
  const auto step = schedule_.step(clock_.clock().now());
  if (const auto* wait = std::get_if<modbus::WaitUntil>(&step)) {
    if (lane_.has_orders()) {
      co_return;
    }
    auto until = wait->instant;
    for (const auto& read : second_reads_) {
      until = std::min(until, read.at);
    }
    co_await sleep_.wait(until);
    co_return;
  }
  const auto poll = std::get<modbus::Poll>(step);
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
  }
  co_return connected;
}

auto BusPoller::requests_of(const modbus::Poll& poll) -> const std::vector<Request>& {
  std::vector<std::size_t> key;
  for (const auto& due : poll.tasks) {
    key.push_back(due.task);
  }
  auto found = plans_.find(key);
  if (found == plans_.end()) {
    const auto& settings = *meters_[poll.meter].settings;
    std::vector<std::size_t> points;
    for (const auto task : key) {
      const auto& of_task = settings.polls[poll_of_task_[task]].points;
      points.insert(points.end(), of_task.begin(), of_task.end());
    }
    const auto cost = cost_of(reader_.settings(), settings.model->timing);
    auto requests = plan_requests(*settings.model, points, cost);
    if (!requests) {
      spdlog::error("meter {}: {}; it is not read: see `bornier check`", settings.id,
                    requests.error());
      requests = std::vector<Request>{};
    }
    found = plans_.emplace(std::move(key), std::move(*requests)).first;
  }
  return found->second;
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
  PollAnswers answers{*meter.settings, requests};
  Arrived arrived = [this, &meter, &answers, purpose](const Gathered& one) {
    if (purpose == Purpose::sample) {
      deliver(meter, one, answers);
    }
  };
  co_return co_await reader_.read(*meter.settings, requests, effort, std::move(arrived));
}

void BusPoller::deliver(const Meter& meter, const Gathered& one, PollAnswers& answers) {
  const Collector::Moment at{.now = one.at, .trusted = clock_.is_trusted()};
  if (one.is_silent()) {
    collector_.points_are(meter.number, answers.failed(*one.request), Acquisition::no_response, 0,
                          at);
  } else if (one.lacking) {
    if (told_lacking_.insert(meter.number).second) {
      spdlog::warn(
          "meter {}: it has no SunSpec models, or not all that {} reads; what is missing is "
          "marked unsupported: correct `model` in the configuration",
          meter.settings->id, meter.settings->model->id);
    }
    collector_.points_are(meter.number, answers.failed(*one.request), Acquisition::unsupported, 0,
                          at);
  } else if (one.is_refused()) {
    collector_.points_are(meter.number, answers.failed(*one.request), Acquisition::exception,
                          one.exception_code, at);
  } else {
    collector_.answered(meter.number, answers.add(one), at);
  }
}

void BusPoller::say_silence(const modbus::Poll& poll, bool was_silent) {
  const bool is_silent = schedule_.meter(poll.meter).silent;
  const auto& meter = meters_[poll.meter];
  if (is_silent && !was_silent) {
    spdlog::warn("meter {}: silent on bus {}; probing it with growing pauses", meter.settings->id,
                 reader_.settings().name);
  } else if (was_silent && !is_silent) {
    spdlog::info("meter {}: answers again on bus {}", meter.settings->id, reader_.settings().name);
  }
  if (is_silent) {
    collector_.meter_is(meter.number, Acquisition::no_response, clock_.moment());
  }
}

/// A server that takes connections and drops each when it is asked is never found down by
/// `connect`.
void BusPoller::say_lost_line(const modbus::Poll& poll) {
  const auto& meter = meters_[poll.meter];
  if (collector_.meter(meter.number).state != Acquisition::bus_down) {
    spdlog::warn("meter {}: no answer on bus {}, the connection is lost: {}", meter.settings->id,
                 reader_.settings().name, reader_.figures().last_error);
  }
  collector_.meter_is(meter.number, Acquisition::bus_down, clock_.moment());
}

}  // namespace bornier::app
