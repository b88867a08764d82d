// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "model/load_parts.hpp"

/// What chooses unit, weight, order and points: settings (told by the installer, or by the value of
/// a point) and codes (told by bits of a register).
namespace bornier::model {
namespace {

constexpr std::array<std::string_view, 2> order_names{"big", "little"};
constexpr std::int64_t furthest_value = std::int64_t{1} << 62U;

void read_option_orders(TableReader& reader, Option& option) {
  if (const auto order = reader.choice("word_order", order_names)) {
    option.low_word_first = *order == 1;
  }
  if (const auto order = reader.choice("byte_order", order_names)) {
    option.low_byte_first = *order == 1;
  }
}

auto read_option(TableReader& reader) -> Option {
  Option option;
  if (const auto weight = reader.decimal("weight")) {
    if (weight->mantissa <= 0) {
      reader.complain("weight", "a weight is greater than 0");
    } else {
      option.weight = {weight->mantissa, 1, weight->exponent};
    }
  }
  if (const auto unit = reader.text("unit")) {
    option.unit = resolve_unit(reader, "unit", *unit);
  }
  return option;
}

/// What the register shows where the setting has this option.
void read_shown_value(TableReader& reader, bool has_register, Setting& setting) {
  if (!has_register) {
    reader.forbid("value", "no register tells the setting; name its point: register = \"POINT\"");
    return;
  }
  reader.require("value");
  const auto value = reader.whole("value", -furthest_value, furthest_value);
  if (value && std::ranges::find(setting.values, *value) != setting.values.end()) {
    reader.complain("value", "the value " + std::to_string(*value) + " is there twice; remove one");
  }
  setting.values.push_back(value.value_or(0));
}

void read_default(TableReader& reader, bool has_register, Setting& setting) {
  if (has_register) {
    reader.forbid("default", "`register` tells the setting");
    return;
  }
  reader.require("default");
  const auto initial = reader.text("default");
  const auto found = std::ranges::find(setting.choices, initial.value_or(""));
  if (found != setting.choices.end()) {
    setting.initial = static_cast<std::size_t>(found - setting.choices.begin());
  } else if (initial) {
    std::string names;
    for (const std::string& choice : setting.choices) {
      names += (names.empty() ? "" : ", ") + choice;
    }
    reader.complain("default", quoted(*initial) + " is none of the options; one of: " + names);
  }
}

void load_setting(Draft& draft, const std::string& name, const toml::table& table) {
  TableReader reader{table, "setting " + quoted(name), draft.report};
  Setting setting;
  setting.name = name;
  setting.title = reader.text("title").value_or("");
  const bool has_register = reader.has("register");
  draft.setting_points.push_back(reader.text("register").value_or(""));
  if (has_register && draft.setting_points.back().empty()) {
    reader.complain("register", "`register` names the point that tells the setting");
  }
  const toml::node* place = table.get("register");
  draft.setting_places.push_back(place != nullptr ? place->source() : table.source());
  std::vector<Option> options;
  reader.require("options");
  for (const toml::table* row : reader.tables("options")) {
    TableReader one{*row, "an option of setting " + quoted(name), draft.report};
    one.require("name");
    const std::string choice = one.text("name").value_or("");
    if (std::ranges::find(setting.choices, choice) != setting.choices.end()) {
      one.complain("name", "the option " + quoted(choice) + " is there twice; remove one");
    }
    setting.choices.push_back(choice);
    read_shown_value(one, has_register, setting);
    Option option = read_option(one);
    read_option_orders(one, option);
    one.finish();
    setting.low_word_first.push_back(option.low_word_first.value_or(false));
    setting.low_byte_first.push_back(option.low_byte_first.value_or(false));
    options.push_back(option);
  }
  read_default(reader, has_register, setting);
  reader.finish();
  if (options.empty()) {
    if (table.get("options") != nullptr) {
      reader.complain("options", "a setting needs at least one option");
    }
    setting.choices.emplace_back();
    options.emplace_back();
  }
  draft.model.settings.push_back(std::move(setting));
  draft.setting_options.push_back(std::move(options));
}

void read_bits(TableReader& reader, Draft& draft, Code& code) {
  const toml::node* node = reader.node("bits");
  if (node == nullptr) {
    return reader.require("bits");
  }
  const toml::array* bits = node->as_array();
  const auto bit = [bits](std::size_t index) {
    return bits != nullptr && bits->size() == 2 ? (*bits)[index].value<std::int64_t>().value_or(-1)
                                                : -1;
  };
  if (bit(0) < 0 || bit(0) > bit(1) || bit(1) > 31) {
    draft.report.add(*node, "`bits` takes the first and the last bit: [6, 7], 0 is the lowest");
    return;
  }
  code.first_bit = static_cast<std::uint8_t>(bit(0));
  code.last_bit = static_cast<std::uint8_t>(bit(1));
}

void load_code(Draft& draft, const std::string& name, const toml::table& table) {
  TableReader reader{table, "code " + quoted(name), draft.report};
  Code code;
  code.name = name;
  reader.require("point");
  draft.code_points.push_back(reader.text("point").value_or(""));
  if (reader.has("point") && draft.code_points.back().empty()) {
    reader.complain("point", "`point` names the one whose register holds the code");
  }
  const toml::node* place = table.get("point");
  draft.code_places.push_back(place != nullptr ? place->source() : table.source());
  read_bits(reader, draft, code);
  std::vector<Option> options;
  reader.require("options");
  const std::int64_t largest = (std::int64_t{1} << (code.last_bit - code.first_bit + 1)) - 1;
  for (const toml::table* row : reader.tables("options")) {
    TableReader one{*row, "an option of code " + quoted(name), draft.report};
    one.require("value");
    const auto value = static_cast<std::uint64_t>(one.whole("value", 0, largest).value_or(0));
    if (std::ranges::find(code.values, value) != code.values.end()) {
      one.complain("value", "the value " + std::to_string(value) + " is there twice; remove one");
    }
    code.values.push_back(value);
    options.push_back(read_option(one));
    one.finish();
  }
  reader.finish();
  if (options.empty()) {
    if (table.get("options") != nullptr) {
      reader.complain("options", "a code needs at least one option");
    }
    code.values.push_back(0);
    options.emplace_back();
  }
  draft.model.codes.push_back(std::move(code));
  draft.code_options.push_back(std::move(options));
}

/// Calls `load` for each table below `key`.
template <class Load>
void for_each_named(Draft& draft, TableReader& root, std::string_view key, Load load) {
  const toml::table* tables = root.table(key);
  if (tables == nullptr) {
    return;
  }
  for (const auto& [name, node] : *tables) {
    if (const toml::table* table = node.as_table()) {
      load(draft, std::string{name.str()}, *table);
    } else {
      draft.report.add(node, quoted(name.str()) + " is a table: [" + std::string{key} + "." +
                                 std::string{name.str()} + "]");
    }
  }
}

}  // namespace

auto known_setting(Draft& draft, TableReader& reader, std::string_view key, const std::string& name)
    -> std::optional<std::size_t> {
  const auto found = std::ranges::find(draft.model.settings, name, &Setting::name);
  if (found != draft.model.settings.end()) {
    return static_cast<std::size_t>(found - draft.model.settings.begin());
  }
  std::vector<std::string_view> names;
  for (const Setting& known : draft.model.settings) {
    names.push_back(known.name);
  }
  reader.complain(key, "the model has no setting " + quoted(name) + did_you_mean(name, names));
  return std::nullopt;
}

void load_settings(Draft& draft, TableReader& root) {
  for_each_named(draft, root, "setting", load_setting);
}

void load_codes(Draft& draft, TableReader& root) {
  for_each_named(draft, root, "code", load_code);
}

}  // namespace bornier::model
