// SPDX-License-Identifier: Apache-2.0
#include "model/toml_reader.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "model/notation.hpp"

namespace bornier::model {
namespace {

/// As a person would name it.
auto shown(const toml::node& node) -> std::string {
  switch (node.type()) {
    case toml::node_type::none: return "nothing";
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "\"" + node.as_string()->get() + "\"";
    case toml::node_type::integer: return std::to_string(node.as_integer()->get());
    case toml::node_type::floating_point: return "a number with a fraction";
    case toml::node_type::boolean: return node.as_boolean()->get() ? "true" : "false";
    case toml::node_type::date: return "a date";
    case toml::node_type::time: return "a time";
    case toml::node_type::date_time: return "a date with time";
  }
  return "something else";
}

auto is_id(std::string_view text) -> bool {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '-';
  });
}

}  // namespace

void Report::add(const toml::source_region& where, std::string message) {
  diagnostics_.push_back({file_, static_cast<int>(where.begin.line),
                          static_cast<int>(where.begin.column), std::move(message)});
}

void Report::add(std::vector<Diagnostic> others) {
  std::ranges::move(others, std::back_inserter(diagnostics_));
}

auto Report::take() -> std::vector<Diagnostic> {
  std::ranges::stable_sort(diagnostics_, [](const Diagnostic& left, const Diagnostic& right) {
    return std::tie(left.file, left.line, left.column) <
           std::tie(right.file, right.line, right.column);
  });
  return std::move(diagnostics_);
}

auto quoted(std::string_view text) -> std::string {
  return "`" + std::string{text} + "`";
}

auto TableReader::node(std::string_view key) -> const toml::node* {
  known_.push_back(key);
  return table_->get(key);
}

void TableReader::complain(std::string_view key, std::string message) {
  const toml::node* found = table_->get(key);
  report_->add(found != nullptr ? found->source() : table_->source(), std::move(message));
}

void TableReader::expected(std::string_view key, const toml::node& found,
                           std::string_view expected) {
  report_->add(found, quoted(key) + " takes " + std::string{expected} + ", not " + shown(found));
}

auto TableReader::text(std::string_view key) -> std::optional<std::string> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = found->as_string()) {
    return value->get();
  }
  expected(key, *found, "a text in quotes");
  return std::nullopt;
}

auto TableReader::required_text(std::string_view key) -> std::string {
  require(key);
  auto written = text(key);
  if (written && written->empty()) {
    complain(key, quoted(key) + " is empty; write its value between the quotes");
  }
  return std::move(written).value_or(std::string{});
}

auto TableReader::required_id(std::string_view key) -> std::string {
  auto id = required_text(key);
  if (!id.empty() && !is_id(id)) {
    complain(key, quoted(id) + " is no id; use 1 to 64 of a-z, 0-9 and -");
    id.clear();
  }
  return id;
}

auto TableReader::texts(std::string_view key) -> std::optional<std::vector<std::string>> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    expected(key, *found, "a list of texts, [\"…\"]");
    return std::nullopt;
  }
  std::vector<std::string> result;
  for (const toml::node& element : *array) {
    if (const auto* value = element.as_string()) {
      result.push_back(value->get());
    } else {
      expected(key, element, "texts in quotes");
    }
  }
  return result;
}

auto TableReader::text_map(std::string_view key) -> std::map<std::string, std::string> {
  std::map<std::string, std::string> result;
  const toml::table* entries = table(key);
  if (entries == nullptr) {
    return result;
  }
  for (const auto& [name, value] : *entries) {
    if (const auto* written = value.as_string()) {
      result.emplace(name.str(), written->get());
    } else {
      expected(std::string{key} + "." + std::string{name.str()}, value, "a text in quotes");
    }
  }
  return result;
}

auto TableReader::whole(std::string_view key, std::int64_t least, std::int64_t most)
    -> std::optional<std::int64_t> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  const auto* value = found->as_integer();
  if (value == nullptr || value->get() < least || value->get() > most) {
    expected(key, *found,
             "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return value->get();
}

auto TableReader::boolean(std::string_view key) -> std::optional<bool> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = found->as_boolean()) {
    return value->get();
  }
  expected(key, *found, "true or false");
  return std::nullopt;
}

auto TableReader::duration(std::string_view key, DurationRange range)
    -> std::optional<std::chrono::milliseconds> {
  const toml::node* found = node(key);
  return found == nullptr ? std::nullopt : duration_at(*found, key, range);
}

auto TableReader::duration_at(const toml::node& value, std::string_view key, DurationRange range)
    -> std::optional<std::chrono::milliseconds> {
  const auto* written = value.as_string();
  const auto duration = written != nullptr ? parse_duration(written->get()) : std::nullopt;
  if (!duration) {
    expected(key, value, R"(a whole number and a unit, such as "60ms", "10s", "15min" or "30d")");
    return std::nullopt;
  }
  if (*duration < range.shortest || *duration > range.longest) {
    expected(key, value,
             "a duration from " + to_text(range.shortest) + " to " + to_text(range.longest));
    return std::nullopt;
  }
  return duration;
}

