// SPDX-License-Identifier: Apache-2.0
#include "app/live_status.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "app/report_json.hpp"
#include "app/serial_port.hpp"
#include "app/serial_watch.hpp"
#include "model/model.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;
using model::Severity;
using reading::Acquisition;

/// Values that are further apart are not of one time.
constexpr std::chrono::seconds one_time{3};

auto state_of(std::string_view text) -> std::optional<Acquisition> {
  using enum Acquisition;
  for (const auto state : {not_polled_yet, ok, no_response, exception, bus_down, not_available,
                           out_of_range, unsupported}) {
    if (text.starts_with(to_text(state))) {
      return state;
    }
  }
  return std::nullopt;
}

struct Shown {
  PointSeen seen;
  std::optional<reading::Stamp> time;
};

auto shown_point(const MeterSettings& meter, const json::object& row) -> std::optional<Shown> {
  const auto point = model::find_point(*meter.model, text_at(row, "name"));
  const auto state = state_of(text_at(row, "state"));
  if (!point || !state) {
    return std::nullopt;
  }
  Shown shown;
  shown.seen.decoded.point = *point;
  shown.seen.decoded.value = *state;
  shown.time = reading::parse_stamp(text_at(row, "time"));
  const auto value = text_at(row, "value");
  if (*state == Acquisition::exception) {
    const auto state_text = text_at(row, "state");
    const auto* end = state_text.data() + state_text.size();
    std::from_chars(state_text.data() + to_text(*state).size() + 1, end, shown.seen.exception_code);
  } else if (*state == Acquisition::ok) {
    const bool is_text = meter.model->points[*point].quantity->kind == reading::Kind::text;
    const auto number = is_text ? std::nullopt : reading::parse_decimal(value);
    if (number) {
      shown.seen.decoded.value = *number;
    } else {
      shown.seen.decoded.value = value;
    }
  }
  return shown;
}

auto look_of(const MeterSettings& meter, const json::object& of_daemon) -> Look {
  std::vector<Shown> all;
  std::optional<reading::Stamp> newest;
  for (const auto& row : objects_at(of_daemon, "points")) {
    if (auto shown = shown_point(meter, row)) {
      newest = std::max(newest, shown->time);
      all.push_back(std::move(*shown));
    }
  }
  const auto of_wiring = model::points_of_three_phases(*meter.model);
  Look look;
  for (auto& [seen, time] : all) {
    const bool is_old = time && newest && *newest - *time > one_time;
    if (is_old && std::ranges::count(of_wiring, seen.decoded.point) > 0 &&
        std::holds_alternative<reading::Decimal>(seen.decoded.value)) {
      seen.decoded.value = Acquisition::ok;  // it was read, but not together with the others
    }
    look.push_back(std::move(seen));
  }
  for (const auto point : configured_points(meter)) {
    if (std::ranges::none_of(
            look, [point](const PointSeen& seen) { return seen.decoded.point == point; })) {
      look.push_back(
          {.decoded = {.point = point, .value = Acquisition::not_polled_yet, .quality = {}},
           .exception_code = 0});
    }
  }
  return look;
}

/// Nothing is said of how it is wired without these of each phase.
auto lacks_phases(const MeterSettings& meter, const Look& look) -> bool {
  std::vector<model::Decoded> decoded;
  std::ranges::transform(look, std::back_inserter(decoded), &PointSeen::decoded);
  const auto values = model::three_phases(*meter.model, *meter.settings, decoded);
  return values && std::ranges::any_of(values->phases, [](const model::PhaseValues& phase) {
           return !phase.active || !phase.current || !phase.voltage;
         });
}

auto bus_error(const json::object& report, const std::string& name) -> std::string {
  for (const auto& bus : objects_at(report, "buses")) {
    if (text_at(bus, "name") == name) {
      return text_at(bus, "error");
    }
  }
  return {};
}

