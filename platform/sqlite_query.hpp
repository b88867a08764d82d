// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace bornier::platform {

/// A prepared statement with positional parameters. Throws SQLite::Exception. Not for a statement
/// that runs itself again from its own rows.
class Query {
 public:
  Query(const SQLite::Database& database, const char* sql) : statement_{database, sql} {}

  /// Runs to the end and calls `on_row` with each row; returns how many there were.
  template <class OnRow, class... Values>
  auto each(OnRow on_row, const Values&... values) -> std::size_t {
    // What an exception left behind goes first.
    static_cast<void>(statement_.tryReset());
    int index = 0;
    (bind(++index, values), ...);
    std::size_t rows = 0;
    while (statement_.executeStep()) {
      on_row(statement_);
      ++rows;
    }
    statement_.reset();
    return rows;
  }

  template <class... Values>
  auto run(const Values&... values) -> std::size_t {
    return each([](const SQLite::Statement&) {}, values...);
  }

  /// The integer in the first column of the last row.
  template <class... Values>
  [[nodiscard]] auto integer(const Values&... values) -> std::optional<std::int64_t> {
    std::optional<std::int64_t> found;
    each([&found](SQLite::Statement& row) { found = row.getColumn(0).getInt64(); }, values...);
    return found;
  }

 private:
  template <std::integral Number>
  void bind(int index, Number value) {
    statement_.bind(index, static_cast<std::int64_t>(value));
  }
  // The caller's arguments outlive the run: nothing is copied.
  void bind(int index, const std::string& text) { statement_.bindNoCopy(index, text); }
  void bind(int index, std::span<const std::byte> blob) {
    // A null pointer would bind NULL.
    const void* bytes = blob.empty() ? "" : static_cast<const void*>(blob.data());
    statement_.bindNoCopy(index, bytes, static_cast<int>(blob.size()));
  }
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) {
      bind(index, *value);
    } else {
      statement_.bind(index);
    }
  }

  SQLite::Statement statement_;
};

}  // namespace bornier::platform
