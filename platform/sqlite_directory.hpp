// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "batch/catalog.hpp"
#include "platform/database.hpp"
#include "platform/sqlite_query.hpp"
#include "platform/stream_keys.hpp"

namespace bornier::platform {

/// Names and numbers of gateways and their catalogs <-> integer keys of the SQLite tables.
/// Remembers what it looked up. Throws SQLite::Exception.
class SqliteDirectory {
 public:
  explicit SqliteDirectory(const SQLite::Database& database);

  /// Makes a row for what it does not know yet. References hold until forget().
  [[nodiscard]] auto gateway(const std::string& city, const std::string& name) -> std::int64_t;
  [[nodiscard]] auto stream(const std::string& city, const std::string& gateway, batch::StreamId id)
      -> StreamKeys&;
  /// "meter/point" of a definition.
  [[nodiscard]] auto name_of(const StreamKeys::Definition& definition) -> std::string;

  /// Stores the catalog, its devices and definitions if judge() says so. After a conflict the
  /// stream is contested.
  [[nodiscard]] auto learn(const CatalogArrival& arrival) -> Verdict;

  /// Two gateways, or one and its restored past, number their points differently under one name.
  [[nodiscard]] auto is_contested(const StreamKeys& stream) const -> bool {
    return contested_.contains(stream.id);
  }

  /// To be called after a rollback: rows that were made are gone.
  void forget();

 private:
  [[nodiscard]] auto newest_catalog(const StreamKeys& stream) -> std::optional<batch::Catalog>;
  void load(StreamKeys& stream);
  void add_device(StreamKeys& stream, const batch::CatalogMeter& meter);
  void add_definition(StreamKeys& stream, const batch::CatalogPoint& point);

  std::unordered_map<std::string, std::int64_t> gateways_;
  std::unordered_map<std::string, StreamKeys> streams_;
  /// By id. Until the end of the program: a catalog that the broker kept tells the next one.
  std::unordered_set<std::int64_t> contested_;

  Query add_gateway_;
  Query find_gateway_;
  Query add_stream_;
  Query find_stream_;
  Query load_definitions_;
  Query load_meters_;
  Query find_name_;
  Query add_catalog_;
  Query find_catalog_;
  Query add_meter_;
  Query find_meter_;
  Query add_device_;
  Query find_device_;
  Query add_point_;
  Query find_point_;
  Query add_definition_;
  Query find_definition_;
};

}  // namespace bornier::platform
