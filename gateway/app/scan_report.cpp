// SPDX-License-Identifier: Apache-2.0
#include "app/scan_report.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "app/scan_options.hpp"
#include "model/detect_signs.hpp"

namespace bornier::app {
namespace {

constexpr std::size_t longest_id = 64;

auto parity_name(modbus::Parity parity) -> std::string {
  switch (parity) {
    case modbus::Parity::none: return "none";
    case modbus::Parity::even: return "even";
    case modbus::Parity::odd: return "odd";
  }
  return "none";
}

auto quoted(const std::string& text) -> std::string {
  std::string written = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      written += '\\';
    }
    written += letter >= ' ' && letter != 0x7F ? letter : '?';
  }
  return written + '"';
}

/// "ttyusb0" of "/dev/ttyUSB0".
auto id_of(const std::string& text) -> std::string {
  std::string id;
  for (const char letter : text.substr(text.rfind('/') + 1)) {
    const char lower =
        letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    const bool allowed = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    id += allowed ? lower : '-';
  }
  return id.substr(0, longest_id);
}

auto names_of_equals(const ScannedUnit& unit, std::size_t from) -> std::string {
  std::string names;
  const auto& candidates = unit.verdict.candidates;
  for (std::size_t index = from; index < unit.verdict.equals; ++index) {
    names += (names.empty() ? "" : ", ") + candidates[index].model->id;
  }
  return names;
}

auto is_serial(const BusSettings& bus) -> bool {
  return bus.transport == Transport::rtu;
}

/// A line such as `# unit 9 …`, without what would end it.
auto comment(const std::string& text) -> std::string {
  std::string line = "# ";
  for (const char letter : text) {
    line += letter >= ' ' && letter != 0x7F ? letter : '?';
  }
  return line + "\n";
}

auto bus_block(const ScanReport& report, const std::string& name, const std::string& device)
    -> std::string {
  std::string block = "[[bus]]\nname = " + quoted(name) + "\n";
  if (is_serial(report.bus)) {
    const auto format = report.usual_format();
    block += "transport = \"rtu\"\ndevice = " + quoted(device) +
             "\nbaud = " + std::to_string(format.baud) +
             "\nparity = " + quoted(parity_name(format.parity)) + "\n";
    return block + (format.stop_bits == 2 ? "stop_bits = 2\n" : "");
  }
  block += report.bus.transport == Transport::tcp ? "transport = \"tcp\"\n"
                                                  : "transport = \"rtu-over-tcp\"\n";
  block += "host = " + quoted(report.bus.host) + "\n";
  constexpr std::uint16_t usual_port = 502;
  return block + (report.bus.port == usual_port
                      ? std::string{}
                      : "port = " + std::to_string(report.bus.port) + "\n");
}

auto meter_block(const ScannedUnit& unit, const std::string& bus) -> std::string {
  const auto& best = unit.verdict.candidates.front();
  const auto& id = best.model->id;
  const auto also = names_of_equals(unit, 1);
  std::string block = "\n" + comment(certainty_of(unit) + ": " + reason_of(unit));
  if (!also.empty()) {
    block += comment("may as well be " + also + ": compare the nameplate");
  }
  if (!best.model->settings.empty()) {
    block += comment("it has settings that cannot be read: see `bornier models " + id + "`");
  }
  block +=
      "[[meter]]\nid = " + quoted(id.substr(0, id.find('-')) + "-" + std::to_string(unit.unit));
  block += "\nbus = " + quoted(bus) + "\nunit_id = " + std::to_string(unit.unit) +
           "\nmodel = " + quoted(id) + "\n";
  return block + (best.serial.empty() ? "" : "serial = " + quoted(best.serial) + "\n");
}

}  // namespace

auto ScanReport::usual_format() const -> modbus::SerialFormat {
  std::vector<std::pair<modbus::SerialFormat, unsigned>> counts;
  for (const auto& unit : units) {
    const auto known =
        std::ranges::find(counts, unit.format, &std::pair<modbus::SerialFormat, unsigned>::first);
    if (known == counts.end()) {
      counts.emplace_back(unit.format, 1);
    } else {
      ++known->second;
    }
  }
  const auto most =
      std::ranges::max_element(counts, {}, &std::pair<modbus::SerialFormat, unsigned>::second);
  return most == counts.end() ? bus.serial : most->first;
}

auto certainty_of(const ScannedUnit& unit) -> std::string {
  if (unit.verdict.candidates.empty()) {
    return "unknown";
  }
  return unit.verdict.candidates.front().certainty == model::Certainty::certain ? "certain"
                                                                                : "looks like";
}

