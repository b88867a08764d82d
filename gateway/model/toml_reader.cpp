// SPDX-License-Identifier: Apache-2.0
#include "model/toml_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

namespace bornier::model {
namespace {

auto parse_duration(std::string_view text) -> std::optional<std::chrono::milliseconds> {
  std::int64_t count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr std::int64_t longest = 10'000'000;
  if (fault != std::errc{} || count < 0 || count > longest) {
    return std::nullopt;
  }
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
      {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  for (const auto& [name, milliseconds] : units) {
    if (unit == name) {
      return std::chrono::milliseconds{count * milliseconds};
    }
  }
  return std::nullopt;
}

}  // namespace

void Report::add(const toml::source_region& where, std::string message) {
  diagnostics_.push_back({file_, static_cast<int>(where.begin.line),
                          static_cast<int>(where.begin.column), std::move(message)});
}

auto Report::take() -> std::vector<Diagnostic> {
  std::ranges::stable_sort(diagnostics_, [](const Diagnostic& left, const Diagnostic& right) {
    return std::tie(left.line, left.column) < std::tie(right.line, right.column);
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

auto TableReader::text(std::string_view key) -> std::optional<std::string> {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  if (const auto* value = found->as_string()) {
    return value->get();
  }
  report_->add(*found, quoted(key) + " takes a text in quotes");
  return std::nullopt;
}

auto TableReader::texts(std::string_view key) -> std::vector<std::string> {
  const toml::node* found = node(key);
  std::vector<std::string> result;
  if (found == nullptr) {
    return result;
  }
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    report_->add(*found, quoted(key) + " takes a list of texts: [\"…\"]");
    return result;
  }
  for (const toml::node& element : *array) {
    if (const auto* value = element.as_string()) {
      result.push_back(value->get());
    } else {
      report_->add(element, quoted(key) + " takes texts in quotes");
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
    report_->add(*found, quoted(key) + " takes a whole number from " + std::to_string(least) +
                             " to " + std::to_string(most));
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
  report_->add(*found, quoted(key) + " takes true or false");
  return std::nullopt;
}

auto TableReader::duration(std::string_view key) -> std::optional<std::chrono::milliseconds> {
  const auto written = text(key);
  if (!written) {
    return std::nullopt;
  }
  const auto parsed = parse_duration(*written);
  if (!parsed) {
    complain(key,
             quoted(*written) + " is no duration; write \"60ms\", \"1s\", \"15min\" or \"2h\"");
  }
  return parsed;
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
  complain(key, quoted(*written) + " is not possible for " + quoted(key) + "; one of: " + list);
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
    report_->add(*found, quoted(key) + " takes a list of tables: [{ … }]");
    return result;
  }
  for (const toml::node& element : *array) {
    if (const toml::table* row = element.as_table()) {
      result.push_back(row);
    } else {
      report_->add(element, quoted(key) + " takes tables: { … }");
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

void TableReader::finish() {
  for (const auto& [key, value] : *table_) {
    if (std::ranges::find(known_, key.str()) == known_.end()) {
      report_->add(key.source(),
                   what_ + " has no key " + quoted(key.str()) + did_you_mean(key.str(), known_));
    }
  }
}

}  // namespace bornier::model
