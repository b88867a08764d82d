// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "intake/payload_parts.hpp"
#include "simulator/message_meter.hpp"

/// Which of a model's tests become templates.
namespace bornier::simulator {
namespace {

using model::Message;
using model::MessageTest;
using model::Model;
using model::PayloadFormat;

struct Candidate {
  MessageTemplate made;
  std::set<std::pair<std::size_t, std::size_t>> shows;  ///< what counts of its contents
};

/// Of a plain value the topic tells which point it is. It has the digits of a test of the same
/// quantity, or three decimals.
class PlainTests {
 public:
  explicit PlainTests(const Model& model) : model_{model} {}

  auto list() const -> std::vector<MessageTest> {
    std::vector<MessageTest> tests;
    for (std::size_t index = 0; index < model_.messages.size(); ++index) {
      for (std::size_t point = 0; point < model_.points.size(); ++point) {
        const auto& messages = model_.places[point].messages;
        const bool is_here = model_.messages[index].format == PayloadFormat::plain &&
                             std::ranges::find(messages, index) != messages.end() &&
                             !model_.points[point].conversions.empty();
        auto test = is_here ? test_of(model_.messages[index], point) : std::nullopt;
        if (test) {
          tests.push_back(*std::move(test));
        }
      }
    }
    return tests;
  }

 private:
  /// Nothing where no test of the message tells what its topics and digits are like.
  auto test_of(const Message& message, std::size_t point) const -> std::optional<MessageTest> {
    std::map<std::string, std::string> wanted;
    for (const auto* requirements : {&message.where, &model_.places[point].where}) {
      for (const auto& requirement : *requirements) {
        if (!requirement.capture.empty() && !requirement.values.empty()) {
          wanted.insert_or_assign(requirement.capture, requirement.values.front());
        }
      }
    }
    const MessageTest* any = nullptr;
    const MessageTest* relative = nullptr;
    for (const auto& test : model_.tests) {
      const auto* one = test.message ? &*test.message : nullptr;
      if (one != nullptr && named_by(message, *one)) {
        any = one;
        relative = relative == nullptr && shows_quantity(test, point) ? one : relative;
      }
    }
    const auto kind = model_.points[point].quantity->kind;
    const bool is_measured = kind != reading::Kind::state && kind != reading::Kind::config;
    if (any == nullptr || (relative == nullptr && !is_measured)) {
      return std::nullopt;
    }
    auto test = relative != nullptr ? *relative : *any;
    if (relative == nullptr) {
      test.payload = "0.000";
    }
    const auto named = *named_by(message, test);
    test.topic.clear();
    for (const auto& level : message.topic.levels) {
      const auto found = wanted.find(level.text);
      test.topic += '/';
      if (!level.capture) {
        test.topic += level.text;
      } else if (found != wanted.end()) {
        test.topic += found->second;
      } else if (const auto* text = model::find_capture(named, level.text)) {
        test.topic += *text;
      } else if (const auto filled = test.captures.find(level.text);
                 filled != test.captures.end()) {
        test.topic += filled->second;
      } else if (const auto usual = model_.captures.find(level.text);
                 usual != model_.captures.end()) {
        test.topic += usual->second;
      }
    }
    test.topic.erase(0, 1);
    return test;
  }

  auto named_by(const Message& message, const MessageTest& test) const
      -> std::optional<model::Captures> {
    auto captures = model_.captures;
    for (const auto& [name, value] : test.captures) {
      captures.insert_or_assign(name, value);
    }
    return match(fill(message.topic, captures), test.topic);
  }

  auto shows_quantity(const model::FrameTest& test, std::size_t point) const -> bool {
    return std::ranges::any_of(test.message->samples, [&](const model::ExpectedSample& sample) {
      return std::ranges::any_of(sample.points, [&](const auto& expected) {
        const auto found = find_point(model_, expected.first);
        return found && model_.points[*found].quantity == model_.points[point].quantity;
      });
    });
  }

  const Model& model_;
};

/// Those that together show everything, the one that adds most first.
auto chosen_of(std::vector<Candidate> candidates) -> std::vector<MessageTemplate> {
  std::vector<MessageTemplate> chosen;
  std::set<std::pair<std::size_t, std::size_t>> shown;
  for (;;) {
    Candidate* best = nullptr;
    std::pair<std::size_t, int> most;
    for (auto& candidate : candidates) {
      const auto added = static_cast<std::size_t>(std::ranges::count_if(
          candidate.shows, [&](const auto& content) { return !shown.contains(content); }));
      const std::pair worth{added, candidate.made.completeness()};
      if (added > 0 && worth > most) {
        best = &candidate;
        most = worth;
      }
    }
    if (best == nullptr) {
      return chosen;
    }
    shown.insert(best->shows.begin(), best->shows.end());
    chosen.push_back(best->made);
  }
}

}  // namespace

auto repertoire_of(const std::shared_ptr<const Model>& model, const model::Settings& settings,
                   std::span<const std::string> messages)
    -> wire::Result<MessageRepertoire, std::string> {
  std::vector<MessageTest> tests;
  for (const auto& test : model->tests) {
    if (test.message) {
      tests.push_back(*test.message);
    }
  }
  for (auto& test : PlainTests{*model}.list()) {
    tests.push_back(std::move(test));
  }
  const auto is_wanted = [&](std::size_t message) {
    return messages.empty() ||
           std::ranges::find(messages, model->messages[message].name) != messages.end();
  };
  std::vector<Candidate> candidates;
  std::set<std::size_t> possible;
  for (const auto& test : tests) {
    auto made = MessageTemplate::create(model, settings, test);
    if (!made) {
      continue;
    }
    Candidate candidate{*std::move(made), {}};
    for (const auto& [message, point] : candidate.made.contents()) {
      possible.insert(message);
      if (is_wanted(message)) {
        candidate.shows.emplace(messages.empty() ? 0 : message, point);
      }
    }
    candidates.push_back(std::move(candidate));
  }
  MessageRepertoire repertoire;
  for (std::size_t index = 0; index < model->messages.size(); ++index) {
    if (is_wanted(index) && !possible.contains(index)) {
      repertoire.left_out.push_back(
          "model " + model->id + ", message " + model->messages[index].name +
          " cannot be simulated: no [[test]] of the model gives a value of it");
    }
  }
  repertoire.templates = chosen_of(std::move(candidates));
  if (repertoire.templates.empty()) {
    return repertoire.left_out.empty() ? "model " + model->id + " has no messages"
                                       : repertoire.left_out.front();
  }
  return repertoire;
}

}  // namespace bornier::simulator
