// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <unordered_map>
#include <vector>

#include "batch/catalog.hpp"
#include "platform/database.hpp"
#include "platform/stream_keys.hpp"

namespace bornier::platform::postgres {

/// Names and numbers of gateways and their catalogs <-> integer keys of the PostgreSQL tables.
/// Remembers what it looked up, as long as its connection lives: nobody deletes these rows. What
/// other receivers add to a stream it notices at refresh(). Throws pqxx's exceptions; then it is to
/// be thrown away, since rows that it made are gone.
class Directory {
 public:
  struct Stream {
    StreamKeys keys;
    std::int64_t revision{};  ///< of the newest catalog; 0: none
    /// Two gateways, or one and its restored past, number their points differently under one name.
    bool contested{};
  };

  /// To be called at the beginning of each transaction.
  void refresh(pqxx::work& work);

  /// Makes a row for what it does not know yet.
  [[nodiscard]] auto gateway(pqxx::work& work, const std::string& city, const std::string& name)
      -> std::int64_t;
  [[nodiscard]] auto stream(pqxx::work& work, const std::string& city, const std::string& gateway,
                            batch::StreamId id) -> Stream&;
  /// "meter/point" of a definition.
  [[nodiscard]] auto name_of(pqxx::work& work, const StreamKeys::Definition& definition)
      -> std::string;

  /// Stores the catalog, its devices and definitions if judge() says so. After a conflict the
  /// stream is contested, for every receiver and for good.
  [[nodiscard]] auto learn(pqxx::work& work, const CatalogArrival& arrival) -> Verdict;

 private:
  void load(pqxx::work& work, Stream& stream);
  void load_definitions(pqxx::work& work, Stream& stream);
  void load_meters(pqxx::work& work, Stream& stream);
  void add_devices(pqxx::work& work, Stream& stream,
                   const std::vector<batch::CatalogMeter>& meters);
  void add_definitions(pqxx::work& work, Stream& stream,
                       const std::vector<batch::CatalogPoint>& points);

  std::unordered_map<std::string, std::int64_t> gateways_;
  std::unordered_map<std::string, Stream> streams_;
};

}  // namespace bornier::platform::postgres
