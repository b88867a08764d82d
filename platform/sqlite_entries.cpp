// SPDX-License-Identifier: Apache-2.0
#include "platform/sqlite_entries.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "platform/json.hpp"

namespace bornier::platform {

SqliteEntries::SqliteEntries(const SQLite::Database& database, SqliteDirectory& directory)
    : directory_{directory},
      add_reading_{database,
                   "INSERT INTO reading (point, time, stream, sequence, ordinal, definition, "
                   "value, text, quality) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      add_state_{database,
                 "INSERT INTO state (meter, point, time, stream, sequence, ordinal, state, "
                 "exception_code) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
      add_event_{database,
                 "INSERT INTO event (stream, sequence, ordinal, time, kind, meter, number, text) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
      add_gap_{database,
               "INSERT INTO gap (stream, sequence, ordinal, first, last, readings, reason, points) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
      remove_gaps_{database, "DELETE FROM gap WHERE stream = ? AND sequence = ?"} {}

auto SqliteEntries::known(const reading::Entries& entries, const SqliteDirectory::Stream& stream)
    -> bool {
  const auto knows_point = [&stream](const auto& reading) {
    return stream.definitions.contains(reading.point.value());
  };
  const auto knows_meter = [&stream](reading::MeterNumber meter) {
    return stream.meters.contains(meter.value());
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
                      (!change.point || stream.definitions.contains(change.point->value()));
             }) &&
         std::ranges::all_of(entries.events, [&knows_meter](const reading::Event& event) {
           return !event.meter || knows_meter(*event.meter);
         });
}

void SqliteEntries::add_readings(const reading::Entries& entries,
                                 const SqliteDirectory::Stream& stream, std::int64_t sequence) {
  rows_.clear();
  std::int64_t ordinal = 0;
  const auto add = [&](std::int64_t time, const reading::Number* number,
                       const reading::Text* text) {
    const auto point = number ? number->point : text->point;
    const auto& definition = stream.definitions.at(point.value());
    rows_.push_back(Row{definition.point, time, ordinal++, definition.id, number, text});
  };
  for (const auto& answer : entries.answers) {
    const auto time = reading::milliseconds_since_1970(answer.time);
    for (const auto& number : answer.numbers) {
      add(time, &number, nullptr);
    }
    for (const auto& text : answer.texts) {
      add(time, nullptr, &text);
    }
  }
  // In the order of the table: neighbours share a page.
  std::ranges::sort(rows_, {}, [](const Row& row) {
    return std::tuple{row.point, row.time, row.ordinal};
  });
  std::optional<std::string> value;
  std::optional<std::string> text;
  for (const auto& row : rows_) {
    value.reset();
    text.reset();
    if (row.number) {
      value = reading::to_text(row.number->value);
    } else {
      text = row.text->value;
    }
    const auto quality = row.number ? row.number->quality : row.text->quality;
    add_reading_.run(row.point, row.time, stream.id, sequence, row.ordinal, row.definition, value,
                     text, quality.flags);
  }
}

void SqliteEntries::add(const reading::Entries& entries, const SqliteDirectory::Stream& stream,
                        std::int64_t sequence) {
  add_readings(entries, stream, sequence);
  std::size_t ordinal = 0;
  for (const auto& change : entries.states) {
    const auto point = change.point ? stream.definitions.at(change.point->value()).point : 0;
    add_state_.run(stream.meters.at(change.meter.value()), point,
                   reading::milliseconds_since_1970(change.time), stream.id, sequence, ordinal++,
                   static_cast<int>(change.state), change.exception_code);
  }
  ordinal = 0;
  for (const auto& event : entries.events) {
    std::optional<std::int64_t> meter;
    if (event.meter) {
      meter = stream.meters.at(event.meter->value());
    }
    add_event_.run(stream.id, sequence, ordinal++, reading::milliseconds_since_1970(event.time),
                   static_cast<int>(event.kind), meter, event.number, event.text);
  }
  ordinal = 0;
  for (const auto& gap : entries.gaps) {
    add_gap(gap, stream, sequence, ordinal++);
  }
}

void SqliteEntries::add_gap(const reading::Gap& gap, const SqliteDirectory::Stream& stream,
                            std::int64_t sequence, std::size_t ordinal) {
  std::string points = "[";
  for (const auto number : gap.points) {
    const auto known = stream.definitions.find(number.value());
    points += points.size() > 1 ? "," : "";
    append_json_string(points, known == stream.definitions.end()
                                   ? "point " + std::to_string(number.value())
                                   : directory_.name_of(known->second));
  }
  points += ']';
  add_gap_.run(stream.id, sequence, ordinal, reading::milliseconds_since_1970(gap.first),
               reading::milliseconds_since_1970(gap.last), gap.readings,
               static_cast<int>(gap.reason), points);
}

void SqliteEntries::remove_gaps(const SqliteDirectory::Stream& stream, std::int64_t sequence) {
  remove_gaps_.run(stream.id, sequence);
}

}  // namespace bornier::platform
