// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_place.hpp"
#include "app/meter_reader.hpp"
#include "app/node_order.hpp"
#include "io/clock.hpp"

namespace bornier::app {

/// Which node is meant, as the command line says it.
struct NodePlace {
  std::string configuration;  ///< a file; then `meter` is an id in it
  std::string meter;
  MeterPlace place;
  std::vector<std::string> models;
  bool raw = false;
};

/// The way of `bornier node` to its node: through the gateway that runs on the configuration, or
/// by itself. Blocks until an order is carried out.
class NodeWay {
 public:
  /// Nothing after the reason was printed.
  [[nodiscard]] static auto open(const NodePlace& place) -> std::unique_ptr<NodeWay>;

  /// `told` says what to look at, too.
  [[nodiscard]] auto carry_out(NodeOrder order) -> NodeReport;

  [[nodiscard]] auto meter() const noexcept -> const MeterSettings& { return meter_; }
  [[nodiscard]] auto bus() const noexcept -> const BusSettings& { return bus_; }
  [[nodiscard]] auto is_configured() const noexcept -> bool { return configuration_.has_value(); }
  [[nodiscard]] auto clock() const noexcept -> const io::Clock& { return clock_; }
  /// Once an order was carried out.
  [[nodiscard]] auto goes_through_gateway() const noexcept -> bool { return through_gateway_; }
  /// Another meter of the configuration that has this unit id on the bus; empty if none.
  [[nodiscard]] auto neighbour_with(std::uint8_t unit) const -> std::string;

 private:
  NodeWay() = default;
  [[nodiscard]] auto ask_gateway_for(const NodeOrder& order) -> std::optional<NodeReport>;
  [[nodiscard]] auto directly(NodeOrder order) -> boost::asio::awaitable<NodeReport>;

  io::SystemClock clock_;
  boost::asio::io_context context_{1};
  std::optional<Configuration> configuration_;
  BusSettings bus_;
  MeterSettings meter_;
  std::unique_ptr<MeterReader> reader_;
  std::string line_;
  bool through_gateway_ = false;
  bool raw_ = false;
};

}  // namespace bornier::app
