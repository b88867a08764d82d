// SPDX-License-Identifier: Apache-2.0
#include "app/listen_report.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "intake/meter_intake.hpp"
#include "intake/payload_parts.hpp"
#include "intake/printable.hpp"
#include "io/broker_url.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

using intake::printable;
using intake::toml_string;

constexpr std::size_t longest_name_shown = 60;
constexpr std::size_t longest_sample_shown = 48;
constexpr std::size_t longest_payload_shown = 200;
constexpr std::size_t longest_meter_id = 64;
constexpr std::size_t most_skeletons = 10;

/// What an id may be made of, in lower case: "shellyem3-a4cf12" of "shellyEM3_A4CF12". May be
/// empty.
auto id_made_of(std::string_view text) -> std::string {
  std::string id;
  for (const char letter : text) {
    const char lower =
        letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    const bool allowed = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (allowed) {
      id += lower;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  id = id.substr(0, longest_meter_id);
  while (id.ends_with('-')) {
    id.pop_back();
  }
  return id;
}

auto unique_id(std::string id, const std::string& otherwise, std::set<std::string>& taken)
    -> std::string {
  if (id.empty()) {
    id = otherwise;
  }
  constexpr std::size_t room_for_number = 6;
  auto unique = id;
  for (std::size_t number = 2; !taken.insert(unique).second; ++number) {
    unique = id.substr(0, longest_meter_id - room_for_number) + "-" + std::to_string(number);
  }
  return unique;
}

auto is_configured_as(const MqttMeterSettings& meter, const std::vector<std::string>& topics,
                      const std::string* device) -> bool {
  const auto named = meter.captures.find("device");
  if (device != nullptr && named != meter.captures.end() && named->second != *device) {
    return false;
  }
  const intake::MeterIntake intake{{meter.model, *meter.settings, meter.captures, {}, {}}, {}};
  return std::ranges::any_of(topics,
                             [&](const std::string& topic) { return intake.concerns(topic); });
}

auto configured_meter_of(const std::vector<MqttMeterSettings>& meters,
                         const std::vector<std::string>& topics, const std::string* device)
    -> std::string {
  const auto found = std::ranges::find_if(meters, [&](const MqttMeterSettings& meter) {
    return is_configured_as(meter, topics, device);
  });
  return found == meters.end() ? "" : found->id;
}

auto joined_ids(const std::vector<std::string>& ids) -> std::string {
  std::string text;
  for (const auto& id : ids) {
    text += (text.empty() ? "" : ", ") + id;
  }
  return text;
}

auto example_of(const intake::RecognisedDevice& device) -> std::string {
  const auto& value = device.values[device.example];
  return device.model->points[value.point].name + " " + value.text;
}

auto shown_name(const intake::UnknownDevice& device) -> std::string {
  const auto name = printable(device.prefix, longest_name_shown);
  return device.topic_count > 1 ? name + (name.empty() ? "…" : "/…") : name;
}

auto captures_text(const intake::RecognisedDevice& device, bool for_people) -> std::string {
  std::string text;
  for (const auto& [name, value] : device.captures) {
    text += text.empty() ? "" : ", ";
    text += for_people ? name + "=" + printable(value, longest_name_shown)
                       : name + " = " + toml_string(value);
  }
  return text;
}

auto broker_block(const ListenReport& report) -> std::string {
  if (!report.name.empty()) {
    return "# for the [[mqtt]] named " + toml_string(report.name) +
           ": behind it, and before the next [[mqtt]]\n";
  }
  const auto& broker = report.broker;
  const auto address = io::parse_broker(broker.broker);
  const auto name = id_made_of(address ? address->host : broker.broker);
  std::string block = "[[mqtt]]\nname = " + toml_string(name.empty() ? "lan" : name) +
                      "\nbroker = " + toml_string(broker.broker) + "\n";
  if (!broker.username.empty()) {
    block += "username = " + toml_string(broker.username) + "\n";
  }
  std::string tls;
  for (const auto& [key, path, is_tls] :
       {std::tuple{"password_file", &broker.password_file, false},
        std::tuple{"ca", &broker.ca, true}, std::tuple{"certificate", &broker.certificate, true},
        std::tuple{"key", &broker.key, true}}) {
    if (!path->empty()) {
      (is_tls ? tls : block) += std::string{key} + " = " + toml_string(path->string()) + "\n";
    }
  }
  return block + (tls.empty() ? "" : "[mqtt.tls]\n" + tls);
}

auto listened_block(const intake::RecognisedDevice& device, std::set<std::string>& taken)
    -> std::string {
  const auto& model = *device.model;
  std::string block = "\n# " + std::to_string(device.values.size()) + " points with values, " +
                      example_of(device) + "\n";
  if (device.retained == device.messages) {
    block += "# all of it was retained: nothing says that the device still sends\n";
  }
  if (!device.rivals.empty()) {
    block += "# may as well be " + joined_ids(device.rivals) + ": compare the nameplate\n";
  }
  if (!model.settings.empty()) {
    block += "# it has settings: see `bornier models " + model.id + "`\n";
  }
  auto name = device.device;
  if (const auto number = device.captures.find("number"); number != device.captures.end()) {
    name += "-" + number->second;
  }
  block += "[[mqtt.meter]]\nid = " + toml_string(unique_id(id_made_of(name), model.id, taken)) +
           "\nmodel = " + toml_string(model.id) + "\n";
  if (!device.device.empty()) {
    block += "device = " + toml_string(device.device) + "\n";
  }
  if (!device.captures.empty()) {
    block += "captures = { " + captures_text(device, false) + " }\n";
  }
  return block;
}

auto name_made_of(const std::string& pointer) -> std::string {
  auto name = id_made_of(pointer);
  std::ranges::replace(name, '-', '_');
  return name.empty() ? "value" : name;
}

/// A mapping to be completed, as comments.
auto skeleton_of(const intake::UnknownDevice& device) -> std::string {
  const auto& topic = device.topics.front();
  const auto id = id_made_of(topic);
  std::string lines = "\n# no model reads this; complete what is … and remove the # to read it\n";
  const auto add = [&lines](const std::string& line) { lines += "# " + line + "\n"; };
  add("[[mqtt.meter]]");
  add("id = " + toml_string(id.empty() ? "meter" : id));
  add("topic = " + toml_string(topic));
  add("format = \"json\"");
  add("medium = \"…\"");
  add("[mqtt.meter.points]");
  for (const auto& [pointer, digits] : device.numbers) {
    add(name_made_of(pointer) + " = { quantity = \"…\", pointer = " + toml_string(pointer) +
        ", unit = \"…\" }  # now " + printable(digits, longest_sample_shown));
  }
  return lines;
}

}  // namespace

auto report_of(const intake::Recogniser& recogniser, const std::vector<MqttMeterSettings>& meters)
    -> ListenReport {
  ListenReport report;
  report.figures = recogniser.figures();
  for (auto& device : recogniser.devices()) {
    auto meter = configured_meter_of(meters, device.topics, &device.device);
    report.devices.push_back({std::move(device), std::move(meter)});
  }
  for (auto& device : recogniser.unknown()) {
    auto meter = configured_meter_of(meters, device.topics, nullptr);
    report.strangers.push_back({std::move(device), std::move(meter)});
  }
  return report;
}

auto table_of(const ListenReport& report, std::size_t most_strangers) -> Table {
  const bool has_captures = std::ranges::any_of(
      report.devices, [](const auto& one) { return !one.device.captures.empty(); });
  Table table;
  table.columns = {{.name = "device"}, {.name = "model"}, {.name = "or"}};
  if (has_captures) {
    table.columns.push_back({.name = "captures"});
  }
  if (!report.name.empty()) {
    table.columns.push_back({.name = "meter"});
  }
  for (const auto* name : {"topics", "messages", "retained", "points"}) {
    table.columns.push_back({.name = name, .right_aligned = true, .number = true});
  }
  table.columns.push_back({.name = "example"});
  const auto add = [&](std::string device, std::string model, std::string rivals,
                       std::string captures, const std::string& meter,
                       std::initializer_list<std::uint64_t> counts, std::string example) {
    std::vector<std::string> row{std::move(device), std::move(model), std::move(rivals)};
    if (has_captures) {
      row.push_back(std::move(captures));
    }
    if (!report.name.empty()) {
      row.push_back(meter);
    }
    for (const auto count : counts) {
      row.push_back(std::to_string(count));
    }
    row.push_back(std::move(example));
    table.rows.push_back(std::move(row));
  };
  for (const auto& [device, meter] : report.devices) {
    add(printable(device.device, longest_name_shown), device.model->id, joined_ids(device.rivals),
        captures_text(device, true), meter,
        {device.topic_count, device.messages, device.retained, device.values.size()},
        example_of(device));
  }
  for (const auto& [device, meter] : report.strangers) {
    if (most_strangers-- == 0) {
      break;
    }
    add(shown_name(device), "", "", "", meter,
        {device.topic_count, device.messages, device.retained, 0},
        printable(device.sample, longest_sample_shown));
  }
  return table;
}

auto blocks_of(const ListenReport& report) -> std::string {
  std::set<std::string> taken{report.in_use.begin(), report.in_use.end()};
  std::string meters;
  for (const auto& [device, meter] : report.devices) {
    meters += meter.empty() ? listened_block(device, taken) : "";
  }
  std::string skeletons;
  std::size_t written = 0;
  for (const auto& [device, meter] : report.strangers) {
    if (meter.empty() && !device.numbers.empty() && written++ < most_skeletons) {
      skeletons += skeleton_of(device);
    }
  }
  return meters.empty() && skeletons.empty() ? "" : broker_block(report) + meters + skeletons;
}

auto remarks_of(const ListenReport& report, std::uint64_t dropped) -> std::vector<std::string> {
  std::vector<std::string> remarks;
  const auto& figures = report.figures;
  if (figures.retained > 0) {
    remarks.push_back(std::to_string(figures.retained) + " of " + std::to_string(figures.messages) +
                      " messages were retained: they show what a device once sent, and count here; "
                      "as readings they do not");
  }
  for (const auto& [device, meter] : report.devices) {
    if (device.faults > 0) {
      remarks.push_back(printable(device.device, longest_name_shown) + ": " +
                        std::to_string(device.faults) + " messages could not be read: " +
                        (device.fault ? std::string{to_text(*device.fault)} : ""));
    }
  }
  if (figures.left_out > 0) {
    remarks.push_back(std::to_string(figures.left_out) +
                      " messages are not in this: there are too many topics or devices, or too "
                      "long ones; ask for fewer with --topic");
  }
  if (dropped > 0) {
    remarks.push_back(std::to_string(dropped) +
                      " messages came faster than they could be read and are not in this; ask for "
                      "fewer with --topic");
  }
  return remarks;
}

auto line_of(const intake::RecognisedDevice& device) -> std::string {
  const auto name = device.device.empty() ? device.model->id : device.device;
  return printable(name, longest_name_shown) + ": " + device.model->id + ", " + example_of(device);
}

auto raw_line(std::string_view topic, std::span<const std::byte> payload, bool retained,
              reading::Stamp now) -> std::string {
  return to_text(now) + " " + printable(topic, longest_payload_shown) +
         (retained ? " (retained) " : " ") +
         printable(intake::as_text(payload), longest_payload_shown);
}

}  // namespace bornier::app
