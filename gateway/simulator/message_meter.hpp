// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "intake/meter_intake.hpp"
#include "model/model.hpp"
#include "reading/time.hpp"
#include "simulator/message_template.hpp"
#include "simulator/message_values.hpp"
#include "wire/result.hpp"

namespace bornier::simulator {

/// What meters of one model send.
struct MessageRepertoire {
  std::vector<MessageTemplate> templates;
  /// Messages that are asked for, or all, of which no test can be a template: a sentence each.
  std::vector<std::string> left_out;
};

/// Templates for these messages of the model (by name), every value of each; without names as few
/// as show every point that any test shows. A plain value needs no test of its own: its topic is
/// known, its digits are those of another one. The error is a sentence: nothing is left.
[[nodiscard]] auto repertoire_of(const std::shared_ptr<const model::Model>& model,
                                 const model::Settings& settings,
                                 std::span<const std::string> messages)
    -> wire::Result<MessageRepertoire, std::string>;

struct MessageMeterDescription {
  std::string name;
  std::shared_ptr<const model::Model> model;
  std::map<std::string, std::string> settings;  ///< of the model, by name
  std::map<std::string, std::string> captures;  ///< {device} and the like
  std::shared_ptr<const MessageRepertoire> repertoire;
  ValueSources values;
  std::chrono::milliseconds every{10'000};  ///< between two messages of one kind
  bool retained{};
  bool dead{};  ///< sends nothing
};

/// Of the model, with these choices; ones that it does not have are left out.
[[nodiscard]] auto settings_with(const model::Model& model,
                                 const std::map<std::string, std::string>& choices)
    -> model::Settings;

/// Why the values that never change, and the points that are recorded, cannot be shown as they are;
/// the error is a sentence.
[[nodiscard]] auto check_values(const MessageMeterDescription& description)
    -> wire::Result<void, std::string>;

/// One simulated meter that speaks MQTT, without its broker.
class MessageMeter {
 public:
  MessageMeter(MessageMeterDescription description, reading::Stamp start);

  [[nodiscard]] auto description() const noexcept -> const MessageMeterDescription& {
    return description_;
  }
  [[nodiscard]] auto settings() const noexcept -> const model::Settings& { return settings_; }
  void set_dead(bool dead) noexcept { description_.dead = dead; }
  [[nodiscard]] auto kinds() const -> std::size_t {
    return description_.repertoire->templates.size();
  }

  /// The message of this kind that is due at `time`. Intake has read it, and it gives what is
  /// meant: otherwise the error is a sentence.
  [[nodiscard]] auto compose(std::size_t kind, reading::Stamp time)
      -> wire::Result<ComposedMessage, std::string>;

  /// What a gateway takes from a message that the broker has: nothing of what it had taken before.
  [[nodiscard]] auto taken_from(const std::string& topic, const std::string& payload,
                                reading::Now now) -> std::vector<intake::Sample>;

 private:
  [[nodiscard]] auto objection_to(const ComposedMessage& composed) const
      -> std::optional<std::string>;

  MessageMeterDescription description_;
  model::Settings settings_;
  MessageTemplate::Captures captures_;
  MessageValues values_;
  intake::MeterIntake intake_;
};

}  // namespace bornier::simulator
