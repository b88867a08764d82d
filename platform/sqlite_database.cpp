// SPDX-License-Identifier: Apache-2.0
#include "platform/sqlite_database.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "platform/batch_rules.hpp"
#include "platform/catalog_rules.hpp"
#include "platform/digest.hpp"
#include "platform/names.hpp"
#include "platform/schema.hpp"
#include "platform/sqlite_directory.hpp"
#include "platform/sqlite_entries.hpp"
#include "platform/sqlite_query.hpp"

namespace bornier::platform {
namespace {

constexpr int data = 0;
constexpr int tombstone = 1;

void add_labels(SQLite::Database& database) {
  Query add{database, "INSERT OR REPLACE INTO label (kind, number, text) VALUES (?, ?, ?)"};
  const auto add_all = [&add](const std::string& kind, auto last) {
    for (int number = 0; number <= static_cast<int>(last); ++number) {
      const std::string text{to_text(static_cast<decltype(last)>(number))};
      if (!text.empty()) {
        add.run(kind, number, text);
      }
    }
  };
  add_all("state", reading::Acquisition::unsupported);
  add_all("event", reading::EventKind{UINT8_MAX});
  add_all("gap", reading::GapReason{UINT8_MAX});
}

/// WAL with FULL: every commit is synced. Readers of the views do not hold up the receiver.
void set_up(SQLite::Database& database) {
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA cache_size = -65536");
  database.exec("PRAGMA wal_autocheckpoint = 4000");
  database.exec("PRAGMA journal_size_limit = 67108864");
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version > sqlite_schema_version) {
    throw SQLite::Exception{"the file was written by a newer version of bornier-platform (" +
                            std::to_string(version) + "); this one knows " +
                            std::to_string(sqlite_schema_version)};
  }
  SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
  if (version == 0) {
    database.exec(sqlite_schema);
    database.exec("PRAGMA user_version = " + std::to_string(sqlite_schema_version));
  }
  add_labels(database);
  transaction.commit();
}

/// SQLite's errors travel as exceptions inside and leave as a Failure.
class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<SQLite::Database> database, const AsideLimits& aside);

  auto store(std::span<const Arrival> arrivals)
      -> wire::Result<std::vector<Verdict>, Failure> override;
  auto known_streams() -> wire::Result<std::vector<KnownStream>, Failure> override;
  auto known_stream(const StreamName& name, batch::Sequence from)
      -> wire::Result<KnownStream, Failure> override;
  auto catalogs() -> wire::Result<std::vector<batch::Catalog>, Failure> override;

 private:
  auto store_one(const BatchArrival& arrival) -> Verdict;
  auto store_one(const CatalogArrival& arrival) -> Verdict;
  auto store_one(const StatusArrival& arrival) -> Verdict;
  auto store_one(const Quarantined& arrival) -> Verdict;

  [[nodiscard]] auto find_batch(std::int64_t stream, std::int64_t sequence)
      -> std::optional<StoredBatch>;
  void write(const BatchArrival& arrival, const StreamKeys& stream, const Digest& digest);
  auto set_aside(const BatchArrival& arrival, std::string reason) -> Verdict;
  auto set_aside_as_conflict(const BatchArrival& arrival, const StreamKeys& stream,
                             const Digest& digest) -> Verdict;
  [[nodiscard]] auto cut(std::span<const std::byte> payload) const -> std::span<const std::byte>;
  [[nodiscard]] auto ranges_of(std::int64_t stream, std::int64_t from)
      -> std::vector<batch::SequenceRange>;

  std::unique_ptr<SQLite::Database> database_;
  AsideLimits aside_;
  SqliteDirectory directory_;
  SqliteEntries entries_;
  std::map<std::int64_t, std::int64_t> seen_;  ///< gateway -> last seen, in this transaction

  Query find_batch_;
  Query add_batch_;
  Query count_in_stream_;
  Query see_gateway_;
  Query set_status_;
  Query add_quarantined_;
  Query trim_quarantine_;
  Query add_conflict_;
  Query trim_conflicts_;
};