auto reason_of(const ScannedUnit& unit) -> std::string {
  const auto said = model::to_text(unit.verdict.identification);
  const auto says = said.empty() ? std::string{} : "says it is " + said;
  if (!unit.verdict.candidates.empty()) {
    const auto& best = unit.verdict.candidates.front();
    const bool enough = says.empty() || best.certainty == model::Certainty::certain;
    return enough ? best.reason : best.reason + "; " + says;
  }
  if (!unit.identified) {
    return "answers; what it is was not asked any more";
  }
  std::string reason = says;
  for (const auto& doubt : unit.verdict.doubts) {
    reason += (reason.empty() ? "" : "; ") + doubt;
  }
  return reason.empty() ? "answers, but no model fits; `bornier read` without --model shows its "
                          "registers"
                        : reason;
}

auto table_of(const ScanReport& report) -> Table {
  Table table;
  table.columns.push_back({.name = "unit_id", .right_aligned = true, .number = true});
  if (is_serial(report.bus)) {
    table.columns.push_back({.name = "baud", .right_aligned = true, .number = true});
    table.columns.push_back({.name = "parity"});
    table.columns.push_back({.name = "stop_bits", .right_aligned = true, .number = true});
  }
  for (const auto* name : {"certainty", "model", "or", "serial", "reason"}) {
    table.columns.push_back({.name = name});
  }
  auto units = report.units;
  std::ranges::stable_sort(units, {}, &ScannedUnit::unit);
  for (const auto& unit : units) {
    std::vector<std::string> row{std::to_string(unit.unit)};
    if (is_serial(report.bus)) {
      row.push_back(std::to_string(unit.format.baud));
      row.push_back(parity_name(unit.format.parity));
      row.push_back(std::to_string(unit.format.stop_bits));
    }
    const auto& candidates = unit.verdict.candidates;
    row.push_back(certainty_of(unit));
    row.push_back(candidates.empty() ? "" : candidates.front().model->id);
    row.push_back(names_of_equals(unit, 1));
    row.push_back(candidates.empty() ? "" : candidates.front().serial);
    row.push_back(reason_of(unit));
    table.rows.push_back(std::move(row));
  }
  return table;
}

auto blocks_of(const ScanReport& report, const std::string& device) -> std::string {
  const auto bus = id_of(is_serial(report.bus) ? device : report.bus.host);
  std::string blocks = bus_block(report, bus, device);
  auto units = report.units;
  std::ranges::stable_sort(units, {}, &ScannedUnit::unit);
  for (const auto& unit : units) {
    const auto id = "unit " + std::to_string(unit.unit);
    if (is_serial(report.bus) && unit.format != report.usual_format()) {
      blocks += "\n" + comment(id + " answers at " + to_text(unit.format) + ", the others at " +
                               to_text(report.usual_format()) +
                               ": set it to that before it can share this bus");
    } else if (unit.verdict.candidates.empty()) {
      blocks += "\n" + comment(id + ": " + reason_of(unit));
    } else {
      blocks += meter_block(unit, bus);
    }
  }
  return blocks;
}

auto lasting_name(const std::string& device) -> std::string {
  namespace fs = std::filesystem;
  std::error_code failure;
  const auto meant = fs::canonical(device, failure);
  for (const auto& link : fs::directory_iterator{"/dev/serial/by-path", failure}) {
    std::error_code dangling;
    if (!meant.empty() && fs::canonical(link.path(), dangling) == meant) {
      return link.path().string();
    }
  }
  const auto whole = fs::absolute(device, failure);
  return failure ? device : whole.string();
}

auto remarks_of(const modbus::Sweep& sweep, const ScanReport& report) -> std::vector<std::string> {
  std::vector<std::string> remarks;
  const auto at = [&](std::size_t format) {
    return is_serial(report.bus) ? " at " + to_text(sweep.plan().formats[format]) : std::string{};
  };
  for (const auto place : sweep.damaged()) {
    remarks.push_back(
        "unit " + std::to_string(place.unit) + at(place.format) +
        ": every answer is damaged. Two meters with this unit id talk at the same "
        "time, or this one has another parity or a bad wire: disconnect one and scan again");
  }
  for (std::size_t format = 0; format < sweep.plan().formats.size(); ++format) {
    if (sweep.is_noisy(format)) {
      remarks.push_back("there is noise on the line" + at(format) +
                        ": bytes come that are no answer. Mostly that is a wrong bit rate or "
                        "parity, or another master that talks; else look at A and B, the "
                        "termination and the shield");
    }
  }
  if (report.answers_any_unit) {
    remarks.emplace_back(
        "the same device answers whatever unit id is asked for; only the first is reported");
  }
  if (sweep.ignores_formats()) {
    remarks.emplace_back(
        "units answer under whatever bit rate and parity: this line takes no notice of them, as a "
        "pseudo-terminal does. The first format that found something is reported");
  }
  return remarks;
}

}  // namespace bornier::app
