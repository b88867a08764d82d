// SPDX-License-Identifier: Apache-2.0
#include "buffer/rows.hpp"

#include <SQLiteCpp/Column.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "batch/crc32c.hpp"

namespace bornier::buffer {
namespace {

using reading::milliseconds_since_1970;
using reading::stamp_at;

auto integer(const SQLite::Statement& statement, int column) -> std::int64_t {
  return statement.getColumn(column).getInt64();
}
auto natural(const SQLite::Statement& statement, int column) -> std::uint64_t {
  return static_cast<std::uint64_t>(integer(statement, column));
}
auto stamp(const SQLite::Statement& statement, int column) -> reading::Stamp {
  return stamp_at(integer(statement, column));
}
auto optional_integer(const SQLite::Statement& statement, int column)
    -> std::optional<std::int64_t> {
  return statement.isColumnNull(column) ? std::nullopt : std::optional{integer(statement, column)};
}
auto signed_bits(std::uint64_t value) -> std::int64_t {
  return static_cast<std::int64_t>(value);
}

/// Of the numbers as eight bytes each, lowest first, and the text after them.
auto checksum(std::initializer_list<std::int64_t> numbers, std::string_view text = {})
    -> std::uint32_t {
  std::vector<std::byte> bytes;
  bytes.reserve(8 * numbers.size() + text.size());
  for (const std::int64_t number : numbers) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(number) >> shift));
    }
  }
  const auto letters = std::as_bytes(std::span{text});
  bytes.insert(bytes.end(), letters.begin(), letters.end());
  return batch::crc32c(bytes);
}

auto checksum(const StreamRow& row) -> std::uint32_t {
  return checksum({row.ordinal, signed_bits(row.id.value()), milliseconds_since_1970(row.opened_at),
                   signed_bits(row.next_sequence)},
                  row.reason);
}

auto checksum(const ChunkRow& row, std::uint32_t check_bytes) -> std::uint32_t {
  return checksum({row.id, row.boot, row.boot_time, row.utc_offset, row.trusted ? 1 : 0,
                   signed_bits(row.readings), milliseconds_since_1970(row.first),
                   milliseconds_since_1970(row.last), check_bytes});
}

auto checksum(const Lifetime& row) -> std::uint32_t {
  return checksum({row.start, row.age.count(), row.instant.time_since_epoch().count(),
                   milliseconds_since_1970(row.stamp)},
                  row.boot_id);
}

auto checksum(const AgeMark& row) -> std::uint32_t {
  return checksum({row.batches_before, row.age.count()});
}

auto checksum(const BatchRow& row) -> std::uint32_t {
  return checksum(
      {row.id(), static_cast<std::uint8_t>(row.info.batch_class), row.info.tombstone ? 1 : 0,
       signed_bits(row.info.bytes), signed_bits(row.info.readings),
       milliseconds_since_1970(row.info.first), milliseconds_since_1970(row.info.last),
       milliseconds_since_1970(row.info.sealed_at), row.check_bytes, row.confirmed_at ? 1 : 0,
       row.confirmed_at ? milliseconds_since_1970(*row.confirmed_at) : 0});
}

}  // namespace

