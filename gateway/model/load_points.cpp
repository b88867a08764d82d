// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "model/load_parts.hpp"
#include "model/point_conversions.hpp"
#include "model/register_words.hpp"

namespace bornier::model {
namespace {

constexpr std::array<std::string_view, 2> orders{"big", "little"};
constexpr std::array<std::string_view, 3> groups{"detail", "essential", "billing"};
constexpr std::array<std::string_view, 1> transforms{"fold_quadrants"};

struct TypeName {
  std::string_view name;
  RegisterType type;
  std::uint16_t registers;
};
constexpr std::array type_names{
    TypeName{"uint16", RegisterType::uint16, 1},   TypeName{"int16", RegisterType::int16, 1},
    TypeName{"uint32", RegisterType::uint32, 2},   TypeName{"int32", RegisterType::int32, 2},
    TypeName{"uint64", RegisterType::uint64, 4},   TypeName{"int64", RegisterType::int64, 4},
    TypeName{"float32", RegisterType::float32, 2}, TypeName{"float64", RegisterType::float64, 4},
    TypeName{"enum16", RegisterType::enum16, 1},   TypeName{"bits16", RegisterType::bits16, 1},
    TypeName{"bits32", RegisterType::bits32, 2},   TypeName{"mbus_f", RegisterType::mbus_f, 2},
};

/// Part of the format, for meters that this version cannot read yet.
constexpr std::array<std::string_view, 15> reserved_types{
    "bool",     "bcd16",     "bcd32",      "string1",      "hex",
    "uint8_hi", "uint8_lo",  "int16_sm",   "int32_sm",     "int48_sm",
    "uint48",   "base10000", "pf_flags32", "bcd48_smhdmy", "mant24exp8"};

auto parse_type(std::string_view name) -> std::optional<Encoding> {
  const auto found = std::ranges::find(type_names, name, &TypeName::name);
  if (found != type_names.end()) {
    return Encoding{found->type, found->registers, false, false};
  }
  constexpr std::string_view text = "string:";
  if (!name.starts_with(text)) {
    return std::nullopt;
  }
  unsigned registers = 0;
  const auto* last = name.data() + name.size();
  const auto [end, fault] = std::from_chars(name.data() + text.size(), last, registers);
  if (fault != std::errc{} || end != last || registers < 1 || registers > 125) {
    return std::nullopt;
  }
  return Encoding{RegisterType::text, static_cast<std::uint16_t>(registers), false, false};
}

void complain_about_type(TableReader& reader, const std::string& name) {
  for (const std::string_view reserved : reserved_types) {
    if (name.starts_with(reserved)) {
      return reader.complain("type", "type " + quoted(name) +
                                         " is not supported by this version; leave the point out");
    }
  }
  std::string names;
  for (const TypeName& known : type_names) {
    names += std::string{known.name} + ", ";
  }
  reader.complain("type", quoted(name) + " is no register type; one of: " + names + "string:N");
}

auto parse_hexadecimal(std::string_view text) -> std::optional<std::uint64_t> {
  if (!text.starts_with("0x")) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto* last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data() + 2, last, value, 16);
  return fault == std::errc{} && end == last ? std::optional{value} : std::nullopt;
}

void read_quantity(Draft& draft, TableReader& reader, Point& point) {
  reader.require("quantity");
  const auto name = reader.text("quantity");
  if (name) {
    point.quantity = reading::find_quantity(*name);
    if (point.quantity == nullptr) {
      std::vector<std::string_view> names;
      for (const reading::Quantity& quantity : reading::quantities()) {
        names.push_back(quantity.name);
      }
      reader.complain("quantity", quoted(*name) + " is no quantity of the dictionary" +
                                      did_you_mean(*name, names));
    }
  }
  point.phase = reader.text("phase").value_or("");
  const auto phases = reading::phases();
  if (std::ranges::find(phases, point.phase) == phases.end()) {
    reader.complain("phase",
                    quoted(point.phase) + " is no phase" + did_you_mean(point.phase, phases));
  }
  point.tariff = static_cast<std::uint8_t>(reader.whole("tariff", 0, 63).value_or(0));
  point.medium = draft.model.medium;
  if (const auto medium = reader.text("medium")) {
    const auto found = reading::find_medium(*medium);
    if (found) {
      point.medium = *found;
    } else {
      reader.complain("medium", quoted(*medium) + " is no medium; see the model's own key");
    }
  }
  const auto obis = reader.text("obis");
  if (obis) {
    point.obis = *obis;
  } else if (point.quantity != nullptr) {
    point.obis = reading::obis(*point.quantity, point.medium, point.phase, point.tariff);
  }
}

void read_place(Draft& draft, TableReader& reader, Point& point) {
  const auto table = read_table(reader);
  if (!table && !draft.default_table) {
    reader.require("table");
  }
  point.table = table.value_or(draft.default_table.value_or(wire::Table::holding_register));
  reader.require("address");
  point.address = static_cast<std::uint16_t>(reader.whole("address", 0, 65535).value_or(0));
  point.encoding = draft.default_encoding;
  if (draft.default_type.empty()) {
    reader.require("type");
  }
  read_encoding(reader, draft.default_type, point.encoding);
  if (point.address + point.encoding.registers > 65536) {
    reader.complain("address", "the registers go past address 65535");
  }
  point.alone = reader.boolean("alone").value_or(false);
}

void read_absent(Draft& draft, TableReader& reader, Point& point) {
  const toml::node* node = reader.node("absent");
  if (node == nullptr) {
    return;
  }
  const toml::array* values = node->as_array();
  if (values == nullptr) {
    draft.report.add(*node, "`absent` takes a list of raw values: [\"0xFFFF\"]");
    return;
  }
  const unsigned width = point.encoding.registers * 16U;
  for (const toml::node& value : *values) {
    const auto* written = value.as_string();
    const auto raw = written != nullptr ? parse_hexadecimal(written->get()) : std::nullopt;
    if (!raw) {
      draft.report.add(value, "a raw value is written in quotes and hexadecimal: \"0xFFFF\"");
    } else if (width < 64 && (*raw >> width) != 0) {
      draft.report.add(value, quoted(written->get()) + " needs more than the point's " +
                                  std::to_string(width) + " bits");
    } else if (point.encoding.type == RegisterType::text) {
      draft.report.add(value, "a text is absent when it is empty; remove `absent`");
    } else {
      point.absent.push_back(*raw);
    }
  }
}

void read_labels(Draft& draft, TableReader& reader, Point& point) {
  const toml::table* labels = reader.table("labels");
  if (labels == nullptr) {
    return;
  }
  for (const auto& [key, value] : *labels) {
    std::int64_t code = 0;
    const std::string_view written = key.str();
    const auto* last = written.data() + written.size();
    const auto [end, fault] = std::from_chars(written.data(), last, code);
    const auto* label = value.as_string();
    if (fault != std::errc{} || end != last || label == nullptr) {
      draft.report.add(key.source(), "labels are written { 0 = \"text\", 1 = \"text\" }");
    } else {
      point.labels[code] = label->get();
    }
  }
}

void read_group(TableReader& reader, Point& point) {
  const std::size_t group = reader.choice("group", groups).value_or(0);
  point.essential = group >= 1;
  point.billing = group == 2;
}

void read_transform(TableReader& reader, Point& point) {
  if (!reader.choice("transform", transforms)) {
    return;
  }
  point.transform = Transform::fold_quadrants;
  if (point.quantity != nullptr && point.quantity->name != "power_factor") {
    reader.complain("transform", "only a power factor has quadrants to fold");
  }
}

void refuse_reserved(TableReader& reader) {
  for (const std::string_view key : {"offset", "mask", "bits"}) {
    reader.refuse(key, "leave the point out, or read the whole register as bits16");
  }
  for (const std::string_view key : {"sum", "difference"}) {
    reader.refuse(key, "read the parts as points of their own and add them on the platform");
  }
  reader.refuse("unsupported", "list the raw value under `absent`");
  for (const std::string_view key : {"min", "max", "rollover", "write"}) {
    reader.refuse(key, "remove it");
  }
}

void load_point(Draft& draft, const std::string& name, const toml::table& table) {
  TableReader reader{table, "point " + quoted(name), draft.report};
  Point point;
  point.name = name;
  const std::size_t mistakes = draft.report.size();
  read_quantity(draft, reader, point);
  read_place(draft, reader, point);
  read_absent(draft, reader, point);
  read_labels(draft, reader, point);
  read_group(reader, point);
  read_transform(reader, point);
  read_conversions(draft, reader, point);
  refuse_reserved(reader);
  reader.finish();
  draft.model.points.push_back(std::move(point));
  draft.point_places.push_back(table.source());
  draft.sound.push_back(draft.report.size() == mistakes);
}

}  // namespace

