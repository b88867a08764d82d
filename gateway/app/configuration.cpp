// SPDX-License-Identifier: Apache-2.0
#include "app/configuration.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <span>
#include <utility>

#include "app/bus_configuration.hpp"
#include "batch/crc32c.hpp"
#include "io/broker_url.hpp"
#include "io/without_password.hpp"
#include "model/scale_expression.hpp"
#include "model/select.hpp"
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
    for (const auto* bus : top.tables("bus")) {
      read_bus(*bus);
    }
    for (const auto* meter : top.tables("meter")) {
      read_meter(*meter);
    }
    top.forbid("mqtt", "meters that speak MQTT are not read by this version; remove the block");
    top.forbid("local",
               "publishing on a local broker is not done by this version; remove the block");
    if (!root.contains("meter")) {
      report_.add(root.source(), "there is nothing to read; add a [[bus]] and a [[meter]]");
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
    platform.broker = settings.required_text("broker");
    const bool encrypted = check_broker(settings, platform.broker);
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
    platform.keepalive =
        settings.duration("keepalive", {seconds{1}, hours{18}}).value_or(platform.keepalive);
    platform.username = settings.text("username").value_or(std::string{});
    platform.password_file = settings.text("password_file").value_or(std::string{});
    if (!platform.password_file.empty() && platform.username.empty()) {
      settings.complain("password_file", "`password_file` needs a `username` beside it");
    }
    settings.forbid(
        "password",
        "a password does not stand in a configuration file; write it into a file of its own "
        "and name that as `password_file`");
    read_tls(settings, platform, encrypted);
    settings.finish();
    configuration_.platform = std::move(platform);
  }

  void read_tls(TableReader& parent, PlatformSettings& platform, bool encrypted) {
    const auto* table = parent.table("tls");
    if (table == nullptr) {
      return;
    }
    TableReader settings{*table, "[platform.tls]", report_};
    platform.ca = settings.text("ca").value_or(std::string{});
    platform.certificate = settings.text("certificate").value_or(std::string{});
    platform.key = settings.text("key").value_or(std::string{});
    if (platform.certificate.empty() != platform.key.empty()) {
      settings.complain(platform.key.empty() ? "certificate" : "key",
                        "`certificate` and `key` belong together; name both files, or neither");
    }
    if (!encrypted && !platform.broker.empty()) {
      parent.complain("tls", "[platform.tls] has no effect on " +
                                 io::without_password(platform.broker) +
                                 "; write mqtts:// to encrypt");
    }
    settings.finish();
  }

  /// True if the address asks for TLS.
  static auto check_broker(TableReader& settings, const std::string& broker) -> bool {
    if (broker.empty()) {
      return false;
    }
    const auto address = io::parse_broker(broker);
    const bool known_scheme = broker.starts_with("mqtt://") || broker.starts_with("mqtts://");
    if (!address || !known_scheme || address->host.find('@') != std::string::npos) {
      settings.complain(
          "broker",
          "`broker` is \"" + broker +
              "\"; write mqtts://HOST:PORT (or mqtt://HOST:PORT without encryption), with the "
              "user in `username`");
      return false;
    }
    return address->tls;
  }

  void read_bus(const toml::table& table) {
    configuration_.buses.push_back(
        app::read_bus(table, configuration_.buses, surroundings_, report_));
  }

  void read_meter(const toml::table& table) {
    TableReader settings{table, "[[meter]]", report_};
    MeterSettings meter;
    meter.id = settings.required_id("id");
    if (!meter.id.empty() && !meter_ids_.insert(meter.id).second) {
      settings.complain("id", "there are two meters with the id \"" + meter.id +
                                  "\"; an id names one metering point");
    }
    if (configuration_.gateway.bus_health_every.count() > 0 &&
        std::ranges::count(configuration_.buses, meter.id, &BusSettings::name) > 0) {
      settings.complain("id", "there is a bus \"" + meter.id +
                                  "\" as well, and with bus_health_every both have points; rename "
                                  "one of them");
    }
    meter.name = settings.text("name").value_or(std::string{});
    meter.code = settings.text("code").value_or(std::string{});
    meter.serial = settings.text("serial").value_or(std::string{});
    meter.labels = settings.text_map("labels");
    read_installed(settings, meter);
    read_place(settings, meter);
    read_model(settings, meter);
    if (meter.model) {
      read_choices(settings, meter);
      read_scan_list(settings, meter);
      read_points(settings, meter);
    } else {
      for (const auto* key : {"settings", "points", "every", "ct", "vt", "writes_scan_list"}) {
        static_cast<void>(settings.node(key));
      }
    }
    settings.finish();
    configuration_.meters.push_back(std::move(meter));
  }

  static void read_installed(TableReader& settings, MeterSettings& meter) {
    const auto* node = settings.node("installed");
    if (node == nullptr) {
      return;
    }
    const auto date = node->value_exact<toml::date>();
    if (!date) {
      settings.complain("installed",
                        "`installed` must be a date without quotes, such as 2026-11-23");
      return;
    }
    const auto two_digits = [](unsigned number) {
      return (number < 10 ? "0" : "") + std::to_string(number);
    };
    meter.installed =
        std::to_string(date->year) + "-" + two_digits(date->month) + "-" + two_digits(date->day);
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

  void read_model(TableReader& settings, MeterSettings& meter) {
    const auto id = settings.required_text("model");
    if (id.empty()) {
      return;
    }
    auto lookup = surroundings_.find_model(id);
    meter.model = std::move(lookup.model);
    if (meter.model) {
      meter.settings = model::Settings{*meter.model};
      return;
    }
    if (lookup.diagnostics.empty()) {
      const std::vector<std::string_view> known{models_.begin(), models_.end()};
      settings.complain("model",
                        "there is no model \"" + id + "\"" +
                            (model::nearest(id, known)
                                 ? model::did_you_mean(id, known)
                                 : "; put its file into a folder of `models` in [gateway]"));
      return;
    }
    if (refused_models_.insert(id).second) {
      report_.add(std::move(lookup.diagnostics));
    }
  }

  void read_choices(TableReader& settings, MeterSettings& meter) {
    read_ratios(settings, meter);
    const auto* table = settings.table("settings");
    if (table == nullptr) {
      return;
    }
    TableReader choices{*table, "[meter.settings]", report_};
    for (const auto& setting : meter.model->settings) {
      const std::vector<std::string_view> names{setting.choices.begin(), setting.choices.end()};
      const auto chosen = choices.choice(setting.name, names);
      if (chosen && !meter.settings->choose(*meter.model, setting.name, setting.choices[*chosen])) {
        choices.complain(setting.name, "model \"" + meter.model->id + "\" does not take " +
                                           setting.choices[*chosen]);
      }
    }
    choices.finish();
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

  static void read_ratios(TableReader& settings, MeterSettings& meter) {
    std::array<reading::Weight, 2> ratios;
    constexpr std::array<const char*, 2> keys{"ct", "vt"};
    for (std::size_t index = 0; index < keys.size(); ++index) {
      if (meter.model->primary_values) {
        settings.forbid(keys[index],
                        "model \"" + meter.model->id +
                            "\" gives primary values, in which the ratio is contained; remove it");
        continue;
      }
      const auto text = settings.text(keys[index]);
      const auto ratio = text ? model::parse_ratio(*text) : std::nullopt;
      if (ratio) {
        ratios[index] = *ratio;
        meter.ratio += std::string{meter.ratio.empty() ? "" : " "} + keys[index] + "=" + *text;
      } else if (text) {
        settings.complain(keys[index], model::quoted(*text) +
                                           " is no ratio of transformers; write primary by "
                                           "secondary, such as \"250/5\", without blanks");
      }
    }
    // Within what parse_ratio takes, their product fits.
    static_cast<void>(meter.settings->set_ratios(ratios[0], ratios[1]));
  }

  void read_points(TableReader& settings, MeterSettings& meter) {
    const auto patterns = settings.texts("points").value_or(std::vector<std::string>{"essential"});
    auto points = model::select(*meter.model, patterns);
    if (!points) {
      for (const auto& unknown : points.error()) {
        settings.complain(
            "points",
            "model \"" + meter.model->id + "\" has no point or group \"" + unknown.pattern + "\"" +
                (unknown.suggestion.empty() ? "; see `bornier models " + meter.model->id + "`"
                                            : "; did you mean `" + unknown.suggestion + "`?"));
      }
    } else if (points->empty()) {
      settings.complain(
          "points",
          "`points` names nothing; write a group such as \"essential\", or names of points");
    }
    std::map<std::size_t, milliseconds> own_period;
    const auto usual = read_every(settings, meter, own_period);
    if (!points) {
      return;
    }
    std::map<milliseconds, std::vector<std::size_t>> by_period;
    for (const auto point : *points) {
      const auto own = own_period.find(point);
      by_period[own == own_period.end() ? usual : own->second].push_back(point);
      own_period.erase(point);
    }
    for (const auto& [point, period] : own_period) {
      settings.complain(
          "every", "`every` gives a period to `" + meter.model->points[point].name +
                       "`, which `points` does not select; add it there, or remove the period");
    }
    for (auto& [period, list] : by_period) {
      meter.polls.push_back({.every = period, .points = std::move(list)});
    }
  }

  /// The usual period; those of single points into `own_period`.
  auto read_every(TableReader& settings, const MeterSettings& meter,
                  std::map<std::size_t, milliseconds>& own_period) -> milliseconds {
    const DurationRange range{std::max(any_period.shortest, meter.model->timing.shortest_period),
                              any_period.longest};
    milliseconds usual = std::max<milliseconds>(seconds{10}, range.shortest);
    const auto* node = settings.node("every");
    if (node == nullptr) {
      return usual;
    }
    const auto* periods = node->as_table();
    if (periods == nullptr) {
      return settings.duration_at(*node, "every", range).value_or(usual);
    }
    std::vector<std::string_view> names{"default"};
    for (const auto& point : meter.model->points) {
      names.push_back(point.name);
    }
    for (const auto& [key, value] : *periods) {
      const auto period = settings.duration_at(value, key.str(), range);
      const auto point = model::find_point(*meter.model, key.str());
      if (key.str() == "default") {
        usual = period.value_or(usual);
      } else if (point) {
        own_period[*point] = period.value_or(usual);
      } else {
        report_.add(key.source(), "`every` names " + quoted(key.str()) + ", which model \"" +
                                      meter.model->id + "\" does not have" +
                                      model::did_you_mean(key.str(), names));
      }
    }
    return usual;
  }

  model::Report report_;
  const Surroundings& surroundings_;
  Configuration configuration_;
  std::vector<std::string> models_;
  std::set<std::string> meter_ids_;
  std::set<std::string> refused_models_;
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
