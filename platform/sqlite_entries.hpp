// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "platform/sqlite_directory.hpp"
#include "platform/sqlite_query.hpp"
#include "reading/entries.hpp"

namespace bornier::platform {

/// Writes what is inside a batch: readings, states, events, gaps. Throws SQLite::Exception.
class SqliteEntries {
 public:
  /// `directory` must outlive it.
  SqliteEntries(const SQLite::Database& database, SqliteDirectory& directory);

  /// Whether the stream's catalog has every number that the entries use.
  [[nodiscard]] static auto known(const reading::Entries& entries,
                                  const SqliteDirectory::Stream& stream) -> bool;

  /// Only what is known().
  void add(const reading::Entries& entries, const SqliteDirectory::Stream& stream,
           std::int64_t sequence);
  void add_gap(const reading::Gap& gap, const SqliteDirectory::Stream& stream,
               std::int64_t sequence, std::size_t ordinal);
  void remove_gaps(const SqliteDirectory::Stream& stream, std::int64_t sequence);

 private:
  struct Row {
    std::int64_t point;
    std::int64_t time;
    std::int64_t ordinal;
    std::int64_t definition;
    const reading::Number* number;  ///< or text
    const reading::Text* text;
  };
  void add_readings(const reading::Entries& entries, const SqliteDirectory::Stream& stream,
                    std::int64_t sequence);

  SqliteDirectory& directory_;
  std::vector<Row> rows_;
  Query add_reading_;
  Query add_state_;
  Query add_event_;
  Query add_gap_;
  Query remove_gaps_;
};

}  // namespace bornier::platform
