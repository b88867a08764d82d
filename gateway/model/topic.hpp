// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/result.hpp"

namespace bornier::model {

struct TopicLevel {
  std::string text;  ///< as it stands, or the capture's name
  bool capture{};

  friend auto operator==(const TopicLevel&, const TopicLevel&) -> bool = default;
};

/// "tele/{device}/SENSOR": the topics of one kind of message. A capture stands for one level.
struct TopicTemplate {
  std::vector<TopicLevel> levels;

  friend auto operator==(const TopicTemplate&, const TopicTemplate&) -> bool = default;
};

/// Names and what stood there, in the order of the template.
using Captures = std::vector<std::pair<std::string, std::string>>;

/// Or what is wrong with it, in one sentence.
[[nodiscard]] auto parse_topic(std::string_view text) -> wire::Result<TopicTemplate, std::string>;
[[nodiscard]] auto to_text(const TopicTemplate& topic) -> std::string;

/// Why a capture cannot have this value; nothing if it can.
[[nodiscard]] auto objection_to_capture(std::string_view value) -> std::optional<std::string>;

/// With these values instead of their captures; a value may hold slashes.
[[nodiscard]] auto fill(const TopicTemplate& topic,
                        const std::map<std::string, std::string>& values) -> TopicTemplate;

/// The MQTT topic filter of all its topics (MQTT 5, section 4.7).
[[nodiscard]] auto filter_of(const TopicTemplate& topic) -> std::string;

/// What the captures stand for in this topic; nothing if it is another kind of topic.
[[nodiscard]] auto match(const TopicTemplate& topic, std::string_view name)
    -> std::optional<Captures>;

/// nullptr if there is none of this name.
[[nodiscard]] auto find_capture(const Captures& captures, std::string_view name)
    -> const std::string*;

}  // namespace bornier::model
