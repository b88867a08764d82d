// SPDX-License-Identifier: Apache-2.0
#include "model/load.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "model/load_parts.hpp"
#include "model/message_types.hpp"

namespace bornier::model {
namespace {

constexpr std::array<std::string_view, 3> confidences{"high", "medium", "low"};
constexpr std::array<std::string_view, 3> parities{"none", "even", "odd"};
constexpr std::array<std::string_view, 2> sides{"primary", "secondary"};
constexpr std::array<std::string_view, 2> hole_kinds{"readable", "refused"};
constexpr std::array<std::string_view, 2> protocols{"modbus", "mqtt"};

auto stem(std::string_view file) -> std::string_view {
  if (const auto slash = file.find_last_of('/'); slash != std::string_view::npos) {
    file.remove_prefix(slash + 1);
  }
  return file.ends_with(".toml") ? file.substr(0, file.size() - 5) : file;
}

void load_ranges(Draft& draft, TableReader& limits) {
  for (const toml::table* row : limits.tables("ranges")) {
    TableReader reader{*row, "a range", draft.report};
    const auto table = read_table(reader);
    reader.require("table");
    reader.require("first");
    reader.require("last");
    const auto first = reader.whole("first", 0, 65535);
    const auto last = reader.whole("last", 0, 65535);
    reader.finish();
    if (!table || !first || !last) {
      continue;
    }
    if (*first > *last) {
      draft.report.add(*row, "the range ends before it begins; swap first and last");
      continue;
    }
    const AddressRange range{*table, static_cast<std::uint16_t>(*first),
                             static_cast<std::uint16_t>(*last)};
    for (const AddressRange& other : draft.model.limits.ranges) {
      if (other.table == range.table && other.first <= range.last && range.first <= other.last) {
        draft.report.add(*row, "the range overlaps the one from " + std::to_string(other.first) +
                                   " to " + std::to_string(other.last));
      }
    }
    draft.model.limits.ranges.push_back(range);
  }
}

void load_medium(Draft& draft, TableReader& root) {
  const std::string medium = root.required_text("medium");
  if (const auto found = reading::find_medium(medium)) {
    draft.model.medium = *found;
  } else if (!medium.empty()) {
    root.complain("medium", quoted(medium) +
                                " is no medium; one of: electricity, heat, cooling, water, "
                                "hot_water, waste_water, gas, environment");
  }
}

}  // namespace

void load_identity(Draft& draft, TableReader& root, std::string_view file) {
  Model& model = draft.model;
  root.require("format");
  static_cast<void>(root.whole("format", 1, 1));
  model.id = root.required_id("id");
  if (!model.id.empty() && model.id != stem(file)) {
    root.complain("id", "the id " + quoted(model.id) + " and the file name differ; name the file " +
                            quoted(model.id + ".toml"));
  }
  model.version = root.required_text("version");
  model.manufacturer = root.required_text("manufacturer");
  model.title = root.required_text("title");
  load_medium(draft, root);
  root.require("confidence");
  if (const auto confidence = root.choice("confidence", confidences)) {
    model.confidence = confidences[*confidence];
  }
  model.sources = root.texts("sources").value_or(std::vector<std::string>{});
  model.quirks = root.texts("quirks").value_or(std::vector<std::string>{});
  model.primary_values = root.choice("values", sides).value_or(0) == 0;
  model.protocol = static_cast<Protocol>(root.choice("protocol", protocols).value_or(0));
}

void load_limits(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("limits");
  if (table == nullptr) {
    return;
  }
  Limits& limits = draft.model.limits;
  TableReader reader{*table, "[limits]", draft.report};
  limits.registers_per_request =
      static_cast<std::uint16_t>(reader.whole("registers_per_request", 1, 125).value_or(125));
  limits.even = reader.boolean("even").value_or(false);
  limits.holes_readable = reader.choice("holes", hole_kinds).value_or(1) == 0;
  load_ranges(draft, reader);
  if (limits.even && limits.registers_per_request % 2 != 0) {
    reader.complain("registers_per_request",
                    "only even counts can be read, so this limit cannot be reached; write " +
                        std::to_string(limits.registers_per_request - 1));
  }
  reader.finish();
}

void load_timing(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("timing");
  if (table == nullptr) {
    return;
  }
  Timing& timing = draft.model.timing;
  TableReader reader{*table, "[timing]", draft.report};
  timing.pause = reader.duration("pause").value_or(timing.pause);
  timing.response_timeout = reader.duration("response_timeout").value_or(timing.response_timeout);
  timing.attempts =
      static_cast<unsigned>(reader.whole("attempts", 1, 10).value_or(timing.attempts));
  timing.sleeps_after = reader.duration("sleeps_after").value_or(timing.sleeps_after);
  timing.refresh = reader.duration("refresh").value_or(timing.refresh);
  timing.shortest_period = reader.duration("shortest_period").value_or(timing.shortest_period);
  timing.in_flight =
      static_cast<unsigned>(reader.whole("in_flight", 1, 16).value_or(timing.in_flight));
  timing.answers_exceptions = reader.boolean("answers_exceptions").value_or(true);
  if (timing.response_timeout == std::chrono::milliseconds{0}) {
    reader.complain("response_timeout", "a meter needs time to answer; write \"1s\"");
  }
  if (timing.sleeps_after > std::chrono::milliseconds{0} && timing.attempts < 2) {
    reader.complain("attempts",
                    "a sleeping meter loses the first request, so one attempt never succeeds; "
                    "write 2 or more");
  }
  reader.finish();
}

void load_serial(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("serial");
  if (table == nullptr) {
    return;
  }
  Serial& serial = draft.model.serial;
  TableReader reader{*table, "[serial]", draft.report};
  serial.baud = static_cast<unsigned>(reader.whole("baud", 300, 4'000'000).value_or(serial.baud));
  serial.parity = static_cast<Parity>(reader.choice("parity", parities).value_or(0));
  serial.stop_bits = static_cast<unsigned>(reader.whole("stop_bits", 1, 2).value_or(1));
  serial.unit_id = static_cast<std::uint8_t>(reader.whole("unit_id", 1, 247).value_or(1));
  reader.refuse("mode", "only RTU framing is spoken on serial lines");
  reader.finish();
}

void load_defaults(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("defaults");
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, "[defaults]", draft.report};
  draft.default_table = read_table(reader);
  read_encoding(reader, "", draft.default_encoding, &draft.default_order);
  if (const auto* type = table->get_as<std::string>("type")) {
    draft.default_type = type->get();
  }
  reader.finish();
}

