// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "batch/batch.hpp"
#include "reading/entries.hpp"

namespace bornier::batch {

/// One device at a metering point, from `valid_from` on. Another serial number, model version or
/// ratio is another entry.
struct CatalogMeter {
  reading::MeterNumber number;
  std::string id;  ///< the metering point, unique in the gateway
  std::string name;
  std::string code;    ///< the utility's own id (PRM, EAN, MeLo …); empty if none
  std::string serial;  ///< of the device; empty if not known
  std::string model;   ///< id of the model file
  std::string model_version;
  std::string ratio;  ///< "ct=250/5 vt=20000/100"; empty if none is applied
  std::map<std::string, std::string> labels;
  reading::Stamp valid_from;
  std::optional<reading::Stamp> valid_to;
  friend auto operator==(const CatalogMeter&, const CatalogMeter&) -> bool = default;
};

/// One point of one CatalogMeter. Never redefined: whatever differs here takes a new number.
struct CatalogPoint {
  reading::PointNumber number;
  reading::MeterNumber meter;
  std::string name;       ///< energy_active_import, voltage_l1_n
  std::string quantity;   ///< of the dictionary: energy_active_import, voltage
  std::string medium;     ///< electricity, heat, cooling, water, gas …
  std::string phase;      ///< l1, l1_n, total …; empty if it has none
  std::uint8_t tariff{};  ///< 0: total
  std::string obis;       ///< 1-0:1.8.0; empty where none is known
  std::string unit;       ///< UCUM
  std::string kind;       ///< counter, net_counter, gauge, max_gauge, state, config, text
  Class batch_class{};
  std::map<std::int64_t, std::string> labels;  ///< of a code list
  /// Of a counter: where it begins again at 0, as a decimal number in `unit`; empty if not known.
  std::string rollover{};
  friend auto operator==(const CatalogPoint&, const CatalogPoint&) -> bool = default;
};

/// Append-only within a stream: a catalog of revision >= r decodes every batch of revision r.
struct Catalog {
  std::string city;
  std::string gateway;
  StreamId stream;
  Revision revision;
  std::vector<CatalogMeter> meters;
  std::vector<CatalogPoint> points;
  friend auto operator==(const Catalog&, const Catalog&) -> bool = default;
};

/// What decode_catalog reads; whoever keeps or publishes a catalog stays within both. Generous: the
/// catalog only grows, by all points of a meter whenever that meter is exchanged.
constexpr std::size_t max_catalog_bytes = std::size_t{32} << 20U;
/// Meters and points together.
constexpr std::size_t max_catalog_entries = std::size_t{1} << 18U;

/// Whatever its size: `decode_catalog` refuses what exceeds the limits.
[[nodiscard]] auto encode_catalog(const Catalog& catalog) -> std::vector<std::byte>;
[[nodiscard]] auto decode_catalog(std::span<const std::byte> bytes) -> wire::Result<Catalog, Fault>;

/// A meter with its points as the configuration has them today; numbers and times are not set.
struct Registration {
  CatalogMeter meter;
  std::vector<CatalogPoint> points;
};

/// What registering the configured meters did to a catalog.
struct Registered {
  Catalog catalog;  ///< its revision is one higher if anything was added or ended
  bool changed{};
  /// In the order of the registrations; `points` in the order of each registration's points.
  struct Numbers {
    reading::MeterNumber meter;
    std::vector<reading::PointNumber> points;
  };
  std::vector<Numbers> numbers;
};

/// Gives every configured meter and point its number: the old one where the definition is the same,
/// a new one where it differs; ends (valid_to = now) the meters that are no longer configured.
[[nodiscard]] auto register_meters(Catalog catalog, const std::vector<Registration>& configured,
                                   reading::Stamp now) -> Registered;

}  // namespace bornier::batch
