// SPDX-License-Identifier: Apache-2.0
#include "app/node_report.hpp"

#include <chrono>
#include <utility>

#include "app/people_text.hpp"

namespace bornier::app {
namespace {

constexpr std::array<std::string_view, 4> node_line_formats{"8E1", "8O1", "8N2", "8N1"};

auto hexadecimal_digits(std::uint64_t value, int digits) -> std::string {
  constexpr std::string_view hexadecimal = "0123456789ABCDEF";
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    text += hexadecimal[value >> static_cast<unsigned>(shift) & 0xFU];
  }
  return text;
}

auto span_text(std::uint32_t seconds) -> std::string {
  return duration_for_people(std::chrono::seconds{seconds});
}

/// Of widths in 0.1 ms.
auto width_text(std::uint16_t tenths) -> std::string {
  return reading::to_text({tenths, -1}) + " ms";
}

auto input_state(const NodeInput& input) -> std::string {
  if (input.mode == 0) {
    return "off";
  }
  return input.active ? "active" : "inactive";
}

auto input_trouble(const NodeInput& input) -> std::string {
  std::string text;
  const auto add = [&text](bool is, const std::string& what) {
    if (is) {
      text += (text.empty() ? "" : ", ") + what;
    }
  };
  add(input.storm, "storm");
  add(input.stuck, "stuck");
  add(input.edges_lost != 0, std::to_string(input.edges_lost) + " edges lost");
  add(!is_known_unit(input.scale.unit), "pulse unit " + std::to_string(input.scale.unit));
  return text;
}

auto line_text(const NodeImage& image) -> std::string {
  const auto format = image.line[2];
  return "unit " + std::to_string(image.line[0]) + ", " + std::to_string(100 * image.line[1]) +
         " baud " +
         (format < node_line_formats.size() ? std::string{node_line_formats.at(format)}
                                            : std::to_string(format));
}

auto fault_text(const NodeImage& image) -> std::string {
  if (image.fault_pc == 0) {
    return {};
  }
  return "pc 0x" + hexadecimal_digits(image.fault_pc, 8) + ", lr 0x" +
         hexadecimal_digits(image.fault_lr, 8) + ", status 0x" +
         hexadecimal_digits(image.fault_status, 8);
}

auto supply_text(const NodeImage& image) -> std::string {
  return std::string{image.brown_out ? "LOW" : "good"} + ", mains " +
         (image.mains_present ? "present" : "LOST") + ", door " +
         (image.door_open ? "OPEN" : "closed");
}

auto store_text(const NodeImage& image) -> std::string {
  return "saved every " + std::to_string(image.save_every_s) + " s; since the boot " +
         std::to_string(image.journal_saves) + " records saved, " +
         std::to_string(image.journal_failures) + " failed" +
         (image.journal_failing ? "; FAILING: see the events" : "");
}

/// What stands before the tables; an empty value is left out, and null in JSON.
auto node_lines(const NodeImage& image) -> std::vector<std::pair<std::string, std::string>> {
  return {{"serial_number", node_serial_text(image.serial)},
          {"firmware", firmware_text(image)},
          {"address", line_text(image) + (image.line_on_trial ? ", ON TRIAL" : "")},
          {"boots", std::to_string(image.boots)},
          {"reset_cause", reset_cause_text(image.reset_cause)},
          {"last_fault", fault_text(image)},
          {"uptime", span_text(image.uptime)},
          {"supply", supply_text(image)},
          {"store", store_text(image)}};
}

auto node_lines_text(const NodeImage& image) -> std::string {
  constexpr std::size_t width = 15;
  std::string text;
  for (const auto& [name, value] : node_lines(image)) {
    if (!value.empty()) {
      auto title = name;
      title.resize(width, ' ');
      text += title + value + "\n";
    }
  }
  return text;
}

/// What is for programs to compare is there in its own digits.
auto node_json(const NodeImage& image) -> std::string {
  std::string text = "{";
  for (const auto& [name, value] : node_lines(image)) {
    text += json_string(name) + ": " + (value.empty() ? "null" : json_string(value)) + ", ";
  }
  const auto flag = [](bool is) { return std::string{is ? "true" : "false"}; };
  return text + "\"unit_id\": " + std::to_string(image.line[0]) +
         ", \"baud\": " + std::to_string(100 * image.line[1]) +
         ", \"uptime_s\": " + std::to_string(image.uptime) +
         ", \"door_open\": " + flag(image.door_open) +
         ", \"mains_present\": " + flag(image.mains_present) +
         ", \"brown_out\": " + flag(image.brown_out) +
         ", \"journal_failures\": " + std::to_string(image.journal_failures) + "}";
}

auto medium_of_unit(std::uint16_t unit) -> std::string_view {
  constexpr std::array<std::string_view, 5> media{"", "electricity", "electricity", "water",
                                                  "heat"};
  return unit < media.size() ? media.at(unit) : std::string_view{};
}

auto pulse_section(const NodeInput& input, const std::string& id, std::size_t number,
                   std::string_view now) -> std::string {
  const auto count = "pulse_count_" + std::to_string(number);
  const auto value = pulse_value_text(input.scale);
  const auto index = index_text(input.scale, input.count);
  if (input.mode == 0 || input.scale.unit == 0 || value.empty() || index.empty()) {
    return "\n# Input " + std::to_string(number) +
           (input.mode == 0 ? " is off." : " has no pulse value: bornier node set-pulse-value.") +
           "\n";
  }
  return "\n[[meter.pulse]]\nid = \"" + id + "-" + std::to_string(number) + "\"\ncount = \"" +
         count + "\"\nquantity = \"" + std::string{quantity_of_unit(input.scale.unit)} +
         "\"\nmedium = \"" + std::string{medium_of_unit(input.scale.unit)} +
         "\"\nperiods = [{ from = " + std::string{now} + ", value = \"" + value +
         "/{pulse}\", index = \"" + index + "\", count = " + std::to_string(input.count) + " }]\n";
}

}  // namespace

