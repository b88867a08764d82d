// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "model/load_parts.hpp"
#include "model/sunspec.hpp"

namespace bornier::model {
namespace {

/// "4366 3334 0000" → words; nothing if a word is not four hexadecimal digits.
auto parse_words(std::string_view text) -> std::optional<std::vector<std::uint16_t>> {
  std::vector<std::uint16_t> words;
  while (!text.empty()) {
    const std::string_view digits = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(digits.size() + 1, text.size()));
    if (digits.empty()) {
      continue;
    }
    std::uint16_t word = 0;
    const auto* last = digits.data() + digits.size();
    const auto [end, fault] = std::from_chars(digits.data(), last, word, 16);
    if (digits.size() != 4 || fault != std::errc{} || end != last) {
      return std::nullopt;
    }
    words.push_back(word);
  }
  return words;
}

/// Of a place in a SunSpec model.
auto address_in_layout(const Model& model, std::int64_t id, std::int64_t place)
    -> std::optional<std::int64_t> {
  const auto found = std::ranges::find(model.sunspec, id, &SunSpecModel::id);
  return found == model.sunspec.end() ? std::nullopt : std::optional{found->first + place};
}

void read_registers(Draft& draft, TableReader& reader, FrameTest& test) {
  reader.require("registers");
  for (const toml::table* row : reader.tables("registers")) {
    TableReader block{*row, "a block of registers", draft.report};
    block.require("table");
    block.require("first");
    block.require("words");
    const auto table = read_table(block);
    auto first = block.whole("first", 0, 65535);
    const auto written = block.text("words");
    const auto id = block.whole("sunspec", 1, sunspec_end - 1);
    block.finish();
    if (first && (id || !draft.model.sunspec.empty())) {
      first = address_in_layout(draft.model, id.value_or(0), *first);
      if (!first) {
        block.complain("sunspec",
                       "`first` counts from a SunSpec model: write the id of one of `base`");
      }
    }
    const auto words = parse_words(written.value_or(""));
    if (!words) {
      block.complain("words", "words are written as four hexadecimal digits each: \"4366 3334\"");
    } else if (table && first) {
      if (static_cast<std::size_t>(*first) + words->size() > 65536) {
        block.complain("words", "the words go past address 65535");
      }
      test.registers.push_back({*table, static_cast<std::uint16_t>(*first), *words});
    }
  }
}

/// The texts of a table, by name.
auto read_texts(Draft& draft, const toml::table* table)
    -> std::vector<std::pair<const toml::key*, std::string>> {
  std::vector<std::pair<const toml::key*, std::string>> texts;
  if (table == nullptr) {
    return texts;
  }
  for (const auto& [name, node] : *table) {
    const auto* value = node.as_string();
    if (value == nullptr) {
      draft.report.add(node, quoted(name.str()) + " takes a text in quotes");
    } else {
      texts.emplace_back(&name, value->get());
    }
  }
  return texts;
}

void load_test(Draft& draft, const toml::table& table) {
  TableReader reader{table, "[[test]]", draft.report};
  FrameTest test;
  reader.require("title");
  reader.require("origin");
  reader.require("expect");
  test.title = reader.text("title").value_or("");
  test.origin = reader.text("origin").value_or("");
  const bool has_messages = draft.model.protocol == Protocol::mqtt;
  if (!has_messages) {
    read_registers(draft, reader, test);
  }
  Settings settings{draft.model};
  for (const auto& [name, choice] : read_texts(draft, reader.table("settings"))) {
    if (!settings.choose(draft.model, name->str(), choice)) {
      draft.report.add(name->source(), "the model has no setting " + quoted(name->str()) +
                                           " with the option " + quoted(choice));
    }
    test.settings[std::string{name->str()}] = choice;
  }
  if (has_messages) {
    read_message_test(draft, reader, test);
  } else {
    test.expected = read_expected(draft, reader.table("expect"));
  }
  reader.finish();
  draft.model.tests.push_back(std::move(test));
}

}  // namespace

auto read_expected(Draft& draft, const toml::table* table) -> std::map<std::string, std::string> {
  std::map<std::string, std::string> expected;
  for (const auto& [name, value] : read_texts(draft, table)) {
    if (!find_point(draft.model, name->str())) {
      std::vector<std::string_view> names;
      for (const Point& point : draft.model.points) {
        names.push_back(point.name);
      }
      draft.report.add(name->source(), "the model has no point " + quoted(name->str()) +
                                           did_you_mean(name->str(), names));
    }
    expected[std::string{name->str()}] = value;
  }
  return expected;
}

void load_tests(Draft& draft, TableReader& root) {
  for (const toml::table* table : root.tables("test")) {
    load_test(draft, *table);
  }
}

}  // namespace bornier::model
