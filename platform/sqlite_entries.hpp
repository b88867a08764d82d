// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "platform/batch_rules.hpp"
#include "platform/sqlite_directory.hpp"
#include "platform/sqlite_query.hpp"
#include "reading/entries.hpp"

namespace bornier::platform {

/// Writes what is inside a batch: readings, states, events, gaps. Throws SQLite::Exception.
class SqliteEntries {
 public:
  /// `directory` must outlive it.
  SqliteEntries(const SQLite::Database& database, SqliteDirectory& directory);

  /// Only what has no objection().
  void add(const reading::Entries& entries, const StreamKeys& stream, std::int64_t sequence);
  void add_gap(const reading::Gap& gap, const StreamKeys& stream, std::int64_t sequence,
               std::size_t ordinal);
  void remove_gaps(const StreamKeys& stream, std::int64_t sequence);

 private:
  void add_readings(const reading::Entries& entries, const StreamKeys& stream,
                    std::int64_t sequence);

  SqliteDirectory& directory_;
  std::vector<ReadingRow> rows_;
  Query add_reading_;
  Query add_state_;
  Query add_event_;
  Query add_gap_;
  Query remove_gaps_;
};

}  // namespace bornier::platform
