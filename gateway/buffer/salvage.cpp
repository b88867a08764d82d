// SPDX-License-Identifier: Apache-2.0
#include "buffer/salvage.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "buffer/database.hpp"
#include "buffer/journal.hpp"
#include "buffer/memo_rows.hpp"
#include "buffer/retention.hpp"
#include "buffer/rows.hpp"

namespace bornier::buffer {
namespace {

namespace fs = std::filesystem;

auto working_file(const fs::path& directory) -> fs::path {
  return directory / "buffer.db.salvage";
}
auto suspect_file(const fs::path& directory) -> fs::path {
  return directory / "buffer.db.suspect";
}
auto with_suffix(fs::path file, const char* suffix) -> fs::path {
  return file += suffix;
}

void remove_database(const fs::path& file) {
  std::error_code ignored;  // what cannot be removed fails to be opened next
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::remove(with_suffix(file, suffix), ignored);
  }
}

/// "20261123T031500Z".
auto basic_iso_time(reading::Stamp time) -> std::string {
  const auto seconds = static_cast<std::time_t>(reading::milliseconds_since_1970(time) / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

/// Calls `visit` with the rowids of `table` from both ends, as far as SQLite can walk. True if it
/// got through.
template <class Visit>
auto walk(const SQLite::Database& source, const std::string& table, Visit visit) -> bool {
  std::set<std::int64_t> seen;
  for (const char* order : {"ASC", "DESC"}) {
    try {
      SQLite::Statement ids{source, "SELECT rowid FROM " + table + " ORDER BY rowid " + order};
      while (ids.executeStep()) {
        const std::int64_t id = ids.getColumn(0).getInt64();
        if (seen.insert(id).second) {
          visit(id);
        }
      }
      return true;
    } catch (const std::exception&) {
      continue;  // come from the other end
    }
  }
  return false;
}

/// The row of this id, or nothing if it does not read back.
template <class Read>
auto row_of(const SQLite::Database& source, const std::string& columns, const std::string& table,
            std::int64_t id, Read read)
    -> std::optional<decltype(read(std::declval<const SQLite::Statement&>()))> {
  try {
    SQLite::Statement select{
        source, "SELECT " + columns + " FROM " + table + " WHERE " + table + ".id = ?1"};
    bind_values(select, id);
    if (select.executeStep()) {
      return read(select);
    }
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

template <class Load>
auto load_if_readable(Load load) -> decltype(load()) {
  try {
    return load();
  } catch (const std::exception&) {
    return {};
  }
}

/// One salvage: from the damaged `source` into `target`.
class Salvage {
 public:
  Salvage(const Settings& settings, const Clock& clock, const SQLite::Database& source,
          SQLite::Database& target)
      : settings_{settings}, clock_{clock}, source_{source}, target_{target} {}

  void copy(batch::StreamId stream) {
    auto streams = load_if_readable([this] { return load_streams(source_); });
    auto catalog = load_if_readable([this] { return load_catalog(source_); });
    if (!catalog) {
      catalog = load_if_readable([this] { return load_catalog_copy(source_); });
    }
    find_doubt(streams);
    begin();
    if (const auto lifetime = load_if_readable([this] { return load_lifetime(source_); })) {
      save(target_, *lifetime);
    }
    if (catalog) {
      // Without it the numbers of points mean nothing, and chunks and batches cannot be kept.
      for (const auto& boot : load_if_readable([this] { return load_boots(source_); })) {
        save(target_, boot);
      }
      copy_batches(streams);
      copy_chunks();
      catalog->stream = stream;
      save(target_, *catalog);
    } else {
      count_lost();
    }
    copy_memos();
    for (const auto& row : streams) {
      last_ordinal_ = std::max(last_ordinal_, row.ordinal);
      save(target_, row);
    }
    save(target_, StreamRow{.ordinal = last_ordinal_ + 1,
                            .id = stream,
                            .opened_at = clock_.now.stamp,
                            .reason = "the buffer was damaged"});
    transaction_->commit();
    transaction_.reset();
    catalog_lost_ = !catalog;
  }

  [[nodiscard]] auto explanation(const std::string& reason) const -> std::string {
    if (catalog_lost_) {
      return reason + "; the catalog could not be read, so nothing was saved; " +
             std::to_string(lost_.readings) + " undelivered readings were found";
    }
    return reason + "; saved " + std::to_string(saved_batches_) + " batches and " +
           std::to_string(saved_chunks_) + " chunks, lost " + std::to_string(lost_rows_) +
           " that were found but not readable" + unaccounted_;
  }

  /// What was found and is lost has a Gap with its span and count. What else is lost is beyond
  /// counting: its Gap is wide, and there unless all was accounted for.
  void declare(const std::string& text) {
    const reading::Stamp now = clock_.entry_time();
    reading::Entries told;
    told.events.push_back({.time = now,
                           .kind = reading::EventKind::buffer_damaged,
                           .meter = {},
                           .number = 0,
                           .text = text});
    const auto gap = [](reading::Stamp first, reading::Stamp last, std::uint64_t readings) {
      return reading::Gap{.first = first,
                          .last = last,
                          .readings = readings,
                          .points = {},
                          .reason = reading::GapReason::damaged};
    };
    // What is known of the file's times is UTC, whatever the clock of now is worth.
    reading::Entries dated;
    if (lost_.readings != 0) {
      dated.gaps.push_back(gap(earliest_.value_or(now), latest_.value_or(now), lost_.readings));
    }
    if (lost_.readings == 0 || !lost_.all_found) {
      auto since = in_doubt_since_;
      if (earliest_) {
        since = std::min(since.value_or(*earliest_), *earliest_);
      }
      if (since) {
        const auto until = std::max({*since, clock_.now.stamp, latest_.value_or(*since)});
        dated.gaps.push_back(gap(*since, until, 0));
      } else {
        told.gaps.push_back(gap(now, now, 0));
      }
    }
    SQLite::Transaction transaction{target_, SQLite::TransactionBehavior::IMMEDIATE};
    const auto next = append_chunks(target_, told, clock_, last_chunk_ + 1);
    append_dated(target_, dated, clock_, next);
    transaction.commit();
  }

 private:
  void begin() {
    transaction_.emplace(target_, SQLite::TransactionBehavior::IMMEDIATE);
    written_ = 0;
  }

  /// Commits now and then, so that the WAL of the new file stays small.
  void written() {
    if (++written_ == 64) {
      transaction_->commit();
      transaction_.reset();
      begin();
    }
  }

  /// Up to there every batch is confirmed, without a hole: what is lost is not older (see
  /// journal_begins).
  void find_doubt(const std::vector<StreamRow>& streams) {
    for (const auto& row : streams) {
      in_doubt_since_ = std::min(in_doubt_since_.value_or(row.opened_at), row.opened_at);
    }
    try {
      SQLite::Statement select{source_,
                               std::string{"SELECT "} + batch_columns + " FROM batch ORDER BY id"};
      std::optional<BatchRow> before;
      while (select.executeStep()) {
        const BatchRow row = read_batch(select);
        const bool hole = before && row.ordinal == before->ordinal && row.id() != before->id() + 1;
        if (!row.confirmed_at || hole) {
          return;
        }
        const bool same_seal = before && row.info.sealed_at == before->info.sealed_at;
        in_doubt_since_ = same_seal ? std::min(*in_doubt_since_, row.info.first) : row.info.first;
        before = row;
      }
    } catch (const std::exception&) {
      return;  // what was read until here is as written
    }
  }

  void note_time(reading::Stamp time) {
    earliest_ = std::min(earliest_.value_or(time), time);
    latest_ = std::max(latest_.value_or(time), time);
  }

  /// Without a catalog batches and chunks cannot be kept, but they can be declared.
  void count_lost() {
    const auto batches = walk(source_, "batch", [this](std::int64_t id) {
      const auto row = row_of(source_, batch_columns, "batch", id, read_batch);
      if (row && !row->confirmed_at) {
        add_to_lost(row->info.readings, row->info.first, row->info.last);
      }
      lost_.all_found = lost_.all_found && row;
    });
    std::map<std::int64_t, std::chrono::milliseconds> offsets;
    for (const auto& boot : load_if_readable([this] { return load_boots(source_); })) {
      if (boot.utc_offset) {
        offsets[boot.ordinal] = *boot.utc_offset;
      }
    }
    const auto chunks = walk(source_, "chunk", [&](std::int64_t id) {
      const auto row = row_of(source_, chunk_columns, "chunk", id, read_chunk);
      const bool intact = row && row->row_intact;
      lost_.all_found = lost_.all_found && intact;
      if (!intact) {
        return;
      }
      const auto offset = offsets.find(row->boot);
      const auto shift = row->trusted              ? std::chrono::milliseconds{0}
                         : offset != offsets.end() ? offset->second
                                                   : std::chrono::milliseconds{row->utc_offset};
      add_to_lost(row->readings, row->first + shift, row->last + shift);
    });
    lost_.all_found = lost_.all_found && batches && chunks;
  }

  void add_to_lost(std::uint64_t readings, reading::Stamp first, reading::Stamp last) {
    lost_.readings += readings;
    note_time(first);
    note_time(last);
  }

  void copy_batches(const std::vector<StreamRow>& streams) {
    std::set<std::uint64_t> held;  // of the newest stream
    const std::int64_t newest = streams.empty() ? 0 : streams.back().ordinal;
    const bool all_seen = walk(source_, "batch", [&](std::int64_t id) {
      auto row = row_of(source_, batch_columns, "batch", id, read_batch);
      const BatchId key = BatchId::of(id);
      last_ordinal_ = std::max(last_ordinal_, key.ordinal);
      if (!row) {
        ++lost_rows_;
        return;
      }
      if (key.ordinal == newest) {
        held.insert(key.sequence.value());
      }
      if (!row->confirmed_at) {
        copy_batch(*row, streams);
      }
    });
    const std::uint64_t next = streams.empty() ? 0 : streams.back().next_sequence;
    const std::uint64_t expected = held.empty() || next == 0 ? 0 : next - *held.begin();
    if (!all_seen || expected != held.size()) {
      unaccounted_ = "; of stream ordinal " + std::to_string(newest) + " up to batch " +
                     std::to_string(next == 0 ? 0 : next - 1) + " not every number was found";
    }
  }

  void copy_batch(BatchRow& row, const std::vector<StreamRow>& streams) {
    note_time(row.info.first);
    written();
    const auto payload = load_if_readable([&] { return load_payload(source_, row); });
    if (payload) {
      save_payload(target_, row, *payload);
      ++saved_batches_;
      return;
    }
    ++lost_rows_;
    const auto owner =
        std::find_if(streams.begin(), streams.end(),
                     [&row](const StreamRow& stream) { return stream.ordinal == row.ordinal; });
    replace_by_tombstone(target_, settings_,
                         owner == streams.end() ? batch::StreamId{1} : owner->id, row,
                         reading::GapReason::damaged);
  }

  void copy_chunks() {
    walk(source_, "chunk", [this](std::int64_t id) {
      const auto row = row_of(source_, chunk_columns, "chunk", id, read_chunk);
      if (!row || !row->row_intact || !row->entries_intact) {
        ++lost_rows_;
        return;
      }
      if (row->trusted) {
        note_time(row->first);
      }
      last_chunk_ = std::max(last_chunk_, row->id);
      save(target_, *row);
      written();
      ++saved_chunks_;
    });
  }

  /// Also of chunks that are lost: those are declared, and are not to come a second time.
  void copy_memos() {
    walk(source_, "memo", [this](std::int64_t id) {
      const auto memo = row_of(source_, memo_columns, "memo", id, read_memo);
      if (memo && *memo) {
        save(target_, **memo);
        written();
      }
    });
  }

  const Settings& settings_;
  const Clock& clock_;
  const SQLite::Database& source_;
  SQLite::Database& target_;
  std::optional<SQLite::Transaction> transaction_;
  int written_ = 0;
  std::optional<reading::Stamp> earliest_;
  std::optional<reading::Stamp> latest_;
  std::optional<reading::Stamp> in_doubt_since_;
  struct Lost {
    std::uint64_t readings = 0;
    bool all_found = true;
  } lost_;
  std::int64_t last_ordinal_ = 0;
  std::int64_t last_chunk_ = 0;
  std::uint64_t saved_batches_ = 0;
  std::uint64_t saved_chunks_ = 0;
  std::uint64_t lost_rows_ = 0;
  bool catalog_lost_ = false;
  std::string unaccounted_;
};

void remove_older_damaged(const fs::path& directory) {
  std::error_code ignored;
  std::vector<fs::path> older;
  for (const auto& entry : fs::directory_iterator{directory, ignored}) {
    if (entry.path().filename().string().starts_with("buffer.db.damaged-")) {
      older.push_back(entry.path());
    }
  }
  for (const auto& path : older) {
    fs::remove(path, ignored);
  }
}

}  // namespace

auto database_file(const fs::path& directory) -> fs::path {
  return directory / "buffer.db";
}

void mark_suspect(const fs::path& directory) noexcept {
  std::ofstream{suspect_file(directory)};
}

auto is_suspect(const fs::path& directory) noexcept -> bool {
  std::error_code ignored;
  return fs::exists(suspect_file(directory), ignored);
}

void finish_interrupted_salvage(const fs::path& directory) {
  std::error_code ignored;
  if (fs::exists(working_file(directory), ignored) &&
      !fs::exists(database_file(directory), ignored)) {
    fs::remove(with_suffix(database_file(directory), "-wal"), ignored);
    fs::remove(with_suffix(database_file(directory), "-shm"), ignored);
    fs::rename(working_file(directory), database_file(directory), ignored);
  }
}

auto salvage(const Settings& settings, const Clock& clock, batch::StreamId stream,
             const std::string& reason) -> Opened {
  const fs::path damaged = database_file(settings.directory);
  const fs::path working = working_file(settings.directory);
  const fs::path aside =
      with_suffix(damaged, (".damaged-" + basic_iso_time(clock.now.stamp)).c_str());
  remove_database(working);
  std::string explanation;
  {
    SQLite::Database target = open_database(working, settings.vfs);
    std::optional<SQLite::Database> source;
    try {
      source.emplace(damaged.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, 5000,
                     settings.vfs);
    } catch (const std::exception&) {
      source.emplace(":memory:", SQLite::OPEN_READWRITE);  // as good as empty
    }
    Salvage run{settings, clock, *source, target};
    run.copy(stream);
    explanation = run.explanation(reason);
    run.declare(aside.string() + ": " + explanation);
    target.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  remove_older_damaged(settings.directory);
  // From here on the new file is whole: a cut between the renames is finished by the next open().
  std::error_code error;
  fs::rename(damaged, aside, error);
  fs::rename(with_suffix(damaged, "-wal"), with_suffix(aside, "-wal"), error);
  fs::remove(with_suffix(damaged, "-wal"), error);  // never beside the new file
  fs::remove(with_suffix(damaged, "-shm"), error);
  fs::rename(working, damaged, error);
  if (error) {
    throw std::runtime_error{working.string() + ": " + error.message()};
  }
  fs::remove(suspect_file(settings.directory), error);
  return {.how = Opened::How::salvaged, .set_aside = aside, .explanation = explanation};
}

}  // namespace bornier::buffer
