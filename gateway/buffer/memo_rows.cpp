// SPDX-License-Identifier: Apache-2.0
#include "buffer/memo_rows.hpp"

#include <SQLiteCpp/Column.h>

#include <algorithm>
#include <map>
#include <utility>

#include "batch/crc32c.hpp"

namespace bornier::buffer {
namespace {

/// Of the key, a zero byte, and the value.
auto memo_checksum(const Memo& memo) -> std::uint32_t {
  std::string all = memo.key;
  all += '\0';
  all += memo.value;
  return batch::crc32c(std::as_bytes(std::span{all}));
}

auto find_memo(const SQLite::Database& database, const std::string& key) -> std::optional<Memo> {
  SQLite::Statement select{database,
                           std::string{"SELECT "} + memo_columns + " FROM memo WHERE key = ?1"};
  bind_values(select, key);
  return select.executeStep() ? read_memo(select) : std::nullopt;
}

}  // namespace

auto read_memo(const SQLite::Statement& statement) -> std::optional<Memo> {
  Memo memo{.key = statement.getColumn(0).getString(), .value = statement.getColumn(1).getString()};
  const bool intact = memo_checksum(memo) == statement.getColumn(2).getInt64();
  return intact ? std::optional{std::move(memo)} : std::nullopt;
}

auto load_memos(const SQLite::Database& database) -> std::vector<Memo> {
  SQLite::Statement select{database,
                           std::string{"SELECT "} + memo_columns + " FROM memo ORDER BY id"};
  // Two rows of one key come of a damaged index: the later one was written to.
  std::map<std::string, std::string> newest;
  while (select.executeStep()) {
    if (auto memo = read_memo(select)) {
      newest.insert_or_assign(std::move(memo->key), std::move(memo->value));
    }
  }
  std::vector<Memo> memos;
  memos.reserve(newest.size());
  for (auto& [key, value] : newest) {
    memos.push_back({.key = key, .value = std::move(value)});
  }
  return memos;
}

void save(const SQLite::Database& database, const Memo& memo) {
  SQLite::Statement upsert{
      database,
      "INSERT INTO memo (key, value, check_row) VALUES (?1,?2,?3) "
      "ON CONFLICT (key) DO UPDATE SET value = excluded.value, check_row = excluded.check_row"};
  bind_values(upsert, memo.key, std::as_bytes(std::span{memo.value}),
              std::int64_t{memo_checksum(memo)});
  upsert.exec();
}

auto replace_memos(const SQLite::Database& database, std::span<const Memo> memos)
    -> std::vector<FormerMemo> {
  std::vector<FormerMemo> former;
  for (const auto& memo : memos) {
    if (!fits(memo)) {
      continue;
    }
    const auto found = find_memo(database, memo.key);
    former.push_back({memo.key, found ? std::optional{found->value} : std::nullopt});
    save(database, memo);
  }
  return former;
}

void put_back(const SQLite::Database& database, std::span<const FormerMemo> former) {
  // Backwards, for one key may have been replaced twice.
  for (auto left = former.size(); left > 0; --left) {
    const auto& [key, value] = former[left - 1];
    if (value) {
      save(database, Memo{.key = key, .value = *value});
      continue;
    }
    SQLite::Statement erase{database, "DELETE FROM memo WHERE key = ?1"};
    bind_values(erase, key);
    erase.exec();
  }
}

void erase_memos_except(const SQLite::Database& database, std::span<const std::string> keys) {
  std::vector<std::int64_t> others;
  SQLite::Statement select{database, "SELECT id, key FROM memo"};
  while (select.executeStep()) {
    if (std::find(keys.begin(), keys.end(), select.getColumn(1).getString()) == keys.end()) {
      others.push_back(select.getColumn(0).getInt64());
    }
  }
  SQLite::Statement erase{database, "DELETE FROM memo WHERE id = ?1"};
  for (const std::int64_t id : others) {
    bind_values(erase, id);
    erase.exec();
    erase.reset();
  }
}

auto stored_size(std::span<const Memo> memos) noexcept -> std::uint64_t {
  std::uint64_t bytes = 0;
  for (const auto& memo : memos) {
    bytes += memo.key.size() + memo.value.size();
  }
  return bytes;
}

}  // namespace bornier::buffer
