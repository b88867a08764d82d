// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "app/bus_poller.hpp"

/// What a BusPoller tells the collector and the log.
namespace bornier::app {
namespace {

using reading::Acquisition;

/// Of one look.
constexpr std::size_t most_lines_of_a_log = 5;

auto what_is_lacking(const MeterSettings& meter) -> std::string {
  if (meter.model->scan_list) {
    const auto list = "its scan list at " + std::to_string(meter.model->scan_list->address) +
                      " is not the one that model " + meter.model->id +
                      " reads, or cannot be read; the points in it are marked unsupported: ";
    return list + (meter.writes_scan_list
                       ? "it is written again after pauses of up to an hour; look for another "
                         "master that writes it, or a lock in the meter"
                       : "`writes_scan_list = true` of this [[meter]] lets the gateway write it");
  }
  return "it has no SunSpec models, or not all that " + meter.model->id +
         " reads; what is missing is marked unsupported: correct `model` in the configuration";
}

}  // namespace

void BusPoller::say_lacking(std::size_t meter, const std::vector<std::size_t>& points) {
  if (!points.empty()) {
    collector_.points_are(meters_[meter].number, points, Acquisition::exception,
                          learnings_[meter].exception_code(), clock_.moment());
  }
}

void BusPoller::say_written_list() {
  const auto written = reader_.take_written_list();
  if (!written) {
    return;
  }
  // An order may have had it written, of any meter of the bus.
  const auto found = std::ranges::find_if(
      meters_, [&](const Meter& one) { return one.settings.get() == written->meter; });
  if (found == meters_.end()) {
    return;
  }
  const auto& meter = *found;
  std::string what = "scan list at " + std::to_string(meter.settings->model->scan_list->address);
  if (written->taken) {
    what += " written; values come from the next poll on";
  } else {
    what += written->exception_code == 0
                ? " not written: no answer"
                : " not written: exception " + std::to_string(written->exception_code);
  }
  spdlog::warn("meter {}: its {}", meter.settings->id, what);
  collector_.event(reading::EventKind::register_written, meter.number, written->taken ? 1 : 0,
                   std::move(what), clock_.moment());
}

void BusPoller::say_overtaxed() {
  const auto* meter = reader_.take_overtaxed();
  if (meter != nullptr) {
    spdlog::warn(
        "meter {}: it does not answer {} requests at once, as model {} says; it is asked one by "
        "one, and tried again after pauses of up to an hour",
        meter->id, meter->model->timing.in_flight, meter->model->id);
  }
}

void BusPoller::deliver(std::size_t index, const Gathered& one, PollAnswers& answers) {
  const auto& meter = meters_[index];
  const Collector::Moment at{.now = one.at, .trusted = clock_.is_trusted()};
  if (one.is_silent()) {
    collector_.points_are(meter.number, answers.failed(*one.request), Acquisition::no_response, 0,
                          at);
  } else if (one.lacking) {
    if (told_lacking_.insert(meter.number).second) {
      spdlog::warn("meter {}: {}", meter.settings->id, what_is_lacking(*meter.settings));
    }
    collector_.points_are(meter.number, answers.failed(*one.request), Acquisition::unsupported, 0,
                          at);
  } else if (one.is_refused()) {
    collector_.points_are(meter.number, answers.failed(*one.request), Acquisition::exception,
                          one.exception_code, at);
  } else {
    auto points = answers.add(one);
    look_at_serial(index, points, one.at.instant);
    event_logs_[index].hear(points);
    counters_[index].look_at(points);
    collector_.answered(meter.number, points, at, counters_[index].take_memos());
    say_settings(index, answers.take_news());
  }
}

/// Once it is known whether the device that answered is still the same.
void BusPoller::say_falls(std::size_t index, reading::Instant now) {
  const auto at = clock_.moment();
  auto told = counters_[index].take_falls(now);
  if (told) {
    spdlog::warn("meter {}: {}; the readings are marked", meters_[index].settings->id, told->text);
    collector_.event(reading::EventKind::meter_restarted, meters_[index].number, told->falls,
                     std::move(told->text), at);
  }
}

void BusPoller::say_settings(std::size_t index, const std::vector<std::size_t>& news) {
  const auto& meter = *meters_[index].settings;
  for (const auto setting : news) {
    const auto& known = meter.model->settings[setting];
    const auto& value = shown_[index].at(setting);
    const auto found = std::ranges::find_if(known.values, [&value](const auto one) {
      return compare(value, reading::Decimal{one, 0}) == 0;
    });
    const auto choice = static_cast<std::size_t>(found - known.values.begin());
    if (found == known.values.end()) {
      spdlog::warn(
          "meter {}: its setting {} shows {}, which model {} does not know; what depends on it is "
          "out of range",
          meter.id, known.name, reading::to_text(value), meter.model->id);
    } else if (meter.settings->is_chosen(setting) && meter.settings->choice(setting) != choice) {
      spdlog::warn(
          "meter {}: its setting {} is \"{}\", and the configuration says \"{}\"; what depends on "
          "it is out of range until one of the two is corrected",
          meter.id, known.name, known.choices[choice],
          known.choices[meter.settings->choice(setting)]);
    } else {
      spdlog::info("meter {}: its setting {} is \"{}\"", meter.id, known.name,
                   known.choices[choice]);
    }
  }
}

auto BusPoller::ask_serial(std::size_t index) -> boost::asio::awaitable<void> {
  auto& watch = serials_[index];
  if (!watch.is_due(clock_.clock().now().instant)) {
    co_return;
  }
  const auto& settings = *meters_[index].settings;
  PollAnswers answers{settings, watch.requests()};
  Arrived arrived = [this, index, &answers](const Gathered& one) {
    look_at_serial(index, answers.add(one), one.at.instant);
  };
  const auto outcome = co_await reader_.read(settings, watch.requests(), MeterReader::Effort::once,
                                             std::move(arrived));
  const auto now = clock_.clock().now().instant;
  if (watch.is_due(now)) {
    watch.gave_nothing(outcome == modbus::Outcome::failed, now);
  }
}

auto event_log_key(const MeterSettings& meter) -> std::string {
  return "event-log/" + meter.id;
}

void BusPoller::say_no_log(std::size_t index, modbus::Outcome outcome) {
  const bool refused = outcome == modbus::Outcome::failed;
  event_logs_[index].gave_nothing(refused, clock_.clock().now().instant);
  if (refused) {
    spdlog::warn("meter {}: it refuses to show its log of events; asked again in an hour",
                 meters_[index].settings->id);
  }
}

auto BusPoller::ask_event_log(std::size_t index) -> boost::asio::awaitable<void> {
  auto& log = event_logs_[index];
  if (!log.is_due(clock_.clock().now().instant)) {
    co_return;
  }
  const auto& meter = meters_[index];
  const auto settings = meter.settings;
  PollAnswers answers{*settings, log.requests()};
  std::vector<model::Decoded> shown;
  Collector::Moment at;
  Arrived arrived = [&](const Gathered& one) {
    std::ranges::move(answers.add(one), std::back_inserter(shown));
    at = {.now = one.at, .trusted = clock_.is_trusted()};
  };
  const auto outcome = co_await reader_.read(*settings, log.requests(), MeterReader::Effort::once,
                                             std::move(arrived));
  if (outcome != modbus::Outcome::answered) {
    say_no_log(index, outcome);
    co_return;
  }
  const auto entries = log.look_at(shown, at.now.instant);
  if (entries.empty()) {
    co_return;
  }
  for (const auto& request : entries) {
    co_await make_way();
    const auto looked = co_await reader_.look(*settings, request, MeterReader::Effort::once);
    if (looked.outcome != modbus::Outcome::answered) {
      say_no_log(index, looked.outcome);
      co_return;
    }
    log.take(looked.gathered.words);
  }
  const auto events = log.finish();
  for (const auto& event : std::span{events}.first(std::min(events.size(), most_lines_of_a_log))) {
    spdlog::info("meter {}: its log: {}", settings->id, event.text);
  }
  if (events.size() > most_lines_of_a_log) {
    spdlog::info("meter {}: its log has {} more; all of them go to the platform", settings->id,
                 events.size() - most_lines_of_a_log);
  }
  collector_.logged(meter.number, events, {event_log_key(*settings), log.memory()}, at);
}

void BusPoller::look_at_serial(std::size_t index, const std::vector<model::Decoded>& points,
                               reading::Instant now) {
  auto& watch = serials_[index];
  const auto& meter = meters_[index];
  const auto exchange = watch.look_at(points, now);
  if (watch.found() != collector_.meter(meter.number).serial || exchange) {
    collector_.device_is(meter.number, watch.found(), watch.is_exchanged());
  }
  if (!exchange) {
    return;
  }
  counters_[index].forget();
  if (watch.is_exchanged()) {
    spdlog::warn(
        "meter {}: another device answers: serial number {} instead of {}; its readings still "
        "count for the old one: if it was exchanged, correct `serial` and reload, if not, "
        "look at bus and unit id",
        meter.settings->id, exchange->now, exchange->before);
  } else {
    spdlog::info("meter {}: the device with serial number {} answers again", meter.settings->id,
                 exchange->now);
  }
  event_logs_[index].forget();
  collector_.event(reading::EventKind::meter_exchanged, meter.number, 0,
                   exchange->before + " to " + exchange->now, clock_.moment());
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
