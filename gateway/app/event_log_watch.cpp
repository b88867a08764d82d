// SPDX-License-Identifier: Apache-2.0
#include "app/event_log_watch.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace bornier::app {
namespace {

constexpr std::chrono::minutes look_into_log_every{1};
constexpr std::chrono::seconds not_more_often_than{10};
constexpr std::chrono::hours look_after_refusal{1};
/// A number that is less than half the circle ahead is later.
constexpr std::uint32_t half_circle = 1U << 31U;

auto whole_number(std::span<const model::Decoded> points, std::size_t point)
    -> std::optional<std::uint64_t> {
  const auto found = std::ranges::find(points, point, &model::Decoded::point);
  const auto* number =
      found != points.end() ? std::get_if<reading::Decimal>(&found->value) : nullptr;
  if (number == nullptr || number->exponent != 0 || number->mantissa < 0) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(number->mantissa);
}

auto parse_number(std::string_view text) -> std::optional<std::uint32_t> {
  std::uint32_t number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc{} && end == text.data() + text.size() ? std::optional{number}
                                                                  : std::nullopt;
}

/// What is before the first blank; `text` begins after it then.
auto cut_word(std::string_view& text) -> std::string_view {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

}  // namespace

EventLogWatch::EventLogWatch(const MeterSettings& meter, const BusSettings& bus,
                             std::string_view memory)
    : model_{meter.model}, serial_{meter.serial} {
  if (!model_->event_log) {
    return;
  }
  const auto& log = *model_->event_log;
  std::vector<std::size_t> points{log.next, log.boots, log.uptime};
  std::ranges::sort(points);
  auto requests = plan_requests(*model_, points, cost_of(bus, model_->timing));
  if (requests) {
    requests_ = std::move(*requests);
  }
  const auto next = parse_number(cut_word(memory));
  const auto boots = parse_number(cut_word(memory));
  if (next && boots && memory == serial_) {
    last_ = Place{.next = *next, .boots = *boots};
  }
}

auto EventLogWatch::is_due(reading::Instant now) const -> bool {
  return !requests_.empty() && now >= due_;
}

void EventLogWatch::hear(std::span<const model::Decoded> points) {
  if (!model_->event_log || !last_ || refuses_) {
    return;
  }
  const auto next = whole_number(points, model_->event_log->next);
  if (next && static_cast<std::uint32_t>(*next) != last_->next) {
    due_ = std::min(due_, looked_ + not_more_often_than);
  }
}

void EventLogWatch::gave_nothing(bool refused, reading::Instant now) {
  refuses_ = refused;
  due_ = now + (refused ? std::chrono::minutes{look_after_refusal} : look_into_log_every);
}

auto EventLogWatch::continues() const noexcept -> bool {
  if (!last_) {
    return false;
  }
  const auto later_boots = shown_.boots - last_->boots;
  return later_boots == 0 ? shown_.next - last_->next < half_circle : later_boots < half_circle;
}

auto EventLogWatch::look_at(std::span<const model::Decoded> points, reading::Instant now)
    -> std::vector<Request> {
  const auto& log = *model_->event_log;
  const auto next = whole_number(points, log.next);
  const auto boots = whole_number(points, log.boots);
  const auto uptime = whole_number(points, log.uptime);
  due_ = now + look_into_log_every;
  looked_ = now;
  refuses_ = false;
  if (!next || !boots || !uptime) {
    return {};
  }
  shown_ = {.next = static_cast<std::uint32_t>(*next), .boots = static_cast<std::uint32_t>(*boots)};
  uptime_ = std::chrono::seconds{*uptime};
  if (last_ == shown_) {
    return {};
  }
  new_.clear();
  missing_ = 0;
  const std::uint32_t entries = log.entries;
  const bool continued = continues();
  const auto since = continued ? shown_.next - last_->next : 0;
  const bool all = !continued || since > entries || shown_.boots != last_->boots;
  // The first event has number 1: a place with number 0 is empty.
  expected_ = shown_.next - (all ? std::min(entries, shown_.next - 1) : since);
  if (since > entries && since < half_circle) {
    missing_ = since - entries;
  }
  const auto most =
      static_cast<std::uint32_t>(model_->limits.registers_per_request / log.registers);
  std::vector<Request> requests;
  for (auto number = expected_; number != shown_.next;) {
    const auto place = number % entries;
    const auto before_wrap = std::min(shown_.next - number - 1, 0xFFFF'FFFF - number) + 1;
    const auto count = std::min({before_wrap, entries - place, most});
    requests.push_back({.table = log.table,
                        .first = static_cast<std::uint16_t>(log.address + place * log.registers),
                        .count = static_cast<std::uint16_t>(count * log.registers),
                        .points = {}});
    number += count;
  }
  return requests;
}

auto EventLogWatch::is_new(const model::LoggedEvent& event) const -> bool {
  return !continues() || event.number - last_->next < half_circle ||
         is_of_later_boot(*model_->event_log, event, last_->boots);
}

void EventLogWatch::take(std::span<const std::uint16_t> words) {
  const auto& log = *model_->event_log;
  for (; words.size() >= log.registers; words = words.subspan(log.registers), ++expected_) {
    const auto event = logged_event(log, words);
    if (event.number != expected_) {
      if (continues() && expected_ - last_->next < half_circle) {
        ++missing_;
      }
      continue;
    }
    if (!is_new(event)) {
      continue;
    }
    new_.push_back({.age = age_of(log, event, shown_.boots, uptime_),
                    .number = event.number,
                    .text = "boot " + std::to_string(event.boot) + ", " +
                            std::to_string(event.time.count()) +
                            " s after it began: " + text_of(log, event)});
  }
}

auto EventLogWatch::finish() -> std::vector<Event> {
  if (missing_ > 0) {
    new_.insert(new_.begin(),
                {.age = std::nullopt,
                 .number = last_->next,
                 .text = std::to_string(missing_) +
                         " events of its log were overwritten before they were read"});
  }
  last_ = shown_;
  return std::exchange(new_, {});
}

auto EventLogWatch::memory() const -> std::string {
  return last_ ? std::to_string(last_->next) + " " + std::to_string(last_->boots) + " " + serial_
               : "";
}

}  // namespace bornier::app
