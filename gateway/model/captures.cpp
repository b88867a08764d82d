// SPDX-License-Identifier: Apache-2.0
#include "model/captures.hpp"

#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/topic.hpp"

namespace bornier::model {

auto captures_of(const Model& model) -> std::set<std::string> {
  std::set<std::string> names;
  const auto add = [&names](const TopicTemplate& topic) {
    for (const auto& level : topic.levels) {
      if (level.capture) {
        names.insert(level.text);
      }
    }
  };
  for (const auto& message : model.messages) {
    add(message.topic);
    for (const auto& requirement : message.where) {
      for (const auto& value : requirement.values) {
        if (value.starts_with('{') && value.ends_with('}')) {
          names.insert(value.substr(1, value.size() - 2));
        }
      }
    }
  }
  for (const auto& availability : model.availabilities) {
    add(availability.topic);
  }
  return names;
}

auto read_captures(TableReader& settings, const Model& model)
    -> std::map<std::string, std::string> {
  const auto known = captures_of(model);
  auto captures = settings.text_map("captures");
  const auto device = settings.text("device");
  if (device) {
    captures["device"] = *device;
  } else if (known.contains("device") && !captures.contains("device")) {
    settings.complain("device",
                      "`device` is missing: it stands for {device} in the topics of "
                      "model \"" +
                          model.id + "\", and tells this meter from others");
  }
  const std::vector<std::string_view> names{known.begin(), known.end()};
  for (const auto& [name, value] : captures) {
    const auto* const key = name == "device" && device ? "device" : "captures";
    if (!known.contains(name)) {
      settings.complain(key, "the topics of model \"" + model.id + "\" have no {" + name + "}" +
                                 did_you_mean(name, names));
    } else if (name == "device" && value.empty()) {
      settings.complain(key, "{device} is empty; it tells this meter from others");
    } else if (const auto objection = objection_to_capture(value)) {
      settings.complain(key, "{" + name + "} cannot be " + quoted(value) + ": " + *objection);
    }
  }
  return captures;
}

}  // namespace bornier::model