auto to_text(wire::Table table) noexcept -> std::string_view {
  switch (table) {
    case wire::Table::input_register: return "input";
    case wire::Table::holding_register: return "holding";
    case wire::Table::coil: return "coil";
    case wire::Table::discrete_input: return "discrete";
  }
  return "";
}

auto read_table(TableReader& reader) -> std::optional<wire::Table> {
  const auto name = reader.text("table");
  if (!name) {
    return std::nullopt;
  }
  if (name == "input") {
    return wire::Table::input_register;
  }
  if (name == "holding") {
    return wire::Table::holding_register;
  }
  if (name == "coil" || name == "discrete") {
    reader.complain("table", "table " + quoted(*name) +
                                 " is not supported by this version; leave the point out");
  } else {
    reader.complain("table", quoted(*name) + " is no table; write \"input\" or \"holding\"");
  }
  return std::nullopt;
}

void read_encoding(TableReader& reader, std::string_view inherited_type, Encoding& encoding) {
  const auto written = reader.text("type");
  const std::string type = written ? *written : std::string{inherited_type};
  if (!type.empty()) {
    if (const auto parsed = parse_type(type)) {
      encoding.type = parsed->type;
      encoding.registers = parsed->registers;
    } else if (written) {
      complain_about_type(reader, type);
    }
  }
  if (const auto order = reader.choice("word_order", orders)) {
    encoding.low_word_first = *order == 1;
  }
  if (const auto order = reader.choice("byte_order", orders)) {
    encoding.low_byte_first = *order == 1;
  }
}