/// Why there is no answer, with the remedy.
void say_why_not(LiveMeter& meter, const json::object& report, const json::object& of_daemon,
                 const std::string& endpoint) {
  const auto since = "since " + text_at(of_daemon, "since");
  meter.answers = false;
  if (text_at(of_daemon, "state") == to_text(Acquisition::no_response)) {
    const auto why = why_silent(*meter.bus, endpoint, meter.settings->unit_id);
    const auto end = why.find("; ");
    meter.add(Severity::error, "answer", why.substr(0, end), since, why.substr(end + 2));
    return;
  }
  const auto error = bus_error(report, meter.bus->name);
  meter.add(Severity::error, "answer",
            endpoint + ": no connection" + (error.empty() ? "" : ": " + error), since,
            meter.bus->transport == Transport::rtu
                ? "check that the adapter is plugged in, and that this user may open it"
                : "check host and port, and that the meter (or the gateway before it) is on");
}

void judge_known(LiveMeter& meter, const json::object& report, const json::object& of_daemon,
                 const std::string& endpoint) {
  const auto& settings = *meter.settings;
  meter.points = configured_points(settings).size();
  if (text_at(of_daemon, "model") != settings.model->id ||
      text_at(of_daemon, "bus") != meter.bus->name ||
      number_at(of_daemon, "unit_id") != settings.unit_id.value()) {
    meter.add(Severity::error, "answer", "the running daemon has another configuration of it",
              "model " + text_at(of_daemon, "model") + ", bus " + text_at(of_daemon, "bus") +
                  ", unit " + text_at(of_daemon, "unit_id"),
              "start the daemon again with this one");
    return;
  }
  const auto now = reading::parse_stamp(text_at(object_at(report, "gateway"), "time"));
  const auto answered = reading::parse_stamp(text_at(of_daemon, "answered"));
  if (now && answered) {
    meter.age = *now - *answered;
  }
  const auto state = state_of(text_at(of_daemon, "state"));
  if (state == Acquisition::not_polled_yet || !state) {
    meter.add(Severity::hint, "answer", "the running daemon has had no answer of it yet", {},
              "look again in a minute: then it answers or counts as silent");
    return;
  }
  if (state != Acquisition::ok) {
    say_why_not(meter, report, of_daemon, endpoint);
    judge_serial(meter, text_at(of_daemon, "serial"));
    return;
  }
  meter.answers = true;
  auto look = look_of(settings, of_daemon);
  const bool unknown = lacks_phases(settings, look);
  judge(meter, {std::move(look)}, text_at(of_daemon, "serial"));
  if (unknown) {
    meter.add(Severity::hint, "wiring", "how it is wired is not known", {},
              "the daemon does not poll voltage, current and active power of each phase together: "
              "add them to `points`, or stop the daemon for this check");
  }
}

}  // namespace

auto judge_by_status(std::string_view report, std::span<LiveMeter> meters,
                     std::span<const std::string> endpoints)
    -> wire::Result<std::vector<LiveMeter*>, std::string> {
  using Outcome = wire::Result<std::vector<LiveMeter*>, std::string>;
  boost::system::error_code error;
  const auto parsed = json::parse(report, error);
  if (error || !parsed.is_object() || !parsed.get_object().contains("meters")) {
    return Outcome{boost::system::in_place_error,
                   "the daemon's answer is not understood; is it of this version?"};
  }
  const auto& object = parsed.get_object();
  const auto of_daemon = objects_at(object, "meters");
  const auto buses = objects_at(object, "buses");
  std::vector<LiveMeter*> left;
  for (std::size_t index = 0; index < meters.size(); ++index) {
    auto& meter = meters[index];
    const auto known = std::ranges::find_if(
        of_daemon, [&](const auto& each) { return text_at(each, "id") == meter.settings->id; });
    const bool holds_line = std::ranges::any_of(
        buses, [&](const auto& bus) { return text_at(bus, "endpoint") == endpoints[index]; });
    if (known == of_daemon.end() && !holds_line) {
      left.push_back(&meter);
      continue;
    }
    meter.from_daemon = true;
    if (known != of_daemon.end()) {
      judge_known(meter, object, *known, endpoints[index]);
    } else {
      meter.add(Severity::error, "answer", "the running daemon does not know this meter", {},
                "start it again with this configuration, or stop it for this check: it holds " +
                    endpoints[index]);
    }
  }
  return Outcome{boost::system::in_place_value, std::move(left)};
}

}  // namespace bornier::app