SqliteDatabase::SqliteDatabase(std::unique_ptr<SQLite::Database> database, const AsideLimits& aside)
    : database_{std::move(database)},
      aside_{aside},
      directory_{*database_},
      entries_{*database_, directory_},
      find_batch_{*database_, "SELECT kind, digest FROM batch WHERE stream = ? AND sequence = ?"},
      add_batch_{*database_,
                 "INSERT OR REPLACE INTO batch (stream, sequence, digest, received_at, kind, "
                 "class, catalog_revision, readings, first, last, bytes) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      count_in_stream_{*database_,
                       "UPDATE stream SET first = min(coalesce(first, ?2), ?1), "
                       "newest = max(coalesce(newest, 0), ?1), received = received + ?3, "
                       "readings = readings + ?4 WHERE id = ?5"},
      see_gateway_{*database_,
                   "UPDATE gateway SET last_seen = max(coalesce(last_seen, ?1), ?1) WHERE id = ?2"},
      set_status_{*database_,
                  "UPDATE gateway SET session = ?1, online = ?2, status_time = ?3, version = ?4, "
                  "started = ?5, clock_trusted = ?6, oldest_held = ?7, unconfirmed_batches = ?8, "
                  "unconfirmed_bytes = ?9, buffer_bytes = ?10, meters_ok = ?11, "
                  "meters_silent = ?12, readings_taken = ?13 "
                  "WHERE id = ?14 AND (session IS NULL OR session <= ?1)"},
      add_quarantined_{*database_,
                       "INSERT INTO quarantine (topic, reason, digest, received_at, times, bytes, "
                       "payload) VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT (digest, topic) "
                       "DO UPDATE SET times = times + 1, received_at = excluded.received_at, "
                       "reason = excluded.reason"},
      trim_quarantine_{*database_,
                       "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?"},
      add_conflict_{*database_,
                    "INSERT INTO conflict (stream, sequence, digest, received_at, times, bytes, "
                    "payload) VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT (stream, sequence, digest) "
                    "DO UPDATE SET times = times + 1, received_at = excluded.received_at"},
      trim_conflicts_{*database_,
                      "DELETE FROM conflict WHERE id <= (SELECT max(id) FROM conflict) - ?"} {}

auto SqliteDatabase::store(std::span<const Arrival> arrivals)
    -> wire::Result<std::vector<Verdict>, Failure> {
  try {
    std::vector<Verdict> verdicts;
    verdicts.reserve(arrivals.size());
    seen_.clear();
    SQLite::Transaction transaction{*database_, SQLite::TransactionBehavior::IMMEDIATE};
    for (const auto& arrival : arrivals) {
      verdicts.push_back(std::visit([this](const auto& one) { return store_one(one); }, arrival));
    }
    for (const auto& [gateway, at] : seen_) {
      see_gateway_.run(at, gateway);
    }
    transaction.commit();
    return verdicts;
  } catch (const SQLite::Exception& failure) {
    directory_.forget();
    return Failure{failure.what()};
  }
}

auto SqliteDatabase::store_one(const BatchArrival& arrival) -> Verdict {
  const auto& header = arrival.batch.header;
  const auto& stream = directory_.stream(header.city, header.gateway, header.stream);
  auto& seen = seen_[stream.gateway];
  seen = std::max(seen, reading::milliseconds_since_1970(arrival.received_at));

  const auto digest = digest_of(arrival.payload);
  const auto sequence = static_cast<std::int64_t>(header.sequence.value());
  const bool readings = std::holds_alternative<reading::Entries>(arrival.batch.body);
  switch (fate_of(arrival.batch, digest, find_batch(stream.id, sequence), stream,
                  directory_.is_contested(stream))) {
    case Fate::already_there: return Verdict::already_there;
    case Fate::conflict: return set_aside_as_conflict(arrival, stream, digest);
    case Fate::set_aside:
      return set_aside(arrival, std::string{objection(arrival.batch, stream).value_or("")});
    case Fate::replace_tombstone:
      entries_.remove_gaps(stream, sequence);
      write(arrival, stream, digest);
      count_in_stream_.run(sequence, sequence, 0, header.readings, stream.id);
      return Verdict::stored;
    case Fate::store: break;
  }
  write(arrival, stream, digest);
  const auto held = static_cast<std::int64_t>(header.oldest_held.value());
  const auto first = held > 0 ? std::min(held, sequence) : sequence;
  count_in_stream_.run(sequence, first, 1, readings ? header.readings : 0, stream.id);
  return Verdict::stored;
}

