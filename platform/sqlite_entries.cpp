// SPDX-License-Identifier: Apache-2.0
#include "platform/sqlite_entries.hpp"

#include <optional>
#include <string>

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

void SqliteEntries::add_readings(const reading::Entries& entries, const StreamKeys& stream,
                                 std::int64_t sequence) {
  rows_.clear();
  append_rows(rows_, entries, stream);
  sort_rows(rows_);
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
    add_reading_.run(row.point, reading::milliseconds_since_1970(row.time), stream.id, sequence,
                     row.ordinal, row.definition, value, text, row.quality());
  }
}

void SqliteEntries::add(const reading::Entries& entries, const StreamKeys& stream,
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

void SqliteEntries::add_gap(const reading::Gap& gap, const StreamKeys& stream,
                            std::int64_t sequence, std::size_t ordinal) {
  const auto points = gap_points(gap, stream, [this](const StreamKeys::Definition& definition) {
    return directory_.name_of(definition);
  });
  add_gap_.run(stream.id, sequence, ordinal, reading::milliseconds_since_1970(gap.first),
               reading::milliseconds_since_1970(gap.last), gap.readings,
               static_cast<int>(gap.reason), points);
}

void SqliteEntries::remove_gaps(const StreamKeys& stream, std::int64_t sequence) {
  remove_gaps_.run(stream.id, sequence);
}

}  // namespace bornier::platform
