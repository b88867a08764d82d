// SPDX-License-Identifier: Apache-2.0
#include "buffer/journal.hpp"

#include <SQLiteCpp/Column.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "batch/batch.hpp"
#include "buffer/dating.hpp"
#include "buffer/retention.hpp"

namespace bornier::buffer {
namespace {

using reading::Entries;
using reading::Stamp;

/// Half of what a body may hold: chunks that are sealed together take at most as much as they took
/// apart, but for the empty places where their answers differ.
constexpr std::uint64_t intake_bytes = batch::max_body_bytes / 2;
constexpr std::uint64_t intake_readings = batch::max_cells / 4;
constexpr std::size_t intake_others = batch::max_other_entries / 2;

constexpr std::size_t intake_text_bytes = batch::max_text_bytes / 2;

/// What counts against the limits of a body besides its bytes and readings.
struct Others {
  std::size_t entries{};  ///< changes of state, events, gaps and different texts
  std::size_t text_bytes{};

  auto operator+=(const Others& more) -> Others& {
    entries += more.entries;
    text_bytes += more.text_bytes;
    return *this;
  }
  [[nodiscard]] auto fit() const -> bool {
    return entries <= intake_others && text_bytes <= intake_text_bytes;
  }
};

auto others(const Entries& entries) -> Others {
  std::unordered_set<std::string_view> different;
  Others sum;
  for (const auto& answer : entries.answers) {
    for (const auto& text : answer.texts) {
      different.insert(text.value);
      sum.text_bytes += text.value.size();
    }
  }
  sum.entries =
      entries.states.size() + entries.events.size() + entries.gaps.size() + different.size();
  return sum;
}

template <class Item>
auto part(const std::vector<Item>& items, std::size_t half) -> std::vector<Item> {
  const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
  return half == 0 ? std::vector<Item>{items.begin(), middle}
                   : std::vector<Item>{middle, items.end()};
}

/// `trusted`: its times are UTC. Whether the boot is dated by it is the clock's to say.
void save_chunk(const SQLite::Database& database, std::int64_t id, std::vector<std::byte> encoded,
                std::uint64_t readings, const TimeSpan& span, const Clock& clock, bool trusted) {
  const BootRow boot = note_boot(database, clock.boot_id,
                                 clock.trusted ? std::optional{clock.utc_offset()} : std::nullopt);
  save(database, ChunkRow{.id = id,
                          .boot = boot.ordinal,
                          .boot_time = clock.now.instant.time_since_epoch().count(),
                          .utc_offset = clock.utc_offset().count(),
                          .trusted = trusted,
                          .readings = readings,
                          .first = span.first,
                          .last = span.last,
                          .entries = std::move(encoded)});
}

}  // namespace

auto append_chunks(const SQLite::Database& database, const Entries& entries, const Clock& clock,
                   std::int64_t first_id) -> std::int64_t {
  const auto span = time_span(entries);
  if (!span) {
    return first_id;
  }
  auto encoded = batch::encode_entries(entries);
  const std::uint64_t readings = reading::count_readings(entries);
  const bool fits =
      encoded.size() <= intake_bytes && readings <= intake_readings && others(entries).fit();
  const bool divisible = entries.answers.size() > 1 || entries.states.size() > 1 ||
                         entries.events.size() > 1 || entries.gaps.size() > 1;
  if (!fits && divisible) {
    std::int64_t next = first_id;
    for (const std::size_t half : {0U, 1U}) {
      next = append_chunks(database,
                           Entries{.answers = part(entries.answers, half),
                                   .states = part(entries.states, half),
                                   .events = part(entries.events, half),
                                   .gaps = part(entries.gaps, half)},
                           clock, next);
    }
    return next;
  }
  save_chunk(database, first_id, std::move(encoded), readings, *span, clock, clock.trusted);
  return first_id + 1;
}

auto append_dated(const SQLite::Database& database, const Entries& entries, const Clock& clock,
                  std::int64_t id) -> std::int64_t {
  const auto span = time_span(entries);
  if (!span) {
    return id;
  }
  save_chunk(database, id, batch::encode_entries(entries), reading::count_readings(entries), *span,
             clock, true);
  return id + 1;
}

auto encoded_size(const Entries& entries) -> std::uint64_t {
  constexpr std::uint64_t most_of_a_reading = 25;  // batch.hpp; usually less than four
  return reading::count_readings(entries) * most_of_a_reading + others(entries).entries * 64;
}

auto note_boot(const SQLite::Database& database, const std::string& boot_id,
               std::optional<std::chrono::milliseconds> utc_offset) -> BootRow {
  const auto boots = load_boots(database);
  const auto known = std::find_if(boots.begin(), boots.end(), [&boot_id](const BootRow& row) {
    return row.boot_id == boot_id;
  });
  if (known != boots.end() && (known->utc_offset || !utc_offset)) {
    return *known;
  }
  BootRow row{.ordinal = known != boots.end() ? known->ordinal
                         : boots.empty()      ? 1
                                              : boots.back().ordinal + 1,
              .boot_id = boot_id,
              .utc_offset = utc_offset};
  save(database, row);
  return row;
}

void date_past_boots(const SQLite::Database& database, const std::string& current_boot_id) {
  std::int64_t last_known =
      std::max(number(database, "SELECT ifnull(max(max(last), max(sealed_at)), 0) FROM batch"),
               number(database, "SELECT ifnull(max(last), 0) FROM chunk WHERE trusted"));
  SQLite::Statement summary{
      database,
      "SELECT count(*), ifnull(min(first), 0), ifnull(max(last), 0), "
      "ifnull(max(utc_offset), 0) FROM chunk WHERE boot = ?1 AND NOT trusted"};
  SQLite::Statement any{database, "SELECT count(*) FROM chunk WHERE boot = ?1"};
  SQLite::Statement forget{database, "DELETE FROM boot WHERE ordinal = ?1"};
  for (auto& boot : load_boots(database)) {
    if (boot.boot_id == current_boot_id) {
      continue;
    }
    bind_values(any, boot.ordinal);
    const bool has_chunks = any.executeStep() && any.getColumn(0).getInt64() != 0;
    any.reset();
    if (!has_chunks) {
      bind_values(forget, boot.ordinal);
      forget.exec();
      forget.reset();
      continue;
    }
    bind_values(summary, boot.ordinal);
    if (!boot.utc_offset && summary.executeStep() && summary.getColumn(0).getInt64() != 0) {
      const std::int64_t first = summary.getColumn(1).getInt64();
      const std::int64_t last = summary.getColumn(2).getInt64();
      const std::int64_t shown = summary.getColumn(3).getInt64();
      boot.utc_offset = std::chrono::milliseconds{std::max(shown, last_known - first)};
      boot.estimated = true;
      save(database, boot);
      last_known = boot.utc_offset->count() + last;
    }
    summary.reset();
  }
}

void declare_damaged_chunks(const SQLite::Database& database, const Clock& clock) {
  struct Damaged {
    ChunkRow chunk;
    std::optional<Stamp> before;  // UTC, as all chunks that count as neighbours here
    std::optional<Stamp> after;
  };
  std::vector<Damaged> damaged;
  std::size_t closed = 0;  // of `damaged`: those that an intact chunk follows
  std::optional<Stamp> before = journal_begins(database);
  SQLite::Statement select{
      database, std::string{"SELECT "} + chunk_columns + " FROM chunk ORDER BY chunk.id"};
  while (select.executeStep()) {
    auto chunk = read_chunk(select);
    if (!chunk.row_intact || !chunk.entries_intact) {
      damaged.push_back({std::move(chunk), before, {}});
    } else if (chunk.trusted) {
      before = chunk.first;
      for (; closed < damaged.size(); ++closed) {
        damaged[closed].after = chunk.last;
      }
    }
  }
  for (auto& [chunk, begins, ends] : damaged) {
    // Where nothing says since when, this boot's time is as good as any.
    const Stamp now = begins ? clock.now.stamp : clock.entry_time();
    const Stamp first = begins.value_or(now);
    Entries entries;
    entries.gaps.push_back(
        gap_of_damaged(chunk, {.first = first, .last = std::max(first, ends.value_or(now))}));
    chunk.first = entries.gaps.front().first;
    chunk.last = entries.gaps.front().last;
    chunk.readings = 0;
    if (!chunk.row_intact) {
      const auto append = begins ? append_dated : append_chunks;
      append(database, entries, clock, chunk.id);
      continue;
    }
    chunk.entries = batch::encode_entries(entries);
    save(database, chunk);
  }
}

auto take_chunks(const SQLite::Database& database, Stamp now) -> Taken {
  SQLite::Statement select{database,
                           std::string{"SELECT "} + chunk_columns +
                               ", boot.utc_offset, boot.estimated FROM chunk "
                               "LEFT JOIN boot ON boot.ordinal = chunk.boot "
                               "WHERE trusted OR boot.utc_offset IS NOT NULL ORDER BY chunk.id"};
  Taken taken;
  std::uint64_t readings = 0;
  Others taken_others;
  std::optional<Stamp> before;
  while (select.executeStep()) {
    const auto chunk = read_chunk(select);
    auto entries = batch::decode_entries(chunk.entries);
    const bool intact = chunk.row_intact && chunk.entries_intact && entries;
    auto with_this = taken_others;
    with_this += intact ? others(*entries) : Others{.entries = 1};
    if (!taken.ids.empty() && (taken.bytes + chunk.entries.size() > intake_bytes ||
                               readings + chunk.readings > intake_readings || !with_this.fit())) {
      taken.more = true;
      break;
    }
    taken.ids.push_back(chunk.id);
    taken.bytes += chunk.entries.size();
    readings += chunk.readings;
    taken_others = with_this;
    if (!intact) {
      if (!before) {
        before = journal_begins(database);
      }
      taken.entries.gaps.push_back(
          gap_of_damaged(chunk, {.first = before.value_or(now), .last = now}));
      continue;
    }
    if (chunk.trusted) {
      before = chunk.first;
    }
    Entries dated = std::move(*entries);
    if (!chunk.trusted) {
      dated = date(std::move(dated), std::chrono::milliseconds{select.getColumn(11).getInt64()},
                   select.getColumn(12).getInt64() != 0);
    }
    reading::append(std::move(dated), taken.entries);
  }
  return taken;
}

}  // namespace bornier::buffer
