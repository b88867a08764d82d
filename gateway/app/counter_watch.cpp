// SPDX-License-Identifier: Apache-2.0
#include "app/counter_watch.hpp"

#include <algorithm>
#include <utility>

namespace bornier::app {
namespace {

auto counts_pulses(const model::Point& point) -> bool {
  return point.quantity->name == "pulse_count";
}

auto key_of_counters(const std::string& meter) -> std::string {
  return "counters/" + meter;
}

}  // namespace

auto counters_key(const MeterSettings& meter) -> std::optional<std::string> {
  const bool any = std::ranges::any_of(meter.polls, [&meter](const PollSettings& poll) {
    return std::ranges::any_of(poll.points, [&meter](std::size_t point) {
      return counts_pulses(meter.model->points[point]);
    });
  });
  return any ? std::optional{key_of_counters(meter.id)} : std::nullopt;
}

/// The memo is the device's serial number, a line feed, and the counters.
CounterWatch::CounterWatch(const MeterSettings& meter, std::string_view remembered)
    : id_{meter.id}, serial_{meter.serial}, model_{meter.model} {
  const auto end = remembered.find('\n');
  if (end != std::string_view::npos && remembered.substr(0, end) == serial_) {
    pulses_ = model::Counters::of_bytes(remembered.substr(end + 1)).value_or(model::Counters{});
  }
}

void CounterWatch::look_at(std::vector<model::Decoded>& points) {
  const auto before = pulses_;
  for (auto& decoded : points) {
    const auto& point = model_->points[decoded.point];
    const auto* value = std::get_if<reading::Decimal>(&decoded.value);
    if (value == nullptr || !is_counter(point)) {
      continue;
    }
    auto& counters = counts_pulses(point) ? pulses_ : others_;
    if (const auto fell = counters.take(point, *value, {})) {
      decoded.quality = decoded.quality.with(reading::QualityFlag::meter_restarted);
      falls_.push_back({decoded.point, *fell, *value});
    }
  }
  news_ = news_ || pulses_ != before;
}

auto CounterWatch::take_memos() -> std::vector<buffer::Memo> {
  std::vector<buffer::Memo> memos;
  if (std::exchange(news_, false)) {
    memos.push_back({key_of_counters(id_), serial_ + '\n' + pulses_.to_bytes()});
  }
  return memos;
}

auto CounterWatch::take_falls(reading::Instant now) -> std::optional<model::FallReport::Told> {
  const auto falls = std::exchange(falls_, {});
  return report_.take(*model_, falls, now);
}

void CounterWatch::forget() {
  pulses_ = {};
  others_ = {};
  falls_.clear();
  report_.forget();
}

}  // namespace bornier::app