auto load_streams(const SQLite::Database& database) -> std::vector<StreamRow> {
  SQLite::Statement select{database,
                           "SELECT ordinal, id, opened_at, reason, next_sequence, check_row "
                           "FROM stream ORDER BY ordinal"};
  std::vector<StreamRow> rows;
  while (select.executeStep()) {
    StreamRow row{.ordinal = integer(select, 0),
                  .id = batch::StreamId{natural(select, 1)},
                  .opened_at = stamp(select, 2),
                  .reason = select.getColumn(3).getString(),
                  .next_sequence = natural(select, 4)};
    if (checksum(row) != natural(select, 5)) {
      throw Damage{"the row of stream " + std::to_string(row.ordinal) + " is not as written"};
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void save(const SQLite::Database& database, const StreamRow& row) {
  SQLite::Statement insert{database, "INSERT OR REPLACE INTO stream VALUES (?1,?2,?3,?4,?5,?6)"};
  bind_values(insert, row.ordinal, signed_bits(row.id.value()),
              milliseconds_since_1970(row.opened_at), row.reason, signed_bits(row.next_sequence),
              std::int64_t{checksum(row)});
  insert.exec();
}

auto load_boots(const SQLite::Database& database) -> std::vector<BootRow> {
  SQLite::Statement select{
      database, "SELECT ordinal, boot_id, utc_offset, estimated FROM boot ORDER BY ordinal"};
  std::vector<BootRow> rows;
  while (select.executeStep()) {
    BootRow row{.ordinal = integer(select, 0),
                .boot_id = select.getColumn(1).getString(),
                .utc_offset = {},
                .estimated = integer(select, 3) != 0};
    if (const auto offset = optional_integer(select, 2)) {
      row.utc_offset = std::chrono::milliseconds{*offset};
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void save(const SQLite::Database& database, const BootRow& row) {
  SQLite::Statement insert{database, "INSERT OR REPLACE INTO boot VALUES (?1,?2,?3,?4)"};
  std::optional<std::int64_t> offset;
  if (row.utc_offset) {
    offset = row.utc_offset->count();
  }
  bind_values(insert, row.ordinal, row.boot_id, offset, std::int64_t{row.estimated ? 1 : 0});
  insert.exec();
}

namespace {

auto load_encoded_from(const SQLite::Database& database, const std::string& table)
    -> std::optional<std::vector<std::byte>> {
  SQLite::Statement select{database, "SELECT encoded, check_bytes FROM " + table + " WHERE id = 1"};
  if (!select.executeStep()) {
    return std::nullopt;
  }
  const auto bytes = blob(select, 0);
  if (batch::crc32c(bytes) != natural(select, 1)) {
    throw Damage{"the catalog is not as written"};
  }
  return std::vector<std::byte>{bytes.begin(), bytes.end()};
}

auto load_catalog_from(const SQLite::Database& database, const std::string& table)
    -> std::optional<batch::Catalog> {
  const auto bytes = load_encoded_from(database, table);
  if (!bytes) {
    return std::nullopt;
  }
  auto catalog = batch::decode_catalog(*bytes);
  if (!catalog) {
    throw Damage{"the catalog is not as written"};
  }
  return std::move(*catalog);
}

}  // namespace

auto load_catalog(const SQLite::Database& database) -> std::optional<batch::Catalog> {
  return load_catalog_from(database, "catalog");
}

auto load_encoded_catalog(const SQLite::Database& database)
    -> std::optional<std::vector<std::byte>> {
  return load_encoded_from(database, "catalog");
}

auto load_catalog_copy(const SQLite::Database& database) -> std::optional<batch::Catalog> {
  return load_catalog_from(database, "catalog_copy");
}

void save(const SQLite::Database& database, const batch::Catalog& catalog) {
  const auto bytes = batch::encode_catalog(catalog);
  if (const auto read_back = batch::decode_catalog(bytes); !read_back) {
    const auto entries = catalog.meters.size() + catalog.points.size();
    throw CatalogFull{
        std::to_string(entries) + " meters and points in " + std::to_string(bytes.size()) +
        " bytes, but only " + std::to_string(batch::max_catalog_entries) + " in " +
        std::to_string(batch::max_catalog_bytes) + " can be read back (" +
        std::string{batch::to_text(read_back.error())} +
        "); configure fewer points, or once everything is delivered move this file away: a new one "
        "begins with an empty catalog"};
  }
  for (const char* table : {"catalog", "catalog_copy"}) {
    SQLite::Statement insert{database,
                             std::string{"INSERT OR REPLACE INTO "} + table + " VALUES (1,?1,?2)"};
    bind_values(insert, std::span<const std::byte>{bytes}, std::int64_t{batch::crc32c(bytes)});
    insert.exec();
  }
}

auto load_lifetime(const SQLite::Database& database) -> std::optional<Lifetime> {
  SQLite::Statement select{
      database, "SELECT start, age, boot_id, boot_time, utc, check_row FROM lifetime WHERE id = 1"};
  if (!select.executeStep()) {
    return std::nullopt;
  }
  Lifetime row{.start = integer(select, 0),
               .age = std::chrono::milliseconds{integer(select, 1)},
               .boot_id = select.getColumn(2).getString(),
               .instant = reading::Instant{std::chrono::microseconds{integer(select, 3)}},
               .stamp = stamp(select, 4)};
  return checksum(row) == natural(select, 5) ? std::optional{std::move(row)} : std::nullopt;
}

void save(const SQLite::Database& database, const Lifetime& row) {
  SQLite::Statement insert{database,
                           "INSERT OR REPLACE INTO lifetime VALUES (1,?1,?2,?3,?4,?5,?6)"};
  bind_values(insert, row.start, row.age.count(), row.boot_id,
              std::int64_t{row.instant.time_since_epoch().count()},
              milliseconds_since_1970(row.stamp), std::int64_t{checksum(row)});
  insert.exec();
}

auto load_age_mark(const SQLite::Database& database, std::chrono::milliseconds until)
    -> std::optional<AgeMark> {
  SQLite::Statement select{database,
                           "SELECT batches_before, age, check_row FROM age_mark WHERE age <= ?1 "
                           "ORDER BY batches_before DESC LIMIT 1"};
  bind_values(select, std::int64_t{until.count()});
  if (!select.executeStep()) {
    return std::nullopt;
  }
  const AgeMark row{.batches_before = integer(select, 0),
                    .age = std::chrono::milliseconds{integer(select, 1)}};
  return checksum(row) == natural(select, 2) ? std::optional{row} : std::nullopt;
}

void save(const SQLite::Database& database, const AgeMark& row) {
  SQLite::Statement insert{database, "INSERT OR REPLACE INTO age_mark VALUES (?1,?2,?3)"};
  bind_values(insert, row.batches_before, std::int64_t{row.age.count()},
              std::int64_t{checksum(row)});
  insert.exec();
}

void save(const SQLite::Database& database, const ChunkRow& row) {
  const std::uint32_t check_bytes = batch::crc32c(row.entries);
  SQLite::Statement insert{
      database, "INSERT OR REPLACE INTO chunk VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"};
  bind_values(insert, row.id, row.boot, row.boot_time, row.utc_offset,
              std::int64_t{row.trusted ? 1 : 0}, signed_bits(row.readings),
              milliseconds_since_1970(row.first), milliseconds_since_1970(row.last),
              std::int64_t{check_bytes}, std::int64_t{checksum(row, check_bytes)},
              std::span<const std::byte>{row.entries});
  insert.exec();
}

void erase_chunks(const SQLite::Database& database, const std::vector<std::int64_t>& ids) {
  SQLite::Statement erase{database, "DELETE FROM chunk WHERE id = ?1"};
  for (const std::int64_t id : ids) {
    bind_values(erase, id);
    erase.exec();
    erase.reset();
  }
}

auto read_chunk(const SQLite::Statement& statement) -> ChunkRow {
  ChunkRow row{.id = integer(statement, 0),
               .boot = integer(statement, 1),
               .boot_time = integer(statement, 2),
               .utc_offset = integer(statement, 3),
               .trusted = integer(statement, 4) != 0,
               .readings = natural(statement, 5),
               .first = stamp(statement, 6),
               .last = stamp(statement, 7),
               .entries = blob(statement, 10)};
  const std::uint64_t check_bytes = natural(statement, 8);
  row.entries_intact = batch::crc32c(row.entries) == check_bytes;
  row.row_intact = checksum(row, static_cast<std::uint32_t>(check_bytes)) == natural(statement, 9);
  return row;
}

auto BatchId::value() const noexcept -> std::int64_t {
  return ordinal << 40 | static_cast<std::int64_t>(std::min(sequence.value(), max_sequence));
}

auto BatchId::of(std::int64_t value) noexcept -> BatchId {
  return {value >> 40, batch::Sequence{static_cast<std::uint64_t>(value) & max_sequence}};
}

void save(const SQLite::Database& database, const BatchRow& row) {
  SQLite::Statement insert{
      database, "INSERT OR REPLACE INTO batch VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"};
  std::optional<std::int64_t> confirmed_at;
  if (row.confirmed_at) {
    confirmed_at = milliseconds_since_1970(*row.confirmed_at);
  }
  bind_values(insert, row.id(), std::int64_t{static_cast<std::uint8_t>(row.info.batch_class)},
              std::int64_t{row.info.tombstone ? 1 : 0}, signed_bits(row.info.bytes),
              signed_bits(row.info.readings), milliseconds_since_1970(row.info.first),
              milliseconds_since_1970(row.info.last), milliseconds_since_1970(row.info.sealed_at),
              confirmed_at, std::int64_t{row.check_bytes}, std::int64_t{checksum(row)});
  insert.exec();
}

void save_payload(const SQLite::Database& database, BatchRow& row,
                  std::span<const std::byte> payload) {
  SQLite::Statement insert{database, "INSERT OR REPLACE INTO payload VALUES (?1,?2)"};
  bind_values(insert, row.id(), payload);
  insert.exec();
  row.info.bytes = payload.size();
  row.check_bytes = batch::crc32c(payload);
  save(database, row);
}

void erase(const SQLite::Database& database, const BatchRow& row) {
  for (const char* sql : {"DELETE FROM payload WHERE id = ?1", "DELETE FROM batch WHERE id = ?1"}) {
    SQLite::Statement statement{database, sql};
    bind_values(statement, row.id());
    statement.exec();
  }
}

auto read_batch(const SQLite::Statement& statement) -> BatchRow {
  const BatchId id = BatchId::of(integer(statement, 0));
  BatchRow row{.ordinal = id.ordinal,
               .info = {.sequence = id.sequence,
                        .batch_class = static_cast<batch::Class>(integer(statement, 1)),
                        .tombstone = integer(statement, 2) != 0,
                        .bytes = natural(statement, 3),
                        .readings = natural(statement, 4),
                        .first = stamp(statement, 5),
                        .last = stamp(statement, 6),
                        .sealed_at = stamp(statement, 7)},
               .confirmed_at = {},
               .check_bytes = static_cast<std::uint32_t>(natural(statement, 9))};
  if (const auto confirmed_at = optional_integer(statement, 8)) {
    row.confirmed_at = stamp_at(*confirmed_at);
  }
  if (checksum(row) != natural(statement, 10)) {
    throw Damage{"the row of batch " + std::to_string(row.info.sequence.value()) +
                 " is not as written"};
  }
  return row;
}

auto load_payload(const SQLite::Database& database, const BatchRow& row)
    -> std::optional<std::vector<std::byte>> {
  SQLite::Statement select{database, "SELECT bytes FROM payload WHERE id = ?1"};
  bind_values(select, row.id());
  if (!select.executeStep()) {
    return std::nullopt;
  }
  auto bytes = blob(select, 0);
  if (batch::crc32c(bytes) != row.check_bytes) {
    return std::nullopt;
  }
  return bytes;
}

namespace {

auto holding(const SQLite::Database& database, const std::string& from_where) -> Holding {
  SQLite::Statement select{database,
                           "SELECT count(*), sum(readings), sum(bytes), min(first), "
                           "max(last) FROM " +
                               from_where};
  if (!select.executeStep()) {
    return {};
  }
  Holding sum{.count = natural(select, 0),
              .readings = natural(select, 1),
              .bytes = natural(select, 2),
              .first = {},
              .last = {}};
  if (sum.count != 0) {
    sum.first = stamp(select, 3);
    sum.last = stamp(select, 4);
  }
  return sum;
}

}  // namespace

auto used_bytes(const SQLite::Database& database) -> std::uint64_t {
  return static_cast<std::uint64_t>(
      number(database, "PRAGMA page_size") *
      (number(database, "PRAGMA page_count") - number(database, "PRAGMA freelist_count")));
}

auto sum_up(const SQLite::Database& database) -> Figures {
  Figures figures;
  std::int64_t current = 0;
  for (auto& row : load_streams(database)) {
    current = row.ordinal;
    figures.streams.push_back({.id = row.id,
                               .opened_at = row.opened_at,
                               .reason = std::move(row.reason),
                               .newest = batch::Sequence{row.next_sequence - 1}});
  }
  SQLite::Statement oldest{database, "SELECT min(id) FROM batch WHERE id >= ?1"};
  bind_values(oldest, BatchId{current, batch::Sequence{0}}.value());
  if (oldest.executeStep() && !oldest.isColumnNull(0)) {
    figures.oldest_held = BatchId::of(integer(oldest, 0)).sequence;
  }
  // An untrusted chunk is dated through its boot.
  const std::string chunks =
      "(SELECT readings, length(entries) AS bytes, trusted OR boot.utc_offset IS NOT NULL AS "
      "dated, "
      "first + iif(trusted, 0, ifnull(boot.utc_offset, 0)) AS first, "
      "last + iif(trusted, 0, ifnull(boot.utc_offset, 0)) AS last "
      "FROM chunk LEFT JOIN boot ON boot.ordinal = chunk.boot) ";
  figures.journal = holding(database, chunks + "WHERE dated");
  figures.undated = holding(database, chunks + "WHERE NOT dated");
  figures.unconfirmed = holding(database, "batch WHERE confirmed_at IS NULL AND NOT tombstone");
  figures.confirmed = holding(database, "batch WHERE confirmed_at IS NOT NULL");
  figures.gaps = holding(database, "batch WHERE confirmed_at IS NULL AND tombstone");
  figures.file_bytes = static_cast<std::uint64_t>(number(database, "PRAGMA page_size") *
                                                  number(database, "PRAGMA page_count"));
  figures.used_bytes = used_bytes(database);
  return figures;
}

}  // namespace bornier::buffer
