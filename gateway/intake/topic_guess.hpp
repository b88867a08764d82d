// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

/// What the captures of a model may stand for where no configuration says it.
namespace bornier::intake {

/// As model::match, but the capture `long_one` stands for one level or more.
[[nodiscard]] auto match_long(const model::TopicTemplate& topic, std::string_view name,
                              std::string_view long_one) -> std::optional<model::Captures>;

/// A way to read a topic as one of a model's messages.
struct TopicGuess {
  std::string device;                      ///< empty: the topic does not tell
  std::map<std::string, std::string> own;  ///< captures that are not as the model has them
  model::Captures captures;                ///< of the topic, the device included
};

/// With all of the model's own captures; the device may have slashes.
[[nodiscard]] auto guess_as_usual(const model::TopicTemplate& filled, std::string_view name)
    -> std::optional<TopicGuess>;

/// With at least one capture unlike the model's own. The first of them, or the device if that
/// stands before, may have slashes.
[[nodiscard]] auto guess_otherwise(const model::Model& model, const model::TopicTemplate& topic,
                                   std::string_view name) -> std::optional<TopicGuess>;

/// How devices of the model are called in its tests, which makers' names begin with: "shellyem3-".
[[nodiscard]] auto device_prefixes(const model::Model& model) -> std::vector<std::string>;

}  // namespace bornier::intake
