// SPDX-License-Identifier: Apache-2.0
// Writes the register map as tab-separated lines, a value each, for the check of the gateway's
// model file: table, address, words, name, type, access, scale, unit, min, max, initial, what.
#include <cstdio>
#include <string>

#include "app/node_registers.hpp"
#include "node/register_map.hpp"

namespace node = bornier::node;
namespace wire = bornier::wire;

namespace {

/// `bornier node` knows these places by heart.
constexpr auto is_at(wire::Table table, std::uint16_t address, std::string_view name) -> bool {
  for (const auto& row : node::register_map) {
    if (row.name == name) {
      return row.table == table && row.address == address;
    }
  }
  return false;
}
namespace tool = bornier::app::node_at;
constexpr auto holding = wire::Table::holding_register;
constexpr auto input = wire::Table::input_register;
static_assert(is_at(input, tool::identity, "map_id") &&
              is_at(input, tool::serial, "serial_number"));
static_assert(is_at(input, tool::identity_end - 2, "fault_status"));
static_assert(is_at(input, tool::counts, "pulse_count") &&
              is_at(input, tool::events, "event_number"));
static_assert(is_at(input, tool::counts_end - 10, "edges_lost"));
static_assert(is_at(holding, tool::unit_id, "unit_id") && is_at(holding, tool::unlock, "unlock"));
static_assert(is_at(holding, tool::line_confirm, "line_confirm"));
static_assert(is_at(holding, tool::inputs + tool::pulse_mantissa, "pulse_mantissa"));
static_assert(is_at(holding, tool::inputs + tool::start_index, "start_index"));
static_assert(is_at(wire::Table::discrete_input, tool::line_on_trial, "line_on_trial"));
static_assert(is_at(wire::Table::discrete_input, tool::bits_end - 1, "journal_failing"));
static_assert(is_at(wire::Table::coil, tool::save_now, "save_now"));
static_assert(tool::map_id == node::map_id && tool::map_version == node::map_version);
static_assert(tool::input_count == node::input_count && tool::input_words == node::input_words);

auto name_of(wire::Table table) -> const char* {
  switch (table) {
    case wire::Table::coil: return "coil";
    case wire::Table::discrete_input: return "discrete";
    case wire::Table::input_register: return "input";
    case wire::Table::holding_register: return "holding";
  }
  return "";
}

auto name_of(node::Type type) -> const char* {
  switch (type) {
    case node::Type::bit: return "bool";
    case node::Type::u16: return "uint16";
    case node::Type::s16: return "int16";
    case node::Type::u32: return "uint32";
    case node::Type::u64: return "uint64";
  }
  return "";
}

auto name_of(node::Access access) -> const char* {
  switch (access) {
    case node::Access::read: return "read";
    case node::Access::write: return "write";
    case node::Access::guarded: return "unlocked";
    case node::Access::line: return "trial";
  }
  return "";
}

/// A setting's limit; nothing where there is none.
auto limit(const node::Register& row, std::uint16_t value, bool is_max) -> std::string {
  if (row.field != node::Field::setting || (is_max && node::words(row.type) > 1)) {
    return "";
  }
  return std::to_string(row.type == node::Type::s16 ? static_cast<std::int16_t>(value)
                                                    : int{value});
}

}  // namespace

auto main() -> int {
  std::puts("table\taddress\twords\tname\ttype\taccess\tscale\tunit\tmin\tmax\tinitial\twhat");
  for (const auto& row : node::register_map) {
    for (unsigned index = 0; index < row.repeat; ++index) {
      auto name = std::string{row.name};
      if (row.repeat > 1) {
        name += "_" + std::to_string(index + 1);
      }
      const auto min = limit(row, row.min, false);
      const auto max = limit(row, row.max, true);
      const auto initial = limit(row, row.initial, false);
      std::printf("%s\t%u\t%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", name_of(row.table),
                  row.address + (index << row.shift), int{node::words(row.type)}, name.c_str(),
                  name_of(row.type), name_of(row.access), int{row.scale},
                  std::string{row.unit}.c_str(), min.c_str(), max.c_str(), initial.c_str(),
                  std::string{row.what}.c_str());
    }
  }
  return 0;
}
