// SPDX-License-Identifier: Apache-2.0
#include "app/collector.hpp"

#include <algorithm>
#include <utility>

#include "intake/time.hpp"

namespace bornier::app {
namespace {

using reading::Acquisition;

/// UTC, or milliseconds since boot while UTC is not to be believed.
auto entry_time(const Collector::Moment& at) -> reading::Stamp {
  return at.trusted ? at.now.stamp
                    : reading::Stamp{std::chrono::floor<reading::Stamp::duration>(
                          at.now.instant.time_since_epoch())};
}

/// A sample that is older than what its meter has stated already; a time that is still to come was
/// stated before a clock was set.
auto is_late(const PointView& point, std::optional<reading::Stamp> own, reading::Stamp now)
    -> bool {
  return own && point.own_time && *own < *point.own_time &&
         intake::is_believable(*point.own_time, now);
}

void mark_own_time(reading::Answer& answer) {
  for (auto& number : answer.numbers) {
    number.quality = number.quality.with(reading::QualityFlag::time_of_meter);
  }
  for (auto& text : answer.texts) {
    text.quality = text.quality.with(reading::QualityFlag::time_of_meter);
  }
}

}  // namespace

auto Collector::add_meter(reading::MeterNumber number, const Points& points) -> std::size_t {
  MeterView view;
  view.number = number;
  view.points.reserve(points.size());
  view.views.reserve(points.size());
  for (const auto& [index, point] : points) {
    view.points.push_back(index);
    view.views.emplace_back();
    view.views.back().number = point;
  }
  meters_.emplace(added_, std::move(view));
  return added_++;
}

void Collector::renumber(std::size_t meter, reading::MeterNumber number, const Points& points) {
  auto& view = meters_.at(meter);
  if (std::exchange(view.number, number) != number) {
    view.state = {};
  }
  for (std::size_t place = 0; place < view.views.size(); ++place) {
    auto& point = view.views[place];
    if (std::exchange(point.number, points.at(place).second) != points.at(place).second) {
      point.state = {};
      point.exception_code = 0;
    }
  }
}

void Collector::set_point(MeterView& meter, std::size_t place, Acquisition state,
                          std::uint8_t exception_code, const Moment& at,
                          reading::Entries& entries) {
  auto& view = meter.views[place];
  if (view.state == state && view.exception_code == exception_code) {
    return;
  }
  view.state = state;
  view.exception_code = exception_code;
  view.since = at.now.stamp;
  entries.states.push_back({.time = entry_time(at),
                            .meter = meter.number,
                            .point = view.number,
                            .state = state,
                            .exception_code = exception_code});
}

void Collector::set_meter(MeterView& meter, Acquisition state, const Moment& at,
                          reading::Entries& entries) {
  for (const auto& pulses : meter.pulses) {
    set_meter(meters_.at(pulses.meter), state, at, entries);
  }
  if (meter.state == state) {
    return;
  }
  meter.state = state;
  meter.since = at.now.stamp;
  entries.states.push_back({.time = entry_time(at),
                            .meter = meter.number,
                            .point = std::nullopt,
                            .state = state,
                            .exception_code = 0});
}

void Collector::take(MeterView& view, std::span<const model::Decoded> points,
                     std::optional<reading::Stamp> own, const Moment& at, reading::Answer& answer,
                     reading::Entries& entries) {
  for (const auto& decoded : points) {
    const auto found = std::lower_bound(view.points.begin(), view.points.end(), decoded.point);
    if (found == view.points.end() || *found != decoded.point) {
      continue;  // a scale register that nobody asked for
    }
    const auto place = static_cast<std::size_t>(found - view.points.begin());
    auto& point = view.views[place];
    const bool is_newest = !is_late(point, own, at.now.stamp);
    if (const auto* reason = std::get_if<Acquisition>(&decoded.value)) {
      if (is_newest) {
        set_point(view, place, *reason, 0, at, entries);
        set_pulses(view, decoded.point, *reason, 0, at, entries);
      }
      continue;
    }
    ++taken_;
    model::PointValue shown;
    if (const auto* number = std::get_if<reading::Decimal>(&decoded.value)) {
      shown = *number;
      answer.numbers.push_back(
          {.point = point.number, .quality = decoded.quality, .value = *number});
    } else if (const auto* text = std::get_if<std::string>(&decoded.value)) {
      shown = *text;
      answer.texts.push_back({.point = point.number, .quality = decoded.quality, .value = *text});
    }
    derive(view, decoded, own, is_newest, at, answer, entries);
    if (is_newest) {
      set_point(view, place, Acquisition::ok, 0, at, entries);
      point.time = own.value_or(at.now.stamp);
      point.own_time = own;
      point.value = std::move(shown);
    }
  }
}

void Collector::set_pulses(const MeterView& device, std::size_t count, Acquisition state,
                           std::uint8_t exception_code, const Moment& at,
                           reading::Entries& entries) {
  for (const auto& pulses : device.pulses) {
    if (pulses.count == count) {
      set_point(meters_.at(pulses.meter), 0, state, exception_code, at, entries);
    }
  }
}

void Collector::derive(const MeterView& device, const model::Decoded& count,
                       std::optional<reading::Stamp> own, bool is_newest, const Moment& at,
                       reading::Answer& answer, reading::Entries& entries) {
  const auto* counted = std::get_if<reading::Decimal>(&count.value);
  if (counted == nullptr) {
    return;
  }
  const auto time = own.value_or(at.now.stamp);
  for (const auto& pulses : device.pulses) {
    if (pulses.count != count.point) {
      continue;
    }
    auto& meter = meters_.at(pulses.meter);
    auto& point = meter.views.front();
    const bool is_dated = own || at.trusted;
    const bool is_in_force =
        is_dated ? time >= pulses.from && (!pulses.until || time < *pulses.until) : pulses.always;
    const auto index = is_in_force ? index_at(pulses.rule, *counted)
                                   : wire::Result<reading::Decimal, reading::ValueFault>{
                                         reading::ValueFault::out_of_range};
    if (is_newest) {
      const auto why_none = is_in_force ? Acquisition::out_of_range : Acquisition::not_polled_yet;
      set_point(meter, 0, index ? Acquisition::ok : why_none, 0, at, entries);
      meter.answered = at.now.stamp;
    }
    if (!index) {
      continue;
    }
    ++taken_;
    answer.numbers.push_back({.point = point.number,
                              .quality = count.quality.with(reading::QualityFlag::derived),
                              .value = *index});
    if (is_newest) {
      point.time = time;
      point.own_time = own;
      point.value = *index;
    }
  }
}

void Collector::count_pulses(std::size_t device, std::vector<PulseLink> pulses, const Moment& at) {
  auto& view = meters_.at(device);
  view.pulses = std::move(pulses);
  reading::Entries entries;
  for (const auto& link : view.pulses) {
    set_meter(meters_.at(link.meter), view.state, at, entries);
    const auto found = std::lower_bound(view.points.begin(), view.points.end(), link.count);
    if (found == view.points.end() || *found != link.count) {
      continue;
    }
    const auto& count = view.views[static_cast<std::size_t>(found - view.points.begin())];
    if (count.state != Acquisition::ok) {  // otherwise the next count tells
      set_point(meters_.at(link.meter), 0, count.state, count.exception_code, at, entries);
    }
  }
  keep(std::move(entries), at);
}

void Collector::forget_pulses() {
  for (auto& [number, meter] : meters_) {
    meter.pulses.clear();
  }
}

void Collector::answered(std::size_t meter, std::span<const model::Decoded> points,
                         const Moment& at, std::vector<buffer::Memo> memos) {
  auto& view = meters_.at(meter);
  view.answered = at.now.stamp;
  reading::Entries entries;
  set_meter(view, Acquisition::ok, at, entries);
  reading::Answer answer;
  answer.time = entry_time(at);
  take(view, points, std::nullopt, at, answer, entries);
  if (!answer.numbers.empty() || !answer.texts.empty()) {
    entries.answers.push_back(std::move(answer));
  }
  keep(std::move(entries), at, std::move(memos));
}

void Collector::sent(std::size_t meter, std::span<const Sent> samples,
                     std::vector<buffer::Memo> memos, const Moment& at) {
  auto& view = meters_.at(meter);
  view.answered = at.now.stamp;
  reading::Entries by_our_clock;
  reading::Entries by_its_own;
  set_meter(view, Acquisition::ok, at, by_our_clock);
  for (const auto& sample : samples) {
    reading::Answer answer;
    answer.time = sample.time.value_or(entry_time(at));
    take(view, sample.points, sample.time, at, answer, by_our_clock);
    if (answer.numbers.empty() && answer.texts.empty()) {
      continue;
    }
    if (sample.time) {
      mark_own_time(answer);
    }
    if (sample.extra) {
      ++taken_;
      answer.numbers.push_back(*sample.extra);
    }
    (sample.time ? by_its_own : by_our_clock).answers.push_back(std::move(answer));
  }
  if (at.trusted) {
    append(std::move(by_its_own), by_our_clock);
    keep(std::move(by_our_clock), at, std::move(memos));
    return;
  }
  // What the meter states is UTC, whatever is known of the gateway's own clock.
  keep(std::move(by_our_clock), at);
  keep(std::move(by_its_own), {at.now, true}, std::move(memos));
}

void Collector::remember(buffer::Memo memo, const Moment& at) {
  std::vector<buffer::Memo> memos;
  memos.push_back(std::move(memo));
  keep({}, at, std::move(memos));
}

void Collector::measured(std::vector<reading::Number> numbers, const Moment& at) {
  if (numbers.empty()) {
    return;
  }
  taken_ += numbers.size();
  reading::Entries entries;
  entries.answers.push_back({.time = entry_time(at), .numbers = std::move(numbers), .texts = {}});
  keep(std::move(entries), at);
}

void Collector::points_are(std::size_t meter, std::span<const std::size_t> points,
                           Acquisition state, std::uint8_t exception_code, const Moment& at) {
  auto& view = meters_.at(meter);
  view.answered = at.now.stamp;
  reading::Entries entries;
  set_meter(view, Acquisition::ok, at, entries);
  for (std::size_t place = 0; place < view.points.size(); ++place) {
    if (std::find(points.begin(), points.end(), view.points[place]) != points.end()) {
      set_point(view, place, state, exception_code, at, entries);
      set_pulses(view, view.points[place], state, exception_code, at, entries);
    }
  }
  keep(std::move(entries), at);
}

void Collector::meter_is(std::size_t meter, Acquisition state, const Moment& at) {
  reading::Entries entries;
  set_meter(meters_.at(meter), state, at, entries);
  keep(std::move(entries), at);
}

void Collector::event(reading::EventKind kind, std::optional<std::size_t> meter,
                      std::int64_t number, std::string text, const Moment& at) {
  reading::Entries entries;
  reading::Event event{.time = entry_time(at),
                       .kind = kind,
                       .meter = std::nullopt,
                       .number = number,
                       .text = std::move(text)};
  if (meter) {
    event.meter = meters_.at(*meter).number;
  }
  entries.events.push_back(std::move(event));
  keep(std::move(entries), at);
}

void Collector::logged(std::size_t meter, std::span<const EventLogWatch::Event> events,
                       buffer::Memo memo, const Moment& at) {
  reading::Entries entries;
  for (const auto& event : events) {
    const auto age = event.age.value_or(std::chrono::milliseconds{0});
    const Moment when{.now = {.instant = at.now.instant - age, .stamp = at.now.stamp - age},
                      .trusted = at.trusted};
    entries.events.push_back({.time = entry_time(when),
                              .kind = reading::EventKind::meter_event,
                              .meter = meters_.at(meter).number,
                              .number = event.number,
                              .text = event.text});
  }
  std::vector<buffer::Memo> memos;
  memos.push_back(std::move(memo));
  keep(std::move(entries), at, std::move(memos));
}

void Collector::keep(reading::Entries entries, const Moment& at, std::vector<buffer::Memo> memos) {
  if (entries.empty() && memos.empty()) {
    return;
  }
  if (states_lost_ && !pending_.refuses()) {
    states_lost_ = false;
    repeat_states(at, entries);
  }
  const bool has_states = !entries.states.empty();
  const bool first = !pending_.oldest();
  const bool was_filling = pending_.is_filling();
  static_cast<void>(pending_.add(std::move(entries), at.trusted, at.now.instant, std::move(memos)));
  states_lost_ = states_lost_ || (has_states && pending_.refuses());
  if (first || was_filling != pending_.is_filling()) {
    wake_();
  }
}

void Collector::repeat_states(const Moment& at, reading::Entries& entries) const {
  entries.states.clear();
  for (const auto& [ignored, meter] : meters_) {
    entries.states.push_back({.time = entry_time(at),
                              .meter = meter.number,
                              .point = std::nullopt,
                              .state = meter.state,
                              .exception_code = 0});
    for (const auto& point : meter.views) {
      entries.states.push_back({.time = entry_time(at),
                                .meter = meter.number,
                                .point = point.number,
                                .state = point.state,
                                .exception_code = point.exception_code});
    }
  }
}

}  // namespace bornier::app
