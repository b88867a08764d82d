// SPDX-License-Identifier: Apache-2.0
#include "app/local_messages.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <string_view>
#include <utility>

#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

using reading::QualityFlag;

auto in_quotes(std::string_view text) -> std::string {
  return boost::json::serialize(boost::json::string{text});
}

/// `,"quality":["implausible"]`; nothing for a good reading.
auto quality_part(reading::Quality quality) -> std::string {
  std::string names;
  for (const auto& [flag, name] :
       {std::pair{QualityFlag::implausible, "implausible"},
        std::pair{QualityFlag::derived, "derived"}, std::pair{QualityFlag::estimated, "estimated"},
        std::pair{QualityFlag::coarse, "coarse"},
        std::pair{QualityFlag::meter_restarted, "meter_restarted"},
        std::pair{QualityFlag::time_redated, "time_redated"},
        std::pair{QualityFlag::time_of_meter, "time_of_meter"}}) {
    if (quality.has(flag)) {
      names += (names.empty() ? "\"" : ",\"") + std::string{name} + "\"";
    }
  }
  return names.empty() ? names : ",\"quality\":[" + names + "]";
}

auto state_name(const LocalState& state) -> std::string {
  std::string text{to_text(state.state)};
  if (state.state == reading::Acquisition::exception) {
    text += " " + std::to_string(state.exception_code);
  }
  return text;
}

}  // namespace

auto topic_of(const LocalMessage& message) -> std::string {
  const bool is_state = std::holds_alternative<LocalState>(message.value);
  return message.name->topic + (is_state ? "/state" : "");
}

auto payload_of(const LocalMessage& message) -> std::string {
  std::string json = message.trusted ? "{\"time\":\"" + to_text(message.time) + "\""
                                     : "{\"since_boot_ms\":" +
                                           std::to_string(milliseconds_since_1970(message.time));
  if (const auto* state = std::get_if<LocalState>(&message.value)) {
    return json + ",\"state\":\"" + state_name(*state) + "\"}";
  }
  const auto* number = std::get_if<reading::Decimal>(&message.value);
  json += ",\"value\":" +
          (number != nullptr ? to_text(*number) : in_quotes(std::get<std::string>(message.value)));
  if (!message.name->unit.empty()) {
    json += ",\"unit\":" + in_quotes(message.name->unit);
  }
  return json + quality_part(message.quality) + "}";
}

void LocalNames::add(const std::vector<batch::Registration>& registrations,
                     const std::vector<batch::Registered::Numbers>& numbers) {
  for (std::size_t index = 0; index < registrations.size(); ++index) {
    const auto& [meter, points] = registrations[index];
    const auto& numbered = numbers.at(index);
    const auto topic = root_ + "/" + meter.id;
    meters_.try_emplace(numbered.meter,
                        std::make_shared<const LocalName>(LocalName{.topic = topic, .unit = ""}));
    for (std::size_t place = 0; place < points.size(); ++place) {
      LocalName name{.topic = topic + "/" + points[place].name, .unit = points[place].unit};
      points_.try_emplace(numbered.points.at(place),
                          std::make_shared<const LocalName>(std::move(name)));
    }
  }
}

void LocalNames::translate(const reading::Entries& entries, bool trusted,
                           std::deque<LocalMessage>& messages) {
  for (const auto& change : entries.states) {
    std::shared_ptr<const LocalName> name;
    if (change.point) {
      const auto found = points_.find(*change.point);
      name = found == points_.end() ? nullptr : found->second;
    } else if (const auto found = meters_.find(change.meter); found != meters_.end()) {
      name = found->second;
    }
    if (name) {
      messages.push_back(
          {.name = std::move(name),
           .time = change.time,
           .trusted = trusted,
           .quality = {},
           .value = LocalState{.state = change.state, .exception_code = change.exception_code}});
    }
  }
  for (const auto& answer : entries.answers) {
    const auto translate_all = [&](const auto& readings) {
      for (const auto& reading : readings) {
        if (const auto found = points_.find(reading.point); found != points_.end()) {
          bool newest = true;
          if (reading.quality.has(reading::QualityFlag::time_of_meter)) {
            auto& latest = newest_[reading.point];
            newest = latest <= answer.time;
            latest = std::max(latest, answer.time);
          }
          messages.push_back({.name = found->second,
                              .time = answer.time,
                              .trusted = trusted,
                              .quality = reading.quality,
                              .value = reading.value,
                              .newest = newest});
        }
      }
    };
    translate_all(answer.numbers);
    translate_all(answer.texts);
  }
}

}  // namespace bornier::app
