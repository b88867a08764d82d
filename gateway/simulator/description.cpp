// SPDX-License-Identifier: Apache-2.0
#include "simulator/description.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

#include "modbus/serial_format.hpp"
#include "model/toml_reader.hpp"
#include "simulator/description_parts.hpp"

namespace bornier::simulator {
namespace {

using model::TableReader;

/// "127.0.0.1:1502", "[::1]:0".
auto read_listen(Endpoint& endpoint, const std::string& text) -> bool {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) {
    return false;
  }
  const char* const end = text.data() + text.size();
  const auto [stopped, fault] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  endpoint.host = text.substr(0, colon);
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']')) {
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  }
  return fault == std::errc{} && stopped == end && !endpoint.host.empty();
}

/// What never changes is tried at once; the rows of a recording are when the simulator starts.
void read_constants(MeterDescription& meter, TableReader& reader, model::Report& report) {
  if (meter.model == nullptr) {
    for (const auto* key : {"settings", "fixed"}) {
      static_cast<void>(reader.text_map(key));
    }
    return;
  }
  const auto mistakes = report.size();
  meter.settings = read_settings(*meter.model, reader, report);
  meter.fixed = read_fixed(*meter.model, reader, report);
  if (report.size() > mistakes) {
    return;
  }
  MeterDescription constants = meter;
  constants.recording = nullptr;
  constants.generate = false;
  if (const auto made = Meter::create(std::move(constants)); !made) {
    reader.complain("fixed", made.error());
  }
}

auto read_unit(TableReader& reader, bool rtu) -> wire::UnitId {
  const auto unit = reader.whole("unit_id", 0, 255).value_or(1);
  if (rtu && !modbus::is_on_serial_lines(unit)) {
    reader.complain("unit_id", unit == 0 ? "0 is the broadcast of a serial line, which no meter "
                                           "answers; a meter's own is 1 to 247"
                                         : std::to_string(unit) +
                                               " is reserved on a serial line; a meter's own is 1 "
                                               "to 247");
  }
  return wire::UnitId{static_cast<std::uint8_t>(unit)};
}

auto read_meter(const toml::table& table, bool rtu, Whole& whole) -> MeterDescription {
  TableReader reader{table, "the meter", whole.report};
  MeterDescription meter;
  meter.row_every = whole.row_every;
  meter.name = read_name(reader, whole);
  meter.unit = read_unit(reader, rtu);
  meter.model = read_model(reader, model::Protocol::modbus, whole);
  const auto played = read_recording(reader, meter.model.get(), whole);
  meter.recording = played.recording;
  meter.wrap = played.wrap;
  read_constants(meter, reader, whole.report);
  meter.generate = reader.boolean("generate").value_or(meter.recording == nullptr);
  meter.seed = static_cast<std::uint32_t>(reader.whole("seed", 0, 0xFFFFFFFF).value_or(1));
  meter.latency = reader.duration("latency").value_or(std::chrono::milliseconds{0});
  meter.dead = reader.boolean("dead").value_or(false);
  meter.ignores_writes = reader.boolean("ignores_writes").value_or(false);
  for (const auto* key : {"device", "captures", "messages", "every", "retained"}) {
    reader.forbid(key, "it is for meters that speak MQTT, in a [[mqtt.meter]]");
  }
  reader.finish();
  return meter;
}

/// The serial line's name; two ways to write one place are the same place.
auto read_line(TableReader& reader, Whole& whole) -> std::string {
  auto line = reader.required_text("pty");
  const auto place = std::filesystem::path{line}.lexically_normal().string();
  if (!line.empty() && !whole.lines.insert(place).second) {
    reader.complain("pty", model::quoted(line) +
                               " is another endpoint's already; put its meters there, or give this "
                               "line a name of its own");
  }
  return line;
}

auto read_endpoint(const toml::table& table, Whole& whole) -> Endpoint {
  TableReader reader{table, "the endpoint", whole.report};
  Endpoint endpoint;
  if (const auto listen = reader.text("listen"); listen && !read_listen(endpoint, *listen)) {
    reader.complain("listen",
                    model::quoted(*listen) + " is not ADDRESS:PORT; port 0 picks a free one");
  }
  const bool serial = reader.has("pty");
  if (serial) {
    endpoint.pty = read_line(reader, whole);
    reader.forbid("listen", "a serial line has its `pty` instead");
    reader.forbid("framing", "a serial line always has RTU frames");
  } else {
    reader.forbid("babble", "only a serial line, with `pty`, has noise");
    constexpr std::array<std::string_view, 2> framings{"tcp", "rtu"};
    const auto framing = reader.choice("framing", framings);
    endpoint.rtu = framing == 1U;
    if (framing == 0U || !reader.has("framing")) {
      reader.forbid("baud", "Modbus TCP has no bit rate; say `framing = \"rtu\"`, or name a `pty`");
    }
  }
  endpoint.baud = static_cast<std::uint32_t>(reader.whole("baud", 300, 1'000'000).value_or(0));
  endpoint.babble = reader.duration("babble").value_or(std::chrono::milliseconds{0});
  reader.require("meter");
  std::set<std::uint8_t> units;
  for (const toml::table* each : reader.tables("meter")) {
    endpoint.meters.push_back(read_meter(*each, serial || endpoint.rtu, whole));
    const auto unit = endpoint.meters.back().unit.value();
    if (!units.insert(unit).second) {
      whole.report.add(*each, "unit_id " + std::to_string(unit) + " is taken behind this endpoint");
    }
  }
  reader.finish();
  return endpoint;
}

}  // namespace

auto name_of(const Endpoint& endpoint) -> std::string {
  return endpoint.pty.empty() ? endpoint.host + ":" + std::to_string(endpoint.port) : endpoint.pty;
}

auto load_description(std::string_view toml, const std::string& file, const Sources& sources)
    -> wire::Result<Description, std::vector<model::Diagnostic>> {
  model::Report report{file};
  toml::table parsed;
  try {
    parsed = toml::parse(toml, std::string_view{file});
  } catch (const toml::parse_error& fault) {
    report.add(fault.source(), std::string{fault.description()});
    return report.take();
  }
  TableReader reader{parsed, "the description", report};
  Description description;
  description.log = reader.text("log").value_or("");
  description.published = reader.text("published").value_or("");
  const auto row_every = reader.duration("row_every").value_or(std::chrono::seconds{1});
  if (row_every.count() == 0) {
    reader.complain("row_every", "a row lasts at least \"1ms\"");
  }
  if (!reader.has("mqtt")) {
    reader.require("endpoint");
    reader.forbid("published", "it tells what meters in a [[mqtt.meter]] publish");
  } else if (!reader.has("endpoint")) {
    reader.forbid("log", "it tells the answers of an [[endpoint]]; write `published`");
  }
  Whole whole{.sources = sources, .report = report, .row_every = row_every};
  for (const toml::table* table : reader.tables("endpoint")) {
    description.endpoints.push_back(read_endpoint(*table, whole));
  }
  for (const toml::table* table : reader.tables("mqtt")) {
    description.brokers.push_back(read_broker(*table, whole));
  }
  reader.finish();
  if (!report.empty()) {
    return report.take();
  }
  return description;
}

}  // namespace bornier::simulator
