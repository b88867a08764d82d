// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/bus_poller.hpp"
#include "app/local_order.hpp"
#include "app/meter_writer.hpp"
#include "app/node_order.hpp"

namespace bornier::app {

/// Answers the lines that come over a gateway's local socket: "status"; and what people ask of its
/// meters now, which goes through the lane of the bus: "read", "look", "write", "node".
class LocalCommands {
 public:
  /// All is borrowed. `buses` are those of the configuration, in its order; both change together.
  LocalCommands(boost::asio::any_io_executor executor, const Configuration& configuration,
                const TrustedClock& clock, const std::vector<std::unique_ptr<BusPoller>>& buses,
                Collector& collector, std::function<std::string()> report);

  /// One line of JSON; {"error":"…"} for what is not understood or cannot be done. Every write
  /// that was tried on a meter is an event of the stream.
  [[nodiscard]] auto answer(std::string request) -> boost::asio::awaitable<std::string>;

 private:
  /// A meter that the request names. A reload changes the configuration while an order is carried
  /// out: what that needs is held here.
  struct Named {
    std::size_t number{};  ///< in the collector
    std::size_t bus{};     ///< in today's configuration
    std::size_t place{};   ///< among the meters of the bus
    std::shared_ptr<const MeterSettings> meter;
    BusSettings bus_settings;
  };
  using Answer = boost::json::object;

  [[nodiscard]] auto named(const std::string& id) const -> wire::Result<Named, model::Objection>;
  /// A copy, for the same reason; nothing if no device counts pulses of such a meter.
  [[nodiscard]] auto pulse_meter(const std::string& id) const -> std::optional<PulseMeterSettings>;
  [[nodiscard]] auto read(const boost::json::object& request) -> boost::asio::awaitable<Answer>;
  [[nodiscard]] auto look(LocalOrder order) -> boost::asio::awaitable<Answer>;
  [[nodiscard]] auto write(LocalOrder order) -> boost::asio::awaitable<Answer>;
  /// For a meter whose model is that of a pulse node.
  [[nodiscard]] auto node(boost::json::object request) -> boost::asio::awaitable<Answer>;
  /// A meter that did not answer of late is not asked twice: its neighbours wait.
  [[nodiscard]] auto effort_for(std::size_t meter) const -> MeterReader::Effort;
  [[nodiscard]] auto on_bus(std::size_t bus, CommandLane::Work work)
      -> boost::asio::awaitable<CommandLane::End>;
  void record(const Named& named, const WriteTarget& target, const Wanted& wanted,
              const WriteReport& report);
  void record_node(const Named& named, const NodeOrder& order, const NodeReport& report);

  boost::asio::any_io_executor executor_;
  const Configuration& configuration_;
  const TrustedClock& clock_;
  const std::vector<std::unique_ptr<BusPoller>>& buses_;
  Collector& collector_;
  std::function<std::string()> report_;
};

}  // namespace bornier::app