auto SqliteDatabase::find_batch(std::int64_t stream, std::int64_t sequence)
    -> std::optional<StoredBatch> {
  std::optional<StoredBatch> found;
  find_batch_.each(
      [&found](SQLite::Statement& row) {
        found = StoredBatch{row.getColumn(0).getInt() == tombstone, {}};
        const auto stored = row.getColumn(1);
        const auto* bytes = static_cast<const std::byte*>(stored.getBlob());
        std::copy_n(bytes,
                    std::min<std::size_t>(found->digest.size(),
                                          static_cast<std::size_t>(stored.getBytes())),
                    found->digest.begin());
      },
      stream, sequence);
  return found;
}

auto SqliteDatabase::set_aside_as_conflict(const BatchArrival& arrival, const StreamKeys& stream,
                                           const Digest& digest) -> Verdict {
  const auto sequence = static_cast<std::int64_t>(arrival.batch.header.sequence.value());
  add_conflict_.run(stream.id, sequence, std::span<const std::byte>{digest},
                    reading::milliseconds_since_1970(arrival.received_at), arrival.payload.size(),
                    cut(arrival.payload));
  trim_conflicts_.run(aside_.conflicts);
  return Verdict::conflict;
}

void SqliteDatabase::write(const BatchArrival& arrival, const StreamKeys& stream,
                           const Digest& digest) {
  const auto& header = arrival.batch.header;
  const auto sequence = static_cast<std::int64_t>(header.sequence.value());
  const auto* entries = std::get_if<reading::Entries>(&arrival.batch.body);
  add_batch_.run(stream.id, sequence, std::span<const std::byte>{digest},
                 reading::milliseconds_since_1970(arrival.received_at), entries ? data : tombstone,
                 static_cast<int>(header.batch_class), header.catalog_revision.value(),
                 entries ? header.readings : 0, reading::milliseconds_since_1970(header.first),
                 reading::milliseconds_since_1970(header.last), arrival.payload.size());
  if (entries) {
    entries_.add(*entries, stream, sequence);
  } else if (const auto* gap = std::get_if<reading::Gap>(&arrival.batch.body)) {
    entries_.add_gap(*gap, stream, sequence, 0);
  }
}

auto SqliteDatabase::set_aside(const BatchArrival& arrival, std::string reason) -> Verdict {
  const auto& header = arrival.batch.header;
  return store_one(
      Quarantined{batch::to_text({header.city, header.gateway, batch::TopicKind::batch}),
                  std::move(reason), arrival.payload, arrival.received_at});
}

auto SqliteDatabase::store_one(const CatalogArrival& arrival) -> Verdict {
  const auto verdict = directory_.learn(arrival);
  if (const auto reason = why_set_aside(verdict)) {
    const auto& catalog = arrival.catalog;
    store_one(
        Quarantined{batch::to_text({catalog.city, catalog.gateway, batch::TopicKind::catalog}),
                    std::string{*reason}, arrival.payload, arrival.received_at});
  }
  return verdict;
}

auto SqliteDatabase::store_one(const StatusArrival& arrival) -> Verdict {
  const auto& status = arrival.status;
  const auto gateway = directory_.gateway(arrival.city, status.gateway);
  set_status_.run(status.session, status.online, reading::milliseconds_since_1970(status.time),
                  status.version, reading::milliseconds_since_1970(status.started),
                  status.clock_trusted, status.oldest_held.value(), status.unconfirmed_batches,
                  status.unconfirmed_bytes, status.buffer_bytes, status.meters_ok,
                  status.meters_silent, status.readings_taken, gateway);
  if (status.online && !arrival.retained) {
    auto& seen = seen_[gateway];
    seen = std::max(seen, reading::milliseconds_since_1970(arrival.received_at));
  }
  return Verdict::stored;
}

auto SqliteDatabase::store_one(const Quarantined& arrival) -> Verdict {
  const auto digest = digest_of(arrival.payload);
  add_quarantined_.run(arrival.topic, arrival.reason, std::span<const std::byte>{digest},
                       reading::milliseconds_since_1970(arrival.received_at),
                       arrival.payload.size(), cut(arrival.payload));
  trim_quarantine_.run(aside_.quarantined);
  return Verdict::quarantined;
}

auto SqliteDatabase::cut(std::span<const std::byte> payload) const -> std::span<const std::byte> {
  return payload.first(std::min(payload.size(), aside_.bytes_each));
}

