// SPDX-License-Identifier: Apache-2.0
#include "buffer/database.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <optional>

#include "buffer/schema.hpp"

namespace bornier::buffer {
namespace {

constexpr std::int64_t application_id = 0x426F726E;  // "Born"

/// The version stands in both halves of user_version: a flipped bit is then damage, and not
/// "written by a newer version", which would keep the daemon from starting.
constexpr auto user_version(std::int64_t schema) -> std::int64_t {
  return schema << 16 | schema;
}

void set_pragmas(SQLite::Database& database) {
  // Page size: a WAL frame is one page and 24 bytes, flash is written in blocks of 4 KiB. With
  // pages of 1 KiB a small commit dirties one or two blocks, with 4 KiB two at least (DESIGN.md,
  // figures).
  database.exec("PRAGMA page_size = 1024");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");  // sync the WAL at every commit
  // Debian's SQLite overwrites what is deleted; that would write each chunk once more at its seal.
  database.exec("PRAGMA secure_delete = OFF");
  // 4 MiB of WAL between checkpoints: a page that is used again meanwhile reaches the file once.
  database.exec("PRAGMA wal_autocheckpoint = 4096");
  database.exec("PRAGMA journal_size_limit = 8388608");
  database.exec("PRAGMA cache_size = -512");  // KiB
}

void migrate(SQLite::Database& database) {
  const auto scripts = schema_scripts();
  const auto newest = static_cast<std::int64_t>(scripts.size());
  const std::int64_t found = number(database, "PRAGMA user_version");
  const std::int64_t schema = found & 0xFFFF;
  const bool is_empty = number(database, "SELECT count(*) FROM sqlite_schema") == 0;
  if (found != user_version(schema) || is_empty != (schema == 0) ||
      (!is_empty && number(database, "PRAGMA application_id") != application_id)) {
    throw Damage{"the header is not ours"};
  }
  if (schema > newest) {
    throw NewerSchema{"schema " + std::to_string(schema) + ", this version knows up to " +
                      std::to_string(newest) + ": install the newer version again"};
  }
  if (schema == newest) {
    return;
  }
  SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
  for (auto next = schema; next < newest; ++next) {
    database.exec(scripts[static_cast<std::size_t>(next)]);
  }
  database.exec("PRAGMA application_id = " + std::to_string(application_id));
  database.exec("PRAGMA user_version = " + std::to_string(user_version(newest)));
  transaction.commit();
}

/// Small tables only: the time to start must not grow with the backlog. Damage among the payloads
/// is found by their checksums, or by SQLite when it reads them.
void check_structure(const SQLite::Database& database) {
  for (const char* sql : {"PRAGMA quick_check('sqlite_schema')", "PRAGMA quick_check('stream')",
                          "PRAGMA quick_check('boot')", "PRAGMA quick_check('catalog')",
                          "PRAGMA quick_check('chunk')", "PRAGMA quick_check('batch')",
                          "PRAGMA quick_check('lifetime')", "PRAGMA quick_check('age_mark')",
                          "PRAGMA quick_check('memo')"}) {
    SQLite::Statement check{database, sql};
    if (!check.executeStep() || check.getColumn(0).getString() != "ok") {
      throw Damage{"quick_check: " +
                   (check.hasRow() ? check.getColumn(0).getString() : "no answer")};
    }
  }
}

/// Readings tell when somebody is at home. SQLite gives its -wal and -shm the mode of the file.
void make_private(const std::filesystem::path& file) {
  constexpr mode_t mode = 0640;
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
  if (made < 0) {
    return;  // SQLite says it better
  }
  ::fchmod(made, mode);
  ::close(made);
  for (const char* suffix : {"-wal", "-shm"}) {
    ::chmod((file.string() + suffix).c_str(), mode);
  }
}

auto fault_of(const SQLite::Exception& error) -> Fault {
  switch (error.getErrorCode() & 0xFF) {
    case SQLITE_FULL: return Fault::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    // A column or table that is missing, or of another type than was written.
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT: return Fault::damaged;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return Fault::directory_unusable;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Fault::in_use;
    case SQLITE_IOERR:
      // A file that ends too early, or sectors that do not read back: trying again does not help.
      return error.getExtendedErrorCode() == SQLITE_IOERR_SHORT_READ ||
                     error.getExtendedErrorCode() == SQLITE_IOERR_READ
                 ? Fault::damaged
                 : Fault::input_output;
    default: return Fault::input_output;
  }
}

}  // namespace

auto open_database(const std::filesystem::path& file, const std::string& vfs) -> SQLite::Database {
  make_private(file);
  SQLite::Database database{file.string(),
                            SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                            5000, vfs};
  set_pragmas(database);
  migrate(database);
  check_structure(database);
  return database;
}

auto open_read_only(const std::filesystem::path& file) -> SQLite::Database {
  SQLite::Database database{file.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, 5000};
  const std::int64_t found = number(database, "PRAGMA user_version");
  const std::int64_t schema = found & 0xFFFF;
  if (found != user_version(schema) || schema == 0) {
    throw Damage{"the header is not ours"};
  }
  // Older ones lack tables that the tools do not look at.
  if (schema > static_cast<std::int64_t>(schema_scripts().size())) {
    throw NewerSchema{"schema " + std::to_string(schema) + " is not the one of this version"};
  }
  return database;
}

void bind_one(SQLite::Statement& statement, int index, std::int64_t value) {
  statement.bind(index, value);
}
void bind_one(SQLite::Statement& statement, int index, const std::string& value) {
  statement.bind(index, value);
}
void bind_one(SQLite::Statement& statement, int index, std::span<const std::byte> value) {
  // A null pointer would bind NULL instead of an empty blob.
  statement.bindNoCopy(index, value.empty() ? static_cast<const void*>("") : value.data(),
                       static_cast<int>(value.size()));
}
void bind_one(SQLite::Statement& statement, int index, const std::optional<std::int64_t>& value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}

auto number(const SQLite::Database& database, const char* sql) -> std::int64_t {
  SQLite::Statement statement{database, sql};
  return statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
}

auto blob(const SQLite::Statement& statement, int column) -> std::vector<std::byte> {
  const SQLite::Column value = statement.getColumn(column);
  const auto* bytes = static_cast<const std::byte*>(value.getBlob());
  return {bytes, bytes + value.getBytes()};
}

auto current_failure(const std::filesystem::path& file) -> Failure {
  const std::string prefix = file.string() + ": ";
  try {
    throw;
  } catch (const SQLite::Exception& error) {
    Fault fault = fault_of(error);
    // A file that we may write to and SQLite calls read-only has a damaged version number.
    if (error.getErrorCode() == SQLITE_READONLY && ::access(file.c_str(), W_OK) == 0) {
      fault = Fault::damaged;
    }
    return Failure{fault, prefix + error.what()};
  } catch (const Damage& error) {
    return Failure{Fault::damaged, prefix + error.what()};
  } catch (const NewerSchema& error) {
    return Failure{Fault::newer_schema, prefix + error.what()};
  } catch (const CatalogFull& error) {
    return Failure{Fault::catalog_full, prefix + error.what()};
  } catch (const NoRoom& error) {
    return Failure{Fault::disk_full, prefix + error.what()};
  } catch (const std::exception& error) {
    return Failure{Fault::input_output, prefix + error.what()};
  }
}

}  // namespace bornier::buffer
