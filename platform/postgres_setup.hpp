// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <span>
#include <string>

namespace bornier::platform::postgres {

/// One step forward of the schema that an older receiver does not notice: it only adds (a column
/// that may be null or has a default, a table, a view or columns at the end of one).
struct Migration {
  int minor;  ///< the version after it
  const char* sql;
};

/// What schema/postgresql.sql is a version of. A receiver of another major version would misread.
inline constexpr int major_version = 1;

/// The steps from the first minor version of this major one to today's.
[[nodiscard]] auto migrations() -> std::span<const Migration>;

/// Makes the tables where there are none, and takes the steps that the database lacks, in one
/// transaction; of several receivers one does it. A newer minor version is left as it is. Throws
/// std::runtime_error if the database is of another major version or not in UTF-8, pqxx's
/// exceptions otherwise.
void set_up(pqxx::connection& connection, std::span<const Migration> steps);

/// The URL with what it does not say itself: a connection is tried for 5 s, and one whose host is
/// gone fails after half a minute, also while an answer is awaited.
[[nodiscard]] auto with_defaults(std::string url) -> std::string;

/// A connection that is told to keep its promises: commits are synced, no statement waits for ever,
/// texts are UTF-8.
[[nodiscard]] auto connect(const std::string& url) -> std::unique_ptr<pqxx::connection>;

}  // namespace bornier::platform::postgres
