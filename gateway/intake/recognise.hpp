// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "intake/fault.hpp"
#include "intake/json.hpp"
#include "intake/topic_guess.hpp"
#include "model/decode.hpp"
#include "model/model.hpp"
#include "reading/time.hpp"

/// Which devices are behind the messages of a broker, and which models read them.
namespace bornier::intake {

struct RecognisedValue {
  std::size_t point{};  ///< index into Model::points
  std::string text;     ///< the newest, as model::to_text writes it; shortened
};

/// A device that a model reads.
struct RecognisedDevice {
  std::string device;  ///< what {device} stands for; empty where the model has none
  std::shared_ptr<const model::Model> model;
  std::map<std::string, std::string> captures;  ///< that the model has otherwise, {device} aside
  std::vector<std::string> rivals;              ///< models that read half as many values or more
  std::vector<std::string> topics;              ///< with values; the first ones of many
  std::size_t topic_count{};
  std::uint64_t messages{};  ///< with values
  std::uint64_t retained{};  ///< of them
  std::uint64_t faults{};    ///< messages of which nothing could be read
  std::optional<Fault> fault;
  std::vector<RecognisedValue> values;  ///< in the order of the model
  std::size_t example{};                ///< of `values`: a counter if there is one
};

/// Topics that no model explains, with one beginning.
struct UnknownDevice {
  std::string prefix;               ///< whole levels; the topic itself if there is one
  std::vector<std::string> topics;  ///< the first ones of many
  std::size_t topic_count{};
  std::uint64_t messages{};
  std::uint64_t retained{};
  std::string sample;  ///< the beginning of a payload, as it came: not fit for a terminal
  std::vector<std::pair<std::string, std::string>> numbers;  ///< of JSON: pointer, digits
};

struct RecognitionFigures {
  std::uint64_t messages{};
  std::uint64_t retained{};
  std::uint64_t left_out{};  ///< messages on topics, or of devices, beyond the limits below
};

/// Is fed all messages of a broker. A machine; knows no clock. What it keeps is bounded: messages
/// beyond that are counted. Retained messages count as evidence: right after the start there are no
/// others.
class Recogniser {
 public:
  static constexpr std::size_t most_topics = 20'000;
  static constexpr std::size_t longest_topic = 1'024;
  static constexpr std::size_t most_candidates = 4'096;
  static constexpr std::size_t most_links = 200'000;  ///< of a candidate with a topic
  static constexpr std::size_t longest_sample = 2'048;
  static constexpr std::size_t most_sample_bytes = std::size_t{4} << 20U;

  /// Those of the models that speak MQTT; others are left aside.
  explicit Recogniser(const std::vector<std::shared_ptr<const model::Model>>& models);

  void hear(std::string_view topic, std::span<const std::byte> payload, bool retained,
            reading::Stamp now);

  /// In the order of their names.
  [[nodiscard]] auto devices() const -> std::vector<RecognisedDevice>;
  /// Most messages first.
  [[nodiscard]] auto unknown() const -> std::vector<UnknownDevice>;
  [[nodiscard]] auto figures() const noexcept -> const RecognitionFigures& { return figures_; }

 private:
  struct Known {
    std::shared_ptr<const model::Model> model;
    model::Settings settings;
    bool has_device{};  ///< it has a {device}
    std::vector<std::size_t> points;
    // Beside Model::messages.
    std::vector<model::TopicTemplate> topics;  ///< filled as usual
    std::vector<std::optional<model::JsonPointer>> device_at;
    std::vector<std::size_t> specificity;
    std::vector<model::TopicTemplate> availabilities;  ///< filled as usual
    std::vector<std::string> prefixes;                 ///< of names of devices
  };
  struct Value {
    std::string text;
    bool counter{};
    bool measured{};  ///< no state, text or setting
  };
  /// A device as one model would read it.
  struct Candidate {
    std::size_t known{};
    std::string device;
    bool by_payload{};  ///< which names the device: others are on the same topic
    std::map<std::string, std::string> own;
    std::set<std::size_t> topics;
    std::uint64_t messages{};
    std::uint64_t retained{};
    std::uint64_t faults{};
    std::optional<Fault> fault;
    std::size_t specificity{};
    std::map<std::size_t, Value> values;
    std::set<std::size_t> measured;  ///< points that are in it, with a value or without
  };
  struct Topic {
    std::string name;
    std::uint64_t messages{};
    std::uint64_t retained{};
    std::size_t fruitless{};  ///< guesses of which nothing came
    std::string sample;
    bool sample_is_whole{};
  };
  using Key = std::tuple<std::size_t, std::string, std::map<std::string, std::string>>;
  /// A message under way.
  struct Heard {
    std::size_t topic{};
    std::span<const std::byte> payload;
    bool retained{};
    reading::Stamp now;
  };
  /// Candidates that hold, best first, and what they leave to no other.
  class Choice;

  [[nodiscard]] auto topic_at(std::string_view name) -> std::optional<std::size_t>;
  void keep_sample(const Heard& heard);
  /// True if it may be one of the model's usual topics.
  auto read_as_usual(std::size_t index, const Heard& heard) -> bool;
  void read_otherwise(std::size_t index, const Heard& heard);
  /// True if there is something of the model in it.
  auto read(std::size_t index, std::size_t message, TopicGuess guess, const Heard& heard) -> bool;
  [[nodiscard]] auto candidate_at(std::size_t known, const TopicGuess& guess) -> Candidate*;
  void take(Candidate& candidate, const model::Decoded& decoded);
  void link(Candidate& candidate, std::size_t topic);
  [[nodiscard]] auto is_named(const Candidate& candidate) const -> bool;
  [[nodiscard]] auto has_usual_name(const Candidate& candidate) const -> bool;
  [[nodiscard]] auto device_of(const Candidate& candidate) const -> RecognisedDevice;
  [[nodiscard]] auto belongs_to(const Choice& choice, std::size_t topic) const -> bool;

  std::vector<Known> known_;
  std::vector<Topic> topics_;
  std::map<std::string, std::size_t, std::less<>> topic_numbers_;
  std::map<Key, Candidate> candidates_;
  std::size_t links_{};
  std::size_t sample_bytes_{};
  RecognitionFigures figures_;
};

}  // namespace bornier::intake
