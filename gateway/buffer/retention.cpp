// SPDX-License-Identifier: Apache-2.0
#include "buffer/retention.hpp"

#include <SQLiteCpp/Column.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "buffer/dating.hpp"

namespace bornier::buffer {
namespace {

using reading::Gap;
using reading::GapReason;
using reading::PointNumber;

/// Rows looked at in one go: eviction runs in the transaction of a commit and must stay short.
constexpr std::int64_t slice = 64;

/// Of max_bytes: once tombstones take more, new ones no longer name their points. A gateway whose
/// platform is gone for years keeps its newest readings instead of a list of what it lost.
constexpr std::uint64_t tombstone_share = 8;

auto select_batches(const SQLite::Database& database, const std::string& where, std::int64_t limit)
    -> std::vector<BatchRow> {
  SQLite::Statement select{database, std::string{"SELECT "} + batch_columns + " FROM batch WHERE " +
                                         where + " ORDER BY id LIMIT " + std::to_string(limit)};
  std::vector<BatchRow> rows;
  while (select.executeStep()) {
    rows.push_back(read_batch(select));
  }
  return rows;
}

/// What is lost with some entries, those gaps included that they declare themselves.
void add_to(Gap& gap, std::set<PointNumber>& points, const reading::Entries& entries) {
  gap.readings += reading::count_readings(entries);
  for (const auto& answer : entries.answers) {
    for (const auto& number : answer.numbers) {
      points.insert(number.point);
    }
    for (const auto& text : answer.texts) {
      points.insert(text.point);
    }
  }
  for (const auto& inner : entries.gaps) {
    gap.readings += inner.readings;
    points.insert(inner.points.begin(), inner.points.end());
  }
}

auto stream_of(const SQLite::Database& database, std::int64_t ordinal) -> batch::StreamId {
  for (const auto& stream : load_streams(database)) {
    if (stream.ordinal == ordinal) {
      return stream.id;
    }
  }
  return {};
}

/// The oldest chunks of one boot, about `bytes` of them, become one chunk that holds their Gap.
/// False if nothing is won.
auto evict_chunks(const SQLite::Database& database, std::uint64_t bytes) -> bool {
  std::vector<ChunkRow> evicted;
  std::uint64_t evicted_bytes = 0;
  SQLite::Statement select{database, std::string{"SELECT "} + chunk_columns +
                                         " FROM chunk ORDER BY id LIMIT " + std::to_string(slice)};
  while ((evicted.size() < 2 || evicted_bytes < bytes) && select.executeStep()) {
    auto chunk = read_chunk(select);
    evicted_bytes += chunk.entries.size();
    if (!evicted.empty() &&
        (chunk.boot != evicted.front().boot || chunk.trusted != evicted.front().trusted)) {
      break;
    }
    evicted.push_back(std::move(chunk));
  }
  if (evicted.size() < 2) {
    return false;
  }
  Gap gap{.first = evicted.front().first,
          .last = evicted.front().last,
          .points = {},
          .reason = GapReason::evicted_bytes};
  std::set<PointNumber> points;
  std::vector<std::int64_t> ids;
  for (const auto& chunk : evicted) {
    ids.push_back(chunk.id);
    gap.first = std::min(gap.first, chunk.first);
    gap.last = std::max(gap.last, chunk.last);
    const auto entries = batch::decode_entries(chunk.entries);
    if (chunk.entries_intact && entries) {
      add_to(gap, points, *entries);
    } else {
      gap.readings += chunk.readings;
    }
  }
  gap.points.assign(points.begin(), points.end());

  ChunkRow declared = std::move(evicted.back());
  declared.first = gap.first;
  declared.last = gap.last;
  declared.readings = 0;
  reading::Entries entries;
  entries.gaps.push_back(std::move(gap));
  declared.entries = batch::encode_entries(entries);
  erase_chunks(database, ids);
  save(database, declared);
  return true;
}

}  // namespace

void expire_confirmed(const SQLite::Database& database, reading::Stamp until, std::int64_t before) {
  const auto where = "confirmed_at <= " + std::to_string(reading::milliseconds_since_1970(until)) +
                     " AND id < " + std::to_string(before);
  for (const auto& row : select_batches(database, where, slice)) {
    erase(database, row);
  }
}

auto replace_by_tombstone(const SQLite::Database& database, const Settings& settings,
                          batch::StreamId stream, BatchRow& row, GapReason reason)
    -> std::vector<std::byte> {
  Gap gap{.first = row.info.first,
          .last = row.info.last,
          .readings = row.info.readings,
          .points = {},
          .reason = reason};
  batch::Header header{.city = settings.city,
                       .gateway = settings.gateway,
                       .stream = stream,
                       .sequence = row.info.sequence,
                       .batch_class = row.info.batch_class,
                       .catalog_revision = {},
                       .readings = row.info.readings,
                       .first = row.info.first,
                       .last = row.info.last,
                       .oldest_held = row.info.sequence,
                       .backlog = {}};
  if (const auto payload = load_payload(database, row)) {
    if (auto lost = batch::decode_batch(*payload)) {
      header = std::move(lost->header);
      if (const auto* entries = std::get_if<reading::Entries>(&lost->body)) {
        std::set<PointNumber> points;
        gap.readings = 0;
        add_to(gap, points, *entries);
        const auto tombstones = static_cast<std::uint64_t>(
            number(database, "SELECT ifnull(sum(bytes), 0) FROM batch WHERE tombstone"));
        if (tombstones <= settings.max_bytes / tombstone_share) {
          gap.points.assign(points.begin(), points.end());
        }
      }
    }
  }
  auto payload = batch::encode_tombstone(std::move(header), gap);
  row.info.tombstone = true;
  row.info.readings = gap.readings;
  save_payload(database, row, payload);
  return payload;
}

void evict_aged(const SQLite::Database& database, const Settings& settings, std::int64_t before,
                std::vector<BatchRow>& replaced) {
  const auto where = "confirmed_at IS NULL AND NOT tombstone AND id < " + std::to_string(before);
  for (auto& row : select_batches(database, where, slice)) {
    replace_by_tombstone(database, settings, stream_of(database, row.ordinal), row,
                         GapReason::evicted_age);
    replaced.push_back(row);
  }
}

void make_room(const SQLite::Database& database, const Settings& settings, std::uint64_t incoming,
               std::vector<BatchRow>& replaced) {
  // Blobs take whole pages, each with four bytes of chain, and rows and inner pages come on top.
  const std::uint64_t wanted = incoming + incoming / 32 + 32 * 1024;
  const auto has_room = [&] { return used_bytes(database) + wanted <= settings.max_bytes; };
  while (!has_room()) {
    const auto confirmed = select_batches(database, "confirmed_at IS NOT NULL", slice);
    for (auto row = confirmed.begin(); row != confirmed.end() && !has_room(); ++row) {
      erase(database, *row);
    }
    if (!confirmed.empty()) {
      continue;
    }
    auto unconfirmed =
        select_batches(database, "confirmed_at IS NULL AND NOT tombstone AND class = 0", slice);
    if (unconfirmed.empty()) {
      unconfirmed = select_batches(database, "confirmed_at IS NULL AND NOT tombstone", slice);
    }
    for (auto row = unconfirmed.begin(); row != unconfirmed.end() && !has_room(); ++row) {
      replace_by_tombstone(database, settings, stream_of(database, row->ordinal), *row,
                           GapReason::evicted_bytes);
      replaced.push_back(*row);
    }
    // A chunk is sealed within batch_every; only those that cannot be dated ever wait here.
    if (unconfirmed.empty() && !evict_chunks(database, wanted)) {
      throw NoRoom{"buffer.max_bytes is reached and there is nothing left to evict"};
    }
  }
}

auto journal_begins(const SQLite::Database& database) -> std::optional<reading::Stamp> {
  // Not the newest `last`: the clock may have been corrected by a little since. And of the batches
  // that one seal made of the same chunks any may begin first.
  SQLite::Statement newest{database,
                           std::string{"SELECT "} + batch_columns + " FROM batch ORDER BY id DESC"};
  std::optional<BatchRow> begins;
  while (newest.executeStep()) {
    const auto row = read_batch(newest);
    if (begins && row.info.sealed_at != begins->info.sealed_at) {
      break;
    }
    if (!begins || row.info.first < begins->info.first) {
      begins = row;
    }
  }
  if (begins) {
    return begins->info.first;
  }
  SQLite::Statement oldest{database, "SELECT min(opened_at) FROM stream"};
  if (oldest.executeStep() && !oldest.isColumnNull(0)) {
    return reading::stamp_at(oldest.getColumn(0).getInt64());
  }
  return std::nullopt;
}

auto gap_of_damaged(const ChunkRow& chunk, Around around) -> Gap {
  return {.first = chunk.row_intact ? chunk.first : std::min(around.first, around.last),
          .last = chunk.row_intact ? chunk.last : around.last,
          .readings = chunk.row_intact ? chunk.readings : 0,
          .points = {},
          .reason = GapReason::damaged};
}

}  // namespace bornier::buffer
