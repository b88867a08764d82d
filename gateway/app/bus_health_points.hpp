// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "batch/catalog.hpp"
#include "modbus/bus_health.hpp"
#include "reading/entries.hpp"

/// How buses and the meters on them do, as points like any other: for the platform's curves.
namespace bornier::app {

/// What every meter gets beside the points of its model, in this order.
[[nodiscard]] auto health_points_of_meters() -> std::vector<batch::CatalogPoint>;
/// A bus in the catalog: its name is the id.
/// A point of the gateway's own that is called like its quantity, without a number.
[[nodiscard]] auto gateways_point(std::string_view name) -> batch::CatalogPoint;
[[nodiscard]] auto registration_of(const BusSettings& bus) -> batch::Registration;

/// Turns counts since the start of a bus into those since the last report. Latencies are of the
/// latest thousand or so answers, occupancy is of the last minute.
class BusHealthPoints {
 public:
  /// One bus as it is now; `units` is borrowed.
  struct Bus {
    std::uint32_t occupancy_permille{};
    const modbus::UnitsHealth* units{};
  };
  using Buses = std::vector<Bus>;  ///< in the order of the configuration
  /// As batch::register_meters numbered them: the meters, each with its health points after those
  /// of its model, then the buses.
  using Numbers = std::vector<batch::Registered::Numbers>;

  /// What is on these buses from now on.
  void change(const Configuration& configuration, const Numbers& numbers, const Buses& buses);

  /// One number for each point; of a unit that has not answered since the last report
  /// there is no latency.
  [[nodiscard]] auto take(const Buses& buses) -> std::vector<reading::Number>;

 private:
  struct Meter {
    std::string bus_name;
    std::size_t bus{};
    std::uint8_t unit_id{};
    std::vector<reading::PointNumber> points;
    modbus::UnitCounts told;
  };
  std::map<std::string, Meter> meters_;      ///< by their ids
  std::vector<reading::PointNumber> buses_;  ///< their occupancy, in the order of the configuration
};

}  // namespace bornier::app
