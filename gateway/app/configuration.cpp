// SPDX-License-Identifier: Apache-2.0
#include "app/configuration.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "app/bus_configuration.hpp"
#include "app/meter_configuration.hpp"
#include "app/mqtt_configuration.hpp"
#include "app/pulse_configuration.hpp"
#include "batch/crc32c.hpp"
#include "model/toml_reader.hpp"

namespace bornier::app {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

using model::DurationRange;
using model::quoted;
using model::TableReader;

constexpr DurationRange any_period{milliseconds{100}, days{1}};

auto digest_of(std::string_view text) -> std::string {
  std::array<char, 16> digits{};
  const auto crc = batch::crc32c(std::as_bytes(std::span{text}));
  const int length = std::snprintf(digits.data(), digits.size(), "crc32c:%08x", crc);
  return {digits.data(), static_cast<std::size_t>(length)};
}

/// One that readings can be published below: no wildcards, none of the broker's own, no empty
/// level.
auto is_topic(std::string_view topic) -> bool {
  constexpr std::size_t longest = 128;
  return !topic.empty() && topic.size() <= longest && !topic.starts_with('/') &&
         !topic.ends_with('/') && topic.find("//") == std::string_view::npos &&
         std::ranges::none_of(topic, [](char character) {
           return static_cast<unsigned char>(character) <= ' ' ||
                  std::string_view{"+#$"}.find(character) != std::string_view::npos;
         });
}

class Parser {
 public:
  Parser(std::string file, const Surroundings& surroundings)
      : report_{std::move(file)}, surroundings_{surroundings} {}

  auto parse(const toml::table& root)
      -> wire::Result<Configuration, std::vector<model::Diagnostic>> {
    TableReader top{root, "the file", report_};
    read_gateway(top, root);
    models_ = surroundings_.choose_folders(configuration_.gateway.models);
    read_buffer(top);
    read_platform(top);
    read_local(top);
    for (const auto* bus : top.tables("bus")) {
      read_bus(*bus);
    }
    if (configuration_.gateway.bus_health_every.count() > 0) {
      std::set<std::string> names;
      for (const auto& bus : configuration_.buses) {
        names.insert(bus.name);
      }
      meters_.reserve(std::move(names));
    }
    for (const auto* meter : top.tables("meter")) {
      read_meter(*meter);
    }
    for (const auto* broker : top.tables("mqtt")) {
      read_mqtt(*broker, meters_, report_, configuration_);
    }
    if (!root.contains("meter") && !root.contains("mqtt")) {
      report_.add(root.source(),
                  "there is nothing to read; add a [[bus]] and a [[meter]], or [[mqtt]] with its "
                  "meters");
    }
    top.finish();
    if (report_.empty()) {
      return std::move(configuration_);
    }
    return report_.take();
  }

 private:
  void read_gateway(TableReader& top, const toml::table& root) {
    const auto* table = top.table("gateway");
    if (table == nullptr) {
      report_.add(root.source(),
                  "the file needs a [gateway] with id, city, timezone and state_directory");
      return;
    }
    TableReader settings{*table, "[gateway]", report_};
    auto& gateway = configuration_.gateway;
    gateway.id = settings.required_id("id");
    gateway.city = settings.required_id("city");
    gateway.timezone = settings.required_text("timezone");
    if (!gateway.timezone.empty() && !surroundings_.is_timezone(gateway.timezone)) {
      settings.complain(
          "timezone",
          "`timezone` is \"" + gateway.timezone +
              "\", which this system does not know; write an IANA name such as \"Europe/Paris\"");
    }
    gateway.state_directory = settings.required_text("state_directory");
    for (auto& folder : settings.texts("models").value_or(std::vector<std::string>{})) {
      gateway.models.emplace_back(std::move(folder));
    }
    constexpr std::array<std::string_view, 2> clocks{"automatic", "system"};
    if (settings.choice("clock", clocks) == 1U) {
      gateway.clock = io::ClockTrust::system;
    }
    gateway.bus_health_every =
        settings.duration("bus_health_every", {std::chrono::seconds{10}, hours{24}})
            .value_or(gateway.bus_health_every);
    settings.finish();
  }

