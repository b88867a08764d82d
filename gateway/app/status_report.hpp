// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/bus_poller.hpp"
#include "app/collector.hpp"
#include "app/configuration.hpp"
#include "app/courier.hpp"
#include "app/keeper.hpp"
#include "app/local_publisher.hpp"
#include "app/mqtt_intakes.hpp"
#include "app/trusted_clock.hpp"
#include "buffer/figures.hpp"

namespace bornier::app {

/// What to look at on a bus, in words.
[[nodiscard]] auto hints_of(const BusPoller& bus) -> std::vector<std::string>;

/// What came of the last time that the configuration was read again.
struct ReloadView {
  reading::Stamp time;
  bool applied{};      ///< false: nothing was changed
  std::string result;  ///< what was changed, or why nothing was
};

/// All that a status is made of, borrowed for the call.
struct StatusSources {
  const Configuration& configuration;
  const TrustedClock& clock;
  reading::Now started;
  const Keeper& keeper;
  const buffer::Figures& disk;
  const Collector& collector;
  const std::vector<std::unique_ptr<BusPoller>>& buses;
  const MqttIntakes::Brokers& brokers;
  const std::map<std::string, std::size_t>& pulse_meters;  ///< their numbers in the collector
  const Courier* courier;                                  ///< null without a [platform]
  const LocalPublisher* local;                             ///< null without a [local]
  const std::optional<ReloadView>& reload;
};

/// The state of a running daemon as one line of JSON: objects `gateway`, `link`, `local`, `buffer`;
/// arrays `buses`, `brokers` and `meters`, each meter with its `points`. Times are UTC in ISO 8601;
/// sizes are bytes; counts run since the start.
[[nodiscard]] auto status_report(const StatusSources& from) -> std::string;

}  // namespace bornier::app
