// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_entries.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "platform/postgres_values.hpp"

namespace bornier::platform::postgres {
namespace {

struct Line {
  ReadingRow row;
  const NewBatch* batch;
};

/// Of all batches together, by point and time: neighbours share a page of table and index.
auto lines_of(const std::vector<NewBatch>& batches) -> std::vector<Line> {
  std::vector<Line> lines;
  std::vector<ReadingRow> rows;
  for (const auto& batch : batches) {
    if (const auto* entries = std::get_if<reading::Entries>(&batch.arrival->batch.body)) {
      rows.clear();
      append_rows(rows, *entries, batch.stream->keys);
      for (const auto& row : rows) {
        lines.push_back(Line{row, &batch});
      }
    }
  }
  std::ranges::sort(lines, {}, [](const Line& line) {
    return std::tuple{line.row.point, line.row.time};
  });
  return lines;
}

void copy_readings(pqxx::work& work, const std::vector<NewBatch>& batches) {
  const auto lines = lines_of(batches);
  if (lines.empty()) {
    return;
  }
  constexpr std::array columns{"class",   "point",      "stream",  "sequence", "time",
                               "ordinal", "definition", "quality", "value",    "text"};
  pqxx::stream_to copy{work, "reading", columns.begin(), columns.end()};
  for (const auto& [row, batch] : lines) {
    const auto value = row.number ? reading::to_text(row.number->value) : std::string{};
    const auto words = row.text ? text(row.text->value) : std::string{};
    const char* const no_text = nullptr;
    copy << std::make_tuple(
        static_cast<int>(batch->arrival->batch.header.batch_class), row.point,
        batch->stream->keys.id, batch->sequence(), timestamp(row.time), row.ordinal, row.definition,
        row.quality(), row.number ? value.c_str() : no_text, row.text ? words.c_str() : no_text);
  }
  copy.complete();
}

void add_gap(pqxx::work& work, Directory& directory, const NewBatch& batch, const reading::Gap& gap,
             std::size_t ordinal) {
  const auto& keys = batch.stream->keys;
  const auto points = gap_points(gap, keys, [&](const StreamKeys::Definition& definition) {
    return directory.name_of(work, definition);
  });
  work.exec_params(
      "INSERT INTO gap (stream, sequence, ordinal, first, last, readings, reason, points) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      keys.id, batch.sequence(), ordinal, timestamp(gap.first), timestamp(gap.last),
      static_cast<std::int64_t>(gap.readings), static_cast<int>(gap.reason), points);
}

void add_states(pqxx::work& work, const NewBatch& batch, const reading::Entries& entries) {
  const auto& keys = batch.stream->keys;
  std::size_t ordinal = 0;
  for (const auto& change : entries.states) {
    const auto point = change.point ? keys.definitions.at(change.point->value()).point : 0;
    work.exec_params(
        "INSERT INTO state (meter, point, time, stream, sequence, ordinal, state, exception_code) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        keys.meters.at(change.meter.value()), point, timestamp(change.time), keys.id,
        batch.sequence(), ordinal++, static_cast<int>(change.state),
        static_cast<int>(change.exception_code));
  }
}

void add_events(pqxx::work& work, const NewBatch& batch, const reading::Entries& entries) {
  const auto& keys = batch.stream->keys;
  std::size_t ordinal = 0;
  for (const auto& event : entries.events) {
    const auto meter = event.meter ? keys.meters.at(event.meter->value()) : 0;
    work.exec_params(
        "INSERT INTO event (stream, sequence, ordinal, time, kind, meter, number, text) "
        "VALUES ($1, $2, $3, $4, $5, nullif($6, 0), $7, $8)",
        keys.id, batch.sequence(), ordinal++, timestamp(event.time), static_cast<int>(event.kind),
        meter, event.number, text(event.text));
  }
}

}  // namespace

void write_entries(pqxx::work& work, Directory& directory, const std::vector<NewBatch>& batches) {
  copy_readings(work, batches);
  for (const auto& batch : batches) {
    const auto& body = batch.arrival->batch.body;
    if (const auto* gap = std::get_if<reading::Gap>(&body)) {
      add_gap(work, directory, batch, *gap, 0);
    } else if (const auto* entries = std::get_if<reading::Entries>(&body)) {
      add_states(work, batch, *entries);
      add_events(work, batch, *entries);
      std::size_t ordinal = 0;
      for (const auto& entry : entries->gaps) {
        add_gap(work, directory, batch, entry, ordinal++);
      }
    }
  }
}

}  // namespace bornier::platform::postgres
