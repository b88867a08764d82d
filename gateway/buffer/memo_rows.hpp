// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "buffer/database.hpp"
#include "buffer/memo.hpp"

/// The rows of memos. Inside the caller's transaction; throws as database.hpp does.
namespace bornier::buffer {

/// Those that are as written, by key.
[[nodiscard]] auto load_memos(const SQLite::Database& database) -> std::vector<Memo>;

/// What a key had before; nothing if there was none, or none that reads back.
struct FormerMemo {
  std::string key;
  std::optional<std::string> value;
};

/// Writes those that fit. Returns what put_back() takes to undo it.
[[nodiscard]] auto replace_memos(const SQLite::Database& database, std::span<const Memo> memos)
    -> std::vector<FormerMemo>;
void put_back(const SQLite::Database& database, std::span<const FormerMemo> former);

void erase_memos_except(const SQLite::Database& database, std::span<const std::string> keys);

void save(const SQLite::Database& database, const Memo& memo);

constexpr auto memo_columns = "key, value, check_row";
/// Nothing if the row is not as written.
[[nodiscard]] auto read_memo(const SQLite::Statement& statement) -> std::optional<Memo>;

/// Bytes that `memos` take, near enough to make room for them.
[[nodiscard]] auto stored_size(std::span<const Memo> memos) noexcept -> std::uint64_t;

}  // namespace bornier::buffer
