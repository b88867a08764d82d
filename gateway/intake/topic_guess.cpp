// SPDX-License-Identifier: Apache-2.0
#include "intake/topic_guess.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

namespace bornier::intake {
namespace {

using model::Captures;
using model::TopicLevel;
using model::TopicTemplate;

constexpr std::string_view device_name = "device";

auto levels_of(std::string_view topic) -> std::vector<std::string_view> {
  std::vector<std::string_view> levels;
  for (std::size_t from = 0;;) {
    const auto slash = topic.find('/', from);
    levels.push_back(topic.substr(from, slash - from));
    if (slash == std::string_view::npos) {
      return levels;
    }
    from = slash + 1;
  }
}

auto guess_of(Captures captures) -> TopicGuess {
  TopicGuess guess;
  if (const auto* device = model::find_capture(captures, device_name)) {
    guess.device = *device;
  }
  guess.captures = std::move(captures);
  return guess;
}

/// What stands before the part of a name that differs from one device to the next.
auto prefix_of(std::string_view device) -> std::string_view {
  constexpr std::size_t shortest = 4;
  const auto end = device.find_last_of("-_");
  return end == std::string_view::npos || end + 1 < shortest ? std::string_view{}
                                                             : device.substr(0, end + 1);
}

auto device_of(const model::Model& model, const model::MessageTest& test) -> std::string {
  const auto filled = test.captures.find(std::string{device_name});
  if (filled != test.captures.end()) {
    return filled->second;
  }
  for (const auto& message : model.messages) {
    if (const auto guess = guess_as_usual(fill(message.topic, model.captures), test.topic)) {
      return guess->device;
    }
  }
  return {};
}

}  // namespace

auto match_long(const TopicTemplate& topic, std::string_view name, std::string_view long_one)
    -> std::optional<Captures> {
  const auto there = levels_of(name);
  const auto wanted = topic.levels.size();
  const bool has_long = std::ranges::any_of(topic.levels, [long_one](const TopicLevel& level) {
    return level.capture && level.text == long_one;
  });
  if (there.size() < wanted || (there.size() > wanted && !has_long)) {
    return std::nullopt;
  }
  Captures captures;
  std::size_t at = 0;
  for (const auto& level : topic.levels) {
    const bool is_long = level.capture && level.text == long_one;
    const auto last = at + (is_long ? there.size() - wanted : 0);
    // Both look into `name`: what is between them is the value.
    const auto* begin = there[at].data();
    const std::string_view found{
        begin, static_cast<std::size_t>(there[last].data() + there[last].size() - begin)};
    if (level.capture) {
      captures.emplace_back(level.text, found);
    } else if (found != level.text) {
      return std::nullopt;
    }
    at = last + 1;
  }
  return captures;
}

auto guess_as_usual(const TopicTemplate& filled, std::string_view name)
    -> std::optional<TopicGuess> {
  auto captures = match_long(filled, name, device_name);
  return captures ? std::optional{guess_of(*std::move(captures))} : std::nullopt;
}

auto guess_otherwise(const model::Model& model, const TopicTemplate& topic, std::string_view name)
    -> std::optional<TopicGuess> {
  const auto first = std::ranges::find_if(topic.levels, [&](const TopicLevel& level) {
    return level.capture && (level.text == device_name || model.captures.contains(level.text));
  });
  if (first == topic.levels.end()) {
    return std::nullopt;
  }
  auto captures = match_long(topic, name, first->text);
  if (!captures) {
    return std::nullopt;
  }
  auto guess = guess_of(*std::move(captures));
  for (const auto& [capture, value] : guess.captures) {
    const auto usual = model.captures.find(capture);
    if (usual != model.captures.end() && usual->second != value) {
      guess.own.emplace(capture, value);
    }
  }
  std::erase_if(guess.captures,
                [&](const auto& capture) { return model.captures.contains(capture.first); });
  return guess.own.empty() ? std::nullopt : std::optional{std::move(guess)};
}

auto device_prefixes(const model::Model& model) -> std::vector<std::string> {
  std::set<std::string> prefixes;
  for (const auto& test : model.tests) {
    if (!test.message) {
      continue;
    }
    const auto device = device_of(model, *test.message);
    if (const auto prefix = prefix_of(device); !prefix.empty()) {
      prefixes.emplace(prefix);
    }
  }
  return {prefixes.begin(), prefixes.end()};
}

}  // namespace bornier::intake
