// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "model/load_parts.hpp"

namespace bornier::model {
namespace {

/// One request writes the whole list (MODBUS Application Protocol V1.1b3, section 6.12).
constexpr std::size_t most_parameters = 123;
constexpr std::uint32_t end_of_addresses = 65536;

}  // namespace

void load_scan_list(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("scan_list");
  if (table == nullptr) {
    return;
  }
  ScanList list;
  TableReader reader{*table, "`scan_list`", draft.report};
  reader.require("address");
  list.address = static_cast<std::uint16_t>(reader.whole("address", 0, 65535).value_or(0));
  reader.require("values");
  if (const toml::table* values = reader.table("values")) {
    TableReader block{*values, "`values`", draft.report};
    block.require("table");
    list.values.table = read_table(block).value_or(wire::Table::holding_register);
    if (wire::is_bits(list.values.table)) {
      block.complain("table", "values stand in registers; write \"holding\" or \"input\"");
    }
    block.require("address");
    list.values.first = static_cast<std::uint16_t>(block.whole("address", 0, 65535).value_or(0));
    block.finish();
  }
  reader.finish();
  draft.model.scan_list = std::move(list);
}

auto read_parameter(Draft& draft, TableReader& reader) -> std::optional<std::uint16_t> {
  if (!draft.model.scan_list) {
    reader.forbid("parameter", "the model has no `scan_list`; say above where that is");
    return std::nullopt;
  }
  const auto number = reader.whole("parameter", 0, 65535);
  if (!number) {
    return std::nullopt;
  }
  const auto parameter = static_cast<std::uint16_t>(*number);
  if (std::ranges::find(draft.parameters, std::optional{parameter}) != draft.parameters.end()) {
    reader.complain("parameter", "parameter " + std::to_string(*number) +
                                     " stands in the list already; a point has its own");
  }
  return parameter;
}

void lay_out_scan_list(Draft& draft, TableReader& root) {
  auto& list = draft.model.scan_list;
  if (!list) {
    return;
  }
  std::uint32_t next = list->values.first;
  for (std::size_t index = 0; index < draft.parameters.size(); ++index) {
    if (!draft.parameters[index]) {
      continue;
    }
    auto& point = draft.model.points[index];
    point.address = static_cast<std::uint16_t>(std::min(next, end_of_addresses - 1));
    next += point.encoding.registers;
    list->parameters.push_back(*draft.parameters[index]);
  }
  if (list->parameters.empty()) {
    root.complain("scan_list", "no point has a `parameter`; remove the list, or add points");
  } else if (list->parameters.size() > most_parameters ||
             list->address + list->parameters.size() > end_of_addresses ||
             next > end_of_addresses) {
    root.complain("scan_list", "the list takes at most " + std::to_string(most_parameters) +
                                   " points, and list and values end before address 65536");
  } else {
    list->values.last = static_cast<std::uint16_t>(next - 1);
  }
}

}  // namespace bornier::model
