// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "model/load_parts.hpp"

namespace bornier::model {
namespace {

/// One request writes the whole list (MODBUS Application Protocol V1.1b3, section 6.12).
constexpr std::size_t most_parameters = 123;
constexpr std::uint32_t end_of_addresses = 65536;

auto is_within_limits(const Model& model, const ScanList& list) -> bool {
  const auto size = list.parameters.size();
  if (model.limits.even && (list.address % 2 != 0 || size % 2 != 0)) {
    return false;
  }
  const auto& ranges = model.limits.ranges;
  return ranges.empty() || std::ranges::any_of(ranges, [&](const AddressRange& range) {
           return range.table == wire::Table::holding_register && range.first <= list.address &&
                  list.address + size <= range.last + std::size_t{1};
         });
}

}  // namespace

void load_scan_list(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("scan_list");
  if (table == nullptr) {
    return;
  }
  ScanList list{.address = 0,
                .parameters = {},
                .values = {.table = wire::Table::holding_register, .first = 0, .last = 0}};
  if (!draft.model.sunspec.empty()) {
    root.complain("scan_list", "a model has a `base` or a scan list, not both; remove one");
  }
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
  if (!reader.has("parameter")) {
    return std::nullopt;
  }
  const auto number = reader.whole("parameter", 0, 65535);
  if (!number) {
    return 0;  // reported; it has no address all the same
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
  const std::uint32_t size = static_cast<std::uint32_t>(list->parameters.size());
  const std::uint32_t end = list->address + size;
  list->values.last = static_cast<std::uint16_t>(std::min(next, end_of_addresses) - 1);
  if (size == 0) {
    root.complain("scan_list", "no point has a `parameter`; remove the list, or add points");
  } else if (size > most_parameters || size > draft.model.limits.registers_per_request) {
    root.complain("scan_list",
                  "the list has " + std::to_string(size) +
                      " parameters, and one request has to read it: `registers_per_request` is " +
                      std::to_string(draft.model.limits.registers_per_request) +
                      ", and none writes more than 123");
  } else if (end > end_of_addresses || next > end_of_addresses) {
    root.complain("scan_list", "the list ends at address " + std::to_string(end - 1) +
                                   ", its values at " + std::to_string(next - 1) +
                                   "; both have to end before 65536");
  } else if (list->values.table == wire::Table::holding_register &&
             list->address <= list->values.last && end > list->values.first) {
    root.complain("scan_list", "the list, up to address " + std::to_string(end - 1) +
                                   ", lies over its values, from " +
                                   std::to_string(list->values.first) + " on; correct one of them");
  } else if (!is_within_limits(draft.model, *list)) {
    root.complain("scan_list", "`limits` do not let one request read the list, " +
                                   std::to_string(size) + " holding registers from " +
                                   std::to_string(list->address) + " on; correct one of the two");
  }
}

}  // namespace bornier::model