auto resolve_unit(TableReader& reader, std::string_view key, std::string_view spelling)
    -> const reading::Unit* {
  const reading::Unit* unit = reading::find_unit(spelling);
  if (unit == nullptr) {
    std::vector<std::string_view> names;
    for (const reading::Unit& known : reading::units()) {
      names.push_back(known.code);
      names.push_back(known.common);
    }
    std::erase(names, std::string_view{});
    reader.complain(key, quoted(spelling) +
                             " is no unit that is known here; write its UCUM code (kW.h, V, m3/h)" +
                             did_you_mean(spelling, names));
  }
  return unit;
}

void load_points(Draft& draft, TableReader& root) {
  root.require("points");
  const toml::table* points = root.table("points");
  if (points == nullptr) {
    return;
  }
  // TOML tables have no order of their own; people expect the file's.
  std::vector<std::pair<std::string, const toml::table*>> rows;
  for (const auto& [name, node] : *points) {
    if (const toml::table* row = node.as_table()) {
      rows.emplace_back(name.str(), row);
    } else {
      draft.report.add(node, "a point is a table: " + std::string{name.str()} + " = { … }");
    }
  }
  std::ranges::sort(rows, [](const auto& left, const auto& right) {
    const toml::source_position& first = left.second->source().begin;
    const toml::source_position& second = right.second->source().begin;
    return std::tie(first.line, first.column) < std::tie(second.line, second.column);
  });
  for (const auto& [name, row] : rows) {
    load_point(draft, name, *row);
  }
}

}  // namespace bornier::model
