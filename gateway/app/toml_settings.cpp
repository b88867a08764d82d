// SPDX-License-Identifier: Apache-2.0
#include "app/toml_settings.hpp"

#include <algorithm>
#include <utility>

#include "app/settings_text.hpp"

namespace bornier::app {
namespace {

auto quoted(std::string_view text) -> std::string {
  return "`" + std::string{text} + "`";
}

auto kind_of(const toml::node& node) -> std::string_view {
  switch (node.type()) {
    case toml::node_type::none: return "nothing";
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "an array";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "a whole number";
    case toml::node_type::floating_point: return "a number with a fraction";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::date: return "a date";
    case toml::node_type::time: return "a time";
    case toml::node_type::date_time: return "a date with time";
  }
  return "something else";
}

}  // namespace

void Mistakes::add(const toml::source_region& where, std::string message) {
  list.push_back({.file = file,
                  .line = static_cast<int>(where.begin.line),
                  .column = static_cast<int>(where.begin.column),
                  .message = std::move(message)});
}

TomlSettings::TomlSettings(const toml::table& table, std::string title, Mistakes& mistakes)
    : table_{table}, title_{std::move(title)}, mistakes_{mistakes} {}

auto TomlSettings::has(std::string_view key) const -> bool {
  return table_.contains(key);
}

auto TomlSettings::node(std::string_view key) -> const toml::node* {
  known_.emplace(key);
  return table_.get(key);
}

void TomlSettings::refuse(std::string_view key, std::string message) {
  const auto* value = table_.get(key);
  mistakes_.add(value != nullptr ? value->source() : table_.source(), std::move(message));
}

void TomlSettings::forbid(std::string_view key, const std::string& reason) {
  if (node(key) != nullptr) {
    refuse(key, quoted(key) + " does not belong into this " + title_ + ": " + reason);
  }
}

auto TomlSettings::text(std::string_view key) -> std::optional<std::string> {
  const auto* value = node(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto text = value->value_exact<std::string>();
  if (!text) {
    refuse(key, quoted(key) + " must be a text in quotes, not " + std::string{kind_of(*value)});
  }
  return text;
}

auto TomlSettings::required_text(std::string_view key) -> std::string {
  if (!has(key)) {
    known_.emplace(key);
    mistakes_.add(table_.source(), title_ + " needs " + quoted(key) + "; add a line `" +
                                       std::string{key} + " = \"…\"`");
    return {};
  }
  auto value = text(key);
  if (value && value->empty()) {
    refuse(key, quoted(key) + " is empty; write its value between the quotes");
  }
  return std::move(value).value_or(std::string{});
}

auto TomlSettings::required_id(std::string_view key) -> std::string {
  auto id = required_text(key);
  const auto allowed = [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '-';
  };
  if (id.size() > 64 || !std::all_of(id.begin(), id.end(), allowed)) {
    refuse(key, quoted(key) + " is \"" + id + "\"; use 1 to 64 of the characters a-z, 0-9 and -");
  }
  return id;
}

auto TomlSettings::integer(std::string_view key, std::int64_t least, std::int64_t most)
    -> std::optional<std::int64_t> {
  const auto* value = node(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto number = value->value_exact<std::int64_t>();
  if (!number) {
    refuse(key, quoted(key) + " must be a whole number without quotes, not " +
                    std::string{kind_of(*value)});
    return std::nullopt;
  }
  if (*number < least || *number > most) {
    refuse(key, quoted(key) + " is " + std::to_string(*number) + "; it must lie between " +
                    std::to_string(least) + " and " + std::to_string(most));
    return std::nullopt;
  }
  return number;
}

auto TomlSettings::boolean(std::string_view key) -> std::optional<bool> {
  const auto* value = node(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto flag = value->value_exact<bool>();
  if (!flag) {
    refuse(key, quoted(key) + " must be true or false without quotes, not " +
                    std::string{kind_of(*value)});
  }
  return flag;
}

auto TomlSettings::parse_duration_at(const toml::node& value, std::string_view key,
                                     DurationRange range)
    -> std::optional<std::chrono::milliseconds> {
  const auto written = value.value_exact<std::string>();
  const auto duration = written ? parse_duration(*written) : std::nullopt;
  if (!duration) {
    const auto shown = written ? "\"" + *written + "\"" : std::string{kind_of(value)};
    mistakes_.add(value.source(),
                  quoted(key) + " is " + shown +
                      "; write a whole number and a unit, such as \"100ms\", \"10s\", \"15min\", "
                      "\"1h\" or \"30d\"");
    return std::nullopt;
  }
  if (*duration < range.shortest || *duration > range.longest) {
    mistakes_.add(value.source(), quoted(key) + " is " + *written + "; it must lie between " +
                                      to_text(range.shortest) + " and " + to_text(range.longest));
    return std::nullopt;
  }
  return duration;
}

auto TomlSettings::duration(std::string_view key, DurationRange range)
    -> std::optional<std::chrono::milliseconds> {
  const auto* value = node(key);
  return value == nullptr ? std::nullopt : parse_duration_at(*value, key, range);
}

auto TomlSettings::bytes(std::string_view key, std::uint64_t least, std::uint64_t most,
                         bool per_second) -> std::optional<std::uint64_t> {
  const auto* value = node(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto written = value->value_exact<std::string>();
  const auto parsed = !written     ? std::nullopt
                      : per_second ? parse_byte_rate(*written)
                                   : parse_bytes(*written);
  if (!parsed) {
    const auto shown = written ? "\"" + *written + "\"" : std::string{kind_of(*value)};
    refuse(key, quoted(key) + " is " + shown + "; write a whole number and a unit, such as " +
                    (per_second ? "\"50kB/s\"" : "\"64KiB\" or \"512MiB\""));
    return std::nullopt;
  }
  if (*parsed < least || *parsed > most) {
    const std::string unit = per_second ? "/s" : "";
    refuse(key, quoted(key) + " is " + *written + "; it must lie between " +
                    bytes_for_people(least) + unit + " and " + bytes_for_people(most) + unit);
    return std::nullopt;
  }
  return parsed;
}

auto TomlSettings::choice(std::string_view key, std::span<const std::string_view> choices)
    -> std::optional<std::size_t> {
  const auto written = text(key);
  if (!written) {
    return std::nullopt;
  }
  const auto found = std::find(choices.begin(), choices.end(), *written);
  if (found == choices.end()) {
    std::string all;
    for (const auto name : choices) {
      all += (all.empty() ? "\"" : ", \"") + std::string{name} + "\"";
    }
    refuse(key, quoted(key) + " is \"" + *written + "\"; choose one of " + all +
                    model::did_you_mean(*written, choices));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - choices.begin());
}

auto TomlSettings::texts(std::string_view key) -> std::optional<std::vector<std::string>> {
  const auto* value = node(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  std::vector<std::string> list;
  const auto* array = value->as_array();
  const bool all_texts =
      array != nullptr && std::all_of(array->begin(), array->end(),
                                      [](const toml::node& item) { return item.is_string(); });
  if (!all_texts) {
    refuse(key, quoted(key) + " must be a list of texts, such as [\"billing\", \"voltage_*\"]");
    return std::nullopt;
  }
  for (const auto& item : *array) {
    list.push_back(item.value_exact<std::string>().value_or(std::string{}));
  }
  return list;
}

auto TomlSettings::table(std::string_view key) -> const toml::table* {
  const auto* value = node(key);
  if (value != nullptr && !value->is_table()) {
    refuse(key, quoted(key) + " must be a table, not " + std::string{kind_of(*value)});
    return nullptr;
  }
  return value == nullptr ? nullptr : value->as_table();
}

auto TomlSettings::text_map(std::string_view key) -> std::map<std::string, std::string> {
  std::map<std::string, std::string> map;
  const auto* entries = table(key);
  if (entries == nullptr) {
    return map;
  }
  for (const auto& [name, value] : *entries) {
    const auto written = value.value_exact<std::string>();
    if (written) {
      map.emplace(name.str(), *written);
    } else {
      mistakes_.add(value.source(), quoted(std::string{key} + "." + std::string{name.str()}) +
                                        " must be a text in quotes, not " +
                                        std::string{kind_of(value)});
    }
  }
  return map;
}

auto TomlSettings::tables(std::string_view key) -> std::vector<const toml::table*> {
  std::vector<const toml::table*> list;
  const auto* value = node(key);
  if (value == nullptr) {
    return list;
  }
  const auto* array = value->as_array();
  if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
    refuse(key, quoted(key) + " must be written as [[" + std::string{key} + "]], once for each");
    return list;
  }
  for (const auto& item : *array) {
    list.push_back(item.as_table());
  }
  return list;
}

void TomlSettings::finish() {
  const std::vector<std::string_view> known{known_.begin(), known_.end()};
  for (const auto& [key, value] : table_) {
    if (!known_.contains(key.str())) {
      mistakes_.add(key.source(), "unknown key " + quoted(key.str()) + " in " + title_ +
                                      (model::nearest(key.str(), known)
                                           ? model::did_you_mean(key.str(), known)
                                           : "; remove it, or see config/gateway.example.toml"));
    }
  }
}

}  // namespace bornier::app