auto firmware_text(const NodeImage& image) -> std::string {
  return std::to_string(image.firmware >> 8U) + "." + std::to_string(image.firmware & 0xFFU);
}

auto node_serial_text(std::uint64_t serial) -> std::string {
  return hexadecimal_digits(serial, 16);
}

auto input_table(const NodeImage& image) -> Table {
  Table table{.columns = {{.name = "input", .right_aligned = true, .number = true},
                          {.name = "state"},
                          {.name = "count", .right_aligned = true, .number = true},
                          {.name = "index", .right_aligned = true},
                          {.name = "pulse_value", .right_aligned = true},
                          {.name = "rate", .right_aligned = true},
                          {.name = "interval_s", .right_aligned = true, .number = true},
                          {.name = "rejected", .right_aligned = true, .number = true},
                          {.name = "debounce", .right_aligned = true},
                          {.name = "min_width", .right_aligned = true},
                          {.name = "trouble"}},
              .rows = {}};
  for (std::size_t index = 0; index < image.inputs.size(); ++index) {
    const auto& input = image.inputs.at(index);
    const auto rate = rate_text(input.scale, input.interval_us);
    const auto interval =
        rate.empty() ? std::string{}
                     : reading::to_text({std::int64_t{input.interval_us}, std::int8_t{-6}});
    table.rows.push_back({std::to_string(index + 1), input_state(input),
                          std::to_string(input.count), index_text(input.scale, input.count),
                          pulse_value_text(input.scale), rate, interval,
                          std::to_string(input.rejected), width_text(input.debounce),
                          width_text(input.min_width), input_trouble(input)});
  }
  return table;
}

auto event_table(const NodeImage& image) -> Table {
  Table table{.columns = {{.name = "event", .right_aligned = true, .number = true},
                          {.name = "boot", .right_aligned = true, .number = true},
                          {.name = "after", .right_aligned = true},
                          {.name = "what"}},
              .rows = {}};
  for (const auto& event : image.events) {
    table.rows.push_back({std::to_string(event.number), std::to_string(event.boot),
                          span_text(event.uptime), to_text(event)});
  }
  return table;
}

auto node_text(const NodeImage& image, Format format) -> std::string {
  const auto inputs = input_table(image);
  switch (format) {
    case Format::csv: return to_csv(inputs);
    case Format::json:
      return "{\"node\": " + node_json(image) + ",\n\"inputs\": " + to_json(inputs) +
             ",\n\"events\": " + to_json(event_table(image)) + "}\n";
    case Format::table: break;
  }
  return node_lines_text(image) + "\n" + to_table(inputs) + "\n" + to_table(event_table(image));
}

auto node_configuration(const NodeImage& image, const MeterSettings& meter, std::string_view bus,
                        std::string_view now) -> std::string {
  const auto serial = node_serial_text(image.serial);
  auto id = meter.id;
  if (id.empty()) {
    id = "node-";
    for (const auto digit : serial.substr(12)) {
      id += digit >= 'A' ? static_cast<char>(digit - 'A' + 'a') : digit;
    }
  }
  auto text = "[[meter]]\nid = \"" + id + "\"\nbus = \"" + std::string{bus} +
              "\"\nunit_id = " + std::to_string(meter.unit_id.value()) + "\nmodel = \"" +
              std::string{node_at::model_id} + "\"\nserial = \"" + serial + "\"\n";
  for (std::size_t index = 0; index < image.inputs.size(); ++index) {
    text += pulse_section(image.inputs.at(index), id, index + 1, now);
  }
  return text;
}

}  // namespace bornier::app
