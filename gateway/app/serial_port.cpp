// SPDX-License-Identifier: Apache-2.0
#include "app/serial_port.hpp"

#include <filesystem>

namespace bornier::app {
namespace {

namespace errc = boost::system::errc;

constexpr auto name_a_port =
    "; name a device such as \"/dev/ttyS1\", or a link to one in /dev/serial/by-path";

}  // namespace

auto objection_to_device(const std::string& device) -> std::string {
  std::error_code failure;
  const auto found = std::filesystem::status(device, failure);
  if (!std::filesystem::exists(found) || std::filesystem::is_character_file(found)) {
    return {};
  }
  return device + " is " + (std::filesystem::is_directory(found) ? "a folder" : "no device") +
         ", not a serial port" + name_a_port;
}

auto why_not_connected(const BusSettings& bus, const std::string& name,
                       const boost::system::error_code& failure) -> std::string {
  if (bus.transport != Transport::rtu) {
    return name + ": " + failure.message() +
           "; check host and port, and that the meter (or the gateway before it) is on";
  }
  if (failure == errc::inappropriate_io_control_operation || failure == errc::is_a_directory) {
    return name + " is no serial port" + name_a_port;
  }
  if (failure == errc::device_or_resource_busy) {
    return name +
           ": another program has it, and two would talk into each other. If that is the gateway, "
           "stop it meanwhile: systemctl stop bornier; `fuser -v " +
           name + "` shows who it is";
  }
  return name + ": " + failure.message() +
         "; check that the adapter is plugged in, and that this user may open it (group dialout)";
}

auto why_silent(const BusSettings& bus, const std::string& name, wire::UnitId unit) -> std::string {
  return "unit " + std::to_string(unit.value()) + " at " + name +
         (bus.transport == Transport::rtu
              ? " does not answer; check the unit id, bit rate and parity, and the wiring (A and B "
                "swapped?)"
              : " does not answer; check the unit id, and the wiring behind a gateway");
}

}  // namespace bornier::app
