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

void complain_about_type(TableReader& reader, const std::string& name) {
  reader.complain("type", quoted(name) + " is no register type; one of: " + register_type_names());
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

/// What a gateway tells of a meter by itself, and how the points for it are
/// called.
auto is_gateways_own(std::string_view name) -> bool {
  return name.starts_with("bus_") || name == "arrival_delay";
}

void read_quantity(Draft& draft, TableReader& reader, Point& point) {
  reader.require("quantity");
  const auto name = reader.text("quantity");
  if (name) {
    point.quantity = is_gateways_own(*name) ? nullptr : reading::find_quantity(*name);
    if (point.quantity == nullptr) {
      std::vector<std::string_view> names;
      for (const reading::Quantity& quantity : reading::quantities()) {
        if (!is_gateways_own(quantity.name)) {
          names.push_back(quantity.name);
        }
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

/// Index of the setting that chooses an order: every option of it says which.
auto order_setting(Draft& draft, TableReader& reader, std::string_view key, const std::string& name,
                   std::optional<bool> Option::*order) -> std::optional<std::size_t> {
  const auto setting = known_setting(draft, reader, key, name);
  if (setting && std::ranges::any_of(draft.setting_options[*setting], [order](const Option& one) {
        return !(one.*order).has_value();
      })) {
    reader.complain(key, "not every option of setting " + quoted(name) + " says " + quoted(key));
    return std::nullopt;
  }
  return setting;
}

/// A point's own order goes before that of [defaults], and a text has none of words.
void choose_order(Draft& draft, TableReader& reader, const OrderSettings& own, Point& point) {
  const auto name_of = [&reader](std::string_view key, const std::string& here,
                                 const std::string& usual) {
    return reader.has(key) ? here : usual;
  };
  const bool is_words = (!is_text(point.encoding.type) || is_packed_date(point.encoding.type)) &&
                        point.encoding.registers > 1;
  const auto words = name_of("word_order", own.word_order, draft.default_order.word_order);
  if (!words.empty() && (is_words || reader.has("word_order"))) {
    point.word_order = order_setting(draft, reader, "word_order", words, &Option::low_word_first);
  }
  const auto bytes = name_of("byte_order", own.byte_order, draft.default_order.byte_order);
  if (!bytes.empty()) {
    point.byte_order = order_setting(draft, reader, "byte_order", bytes, &Option::low_byte_first);
  }
}

/// `when = { SETTING = "OPTION" }`.
void read_condition(Draft& draft, TableReader& reader, Point& point) {
  const toml::table* condition = reader.table("when");
  if (condition == nullptr) {
    return;
  }
  if (condition->size() != 1) {
    return reader.complain("when", "`when` names one setting: when = { SETTING = \"OPTION\" }");
  }
  const std::string name{condition->begin()->first.str()};
  const auto setting = known_setting(draft, reader, "when", name);
  if (!setting) {
    return;
  }
  const auto& choices = draft.model.settings[*setting].choices;
  const std::vector<std::string_view> names{choices.begin(), choices.end()};
  TableReader one{*condition, "`when`", draft.report};
  if (const auto choice = one.choice(name, names)) {
    point.when = Condition{*setting, *choice};
  }
}

void read_place(Draft& draft, TableReader& reader, Point& point) {
  if (draft.parameters.back()) {
    for (const std::string_view own : {"table", "address"}) {
      reader.forbid(own, "it stands where the scan list has it; remove the key");
    }
    point.table = draft.model.scan_list->values.table;
  } else {
    const auto table = read_table(reader);
    if (!table && !draft.default_table) {
      reader.require("table");
    }
    point.table = table.value_or(draft.default_table.value_or(wire::Table::holding_register));
    reader.require("address");
    point.address = static_cast<std::uint16_t>(reader.whole("address", 0, 65535).value_or(0));
  }
  point.encoding = draft.default_encoding;
  if (draft.default_type.empty()) {
    reader.require("type");
  }
  OrderSettings order;
  read_encoding(reader, draft.default_type, point.encoding, &order);
  choose_order(draft, reader, order, point);
  if (is_text(point.encoding.type) && !is_packed_date(point.encoding.type) &&
      reader.has("word_order")) {
    reader.complain("word_order", "the registers of a text stand in their order; remove the key");
  }
  if ((point.encoding.type == RegisterType::boolean) != wire::is_bits(point.table)) {
    reader.complain("type", wire::is_bits(point.table)
                                ? "a coil or discrete input holds one bit; write type = \"bool\""
                                : "a register holds more than one bit; write type = \"uint16\" and "
                                  "`bits`");
  }
  if (point.address + point.encoding.registers > 65536) {
    reader.complain("address", "the registers go past address 65535");
  }
  point.alone = reader.boolean("alone").value_or(false);
}

/// Raw values that mean something else than a value.
auto read_raw_values(Draft& draft, TableReader& reader, std::string_view key, const Point& point,
                     unsigned width) -> std::vector<std::uint64_t> {
  std::vector<std::uint64_t> found;
  const toml::node* node = reader.node(key);
  if (node == nullptr) {
    return found;
  }
  const toml::array* values = node->as_array();
  if (values == nullptr) {
    draft.report.add(*node, quoted(key) + " takes a list of raw values: [\"0xFFFF\"]");
    return found;
  }
  width = point.bit_count != 0 ? point.bit_count : width;
  if (point.encoding.type == RegisterType::boolean) {
    width = 1;
  }
  for (const toml::node& value : *values) {
    const auto* written = value.as_string();
    const auto raw = written != nullptr ? parse_hexadecimal(written->get()) : std::nullopt;
    if (!raw) {
      draft.report.add(value, "a raw value is written in quotes and hexadecimal: \"0xFFFF\"");
    } else if (is_text(point.encoding.type)) {
      draft.report.add(value,
                       "a text is absent when it is empty or no date; remove " + quoted(key));
    } else if (width < 64 && (*raw >> width) != 0) {
      draft.report.add(value, quoted(written->get()) + " needs more than the point's " +
                                  std::to_string(width) + " bits");
    } else {
      found.push_back(*raw);
    }
  }
  return found;
}

/// `bits = [first, last]`: the part of the register that holds the point.
void read_bits(Draft& draft, TableReader& reader, Point& point, unsigned width) {
  const toml::node* node = reader.node("bits");
  if (node == nullptr) {
    return;
  }
  const toml::array* bits = node->as_array();
  const auto bit = [bits](std::size_t index) {
    return bits != nullptr && bits->size() == 2 ? (*bits)[index].value<std::int64_t>().value_or(-1)
                                                : -1;
  };
  if (!is_bit_field(point.encoding.type)) {
    draft.report.add(*node,
                     "only an unsigned register can be taken apart; write type = \"uint16\"");
  } else if (bit(0) < 0 || bit(0) > bit(1) || bit(1) >= std::int64_t{width}) {
    draft.report.add(*node, "`bits` takes the first and the last bit, from 0 (the lowest) to " +
                                std::to_string(width - 1) + ": [0, 7]");
  } else {
    point.first_bit = static_cast<std::uint8_t>(bit(0));
    point.bit_count = static_cast<std::uint8_t>(bit(1) - bit(0) + 1);
  }
}

void read_offset(TableReader& reader, Point& point) {
  constexpr std::int64_t furthest = std::int64_t{1} << 62U;
  point.offset = reader.whole("offset", -furthest, furthest).value_or(0);
  if (point.offset != 0 && !is_whole(point.encoding.type)) {
    reader.complain("offset", "an offset is added to the whole number in a register; " +
                                  quoted("type") + " is none");
  }
}

/// `sum` or `difference`: true if the point has no registers of its own.
auto read_parts(Draft& draft, TableReader& reader, Point& point, Links& links) -> bool {
  const bool is_sum = reader.has("sum");
  if (!is_sum && !reader.has("difference")) {
    return false;
  }
  const std::string_view key = is_sum ? "sum" : "difference";
  links.parts = reader.texts(key).value_or(std::vector<std::string>{});
  if (links.parts.size() < 2) {
    reader.complain(key, quoted(key) + " takes at least two points: [\"a\", \"b\"]");
  }
  for (std::size_t index = 0; index < links.parts.size(); ++index) {
    point.parts.push_back({0, !is_sum && index > 0});
  }
  if (point.quantity != nullptr && point.quantity->kind == reading::Kind::text) {
    reader.complain(key, quoted(point.quantity->name) + " is a text; only numbers can be added");
  }
  if (is_sum) {
    reader.forbid("difference", "a point is a sum or a difference, not both");
  }
  for (const std::string_view own :
       {"table",   "sunspec",   "parameter", "address", "type",       "word_order", "byte_order",
        "bits",    "offset",    "scale",     "unit",    "resolution", "absent",     "unsupported",
        "labels",  "transform", "alone",     "min",     "max",        "rollover",   "message",
        "pointer", "field",     "byte",      "order",   "where"}) {
    reader.forbid(own, "it is made of others; remove the key");
  }
  point.table = draft.default_table.value_or(wire::Table::holding_register);
  point.encoding.registers = 0;
  return true;
}

void read_register_place(Draft& draft, TableReader& reader, Point& point) {
  read_place(draft, reader, point);
  read_contents(draft, reader, point, point.encoding.registers * 16U);
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

void load_point(Draft& draft, const std::string& name, const toml::table& table) {
  TableReader reader{table, "point " + quoted(name), draft.report};
  Point point;
  point.name = name;
  const std::size_t mistakes = draft.report.size();
  if (is_gateways_own(name)) {
    draft.report.add(table, "the name of point " + quoted(name) +
                                " is kept for the gateway's own points; rename it");
  }
  read_quantity(draft, reader, point);
  Links links;
  if (draft.model.protocol == Protocol::modbus) {
    read_sunspec(draft, reader);
    draft.parameters.push_back(read_parameter(draft, reader));
  }
  const bool is_made_of_others = read_parts(draft, reader, point, links);
  const bool has_messages = draft.model.protocol == Protocol::mqtt;
  if (has_messages) {
    draft.model.places.emplace_back();
  }
  if (!is_made_of_others) {
    if (has_messages) {
      read_message_place(draft, reader, point);
    } else {
      read_register_place(draft, reader, point);
    }
    read_labels(draft, reader, point);
    read_transform(reader, point);
    read_conversions(draft, reader, point, links);
  }
  read_condition(draft, reader, point);
  read_group(reader, point);
  if (!has_messages) {
    read_access(draft, reader, point);
  }
  reader.finish();
  draft.model.points.push_back(std::move(point));
  draft.links.push_back(std::move(links));
  draft.point_places.push_back(table.source());
  draft.sound.push_back(draft.report.size() == mistakes);
}

}  // namespace

void read_contents(Draft& draft, TableReader& reader, Point& point, unsigned bits) {
  read_bits(draft, reader, point, bits);
  point.absent = read_raw_values(draft, reader, "absent", point, bits);
  point.unsupported = read_raw_values(draft, reader, "unsupported", point, bits);
  read_offset(reader, point);
}

auto read_table(TableReader& reader) -> std::optional<wire::Table> {
  const auto name = reader.text("table");
  if (!name) {
    return std::nullopt;
  }
  for (const wire::Table table : {wire::Table::input_register, wire::Table::holding_register,
                                  wire::Table::coil, wire::Table::discrete_input}) {
    if (*name == to_text(table)) {
      return table;
    }
  }
  reader.complain("table", quoted(*name) + " is no table; one of: input, holding, coil, discrete");
  return std::nullopt;
}

void read_encoding(TableReader& reader, std::string_view inherited_type, Encoding& encoding,
                   OrderSettings* chosen) {
  const auto written = reader.text("type");
  const std::string type = written ? *written : std::string{inherited_type};
  if (!type.empty()) {
    if (const auto parsed = parse_register_type(type)) {
      encoding.type = parsed->type;
      encoding.registers = parsed->registers;
    } else if (written) {
      complain_about_type(reader, type);
    }
  }
  const auto order = [&](std::string_view key, std::string* setting, bool& low_first) {
    const toml::node* node = setting != nullptr ? reader.node(key) : nullptr;
    const auto name =
        argument_of("setting", node != nullptr ? node->value<std::string_view>().value_or("") : "");
    if (!name.empty()) {
      *setting = name;
    } else if (const auto choice = reader.choice(key, orders)) {
      low_first = *choice == 1;
    }
  };
  order("word_order", chosen != nullptr ? &chosen->word_order : nullptr, encoding.low_word_first);
  order("byte_order", chosen != nullptr ? &chosen->byte_order : nullptr, encoding.low_byte_first);
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

auto tables_of_file(Draft& draft, const toml::table* table, std::string_view kind)
    -> std::vector<std::pair<std::string, const toml::table*>> {
  std::vector<std::pair<std::string, const toml::table*>> rows;
  if (table == nullptr) {
    return rows;
  }
  for (const auto& [name, node] : *table) {
    if (const toml::table* row = node.as_table()) {
      rows.emplace_back(name.str(), row);
    } else {
      draft.report.add(
          node, "a " + std::string{kind} + " is a table: " + std::string{name.str()} + " = { … }");
    }
  }
  // TOML tables have no order of their own; people expect the file's.
  std::ranges::sort(rows, [](const auto& left, const auto& right) {
    const toml::source_position& first = left.second->source().begin;
    const toml::source_position& second = right.second->source().begin;
    return std::tie(first.line, first.column) < std::tie(second.line, second.column);
  });
  return rows;
}

void load_points(Draft& draft, TableReader& root) {
  root.require("points");
  for (const auto& [name, row] : tables_of_file(draft, root.table("points"), "point")) {
    load_point(draft, name, *row);
  }
}

}  // namespace bornier::model
