// SPDX-License-Identifier: Apache-2.0
#include "platform/batch_rules.hpp"

#include <algorithm>
#include <tuple>

#include "platform/json.hpp"

namespace bornier::platform {
namespace {

/// ISO 8601 and PostgreSQL's timestamptz both hold these: years 1 to 9999.
constexpr auto first_time = reading::stamp_at(-62'135'596'800'000);
constexpr auto last_time = reading::stamp_at(253'402'300'799'999);

auto is_dated(reading::Stamp time) -> bool {
  return time >= first_time && time <= last_time;
}

auto dated(const reading::Entries& entries) -> bool {
  const auto at_its_time = [](const auto& entry) { return is_dated(entry.time); };
  return std::ranges::all_of(entries.answers, at_its_time) &&
         std::ranges::all_of(entries.states, at_its_time) &&
         std::ranges::all_of(entries.events, at_its_time);
}

auto known(const reading::Entries& entries, const StreamKeys& keys) -> bool {
  const auto knows_point = [&keys](const auto& reading) {
    return keys.definitions.contains(reading.point.value());
  };
  const auto knows_meter = [&keys](reading::MeterNumber meter) {
    return keys.meters.contains(meter.value());
  };
  return std::ranges::all_of(entries.answers,
                             [&knows_point](const reading::Answer& answer) {
                               return std::ranges::all_of(answer.numbers, knows_point) &&
                                      std::ranges::all_of(answer.texts, knows_point);
                             }) &&
         std::ranges::all_of(
             entries.states,
             [&](const reading::StateChange& change) {
               return knows_meter(change.meter) &&
                      (!change.point || keys.definitions.contains(change.point->value()));
             }) &&
         std::ranges::all_of(entries.events, [&knows_meter](const reading::Event& event) {
           return !event.meter || knows_meter(*event.meter);
         });
}

}  // namespace

auto objection(const batch::Batch& batch, const StreamKeys& keys)
    -> std::optional<std::string_view> {
  const auto* entries = std::get_if<reading::Entries>(&batch.body);
  if (entries && !known(*entries, keys)) {
    return "the batch uses numbers that its catalog does not have";
  }
  if (entries && !dated(*entries)) {
    return "the batch has a time outside the years 1 to 9999";
  }
  return std::nullopt;
}

auto fate_of(const batch::Batch& batch, const Digest& digest,
             const std::optional<StoredBatch>& stored, const StreamKeys& keys, bool contested)
    -> Fate {
  const bool readings = std::holds_alternative<reading::Entries>(batch.body);
  if (stored && (stored->digest == digest || !readings)) {
    return Fate::already_there;
  }
  if (contested || (stored && !stored->tombstone)) {
    return Fate::conflict;
  }
  if (objection(batch, keys)) {
    return Fate::set_aside;
  }
  return stored ? Fate::replace_tombstone : Fate::store;
}

void append_rows(std::vector<ReadingRow>& rows, const reading::Entries& entries,
                 const StreamKeys& keys) {
  std::int64_t ordinal = 0;
  const auto append = [&](reading::Stamp time, const reading::Number* number,
                          const reading::Text* text) {
    const auto point = number ? number->point : text->point;
    const auto& definition = keys.definitions.at(point.value());
    rows.push_back(ReadingRow{definition.point, time, ordinal++, definition.id, number, text});
  };
  for (const auto& answer : entries.answers) {
    for (const auto& number : answer.numbers) {
      append(answer.time, &number, nullptr);
    }
    for (const auto& text : answer.texts) {
      append(answer.time, nullptr, &text);
    }
  }
}

void sort_rows(std::vector<ReadingRow>& rows) {
  std::ranges::sort(rows, {}, [](const ReadingRow& row) {
    return std::tuple{row.point, row.time, row.ordinal};
  });
}

auto gap_points(const reading::Gap& gap, const StreamKeys& keys,
                const std::function<std::string(const StreamKeys::Definition&)>& name_of)
    -> std::string {
  std::string points = "[";
  for (const auto number : gap.points) {
    const auto found = keys.definitions.find(number.value());
    points += points.size() > 1 ? "," : "";
    append_json_string(points, found == keys.definitions.end()
                                   ? "point " + std::to_string(number.value())
                                   : name_of(found->second));
  }
  return points + "]";
}

}  // namespace bornier::platform
