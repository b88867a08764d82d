// SPDX-License-Identifier: Apache-2.0
#include "simulator/message_schedule.hpp"

#include <algorithm>
#include <utility>

namespace bornier::simulator {

MessageSchedule::MessageSchedule(std::vector<Kind> kinds, reading::Stamp now)
    : kinds_{std::move(kinds)} {
  begin_at(now);
}

void MessageSchedule::begin_at(reading::Stamp now) {
  heap_.clear();
  const auto count = static_cast<std::int64_t>(kinds_.size());
  for (std::size_t index = 0; index < kinds_.size(); ++index) {
    const auto every = kinds_[index].every.count();
    const auto place = every * static_cast<std::int64_t>(index) / count;
    const auto since = reading::milliseconds_since_1970(now) - place;
    const auto slots = (since + every - 1) / every;
    heap_.push_back({reading::stamp_at(slots * every + place), index});
  }
  std::ranges::make_heap(heap_, is_later);
}

auto MessageSchedule::take(reading::Stamp now) -> std::optional<Due> {
  if (heap_.empty()) {
    return std::nullopt;
  }
  if (heap_.front().time > now + kinds_[heap_.front().index].every) {
    begin_at(now);  // the clock was set back
  }
  if (heap_.front().time > now) {
    return std::nullopt;
  }
  std::ranges::pop_heap(heap_, is_later);
  auto& entry = heap_.back();
  const auto& kind = kinds_[entry.index];
  const auto missed = (now - entry.time) / kind.every;
  skipped_ += static_cast<std::uint64_t>(missed);
  const Due due{kind.meter, kind.kind, entry.time + missed * kind.every};
  entry.time = due.time + kind.every;
  std::ranges::push_heap(heap_, is_later);
  return due;
}

auto MessageSchedule::next() const -> std::optional<reading::Stamp> {
  return heap_.empty() ? std::nullopt : std::optional{heap_.front().time};
}

}  // namespace bornier::simulator
