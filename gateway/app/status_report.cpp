// SPDX-License-Identifier: Apache-2.0
#include "app/status_report.hpp"

#include <boost/json/src.hpp>
#include <map>
#include <utility>

#include "app/people_text.hpp"
#include "app/version.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;
using reading::Acquisition;

auto time_or_null(const std::optional<reading::Stamp>& time) -> json::value {
  return time ? json::value(to_text(*time)) : json::value(nullptr);
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
          {"readings_sealed", figures.sealed}};
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
  }
  return {{"name", bus.reader().settings().name},
          {"endpoint",
           bus.reader().settings().host + ":" + std::to_string(bus.reader().settings().port)},
          {"up", bus.reader().line().is_open()},
          {"error", figures.last_error},
          {"requests", figures.requests},
          {"answers", figures.answers},
          {"exceptions", figures.exceptions},
          {"timeouts", figures.timeouts},
          {"damaged", figures.damaged},
          {"foreign", figures.foreign},
          {"connections", figures.connections},
          {"marks", json::object{{"reached", marks.reached},
                                 {"read", marks.read},
                                 {"late", marks.late},
                                 {"missed", marks.missed},
                                 {"silent", marks.silent},
                                 {"withheld", marks.withheld},
                                 {"failed", marks.failed},
                                 {"bus_down", marks.bus_down}}}};
}

auto state_text(Acquisition state, std::uint8_t exception_code) -> std::string {
  auto text = std::string{to_text(state)};
  if (state == Acquisition::exception) {
    text += " " + std::to_string(exception_code);
  }
  return text;
}

auto meter_part(const StatusSources& from, std::size_t index) -> json::object {
  const auto& settings = from.configuration.meters[index];
  const auto& view = from.collector.meter(index);
  json::array points;
  for (std::size_t place = 0; place < view.points.size(); ++place) {
    const auto& model_point = settings.model->points[view.points[place]];
    const auto& point = view.views[place];
    // While the meter as a whole gives nothing, that is the answer for each of its points.
    const bool meter_gives = view.state == Acquisition::ok;
    points.push_back(
        json::object{{"name", model_point.name},
                     {"state", meter_gives ? state_text(point.state, point.exception_code)
                                           : state_text(view.state, 0)},
                     {"since", to_text(meter_gives ? point.since : view.since)},
                     {"value", value_text(point.value)},
                     {"unit", model::unit_of(model_point, *settings.settings)},
                     {"time", time_or_null(point.time)}});
  }
  return {{"id", settings.id},
          {"name", settings.name},
          {"model", settings.model->id},
          {"bus", from.configuration.buses[settings.bus].name},
          {"unit_id", settings.unit_id.value()},
          {"state", state_text(view.state, 0)},
          {"since", to_text(view.since)},
          {"answered", time_or_null(view.answered)},
          {"points", std::move(points)}};
}

auto text_at(const json::object& object, std::string_view key) -> std::string {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) {
    return {};
  }
  return value->is_string() ? std::string{value->get_string()} : json::serialize(*value);
}

