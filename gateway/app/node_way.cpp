// SPDX-License-Identifier: Apache-2.0
#include "app/node_way.hpp"

#include <algorithm>
#include <iostream>

#include "app/ask_gateway.hpp"
#include "app/command_options.hpp"
#include "app/node_handler.hpp"
#include "app/node_registers.hpp"
#include "app/serial_port.hpp"
#include "io/spawn.hpp"

namespace bornier::app {

auto NodeWay::open(const NodePlace& place) -> std::unique_ptr<NodeWay> {
  std::unique_ptr<NodeWay> way{new NodeWay};
  way->raw_ = place.raw;
  if (place.configuration.empty()) {
    auto bus = bus_of(place.place);
    way->meter_.model = find_modbus_model_or_complain(place.models, std::string{node_at::model_id});
    if (!bus || !way->meter_.model) {
      return nullptr;
    }
    way->bus_ = std::move(*bus);
    way->meter_.unit_id = wire::UnitId{static_cast<std::uint8_t>(place.place.unit_id)};
    way->meter_.settings = model::Settings{*way->meter_.model};
    return way;
  }
  way->configuration_ = load_or_complain(place.configuration);
  if (!way->configuration_) {
    return nullptr;
  }
  const auto* meter =
      find_meter_or_complain(*way->configuration_, place.configuration, place.meter);
  if (meter == nullptr) {
    return nullptr;
  }
  if (meter->model->id != node_at::model_id) {
    std::cerr << place.configuration << ": meter \"" << meter->id << "\" is a " << meter->model->id
              << ", and no " << node_at::model_id << "\n";
    return nullptr;
  }
  way->meter_ = *meter;
  way->bus_ = way->configuration_->buses[meter->bus];
  return way;
}

auto NodeWay::carry_out(NodeOrder order) -> NodeReport {
  order.meter = meter_.id;
  if (configuration_ && !reader_) {
    if (auto report = ask_gateway_for(order)) {
      return std::move(*report);
    }
  }
  NodeReport report;
  const auto keep =
      [&report](boost::asio::awaitable<NodeReport> one) -> boost::asio::awaitable<void> {
    report = co_await std::move(one);
  };
  io::spawn(context_.get_executor(), keep(directly(std::move(order))), "node");
  context_.restart();
  context_.run();
  return report;
}

auto NodeWay::ask_gateway_for(const NodeOrder& order) -> std::optional<NodeReport> {
  auto answer = ask_gateway(configuration_->gateway.state_directory, to_json(order));
  if (!answer) {
    NodeReport report;
    report.told = answer.error();
    return report;
  }
  if (!*answer) {
    if (!through_gateway_) {
      return std::nullopt;
    }
    NodeReport report;
    report.end = NodeEnd::unanswered;
    report.told = "the gateway has ended; what it did is in its log";
    return report;
  }
  if (!std::exchange(through_gateway_, true) && raw_) {
    std::cerr << "--raw shows nothing: the running gateway asks the node\n";
  }
  return parse_node_report(**answer);
}

auto NodeWay::directly(NodeOrder order) -> boost::asio::awaitable<NodeReport> {
  const auto executor = context_.get_executor();
  NodeReport report;
  if (!reader_) {
    auto line = make_line(executor, clock_, bus_, raw_);
    line_ = line->name();
    reader_ = std::make_unique<MeterReader>(executor, bus_, std::move(line), clock_,
                                            MeterReader::Neighbours::none);
    const auto connected = co_await reader_->connect();
    if (!connected) {
      report.told = why_not_connected(bus_, line_, connected.error());
      reader_.reset();
      co_return report;
    }
  }
  const MeterWriter::LineMaker make_another = [this, &executor](const BusSettings& bus) {
    return make_line(executor, clock_, bus, raw_);
  };
  NodeHandler handler{executor, *reader_, clock_, meter_, make_another};
  report = co_await handler.carry_out(std::move(order));
  if (report.end == NodeEnd::unanswered && report.told == "no answer") {
    report.told = why_silent(bus_, line_, meter_.unit_id);
  }
  co_return report;
}

auto NodeWay::neighbour_with(std::uint8_t unit) const -> std::string {
  if (!configuration_) {
    return {};
  }
  const auto found = std::ranges::find_if(configuration_->meters, [&](const MeterSettings& other) {
    return other.bus == meter_.bus && other.id != meter_.id && other.unit_id == wire::UnitId{unit};
  });
  return found == configuration_->meters.end() ? std::string{} : found->id;
}

}  // namespace bornier::app