  void read_buffer(TableReader& top) {
    const auto* table = top.table("buffer");
    if (table == nullptr) {
      return;
    }
    TableReader settings{*table, "[buffer]", report_};
    auto& buffer = configuration_.buffer;
    buffer.commit_every = settings.duration("commit_every", {milliseconds{100}, hours{1}})
                              .value_or(buffer.commit_every);
    buffer.max_bytes =
        settings.bytes("max_bytes", 1ULL << 20U, 1ULL << 40U).value_or(buffer.max_bytes);
    buffer.max_age =
        settings.duration("max_age", {minutes{1}, days{3650}}).value_or(buffer.max_age);
    buffer.keep_confirmed = settings.duration("keep_confirmed", {milliseconds{0}, days{3650}})
                                .value_or(buffer.keep_confirmed);
    buffer.memory = settings.bytes("memory", 64ULL << 10U, 1ULL << 30U).value_or(buffer.memory);
    settings.finish();
  }

  void read_platform(TableReader& top) {
    const auto* table = top.table("platform");
    if (table == nullptr) {
      return;
    }
    TableReader settings{*table, "[platform]", report_};
    PlatformSettings platform;
    static_cast<BrokerSettings&>(platform) = read_broker(settings, report_);
    constexpr std::array<std::string_view, 2> confirms{"platform", "broker"};
    if (settings.choice("confirm", confirms) == 1U) {
      platform.confirm = Confirm::broker;
    }
    platform.batch_every = settings.duration("batch_every", {milliseconds{100}, hours{24}})
                               .value_or(platform.batch_every);
    platform.batch_max =
        settings.bytes("batch_max", 1ULL << 10U, 1ULL << 20U).value_or(platform.batch_max);
    platform.backlog_rate =
        settings.byte_rate("backlog_rate", 1'000, 1'000'000'000).value_or(platform.backlog_rate);
    settings.finish();
    configuration_.platform = std::move(platform);
  }

  void read_local(TableReader& top) {
    const auto* table = top.table("local");
    if (table == nullptr) {
      return;
    }
    TableReader settings{*table, "[local]", report_};
    LocalSettings local;
    static_cast<BrokerSettings&>(local) = read_broker(settings, report_);
    local.topic = settings.text("topic").value_or(local.topic);
    if (!is_topic(local.topic)) {
      settings.complain("topic", "`topic` is " + model::quoted(local.topic) +
                                     "; write names with / between them, such as "
                                     "\"city/cab-0117\", without +, # and $");
    }
    local.retain = settings.boolean("retain").value_or(false);
    settings.finish();
    configuration_.local = std::move(local);
  }

  void read_bus(const toml::table& table) {
    configuration_.buses.push_back(
        app::read_bus(table, configuration_.buses, surroundings_, report_));
  }

  void read_meter(const toml::table& table) {
    TableReader settings{table, "[[meter]]", report_};
    MeterSettings meter;
    meters_.read_identity(settings, meter);
    read_place(settings, meter);
    meters_.read_model(settings, model::Protocol::modbus, meter);
    auto pulses = read_pulse_meters(settings, "[[meter.pulse]]", meter, meters_, report_);
    if (meter.model) {
      meters_.read_choices(settings, meter);
      read_scan_list(settings, meter);
      read_points(settings, meter, counts_of(pulses));
    } else {
      for (const auto* key : {"settings", "points", "every", "ct", "vt", "writes_scan_list"}) {
        static_cast<void>(settings.node(key));
      }
    }
    settings.finish();
    for (auto& pulse : pulses) {
      pulse.device = configuration_.meters.size();
      configuration_.pulse_meters.push_back(std::move(pulse));
    }
    configuration_.meters.push_back(std::move(meter));
  }