namespace {

/// What all points lie in comes before them, what follows from all of them after.
void load_with_registers(Draft& draft, TableReader& root) {
  load_base(draft, root);
  load_scan_list(draft, root);
  load_limits(draft, root);
  load_timing(draft, root);
  load_serial(draft, root);
  load_defaults(draft, root);
  load_settings(draft, root);
  load_codes(draft, root);
  load_points(draft, root);
  load_writing(draft, root);
  load_event_log(draft, root);
  load_detect(draft, root);
  lay_out_sunspec(draft, root);
  lay_out_scan_list(draft, root);
  resolve_links(draft);
  check_layout(draft);
  check_writing(draft);
}

void load_with_messages(Draft& draft, TableReader& root) {
  forbid_registers(root);
  load_messages(draft, root);
  load_settings(draft, root);
  load_points(draft, root);
  resolve_links(draft);
  resolve_messages(draft, root);
}

}  // namespace

auto load_own_message(TableReader& table, Report& report, std::string id) -> std::optional<Model> {
  const auto mistakes = report.size();
  Draft draft{report};
  draft.model.id = std::move(id);
  draft.model.version = "1";
  draft.model.title = "a mapping of the configuration";
  draft.model.protocol = Protocol::mqtt;
  load_medium(draft, table);
  draft.model.messages.push_back(read_message(draft, table, "message"));
  load_points(draft, table);
  resolve_links(draft);
  resolve_own_message(draft, table);
  if (report.size() != mistakes) {
    return std::nullopt;
  }
  return std::move(draft.model);
}

auto load_model(std::string_view text, const std::string& file)
    -> wire::Result<Model, std::vector<Diagnostic>> {
  Report report{file};
  toml::table parsed;
  try {
    parsed = toml::parse(text, std::string_view{file});
  } catch (const toml::parse_error& fault) {
    report.add(fault.source(), std::string{fault.description()});
    return report.take();
  }
  Draft draft{report};
  TableReader root{parsed, "the model", report};
  load_identity(draft, root, file);
  if (draft.model.protocol == Protocol::mqtt) {
    load_with_messages(draft, root);
  } else {
    load_with_registers(draft, root);
  }
  load_tests(draft, root);
  root.finish();
  if (!report.empty()) {
    return report.take();
  }
  return std::move(draft.model);
}

}  // namespace bornier::model
