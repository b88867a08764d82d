// SPDX-License-Identifier: Apache-2.0
#include "intake/recognise.hpp"

#include <algorithm>
#include <numeric>
#include <variant>

#include "intake/payload_parts.hpp"
#include "intake/printable.hpp"
#include "intake/read_message.hpp"
#include "intake/time.hpp"
#include "reading/utf8.hpp"

namespace bornier::intake {
namespace {

using model::Model;

/// Guesses about a topic's base are given up after so many of which nothing came.
constexpr std::size_t most_fruitless = 100;
constexpr std::size_t longest_name = 256;
constexpr std::size_t longest_value = 64;

auto topic_names_device(const model::Message& message) -> bool {
  return std::ranges::any_of(message.topic.levels, [](const auto& level) {
    return level.capture && level.text == "device";
  });
}

/// Of the device's name, where `where` has it and the topic has not.
auto place_of_device(const model::Message& message) -> std::optional<model::JsonPointer> {
  const bool in_topic = topic_names_device(message);
  for (const auto& requirement : message.where) {
    if (!in_topic && requirement.capture.empty() && requirement.values.size() == 1 &&
        requirement.values.front() == "{device}") {
      return requirement.pointer;
    }
  }
  return std::nullopt;
}

/// How much has to be as the message says before it is read.
auto specificity_of(const model::Message& message, const model::TopicTemplate& filled)
    -> std::size_t {
  const auto literal =
      std::ranges::count_if(filled.levels, [](const auto& level) { return !level.capture; });
  return 4 * static_cast<std::size_t>(literal) + 2 * message.where.size() + message.begins.size() +
         (message.length == 0 ? 0 : 1) + message.root.tokens.size();
}

auto is_fit_for_a_name(std::string_view text) -> bool {
  return text.size() <= longest_name && reading::is_utf8(text) &&
         !model::objection_to_capture(text) && std::ranges::none_of(text, [](char letter) {
           return static_cast<unsigned char>(letter) < ' ' || letter == '\x7F';
         });
}

auto is_usable(const model::Decoded& decoded) -> bool {
  if (decoded.quality.has(reading::QualityFlag::implausible)) {
    return false;
  }
  const auto* text = std::get_if<std::string>(&decoded.value);
  return text != nullptr ? !text->empty() : std::holds_alternative<reading::Decimal>(decoded.value);
}

}  // namespace

Recogniser::Recogniser(const std::vector<std::shared_ptr<const Model>>& models) {
  for (const auto& model : models) {
    if (model->protocol != model::Protocol::mqtt) {
      continue;
    }
    Known known{model, model::Settings{*model}, false, {}, {}, {}, {}, {}, device_prefixes(*model)};
    known.points.resize(model->points.size());
    std::iota(known.points.begin(), known.points.end(), std::size_t{0});
    for (const auto& message : model->messages) {
      known.topics.push_back(fill(message.topic, model->captures));
      known.device_at.push_back(place_of_device(message));
      known.has_device |= known.device_at.back() || topic_names_device(message);
      known.specificity.push_back(specificity_of(message, known.topics.back()));
    }
    for (const auto& availability : model->availabilities) {
      known.availabilities.push_back(fill(availability.topic, model->captures));
    }
    known_.push_back(std::move(known));
  }
}

void Recogniser::hear(std::string_view topic, std::span<const std::byte> payload, bool retained,
                      reading::Stamp now) {
  ++figures_.messages;
  figures_.retained += retained ? 1 : 0;
  const auto number = topic_at(topic);
  if (!number) {
    ++figures_.left_out;
    return;
  }
  const Heard heard{*number, payload, retained, now};
  ++topics_[*number].messages;
  topics_[*number].retained += retained ? 1 : 0;
  keep_sample(heard);
  for (std::size_t known = 0; known < known_.size(); ++known) {
    if (!read_as_usual(known, heard)) {
      read_otherwise(known, heard);
    }
  }
}

auto Recogniser::topic_at(std::string_view name) -> std::optional<std::size_t> {
  const auto found = topic_numbers_.find(name);
  if (found != topic_numbers_.end()) {
    return found->second;
  }
  if (topics_.size() >= most_topics || name.empty() || name.size() > longest_topic) {
    return std::nullopt;
  }
  topics_.push_back({.name = std::string{name}, .sample = {}});
  topic_numbers_.emplace(name, topics_.size() - 1);
  return topics_.size() - 1;
}

void Recogniser::keep_sample(const Heard& heard) {
  auto& topic = topics_[heard.topic];
  const auto size = std::min(heard.payload.size(), longest_sample);
  const auto others = sample_bytes_ - topic.sample.size();
  if (others + size > most_sample_bytes) {
    return;
  }
  sample_bytes_ = others + size;
  topic.sample = as_text(heard.payload.first(size));
  topic.sample_is_whole = size == heard.payload.size();
}

auto Recogniser::read_as_usual(std::size_t index, const Heard& heard) -> bool {
  const auto& known = known_[index];
  const auto& name = topics_[heard.topic].name;
  for (const auto& availability : known.availabilities) {
    if (guess_as_usual(availability, name)) {
      return true;
    }
  }
  bool fits = false;
  for (std::size_t message = 0; message < known.topics.size(); ++message) {
    if (auto guess = guess_as_usual(known.topics[message], name)) {
      fits = true;
      read(index, message, *std::move(guess), heard);
    }
  }
  return fits;
}

void Recogniser::read_otherwise(std::size_t index, const Heard& heard) {
  const auto& known = known_[index];
  const auto& messages = known.model->messages;
  for (std::size_t message = 0; !known.model->captures.empty() && message < messages.size() &&
                                topics_[heard.topic].fruitless < most_fruitless;
       ++message) {
    auto guess = guess_otherwise(*known.model, messages[message].topic, topics_[heard.topic].name);
    if (guess && !read(index, message, *std::move(guess), heard)) {
      ++topics_[heard.topic].fruitless;
    }
  }
}

auto Recogniser::read(std::size_t index, std::size_t message, TopicGuess guess, const Heard& heard)
    -> bool {
  const auto& known = known_[index];
  auto filled = known.model->captures;
  for (const auto& [name, value] : guess.own) {
    filled.insert_or_assign(name, value);
  }
  const Subject subject{*known.model, known.settings, known.points, filled};
  auto content = read_message(subject, message, guess.captures, heard.payload);
  if (!content) {
    const auto found = candidates_.find(Key{index, guess.device, guess.own});
    if (found != candidates_.end()) {
      ++found->second.faults;
      found->second.fault = content.error();
    }
    return false;
  }
  if (!content->has_value() || (*content)->samples.empty()) {
    return false;
  }
  const auto& device_at = known.device_at[message];
  if (device_at) {
    const auto json = Json::parse(heard.payload);
    const auto found = json ? json->root().find(*device_at) : std::nullopt;
    guess.device = found ? found->text() : std::string_view{};
  }
  auto* candidate = candidate_at(index, guess);
  if (candidate == nullptr) {
    return false;
  }
  candidate->by_payload = device_at.has_value();
  ++candidate->messages;
  candidate->retained += heard.retained ? 1 : 0;
  candidate->specificity = std::max(candidate->specificity, known.specificity[message]);
  link(*candidate, heard.topic);
  auto& samples = (*content)->samples;
  if (known.model->messages[message].each) {
    // As MeterIntake does: history of another time is none.
    std::erase_if(samples, [&heard](const Sample& sample) {
      return sample.time && !is_believable(*sample.time, heard.now);
    });
  }
  std::ranges::stable_sort(
      samples, {}, [&heard](const Sample& sample) { return sample.time.value_or(heard.now); });
  for (const auto& sample : samples) {
    for (const auto& decoded : sample.points) {
      take(*candidate, decoded);
    }
  }
  return true;
}

void Recogniser::take(Candidate& candidate, const model::Decoded& decoded) {
  using reading::Kind;
  const auto& known = known_[candidate.known];
  const auto kind = known.model->points[decoded.point].quantity->kind;
  const bool counter = kind == Kind::counter || kind == Kind::net_counter;
  const bool measured = counter || kind == Kind::gauge || kind == Kind::max_gauge;
  if (measured) {
    candidate.measured.insert(decoded.point);
  }
  if (is_usable(decoded)) {
    auto text = printable(to_text(*known.model, known.settings, decoded), longest_value);
    candidate.values.insert_or_assign(decoded.point, Value{std::move(text), counter, measured});
  }
}

auto Recogniser::candidate_at(std::size_t known, const TopicGuess& guess) -> Candidate* {
  Key key{known, guess.device, guess.own};
  if (const auto found = candidates_.find(key); found != candidates_.end()) {
    return &found->second;
  }
  // No configuration takes an empty device where the model has one.
  bool fit = is_fit_for_a_name(guess.device) && !(known_[known].has_device && guess.device.empty());
  for (const auto& [name, value] : guess.own) {
    fit = fit && is_fit_for_a_name(value);
  }
  if (!fit) {
    return nullptr;
  }
  if (candidates_.size() >= most_candidates) {
    ++figures_.left_out;
    return nullptr;
  }
  auto& candidate = candidates_[std::move(key)];
  candidate.known = known;
  candidate.device = guess.device;
  candidate.own = guess.own;
  return &candidate;
}

void Recogniser::link(Candidate& candidate, std::size_t topic) {
  if (links_ < most_links && candidate.topics.insert(topic).second) {
    ++links_;
  }
}

}  // namespace bornier::intake
