// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "buffer/fault.hpp"

/// SQLite as this room uses it. Everything here throws SQLite::Exception or Damage; store.cpp and
/// inspection.cpp turn both into a Failure, so that neither leaves the room.
namespace bornier::buffer {

/// SQLite read it without complaint, but we never wrote it like this.
class Damage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The schema is newer than this program.
class NewerSchema : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// max_bytes is reached and nothing can be evicted.
class NoRoom : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The catalog would be larger than what can be read back.
class CatalogFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Opens for reading and writing, makes the file if need be, brings its schema up to date and
/// checks the structure of the small tables.
[[nodiscard]] auto open_database(const std::filesystem::path& file, const std::string& vfs)
    -> SQLite::Database;

/// For the tools: no change to the database, also while a daemon writes to it.
[[nodiscard]] auto open_read_only(const std::filesystem::path& file) -> SQLite::Database;

/// Binds `values` to ?1, ?2 …: integers, text, and blobs as spans that outlive the statement's use.
template <class... Values>
void bind_values(SQLite::Statement& statement, const Values&... values);

/// One number out of one row; PRAGMAs too.
[[nodiscard]] auto number(const SQLite::Database& database, const char* sql) -> std::int64_t;

/// A copy of a blob column of the current row.
[[nodiscard]] auto blob(const SQLite::Statement& statement, int column) -> std::vector<std::byte>;

/// What the exception that is being handled means. Call it in a catch block only.
[[nodiscard]] auto current_failure(const std::filesystem::path& file) -> Failure;

void bind_one(SQLite::Statement& statement, int index, std::int64_t value);
void bind_one(SQLite::Statement& statement, int index, const std::string& value);
void bind_one(SQLite::Statement& statement, int index, std::span<const std::byte> value);
void bind_one(SQLite::Statement& statement, int index, const std::optional<std::int64_t>& value);

template <class... Values>
void bind_values(SQLite::Statement& statement, const Values&... values) {
  int index = 0;
  (bind_one(statement, ++index, values), ...);
}

}  // namespace bornier::buffer