auto number_at(const json::object& object, std::string_view key) -> std::uint64_t {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

auto object_at(const json::object& object, std::string_view key) -> json::object {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : json::object{};
}

auto array_at(const json::object& object, std::string_view key) -> json::array {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : json::array{};
}

/// Every point of every meter: the answer to "why is there no data?".
auto points_table(const json::object& report) -> Table {
  Table table{.columns = {{.name = "meter"},
                          {.name = "point"},
                          {.name = "state"},
                          {.name = "value", .right_aligned = true, .number = false},
                          {.name = "unit"},
                          {.name = "time"},
                          {.name = "since"}},
              .rows = {}};
  for (const auto& meter : array_at(report, "meters")) {
    for (const auto& point : array_at(meter.as_object(), "points")) {
      const auto& row = point.as_object();
      table.rows.push_back({text_at(meter.as_object(), "id"), text_at(row, "name"),
                            text_at(row, "state"), text_at(row, "value"), text_at(row, "unit"),
                            text_at(row, "time"), text_at(row, "since")});
    }
  }
  return table;
}

auto link_line(const json::object& report) -> std::string {
  const auto link = object_at(report, "link");
  if (link.empty()) {
    return "link      no [platform] is configured: readings are kept and wait\n";
  }
  std::string text = "link      " + text_at(link, "broker");
  if (text_at(link, "connected") == "true") {
    text += " connected, MQTT " + std::string{number_at(link, "mqtt_version") == 5 ? "5" : "3.1.1"};
  } else {
    text += " NOT connected: " + text_at(link, "reason");
  }
  text += "; " + text_at(link, "confirmed_batches") + " batches confirmed, " +
          text_at(link, "unconfirmed_batches") + " wait (" +
          bytes_for_people(number_at(link, "unconfirmed_bytes")) + ")";
  if (text_at(link, "platform_silent") == "true") {
    text += "; the platform confirms nothing";
  }
  return text + "\n";
}

auto for_people(const json::object& report) -> std::string {
  const auto gateway = object_at(report, "gateway");
  const auto buffer = object_at(report, "buffer");
  std::string text =
      "gateway   " + text_at(gateway, "id") + " (" + text_at(gateway, "city") + "), version " +
      text_at(gateway, "version") + ", up " +
      duration_for_people(std::chrono::milliseconds{number_at(gateway, "uptime_ms")}) + ", clock " +
      (text_at(gateway, "clock_trusted") == "true" ? "trusted"
                                                   : "NOT trusted: readings wait undated") +
      "\n";
  text += "readings  " + text_at(gateway, "readings_taken") + " taken, " +
          text_at(gateway, "readings_accepted") + " on disk, " +
          text_at(gateway, "readings_sealed") + " sealed since the start\n";
  text += link_line(report);
  text += "buffer    stream " + text_at(buffer, "stream") + ", newest batch " +
          text_at(buffer, "newest") + ", " + bytes_for_people(number_at(buffer, "used_bytes")) +
          " of " + bytes_for_people(number_at(buffer, "max_bytes"));
  const auto gaps = object_at(buffer, "gaps");
  if (number_at(gaps, "count") > 0) {
    text += ", " + text_at(gaps, "count") + " gaps not yet confirmed";
  }
  const auto failure = text_at(buffer, "failure");
  text += failure.empty() ? "\n" : "; FAILS: " + failure + "\n";
  for (const auto& item : array_at(report, "buses")) {
    const auto& bus = item.as_object();
    const auto marks = object_at(bus, "marks");
    text += "bus       " + text_at(bus, "name") + " at " + text_at(bus, "endpoint") +
            (text_at(bus, "up") == "true" ? " up" : " DOWN: " + text_at(bus, "error")) + "; " +
            text_at(bus, "answers") + " of " + text_at(bus, "requests") + " requests answered, " +
            text_at(bus, "timeouts") + " timeouts; marks: " + text_at(marks, "read") + " read, " +
            text_at(marks, "late") + " late, " + text_at(marks, "missed") + " missed\n";
  }
  return text + "\n" + to_table(points_table(report));
}

}  // namespace

auto status_report(const StatusSources& from) -> std::string {
  json::array buses;
  for (const auto& bus : from.buses) {
    buses.push_back(bus_part(*bus));
  }
  json::array meters;
  for (std::size_t index = 0; index < from.configuration.meters.size(); ++index) {
    meters.push_back(meter_part(from, index));
  }
  return json::serialize(json::object{{"gateway", gateway_part(from)},
                                      {"link", link_part(from)},
                                      {"buffer", buffer_part(from)},
                                      {"buses", std::move(buses)},
                                      {"meters", std::move(meters)}});
}

auto answer_to(std::string_view request, const std::function<std::string()>& report)
    -> std::string {
  boost::system::error_code error;
  const auto parsed = json::parse(request, error);
  if (error || !parsed.is_object()) {
    return R"({"error":"a request is one JSON object, such as {\"command\":\"status\"}"})";
  }
  const auto command = text_at(parsed.get_object(), "command");
  if (command != "status") {
    return json::serialize(
        json::object{{"error", "unknown command \"" + command + "\"; known: \"status\""}});
  }
  return report();
}

auto print_report(std::string_view report, Format format)
    -> wire::Result<std::string, std::string> {
  boost::system::error_code error;
  const auto parsed = json::parse(report, error);
  if (error || !parsed.is_object()) {
    return wire::Result<std::string, std::string>{
        boost::system::in_place_error,
        "the daemon's answer is not understood; is it of this version?"};
  }
  const auto& object = parsed.get_object();
  if (const auto failure = text_at(object, "error"); !failure.empty()) {
    return wire::Result<std::string, std::string>{boost::system::in_place_error, failure};
  }
  std::string text;
  switch (format) {
    case Format::table: text = for_people(object); break;
    case Format::csv: text = to_csv(points_table(object)); break;
    case Format::json: text = std::string{report} + "\n"; break;
  }
  return wire::Result<std::string, std::string>{boost::system::in_place_value, std::move(text)};
}

}  // namespace bornier::app
