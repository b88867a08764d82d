// SPDX-License-Identifier: Apache-2.0
#include "app/status_report.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "app/pulse_meters.hpp"
#include "app/version.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;
using reading::Acquisition;

auto time_or_null(const std::optional<reading::Stamp>& time) -> json::value {
  return time ? json::value(to_text(*time)) : json::value(nullptr);
}

auto text_or_null(const std::string& text) -> json::value {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

auto value_text(const model::PointValue& value) -> json::value {
  if (const auto* number = std::get_if<reading::Decimal>(&value)) {
    return json::value(reading::to_text(*number));
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return json::value(*text);
  }
  return nullptr;
}

auto holding(const buffer::Holding& of) -> json::object {
  return {{"count", of.count},
          {"readings", of.readings},
          {"bytes", of.bytes},
          {"first", time_or_null(of.first)},
          {"last", time_or_null(of.last)}};
}

auto reload_part(const std::optional<ReloadView>& reload) -> json::value {
  if (!reload) {
    return nullptr;
  }
  return json::object{
      {"time", to_text(reload->time)}, {"applied", reload->applied}, {"result", reload->result}};
}

auto gateway_part(const StatusSources& from) -> json::object {
  const auto& gateway = from.configuration.gateway;
  const auto now = from.clock.clock().now();
  const auto uptime =
      std::chrono::floor<std::chrono::milliseconds>(now.instant - from.started.instant);
  const auto& figures = from.keeper.figures();
  return {{"id", gateway.id},
          {"city", gateway.city},
          {"timezone", gateway.timezone},
          {"version", version},
          {"time", to_text(now.stamp)},
          {"started", to_text(from.started.stamp)},
          {"uptime_ms", uptime.count()},
          {"clock_trusted", from.clock.is_trusted()},
          {"readings_taken", from.collector.readings_taken()},
          {"readings_accepted", figures.accepted},
          {"readings_sealed", figures.sealed},
          {"reload", reload_part(from.reload)}};
}

auto link_part(const StatusSources& from) -> json::value {
  if (from.courier == nullptr) {
    return nullptr;
  }
  const auto& link = from.courier->link();
  const auto delivery = from.courier->delivery();
  return json::object{{"broker", from.configuration.platform->broker},
                      {"connected", link.connected},
                      {"mqtt_version", link.mqtt_version},
                      {"reason", link.reason},
                      {"connections", link.connections},
                      {"unconfirmed_batches", delivery.unconfirmed_batches},
                      {"unconfirmed_bytes", delivery.unconfirmed_bytes},
                      {"in_flight_batches", delivery.in_flight_batches},
                      {"platform_silent", delivery.silent},
                      {"published_batches", delivery.published},
                      {"repeated_batches", delivery.repeated},
                      {"refused_batches", delivery.refused},
                      {"confirmed_batches", link.confirmed}};
}

auto local_part(const StatusSources& from) -> json::value {
  if (from.local == nullptr) {
    return nullptr;
  }
  const auto& view = from.local->view();
  return json::object{{"broker", view.broker},       {"connected", view.connected},
                      {"reason", view.reason},       {"waiting", from.local->waiting()},
                      {"published", view.published}, {"refused", view.refused},
                      {"dropped", view.dropped}};
}

auto buffer_part(const StatusSources& from) -> json::object {
  const auto& figures = from.keeper.figures();
  const auto times = from.keeper.buffer().disk_times();
  return {{"stream", batch::to_text(from.keeper.buffer().stream())},
          {"newest", from.keeper.buffer().newest().value()},
          {"oldest_held", from.disk.oldest_held.value()},
          {"used_bytes", from.disk.used_bytes},
          {"max_bytes", from.configuration.buffer.max_bytes},
          {"memory_bytes", from.keeper.waiting_bytes()},
          {"journal", holding(from.disk.journal)},
          {"undated", holding(from.disk.undated)},
          {"unconfirmed", holding(from.disk.unconfirmed)},
          {"confirmed", holding(from.disk.confirmed)},
          {"gaps", holding(from.disk.gaps)},
          {"commits", figures.commits},
          {"commit_failures", figures.commit_failures},
          {"slowest_disk_ms", times.longest.count() / 1'000},
          {"failure", figures.last_failure}};
}

auto milliseconds_or_null(const std::optional<reading::Instant::duration>& time) -> json::value {
  if (!time) {
    return nullptr;
  }
  const auto tenths = time->count() / 100;
  return static_cast<double>(tenths) / 10;
}

auto units_part(const modbus::UnitsHealth& units) -> json::array {
  json::array list;
  for (const auto& [id, unit] : units) {
    json::object exceptions;
    for (const auto& [code, count] : unit.exceptions) {
      exceptions[std::to_string(code)] = count;
    }
    list.push_back(
        json::object{{"unit_id", id},
                     {"requests", unit.requests},
                     {"answers", unit.answers},
                     {"timeouts", unit.timeouts},
                     {"damaged", unit.damaged},
                     {"foreign", unit.foreign},
                     {"late", unit.late},
                     {"exceptions", std::move(exceptions)},
                     {"latency_50_ms", milliseconds_or_null(unit.latencies.percentile(500))},
                     {"latency_99_ms", milliseconds_or_null(unit.latencies.percentile(990))}});
  }
  return list;
}

auto bus_part(const BusPoller& bus) -> json::object {
  const auto& figures = bus.reader().figures();
  modbus::MarkCounts marks;
  for (std::size_t task = 0; task < bus.schedule().tasks().size(); ++task) {
    const auto& counts = bus.schedule().counts(task);
    marks.reached += counts.reached;
    marks.read += counts.read;
    marks.late += counts.late;
    marks.missed += counts.missed;
    marks.silent += counts.silent;
    marks.withheld += counts.withheld;
    marks.failed += counts.failed;
    marks.bus_down += counts.bus_down;
    marks.jumped += counts.jumped;
  }
  json::array hints;
  for (const auto& hint : hints_of(bus)) {
    hints.emplace_back(hint);
  }
  return {{"name", bus.reader().settings().name},
          {"endpoint", bus.reader().line().name()},
          {"up", bus.reader().line().is_open()},
          {"error", figures.last_error},
          {"requests", figures.requests},
          {"answers", figures.answers},
          {"exceptions", figures.exceptions},
          {"timeouts", figures.timeouts},
          {"damaged", figures.damaged},
          {"foreign", figures.foreign},
          {"connections", figures.connections},
          {"occupancy_permille", bus.occupancy_permille()},
          {"hints", std::move(hints)},
          {"units", units_part(figures.units)},
          {"marks", json::object{{"reached", marks.reached},
                                 {"read", marks.read},
                                 {"late", marks.late},
                                 {"missed", marks.missed},
                                 {"silent", marks.silent},
                                 {"withheld", marks.withheld},
                                 {"failed", marks.failed},
                                 {"bus_down", marks.bus_down},
                                 {"jumped", marks.jumped}}}};
}

auto state_text(Acquisition state, std::uint8_t exception_code) -> std::string {
  auto text = std::string{to_text(state)};
  if (state == Acquisition::exception) {
    text += " " + std::to_string(exception_code);
  }
  return text;
}

auto point_part(std::string_view name, std::string_view unit, const PointView& point,
                const MeterView& meter) -> json::object {
  // While the meter as a whole gives nothing, that is the answer for each of its points.
  const bool meter_gives = meter.state == Acquisition::ok;
  return {{"name", name},
          {"state", meter_gives ? state_text(point.state, point.exception_code)
                                : state_text(meter.state, 0)},
          {"since", to_text(meter_gives ? point.since : meter.since)},
          {"value", value_text(point.value)},
          {"unit", unit},
          {"time", time_or_null(point.time)}};
}

/// Of any meter.
auto common_part(const Identity& settings, const std::string& model, json::array points,
                 const MeterView& view) -> json::object {
  return {{"id", settings.id},
          {"name", settings.name},
          {"model", text_or_null(model)},
          {"state", state_text(view.state, 0)},
          {"since", to_text(view.since)},
          {"answered", time_or_null(view.answered)},
          {"serial_configured", text_or_null(settings.serial)},
          {"serial", text_or_null(view.serial)},
          {"exchanged", view.exchanged},
          {"points", std::move(points)}};
}

/// Of one that has a model.
auto common_part(const MeteringPoint& settings, const MeterView& view) -> json::object {
  json::array points;
  for (std::size_t place = 0; place < view.points.size(); ++place) {
    const auto& point = settings.model->points[view.points[place]];
    points.push_back(
        point_part(point.name, model::unit_of(point, *settings.settings), view.views[place], view));
  }
  return common_part(settings, settings.model->id, std::move(points), view);
}

auto pulse_meter_part(const StatusSources& from, const PulseMeterSettings& meter) -> json::object {
  const auto& view = from.collector.meter(from.pulse_meters.at(meter.id));
  const auto& device = device_of(from.configuration, meter);
  const auto& period = period_of(meter);
  json::array points;
  points.push_back(point_part(meter.quantity->name, period.unit, view.views.front(), view));
  auto part = common_part(meter, {}, std::move(points), view);
  part["device"] = device.id;
  part["count"] = device.model->points.at(meter.count).name;
  part["pulses"] = period.text;
  return part;
}

auto meter_part(const StatusSources& from, std::size_t index) -> json::object {
  const auto& settings = from.configuration.meters[index];
  const auto& polled = from.buses.at(settings.bus)->meters();
  const auto found = std::ranges::find_if(
      polled, [&](const BusPoller::Meter& meter) { return meter.settings->id == settings.id; });
  auto part = common_part(settings, from.collector.meter(found->number));
  part["bus"] = from.configuration.buses[settings.bus].name;
  part["unit_id"] = settings.unit_id.value();
  return part;
}

auto count_part(const intake::IntakeFigures& figures) -> json::object {
  return {{"messages", figures.messages},
          {"elsewhere", figures.elsewhere},
          {"samples", figures.samples},
          {"repeated", figures.repeated},
          {"too_late", figures.too_late},
          {"retained", figures.retained},
          {"thinned", figures.thinned},
          {"broken", figures.broken},
          {"unusable_values", figures.unusable_values},
          {"unusable_times", figures.unusable_times},
          {"problem", text_or_null(figures.problem)}};
}

auto mqtt_meter_part(const StatusSources& from, const MqttIntake& broker, std::size_t meter)
    -> json::object {
  const auto& [number, settings, memory, counters, delay] = broker.meters()[meter];
  auto part = common_part(*settings, from.collector.meter(number));
  part["broker"] = broker.settings().name;
  part["topics"] = json::array{};
  for (const auto& filter : broker.intake(meter).filters()) {
    part["topics"].as_array().emplace_back(filter);
  }
  part["intake"] = count_part(broker.intake(meter).figures());
  return part;
}

auto broker_part(const MqttIntake& broker) -> json::object {
  const auto& figures = broker.figures();
  return {{"name", broker.settings().name},     {"broker", broker.settings().broker},
          {"connected", broker.is_connected()}, {"mqtt_version", figures.mqtt_version},
          {"reason", figures.reason},           {"connections", figures.connections},
          {"messages", figures.messages},       {"repeated", figures.repeated},
          {"flooded", figures.flooded},         {"lost", broker.dropped()},
          {"too_long", broker.too_long()},      {"pauses", figures.pauses}};
}

}  // namespace

auto hints_of(const BusPoller& bus) -> std::vector<std::string> {
  const bool is_serial = bus.reader().settings().transport != Transport::tcp;
  // An order may have asked other unit ids, on purpose.
  modbus::UnitsHealth configured = bus.reader().figures().units;
  std::erase_if(configured, [&bus](const auto& unit) {
    return std::ranges::none_of(bus.meters(), [&unit](const BusPoller::Meter& meter) {
      return meter.settings->unit_id.value() == unit.first;
    });
  });
  return modbus::hints(configured,
                       is_serial ? modbus::LineKind::serial : modbus::LineKind::network);
}

auto status_report(const StatusSources& from) -> std::string {
  json::array buses;
  for (const auto& bus : from.buses) {
    buses.push_back(bus_part(*bus));
  }
  json::array meters;
  for (std::size_t index = 0; index < from.configuration.meters.size(); ++index) {
    meters.push_back(meter_part(from, index));
  }
  json::array brokers;
  for (const auto& broker : from.brokers) {
    brokers.push_back(broker_part(*broker));
    for (std::size_t meter = 0; meter < broker->meters().size(); ++meter) {
      meters.push_back(mqtt_meter_part(from, *broker, meter));
    }
  }
  for (const auto& meter : from.configuration.pulse_meters) {
    meters.push_back(pulse_meter_part(from, meter));
  }
  return json::serialize(json::object{{"gateway", gateway_part(from)},
                                      {"link", link_part(from)},
                                      {"local", local_part(from)},
                                      {"buffer", buffer_part(from)},
                                      {"buses", std::move(buses)},
                                      {"brokers", std::move(brokers)},
                                      {"meters", std::move(meters)}});
}

}  // namespace bornier::app