  void read_place(TableReader& settings, MeterSettings& meter) {
    const auto bus = settings.required_text("bus");
    std::vector<std::string_view> names;
    for (const auto& known : configuration_.buses) {
      names.push_back(known.name);
    }
    const auto found = std::find(names.begin(), names.end(), bus);
    const bool bus_known = found != names.end();
    if (bus_known) {
      meter.bus = static_cast<std::size_t>(found - names.begin());
    } else if (!bus.empty()) {
      settings.complain(
          "bus", "there is no [[bus]] named \"" + bus + "\"" +
                     (model::nearest(bus, names) ? model::did_you_mean(bus, names) : "; add one"));
    }
    const bool shares_unit = settings.boolean("shares_unit").value_or(false);
    settings.require("unit_id");
    const auto unit_id = settings.whole("unit_id", 0, 255);
    if (!unit_id || !bus_known) {
      return;
    }
    if (configuration_.buses[meter.bus].transport != Transport::tcp &&
        !modbus::is_on_serial_lines(*unit_id)) {
      settings.complain("unit_id", *unit_id == 0
                                       ? "0 is the broadcast of a serial line, which no meter "
                                         "answers; a meter's own is 1 to 247"
                                       : std::to_string(*unit_id) +
                                             " is reserved on a serial line; a meter's own is 1 to "
                                             "247");
    }
    meter.unit_id = wire::UnitId{static_cast<std::uint8_t>(*unit_id)};
    const auto [other, is_new] = units_.emplace(std::pair{meter.bus, *unit_id}, meter.id);
    if (!is_new && !shares_unit) {
      settings.complain("unit_id", "unit " + std::to_string(*unit_id) + " of bus \"" + bus +
                                       "\" is read as meter \"" + other->second +
                                       "\" already; if two metering points share the unit, say "
                                       "`shares_unit = true`");
    }
  }

  /// Points of one period are polled together.
  void read_points(TableReader& settings, MeterSettings& meter,
                   const std::vector<std::size_t>& needed) {
    const DurationRange range{std::max(any_period.shortest, meter.model->timing.shortest_period),
                              any_period.longest};
    const auto usual = std::max<milliseconds>(seconds{10}, range.shortest);
    std::map<milliseconds, std::vector<std::size_t>> by_period;
    for (const auto& [point, period] : meters_.read_points(settings, meter, range, usual, needed)) {
      by_period[period].push_back(point);
    }
    for (auto& [period, list] : by_period) {
      meter.polls.push_back({.every = period, .points = std::move(list)});
    }
  }

  void read_scan_list(TableReader& settings, MeterSettings& meter) {
    meter.writes_scan_list = settings.boolean("writes_scan_list").value_or(false);
    if (!meter.writes_scan_list) {
      return;
    }
    const auto rival = std::ranges::find_if(configuration_.meters, [&](const MeterSettings& other) {
      return other.writes_scan_list && other.bus == meter.bus && other.unit_id == meter.unit_id &&
             other.model->scan_list != meter.model->scan_list;
    });
    if (!meter.model->scan_list) {
      settings.complain("writes_scan_list",
                        "model \"" + meter.model->id + "\" has no scan list; remove the key");
    } else if (meter.unit_id == wire::UnitId{0}) {
      settings.complain("writes_scan_list",
                        "unit 0 is everybody's address, which is never written");
    } else if (rival != configuration_.meters.end()) {
      settings.complain(
          "writes_scan_list",
          "meter \"" + rival->id +
              "\" has another list written into the same unit; only one can be there");
    }
  }

  model::Report report_;
  const Surroundings& surroundings_;
  Configuration configuration_;
  std::vector<std::string> models_;
  MeterConfiguration meters_{report_, surroundings_, models_};
  std::map<std::pair<std::size_t, std::int64_t>, std::string> units_;
};

}  // namespace

auto parse_configuration(std::string_view text, const std::string& file,
                         const Surroundings& surroundings)
    -> wire::Result<Configuration, std::vector<model::Diagnostic>> {
  try {
    const auto root = toml::parse(text, file);
    auto configuration = Parser{file, surroundings}.parse(root);
    if (configuration) {
      configuration->digest = digest_of(text);
    }
    return configuration;
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    return std::vector<model::Diagnostic>{
        {.file = file,
         .line = static_cast<int>(begin.line),
         .column = static_cast<int>(begin.column),
         .message = std::string{error.description()} + "; this is not TOML"}};
  }
}

}  // namespace bornier::app
