// SPDX-License-Identifier: Apache-2.0
#include "model/topic.hpp"

#include <algorithm>

namespace bornier::model {
namespace {

/// MQTT 5, section 4.7.3: a topic is at most so long.
constexpr std::size_t longest_topic = 65'535;

auto is_capture_name(std::string_view name) -> bool {
  return !name.empty() && std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
  });
}

/// The level that begins at `from`, which then is where the next one does; npos after the last.
auto next_level(std::string_view topic, std::size_t& from) -> std::string_view {
  const auto slash = topic.find('/', from);
  const auto level = topic.substr(from, slash - from);
  from = slash == std::string_view::npos ? slash : slash + 1;
  return level;
}

}  // namespace

auto parse_topic(std::string_view text) -> wire::Result<TopicTemplate, std::string> {
  if (text.empty() || text.size() > longest_topic) {
    return std::string{"a topic has 1 to 65535 bytes"};
  }
  if (text.find_first_of(std::string_view{"+#\0", 3}) != std::string_view::npos) {
    return std::string{"a topic has no + or #; write {name} for a level that varies"};
  }
  TopicTemplate topic;
  for (std::size_t from = 0; from != std::string_view::npos;) {
    const auto level = next_level(text, from);
    const bool has_brace = level.find_first_of("{}") != std::string_view::npos;
    if (!has_brace) {
      topic.levels.push_back({std::string{level}, false});
      continue;
    }
    const auto name = level.size() > 2 ? level.substr(1, level.size() - 2) : std::string_view{};
    if (!level.starts_with('{') || !level.ends_with('}') || !is_capture_name(name)) {
      return "\"" + std::string{level} +
             "\" is no capture: it takes a whole level, as {name} of a-z, 0-9 and _";
    }
    const bool is_new = std::ranges::none_of(topic.levels, [name](const TopicLevel& other) {
      return other.capture && other.text == name;
    });
    if (!is_new) {
      return "{" + std::string{name} + "} stands there twice; a capture has one value";
    }
    topic.levels.push_back({std::string{name}, true});
  }
  return topic;
}

auto to_text(const TopicTemplate& topic) -> std::string {
  std::string text;
  for (const auto& level : topic.levels) {
    text += &level == topic.levels.data() ? "" : "/";
    text += level.capture ? "{" + level.text + "}" : level.text;
  }
  return text;
}

auto objection_to_capture(std::string_view value) -> std::optional<std::string> {
  if (value.find_first_of(std::string_view{"+#{}\0", 5}) != std::string_view::npos) {
    return "a topic has no +, #, { or }";
  }
  return std::nullopt;
}

auto fill(const TopicTemplate& topic, const std::map<std::string, std::string>& values)
    -> TopicTemplate {
  TopicTemplate filled;
  for (const auto& level : topic.levels) {
    const auto value = level.capture ? values.find(level.text) : values.end();
    if (value == values.end()) {
      filled.levels.push_back(level);
      continue;
    }
    for (std::size_t from = 0; from != std::string_view::npos;) {
      filled.levels.push_back({std::string{next_level(value->second, from)}, false});
    }
  }
  return filled;
}

auto filter_of(const TopicTemplate& topic) -> std::string {
  std::string filter;
  for (const auto& level : topic.levels) {
    filter += &level == topic.levels.data() ? "" : "/";
    filter += level.capture ? "+" : level.text;
  }
  return filter;
}

auto match(const TopicTemplate& topic, std::string_view name) -> std::optional<Captures> {
  Captures captures;
  std::size_t from = 0;
  for (const auto& level : topic.levels) {
    if (from == std::string_view::npos) {
      return std::nullopt;
    }
    const auto found = next_level(name, from);
    if (level.capture) {
      captures.emplace_back(level.text, found);
    } else if (found != level.text) {
      return std::nullopt;
    }
  }
  return from == std::string_view::npos ? std::optional{std::move(captures)} : std::nullopt;
}

auto find_capture(const Captures& captures, std::string_view name) -> const std::string* {
  const auto found = std::ranges::find(captures, name, &Captures::value_type::first);
  return found == captures.end() ? nullptr : &found->second;
}

}  // namespace bornier::model
