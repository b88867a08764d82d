// SPDX-License-Identifier: Apache-2.0
#include "app/bus_configuration.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "io/serial_device.hpp"

namespace bornier::app {
namespace {

using model::TableReader;
using std::chrono::minutes;

constexpr std::array<std::string_view, 3> transports{"tcp", "rtu-over-tcp", "rtu"};
constexpr std::array<std::string_view, 3> parities{"none", "even", "odd"};

void read_endpoint(TableReader& settings, std::span<const BusSettings> before, BusSettings& bus) {
  for (const auto* key : {"device", "baud", "parity", "stop_bits", "rs485"}) {
    settings.forbid(key, "it is for serial lines; name `host` and `port` instead");
  }
  bus.host = settings.required_text("host");
  bus.port = static_cast<std::uint16_t>(settings.whole("port", 1, 65'535).value_or(502));
  const auto same_place = std::find_if(before.begin(), before.end(), [&](const auto& other) {
    return other.host == bus.host && other.port == bus.port;
  });
  if (!bus.host.empty() && same_place != before.end()) {
    settings.complain("host", "the buses \"" + same_place->name + "\" and \"" + bus.name +
                                  "\" are both at " + bus.host + ":" + std::to_string(bus.port) +
                                  "; one endpoint is one bus: put its meters on one of them");
  }
}

void read_device(TableReader& settings, std::span<const BusSettings> before,
                 const Surroundings& surroundings, BusSettings& bus) {
  bus.device = settings.required_text("device");
  if (bus.device.empty()) {
    return;
  }
  if (!bus.device.starts_with('/')) {
    settings.complain("device",
                      "\"" + bus.device +
                          "\" is not the path of a device, such as \"/dev/ttyS1\"; the names in "
                          "/dev/serial/by-path stay when adapters are plugged in another order");
  }
  const auto place = [&surroundings](const std::string& device) {
    return surroundings.resolve_device ? surroundings.resolve_device(device) : device;
  };
  const auto same_line = std::find_if(before.begin(), before.end(), [&](const auto& other) {
    return !other.device.empty() && place(other.device) == place(bus.device);
  });
  if (same_line != before.end()) {
    settings.complain("device", "the buses \"" + same_line->name + "\" and \"" + bus.name +
                                    "\" are both on " + place(bus.device) +
                                    "; one line is one bus: put its meters on one of them");
  }
}

auto read_baud(TableReader& settings) -> std::optional<std::uint32_t> {
  settings.require("baud");
  const auto bauds = io::known_bauds();
  const auto* node = settings.node("baud");
  const auto* baud = node == nullptr ? nullptr : node->as_integer();
  if (baud == nullptr) {
    static_cast<void>(settings.whole("baud", bauds.front(), bauds.back()));  // says what is wrong
    return std::nullopt;
  }
  if (std::find(bauds.begin(), bauds.end(), baud->get()) != bauds.end()) {
    return static_cast<std::uint32_t>(baud->get());
  }
  std::string known;
  for (const auto each : bauds) {
    known += (known.empty() ? "" : ", ") + std::to_string(each);
  }
  settings.complain("baud", std::to_string(baud->get()) + " is not one of " + known);
  return std::nullopt;
}

void read_serial_line(TableReader& settings, std::span<const BusSettings> before,
                      const Surroundings& surroundings, BusSettings& bus) {
  for (const auto* key : {"host", "port"}) {
    settings.forbid(key, "it is for \"tcp\" and \"rtu-over-tcp\"; name a `device` instead");
  }
  read_device(settings, before, surroundings, bus);
  bus.serial.baud = read_baud(settings).value_or(bus.serial.baud);
  settings.require("parity");
  if (const auto parity = settings.choice("parity", parities)) {
    bus.serial.parity = static_cast<modbus::Parity>(*parity);
  }
  bus.serial.stop_bits = static_cast<std::uint8_t>(settings.whole("stop_bits", 1, 2).value_or(1));
  bus.rs485 = settings.boolean("rs485").value_or(true);
}

}  // namespace

auto read_bus(const toml::table& table, std::span<const BusSettings> before,
              const Surroundings& surroundings, model::Report& report) -> BusSettings {
  TableReader settings{table, "[[bus]]", report};
  BusSettings bus;
  bus.name = settings.required_id("name");
  const auto same_name = std::find_if(before.begin(), before.end(),
                                      [&](const auto& other) { return other.name == bus.name; });
  if (!bus.name.empty() && same_name != before.end()) {
    settings.complain(
        "name", "there are two buses named \"" + bus.name + "\"; give each a name of its own");
  }
  settings.require("transport");
  const auto transport = settings.choice("transport", transports);
  bus.timeout = settings.duration("timeout", {milliseconds{10}, minutes{1}});
  bus.pause = settings.duration("pause", {milliseconds{0}, minutes{1}});
  if (!transport) {
    // Which keys it needs cannot be told: advice would only lead astray.
    for (const auto* key : {"host", "port", "device", "baud", "parity", "stop_bits", "rs485"}) {
      static_cast<void>(settings.node(key));
    }
    settings.finish();
    return bus;
  }
  bus.transport = static_cast<Transport>(*transport);
  if (bus.transport == Transport::rtu) {
    read_serial_line(settings, before, surroundings, bus);
  } else {
    read_endpoint(settings, before, bus);
  }
  settings.finish();
  return bus;
}

}  // namespace bornier::app
