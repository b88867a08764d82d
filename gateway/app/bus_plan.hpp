// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "wire/result.hpp"

/// What a configuration asks of its buses, its link and its disk, told beforehand.
namespace bornier::app {

/// One period of one meter.
struct PlannedPoll {
  std::size_t meter{};  ///< index into Configuration::meters
  std::chrono::milliseconds every{};
  std::size_t points{};
  std::size_t requests{};
  std::size_t registers{};
  std::chrono::microseconds takes{};  ///< of the bus, each time
};

struct PlannedBus {
  std::vector<PlannedPoll> polls;
  /// Part of the time that the bus is busy; above 1 marks are missed for ever.
  double occupancy{};
  /// Until the last of all polls that share a mark is read.
  std::chrono::microseconds longest_wait{};
};

/// What a meter that speaks MQTT is reckoned to send.
struct PlannedMessages {
  std::chrono::milliseconds usual{};  ///< from one sample of a point to the next
  std::size_t points{};
  double readings_a_day{};
};

struct Plan {
  std::vector<PlannedBus> buses;          ///< parallel to Configuration::buses
  std::vector<PlannedMessages> messages;  ///< parallel to Configuration::mqtt_meters
  double readings_a_day{};
  double sent_a_day{};     ///< bytes to the platform, about
  double written_a_day{};  ///< bytes to the disk, about
  double days_kept{};      ///< of an outage, until the oldest is evicted
  std::vector<std::string> warnings;
};

/// Or one sentence about points that cannot be read.
[[nodiscard]] auto plan_of(const Configuration& configuration) -> wire::Result<Plan, std::string>;

}  // namespace bornier::app
