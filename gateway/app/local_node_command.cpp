// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "app/local_commands.hpp"
#include "app/make_line.hpp"
#include "app/node_handler.hpp"
#include "app/node_registers.hpp"

/// What LocalCommands does for `bornier node`.
namespace bornier::app {
namespace {

/// "holding register 372: 0 10 65533 3": for the log and the stream.
auto node_summary(const NodeOrder& order) -> std::string {
  std::string text;
  if (order.move) {
    const auto words = line_words(*order.move);
    return "moved to unit " + std::to_string(order.move->unit) +
           (words ? ", " + std::to_string(order.move->serial.baud) + " baud, format " +
                        std::to_string(words->back())
                  : "");
  }
  for (const auto& write : order.writes) {
    if (write.table == wire::Table::coil || write.first == node_at::unlock) {
      continue;
    }
    text += (text.empty() ? "holding register " : "; ") + std::to_string(write.first) + ":";
    for (const auto word : write.words) {
      text += " " + std::to_string(word);
    }
  }
  return text;
}

/// Another meter of the bus that stands in the configuration at the address.
auto neighbour_of(const Configuration& configuration, const MeterSettings& meter, std::size_t bus,
                  std::uint8_t unit) -> std::string {
  const auto found = std::ranges::find_if(configuration.meters, [&](const MeterSettings& other) {
    return other.bus == bus && other.id != meter.id && other.unit_id == wire::UnitId{unit};
  });
  return found == configuration.meters.end() ? std::string{} : found->id;
}

}  // namespace

auto LocalCommands::node(boost::json::object request) -> boost::asio::awaitable<Answer> {
  Answer refusal;
  auto order = parse_node_order(request);
  if (!order) {
    refusal["error"] = order.error().text;
    co_return refusal;
  }
  const auto found = named(order->meter);
  if (!found) {
    refusal["error"] = found.error().text;
    co_return refusal;
  }
  if (found->meter->model->id != node_at::model_id) {
    refusal["error"] = "meter \"" + order->meter + "\" is a " + found->meter->model->id +
                       " in the configuration, and no " + std::string{node_at::model_id};
    co_return refusal;
  }
  if (order->move && !order->force) {
    const auto other = neighbour_of(configuration_, *found->meter, found->bus, order->move->unit);
    if (!other.empty()) {
      refusal["error"] = "meter \"" + other + "\" of the same bus has this unit id";
      co_return refusal;
    }
  }
  NodeReport report;
  CommandLane::Work work = [&](MeterReader& reader,
                               const Between&) -> boost::asio::awaitable<void> {
    const MeterWriter::LineMaker make_another = [this](const BusSettings& bus) {
      return make_line(executor_, clock_.clock(), bus);
    };
    NodeHandler handler{executor_,     reader,       clock_.clock(),
                        *found->meter, make_another, effort_for(found->number)};
    report = co_await handler.carry_out(*order);
    record_node(*found, *order, report);
  };
  const auto end = co_await on_bus(found->bus, std::move(work));
  if (end != CommandLane::End::done) {
    refusal["error"] = to_text(end);
    co_return refusal;
  }
  auto answer = to_object(report);
  co_return answer;
}

void LocalCommands::record_node(const Named& named, const NodeOrder& order,
                                const NodeReport& report) {
  const auto what = node_summary(order);
  if (what.empty() || report.end == NodeEnd::impossible) {
    return;
  }
  const bool success = report.end == NodeEnd::done;
  const auto text = what + (success ? "" : ": " + report.told);
  spdlog::log(success ? spdlog::level::info : spdlog::level::warn, "meter {}: node: {}",
              named.meter->id, text);
  collector_.event(reading::EventKind::register_written, named.number, success ? 1 : 0, text,
                   clock_.moment());
  if (success && order.move) {
    spdlog::warn("meter {}: it answers elsewhere now; correct the configuration and reload",
                 named.meter->id);
  }
}

}  // namespace bornier::app