auto SqliteDatabase::ranges_of(std::int64_t stream, std::int64_t from)
    -> std::vector<batch::SequenceRange> {
  std::vector<batch::SequenceRange> ranges;
  Query numbers{*database_,
                "SELECT sequence FROM batch WHERE stream = ? AND sequence >= ? ORDER BY sequence"};
  numbers.each(
      [&ranges](SQLite::Statement& row) {
        const batch::Sequence number{static_cast<std::uint64_t>(row.getColumn(0).getInt64())};
        if (!ranges.empty() && ranges.back().last.value() + 1 == number.value()) {
          ranges.back().last = number;
        } else {
          ranges.push_back(batch::SequenceRange{number, number});
        }
      },
      stream, from);
  return ranges;
}

auto SqliteDatabase::known_stream(const StreamName& name, batch::Sequence from)
    -> wire::Result<KnownStream, Failure> {
  try {
    KnownStream known{name, {}, {}};
    Query find{*database_,
               "SELECT s.id, coalesce((SELECT max(revision) FROM catalog WHERE stream = s.id), 0) "
               "FROM stream s JOIN gateway g ON g.id = s.gateway "
               "WHERE g.city = ? AND g.name = ? AND s.name = ?"};
    find.each(
        [&](SQLite::Statement& row) {
          known.catalog = batch::Revision{row.getColumn(1).getUInt()};
          known.stored =
              ranges_of(row.getColumn(0).getInt64(), static_cast<std::int64_t>(from.value()));
        },
        name.city, name.gateway, to_text(name.stream));
    return known;
  } catch (const SQLite::Exception& failure) {
    return Failure{failure.what()};
  }
}

auto SqliteDatabase::known_streams() -> wire::Result<std::vector<KnownStream>, Failure> {
  try {
    std::vector<KnownStream> known;
    Query streams{
        *database_,
        "SELECT s.id, g.city, g.name, s.name, "
        "coalesce((SELECT max(revision) FROM catalog WHERE stream = s.id), 0), "
        "s.received, s.newest FROM stream s JOIN gateway g ON g.id = s.gateway ORDER BY s.id"};
    streams.each([&](SQLite::Statement& row) {
      const auto number = parse_stream(row.getColumn(3).getString());
      if (!number) {
        return;
      }
      KnownStream stream{{row.getColumn(1).getString(), row.getColumn(2).getString(), *number},
                         batch::Revision{row.getColumn(4).getUInt()},
                         {}};
      const auto received = row.getColumn(5).getInt64();
      const auto newest = row.getColumn(6).getInt64();
      if (received > 0 && received == newest) {
        // Numbers start at 1: none is missing, and nothing has to be counted.
        stream.stored = {{batch::Sequence{1}, batch::Sequence{static_cast<std::uint64_t>(newest)}}};
      } else {
        stream.stored = ranges_of(row.getColumn(0).getInt64(), 1);
      }
      known.push_back(std::move(stream));
    });
    return known;
  } catch (const SQLite::Exception& failure) {
    return Failure{failure.what()};
  }
}

auto SqliteDatabase::catalogs() -> wire::Result<std::vector<batch::Catalog>, Failure> {
  try {
    std::vector<batch::Catalog> catalogs;
    Query newest{*database_,
                 "SELECT payload FROM catalog c WHERE revision = "
                 "(SELECT max(revision) FROM catalog WHERE stream = c.stream)"};
    newest.each([&catalogs](SQLite::Statement& row) {
      const auto payload = row.getColumn(0);
      const std::span bytes{static_cast<const std::byte*>(payload.getBlob()),
                            static_cast<std::size_t>(payload.getBytes())};
      if (auto catalog = batch::decode_catalog(bytes)) {
        catalogs.push_back(std::move(*catalog));
      }
    });
    return catalogs;
  } catch (const SQLite::Exception& failure) {
    return Failure{failure.what()};
  }
}

}  // namespace

auto open_sqlite(const std::filesystem::path& file, const AsideLimits& aside)
    -> wire::Result<std::unique_ptr<Database>, Failure> {
  try {
    constexpr int wait_for_others_ms = 5000;
    auto database = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, wait_for_others_ms);
    set_up(*database);
    return std::unique_ptr<Database>{std::make_unique<SqliteDatabase>(std::move(database), aside)};
  } catch (const SQLite::Exception& failure) {
    return Failure{"cannot open " + file.string() + ": " + failure.what()};
  }
}

}  // namespace bornier::platform