auto TableReader::bytes(std::string_view key, std::uint64_t least, std::uint64_t most)
    -> std::optional<std::uint64_t> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  const auto* written = found->as_string();
  const auto parsed = written != nullptr ? parse_bytes(written->get()) : std::nullopt;
  if (!parsed) {
    expected(key, *found, R"(a whole number and a unit, such as "64KiB" or "512MiB")");
  }
  return within(key, parsed, least, most, "");
}

auto TableReader::byte_rate(std::string_view key, std::uint64_t least, std::uint64_t most)
    -> std::optional<std::uint64_t> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  const auto* written = found->as_string();
  const auto parsed = written != nullptr ? parse_byte_rate(written->get()) : std::nullopt;
  if (!parsed) {
    expected(key, *found, R"(a whole number and a unit, such as "50kB/s")");
  }
  return within(key, parsed, least, most, "/s");
}

auto TableReader::within(std::string_view key, std::optional<std::uint64_t> bytes,
                         std::uint64_t least, std::uint64_t most, std::string_view unit)
    -> std::optional<std::uint64_t> {
  if (bytes && (*bytes < least || *bytes > most)) {
    const std::string per{unit};
    expected(key, *table_->get(key),
             "from " + bytes_to_text(least) + per + " to " + bytes_to_text(most) + per);
    return std::nullopt;
  }
  return bytes;
}

auto TableReader::decimal(std::string_view key) -> std::optional<reading::Decimal> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = found->as_integer()) {
    return reading::Decimal{value->get(), 0};
  }
  const auto* value = found->as_string();
  if (value == nullptr) {
    report_->add(*found, quoted(key) +
                             " takes a decimal number in quotes (\"0.01\"): without them "
                             "TOML makes it a binary fraction");
    return std::nullopt;
  }
  const auto parsed = reading::parse_decimal(value->get());
  if (!parsed) {
    report_->add(*found,
                 quoted(value->get()) + " is no decimal number; write \"0.01\" or \"1e-2\"");
  }
  return parsed;
}

auto TableReader::choice(std::string_view key, std::span<const std::string_view> choices)
    -> std::optional<std::size_t> {
  const auto written = text(key);
  if (!written) {
    return std::nullopt;
  }
  const auto found = std::ranges::find(choices, *written);
  if (found != choices.end()) {
    return static_cast<std::size_t>(found - choices.begin());
  }
  std::string list;
  for (const std::string_view choice : choices) {
    list += (list.empty() ? "" : ", ") + std::string{choice};
  }
  complain(key, quoted(*written) + " is not possible for " + quoted(key) + "; one of: " + list +
                    did_you_mean(*written, choices));
  return std::nullopt;
}

auto TableReader::table(std::string_view key) -> const toml::table* {
  const toml::node* found = node(key);
  if (found != nullptr && found->as_table() == nullptr) {
    report_->add(*found, quoted(key) + " is a table: [" + std::string{key} + "]");
  }
  return found == nullptr ? nullptr : found->as_table();
}

auto TableReader::tables(std::string_view key) -> std::vector<const toml::table*> {
  const toml::node* found = node(key);
  std::vector<const toml::table*> result;
  if (found == nullptr) {
    return result;
  }
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    expected(key, *found, "a list of tables, [[" + std::string{key} + "]] before each");
    return result;
  }
  for (const toml::node& element : *array) {
    if (const toml::table* row = element.as_table()) {
      result.push_back(row);
    } else {
      expected(key, element, "tables, { … }");
    }
  }
  return result;
}

void TableReader::require(std::string_view key) {
  if (table_->get(key) == nullptr) {
    report_->add(table_->source(), what_ + " needs " + quoted(key));
  }
}

void TableReader::refuse(std::string_view key, std::string_view remedy) {
  if (const toml::node* found = node(key)) {
    report_->add(*found, quoted(key) + " is not supported by this version; " + std::string{remedy});
  }
}

void TableReader::forbid(std::string_view key, std::string_view reason) {
  if (const toml::node* found = node(key)) {
    report_->add(*found, what_ + " does not take " + quoted(key) + ": " + std::string{reason});
  }
}

void TableReader::finish() {
  for (const auto& [key, value] : *table_) {
    if (std::ranges::find(known_, key.str()) == known_.end()) {
      const auto hint = did_you_mean(key.str(), known_);
      report_->add(key.source(), what_ + " has no key " + quoted(key.str()) +
                                     (hint.empty() ? "; remove it" : hint));
    }
  }
}

}  // namespace bornier::model
