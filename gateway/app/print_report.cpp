// SPDX-License-Identifier: Apache-2.0
#include "app/print_report.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "app/people_text.hpp"
#include "app/report_json.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;

/// Every point of every meter: the answer to "why is there no data?".
auto points_table(const json::object& report) -> Table {
  Table table{.columns = {{.name = "meter"},
                          {.name = "point"},
                          {.name = "state"},
                          {.name = "value", .right_aligned = true, .number = false},
                          {.name = "unit", .unit = true},
                          {.name = "time"},
                          {.name = "since"}},
              .rows = {}};
  for (const auto& meter : objects_at(report, "meters")) {
    for (const auto& row : objects_at(meter, "points")) {
      table.rows.push_back({text_at(meter, "id"), text_at(row, "name"), text_at(row, "state"),
                            text_at(row, "value"), text_at(row, "unit"), text_at(row, "time"),
                            text_at(row, "since")});
    }
  }
  return table;
}

/// Nothing on a quiet bus.
auto noise_of(const json::object& bus) -> std::string {
  std::string text;
  for (const auto* kind : {"damaged", "foreign"}) {
    if (const auto number = text_at(bus, kind); number != "0" && !number.empty()) {
      text += ", " + number + " " + kind;
    }
  }
  return text;
}

auto percent_for_people(std::uint64_t permille) -> std::string {
  return std::to_string(permille / 10) + "." + std::to_string(permille % 10) + " %";
}

auto hint_lines(const json::object& bus) -> std::string {
  std::string text;
  const auto* hints = bus.if_contains("hints");
  if (hints != nullptr && hints->is_array()) {
    for (const auto& hint : hints->get_array()) {
      text += "          look: " +
              std::string{hint.is_string() ? std::string_view{hint.get_string()} : ""} + "\n";
    }
  }
  return text;
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

/// Nothing without a [local].
auto local_line(const json::object& report) -> std::string {
  const auto local = object_at(report, "local");
  if (local.empty()) {
    return "";
  }
  std::string text = "local     " + text_at(local, "broker");
  if (text_at(local, "connected") == "true") {
    text += " connected";
  } else {
    text += " NOT connected: " + text_at(local, "reason");
  }
  text += "; " + text_at(local, "published") + " published";
  for (const auto* kind : {"waiting", "refused", "dropped"}) {
    if (number_at(local, kind) > 0) {
      text += ", " + text_at(local, kind) + " " + kind;
    }
  }
  return text + "\n";
}

/// A line for each meter that gives less than it should: they drown among the points that are well.
auto trouble_lines(const json::object& report) -> std::string {
  std::string text;
  for (const auto& meter : objects_at(report, "meters")) {
    const auto intro = "meter     " + text_at(meter, "id") + ": ";
    if (text_at(meter, "exchanged") == "true") {
      const auto configured = text_at(meter, "serial_configured");
      text += intro + "another device answers, serial number " + text_at(meter, "serial") +
              (configured.empty() ? ", than at the start" : " instead of " + configured) + "\n";
    }
    if (text_at(meter, "state") != "ok") {
      const auto device = text_at(meter, "device");
      text +=
          intro + text_at(meter, "state") + " since " + text_at(meter, "since") +
          (device.empty() ? "" : "; its pulses are " + text_at(meter, "count") + " of " + device) +
          "\n";
      continue;
    }
    std::string points;
    for (const auto& point : objects_at(meter, "points")) {
      if (text_at(point, "state") != "ok") {
        points +=
            (points.empty() ? "" : ", ") + text_at(point, "name") + " " + text_at(point, "state");
      }
    }
    text += points.empty() ? "" : intro + points + "\n";
  }
  return text;
}

auto reload_line(const json::object& gateway) -> std::string {
  const auto reload = object_at(gateway, "reload");
  if (reload.empty()) {
    return "";
  }
  return "reload    " + text_at(reload, "time") +
         (text_at(reload, "applied") == "true" ? ": " : ": REFUSED, nothing is changed: ") +
         text_at(reload, "result") + "\n";
}

/// ", 3 of them again, 12 in floods"; nothing where all is well.
auto losses_of(const json::object& broker) -> std::string {
  std::string text;
  for (const auto& [key, words] : {std::pair{"repeated", " sent again"},
                                   std::pair{"flooded", " beyond the rate of their topic"},
                                   std::pair{"lost", " LOST, faster than they could be taken"}}) {
    if (number_at(broker, key) > 0) {
      text += ", " + text_at(broker, key) + words;
    }
  }
  return text;
}

auto broker_lines(const json::object& report) -> std::string {
  std::string text;
  for (const auto& broker : objects_at(report, "brokers")) {
    const auto reason = text_at(broker, "reason");
    const bool connected = text_at(broker, "connected") == "true";
    text += "broker    " + text_at(broker, "name") + " at " + text_at(broker, "broker") +
            (connected ? " connected" : " NOT connected") + (reason.empty() ? "" : ": " + reason) +
            "; " + text_at(broker, "messages") + " messages" + losses_of(broker) + "\n";
  }
  return text;
}

/// What was wrong with the messages of a meter that gives readings all the same.
auto problem_lines(const json::object& report) -> std::string {
  std::string text;
  for (const auto& meter : objects_at(report, "meters")) {
    const auto intake = object_at(meter, "intake");
    if (const auto problem = text_at(intake, "problem"); !problem.empty()) {
      text += "meter     " + text_at(meter, "id") + ": " + text_at(intake, "broken") +
              " messages broken, " + text_at(intake, "unusable_values") + " values and " +
              text_at(intake, "unusable_times") + " times unusable; last: " + problem + "\n";
    }
  }
  return text;
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
  text += reload_line(gateway);
  text += link_line(report);
  text += local_line(report);
  text += "buffer    stream " + text_at(buffer, "stream") + ", newest batch " +
          text_at(buffer, "newest") + ", " + bytes_for_people(number_at(buffer, "used_bytes")) +
          " of " + bytes_for_people(number_at(buffer, "max_bytes"));
  const auto gaps = object_at(buffer, "gaps");
  if (number_at(gaps, "count") > 0) {
    text += ", " + text_at(gaps, "count") + " gaps not yet confirmed";
  }
  const auto failure = text_at(buffer, "failure");
  text += failure.empty() ? "\n" : "; FAILS: " + failure + "\n";
  for (const auto& bus : objects_at(report, "buses")) {
    const auto marks = object_at(bus, "marks");
    text += "bus       " + text_at(bus, "name") + " at " + text_at(bus, "endpoint") +
            (text_at(bus, "up") == "true" ? " up" : " DOWN: " + text_at(bus, "error")) + "; " +
            text_at(bus, "answers") + " of " + text_at(bus, "requests") + " requests answered, " +
            text_at(bus, "timeouts") + " timeouts" + noise_of(bus) +
            "; marks: " + text_at(marks, "read") + " read, " + text_at(marks, "late") + " late, " +
            text_at(marks, "missed") + " missed; busy " +
            percent_for_people(number_at(bus, "occupancy_permille")) + "\n" + hint_lines(bus);
  }
  text += broker_lines(report) + problem_lines(report);
  return text + trouble_lines(report) + "\n" + to_table(points_table(report));
}

}  // namespace

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
