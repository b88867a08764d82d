// SPDX-License-Identifier: Apache-2.0
#include "buffer/store_state.hpp"

#include <SQLiteCpp/Column.h>

#include <stdexcept>
#include <utility>

#include "buffer/ageing.hpp"
#include "buffer/journal.hpp"
#include "buffer/retention.hpp"

namespace bornier::buffer {
namespace {

/// Batches of an older stream that one seal() takes over: the disk thread has commits to do as
/// well.
constexpr std::size_t adopted_at_once = 16;

void check_batch_rows(const SQLite::Database& database) {
  SQLite::Statement select{database, std::string{"SELECT "} + batch_columns + " FROM batch"};
  while (select.executeStep()) {
    (void)read_batch(select);  // throws if one is not as written
  }
}

}  // namespace

void Store::State::load(const Clock& clock) {
  database.emplace(open_database(database_file(settings.directory), settings.vfs));
  auto streams = load_streams(*database);
  if (!streams.empty()) {
    stream = std::move(streams.back());
  }
  know(load_catalog(*database).value_or(batch::Catalog{}));
  check_batch_rows(*database);
  SQLite::Transaction transaction{*database, SQLite::TransactionBehavior::IMMEDIATE};
  declare_damaged_chunks(*database, clock);
  date_past_boots(*database, clock.boot_id);
  lifetime = resumed(load_lifetime(*database), clock);
  save(*database, lifetime);
  transaction.commit();
  next_chunk = number(*database, "SELECT ifnull(max(id), 0) + 1 FROM chunk");
  adopting = number(*database,
                    "SELECT count(*) FROM batch WHERE confirmed_at IS NULL AND id < "
                    "(SELECT max(ordinal) << 40 FROM stream)") != 0;
}

void Store::State::recover() {
  database.reset();
  database.emplace(open_database(database_file(settings.directory), settings.vfs));
  SQLite::Statement checkpoint{*database, "PRAGMA wal_checkpoint(TRUNCATE)"};
  if (checkpoint.executeStep() && checkpoint.getColumn(0).getInt() != 0) {
    throw std::runtime_error{"another process reads the buffer while it recovers"};
  }
  checkpoint.reset();
  if (unaccepted) {
    // In one, as they were written: a memo that outlives its chunk would say that readings are
    // taken which the next power cut takes from the caller.
    SQLite::Transaction transaction{*database, SQLite::TransactionBehavior::IMMEDIATE};
    SQLite::Statement erase{*database, "DELETE FROM chunk WHERE id >= ?1"};
    bind_values(erase, unaccepted->first_chunk);
    erase.exec();
    put_back(*database, unaccepted->former_memos);
    transaction.commit();
    unaccepted.reset();
  }
  auto streams = load_streams(*database);
  if (!streams.empty() && streams.back().ordinal != stream.ordinal) {
    reported = 0;
    adopting = true;
  }
  if (!streams.empty()) {
    stream = std::move(streams.back());
  }
  know(load_catalog(*database).value_or(batch::Catalog{}));
  in_doubt = false;
}

auto Store::State::next_header(const StreamRow& row, const SealOrder& order) const
    -> batch::Header {
  SQLite::Statement oldest{*database, "SELECT min(id) FROM batch WHERE id >= ?1"};
  bind_values(oldest, first_of_stream());
  const bool any = oldest.executeStep() && !oldest.isColumnNull(0);
  return {.city = settings.city,
          .gateway = settings.gateway,
          .stream = row.id,
          .sequence = batch::Sequence{row.next_sequence},
          .catalog_revision = catalog_revision,
          .first = {},
          .last = {},
          .oldest_held = any ? BatchId::of(oldest.getColumn(0).getInt64()).sequence
                             : batch::Sequence{row.next_sequence},
          .backlog = order.backlog};
}

auto Store::State::find(batch::Sequence sequence) const -> std::optional<BatchRow> {
  SQLite::Statement select{*database,
                           std::string{"SELECT "} + batch_columns + " FROM batch WHERE id = ?1"};
  bind_values(select, BatchId{stream.ordinal, sequence}.value());
  return select.executeStep() ? std::optional{read_batch(select)} : std::nullopt;
}

auto Store::State::ordinal_of(batch::StreamId id) const -> std::optional<std::int64_t> {
  if (id == stream.id) {
    return stream.ordinal;
  }
  for (const auto& row : load_streams(*database)) {
    if (row.id == id) {
      return row.ordinal;
    }
  }
  return std::nullopt;
}

auto Store::State::find(std::int64_t ordinal, const batch::SequenceRange& range,
                        const std::string& condition) const -> std::vector<BatchRow> {
  SQLite::Statement select{*database, std::string{"SELECT "} + batch_columns +
                                          " FROM batch WHERE id BETWEEN ?1 AND ?2 AND " +
                                          condition + " ORDER BY id LIMIT ?3"};
  bind_values(select, BatchId{ordinal, range.first}.value(), BatchId{ordinal, range.last}.value(),
              static_cast<std::int64_t>(max_listed));
  std::vector<BatchRow> rows;
  while (select.executeStep()) {
    rows.push_back(read_batch(select));
  }
  return rows;
}

void Store::State::write(Sealing& sealing, BatchRow row, std::span<const std::byte> payload) const {
  row.ordinal = sealing.stream.ordinal;
  row.info.sequence = batch::Sequence{sealing.stream.next_sequence++};
  save_payload(*database, row, payload);
}

void Store::State::seal_chunks(const SealOrder& order, Sealing& sealing) const {
  auto taken = take_chunks(*database, order.now.stamp);
  sealing.more_chunks = taken.more;
  for (const auto& encoded : encode_batches(next_header(sealing.stream, order),
                                            std::move(taken.entries), points, order.batch_max)) {
    BatchRow row;
    row.info.batch_class = encoded.header.batch_class;
    row.info.readings = encoded.header.readings;
    row.info.first = encoded.header.first;
    row.info.last = encoded.header.last;
    row.info.sealed_at = order.now.stamp;
    write(sealing, row, encoded.payload);
  }
  erase_chunks(*database, taken.ids);
}

void Store::State::adopt(const SealOrder& order, Sealing& sealing) const {
  std::vector<BatchRow> older;
  {
    SQLite::Statement select{*database, std::string{"SELECT "} + batch_columns +
                                            " FROM batch WHERE confirmed_at IS NULL AND id < ?1 "
                                            "ORDER BY id LIMIT ?2"};
    bind_values(select, first_of_stream(), static_cast<std::int64_t>(adopted_at_once + 1));
    while (select.executeStep()) {
      older.push_back(read_batch(select));
    }
  }
  sealing.more_to_adopt = older.size() > adopted_at_once;
  for (std::size_t index = 0; index < older.size() && index < adopted_at_once; ++index) {
    BatchRow row = older[index];
    const auto bytes = load_payload(*database, row);
    auto old = batch::decode_batch(bytes.value_or(std::vector<std::byte>{}));
    if (!old) {
      old = batch::decode_batch(
          replace_by_tombstone(*database, settings, stream.id, row, reading::GapReason::damaged));
    }
    if (!old) {
      throw Damage{"a tombstone does not decode"};
    }
    batch::Header header = next_header(sealing.stream, order);
    header.batch_class = row.info.batch_class;
    const auto* gap = std::get_if<reading::Gap>(&old->body);
    header.readings = row.info.readings;
    header.first = row.info.first;
    header.last = row.info.last;
    erase(*database, row);
    write(sealing, row,
          gap != nullptr ? batch::encode_tombstone(header, *gap)
                         : batch::encode_batch(header, std::get<reading::Entries>(old->body)));
  }
}

void Store::State::note_replaced(const std::vector<BatchRow>& rows) {
  for (const auto& row : rows) {
    if (row.ordinal == stream.ordinal) {
      replaced.push_back(row.info);
    }
  }
}

}  // namespace bornier::buffer
