// SPDX-License-Identifier: Apache-2.0
#include "buffer/dating.hpp"

#include <algorithm>

namespace bornier::buffer {

using reading::Stamp;

auto time_span(const reading::Entries& entries) -> std::optional<TimeSpan> {
  std::optional<TimeSpan> span;
  const auto include = [&span](Stamp first, Stamp last) {
    if (!span) {
      span = TimeSpan{first, last};
    }
    span->first = std::min(span->first, first);
    span->last = std::max(span->last, last);
  };
  for (const auto& answer : entries.answers) {
    include(answer.time, answer.time);
  }
  for (const auto& state : entries.states) {
    include(state.time, state.time);
  }
  for (const auto& event : entries.events) {
    include(event.time, event.time);
  }
  for (const auto& gap : entries.gaps) {
    include(gap.first, gap.last);
  }
  return span;
}

auto date(reading::Entries entries, std::chrono::milliseconds utc_offset, bool estimated)
    -> reading::Entries {
  const auto marked = [estimated](reading::Quality quality) {
    quality = quality.with(reading::QualityFlag::time_redated);
    return estimated ? quality.with(reading::QualityFlag::estimated) : quality;
  };
  for (auto& answer : entries.answers) {
    answer.time += utc_offset;
    for (auto& number : answer.numbers) {
      number.quality = marked(number.quality);
    }
    for (auto& text : answer.texts) {
      text.quality = marked(text.quality);
    }
  }
  for (auto& state : entries.states) {
    state.time += utc_offset;
  }
  for (auto& event : entries.events) {
    event.time += utc_offset;
  }
  for (auto& gap : entries.gaps) {
    gap.first += utc_offset;
    gap.last += utc_offset;
  }
  return entries;
}

}  // namespace bornier::buffer
