// SPDX-License-Identifier: Apache-2.0
#include "simulator/message_meter.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "intake/read_message.hpp"
#include "reading/time_text.hpp"
#include "simulator/meter.hpp"

namespace bornier::simulator {
namespace {

auto all_points(const model::Model& model) -> std::vector<std::size_t> {
  std::vector<std::size_t> all(model.points.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

auto all_captures(const MessageMeterDescription& description) -> MessageTemplate::Captures {
  auto captures = description.model->captures;
  for (const auto& [name, value] : description.captures) {
    captures.insert_or_assign(name, value);
  }
  return captures;
}

auto plan_of(const MessageMeterDescription& description) -> intake::MeterPlan {
  return {description.model,
          settings_with(*description.model, description.settings),
          all_captures(description),
          all_points(*description.model),
          {}};
}

auto is_as_meant(const model::Decoded& decoded, const model::PointValue& meant) -> bool {
  if (const auto* number = std::get_if<reading::Decimal>(&meant)) {
    const auto* found = std::get_if<reading::Decimal>(&decoded.value);
    return found != nullptr && compare(*found, *number) == 0;
  }
  if (const auto* text = std::get_if<std::string>(&meant)) {
    const auto* found = std::get_if<std::string>(&decoded.value);
    return found != nullptr && *found == *text;
  }
  const auto* reason = std::get_if<reading::Acquisition>(&decoded.value);
  return reason != nullptr && *reason == reading::Acquisition::not_available;
}

auto is_same(const model::PointValue& left, const model::PointValue& right) -> bool {
  const auto* number = std::get_if<reading::Decimal>(&left);
  const auto* other = std::get_if<reading::Decimal>(&right);
  return number != nullptr && other != nullptr ? compare(*number, *other) == 0 : left == right;
}

auto is_given_by(const std::vector<intake::Sample>& samples, const Meant& meant) -> bool {
  return std::ranges::any_of(samples, [&](const intake::Sample& sample) {
    const bool is_then = !meant.time || sample.time == meant.time;
    return is_then && std::ranges::any_of(sample.points, [&](const model::Decoded& decoded) {
             return decoded.point == meant.point && is_as_meant(decoded, meant.value);
           });
  });
}

auto text_of_value(const model::PointValue& value) -> std::string {
  if (const auto* number = std::get_if<reading::Decimal>(&value)) {
    return to_text(*number);
  }
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : "not available";
}

}  // namespace

auto settings_with(const model::Model& model, const std::map<std::string, std::string>& choices)
    -> model::Settings {
  model::Settings settings{model};
  for (const auto& [setting, choice] : choices) {
    static_cast<void>(settings.choose(model, setting, choice));
  }
  return settings;
}

auto check_values(const MessageMeterDescription& description) -> wire::Result<void, std::string> {
  const auto& model = *description.model;
  const auto& sources = description.values;
  const auto is_shown = [&](std::size_t point) {
    return std::ranges::any_of(description.repertoire->templates, [&](const auto& made) {
      return std::ranges::find(made.contents(), point, [](const auto& content) {
               return content.second;
             }) != made.contents().end();
    });
  };
  const auto about = [&](std::size_t point) {
    return "meter " + description.name + ": " + model.points[point].name;
  };
  constexpr auto* not_shown =
      ": none of its messages has it; leave it out, or name a message that has it in `messages`";
  if (sources.recording != nullptr) {
    for (const auto& cell : (*sources.recording)[0]) {
      if (!is_shown(cell.first)) {
        return about(cell.first) + not_shown;
      }
    }
  }

  auto constants = description;
  constants.values.recording = nullptr;
  constants.values.generate = false;
  const auto any_time = reading::stamp_at(1'767'225'600'000);
  MessageMeter meter{std::move(constants), any_time};
  std::map<std::size_t, model::PointValue> shown;
  for (std::size_t kind = 0; kind < meter.kinds(); ++kind) {
    const auto composed = meter.compose(kind, any_time);
    if (!composed) {
      return composed.error();
    }
    for (const auto& meant : composed->meant) {
      shown.emplace(meant.point, meant.value);
    }
  }
  for (const auto& [name, text] : sources.fixed) {
    const auto point = find_point(model, name);
    const auto wanted = point ? value_of(model.points[*point], text) : std::nullopt;
    if (!wanted) {
      continue;
    }
    const auto found = shown.find(*point);
    if (found == shown.end()) {
      return about(*point) +
             (is_shown(*point) ? ": its messages cannot hold this value" : not_shown);
    }
    if (!is_same(found->second, *wanted)) {
      return about(*point) + ": its messages would show " + text_of_value(found->second);
    }
  }
  return {};
}

MessageMeter::MessageMeter(MessageMeterDescription description, reading::Stamp start)
    : description_{std::move(description)},
      settings_{settings_with(*description_.model, description_.settings)},
      captures_{all_captures(description_)},
      values_{description_.model, settings_, description_.values, start},
      intake_{plan_of(description_), {}} {}

auto MessageMeter::compose(std::size_t kind, reading::Stamp time)
    -> wire::Result<ComposedMessage, std::string> {
  // Counters of messages go on where an earlier run of the simulator ended, or the gateway would
  // know the first ones already.
  constexpr std::int64_t most = 0x8000'0000;
  const auto round = reading::milliseconds_since_1970(time) / description_.every.count();
  const auto number =
      (round * static_cast<std::int64_t>(kinds()) + static_cast<std::int64_t>(kind)) % most;
  const MessageTemplate::Order order{
      time, description_.every, captures_, static_cast<std::uint64_t>(number),
      [this](std::size_t point, reading::Stamp when) { return values_.at(point, when); }};
  auto composed = description_.repertoire->templates[kind].compose(order);
  if (auto objection = objection_to(composed)) {
    return *std::move(objection);
  }
  return composed;
}

auto MessageMeter::objection_to(const ComposedMessage& composed) const
    -> std::optional<std::string> {
  const auto& model = *description_.model;
  const auto points = all_points(model);
  const intake::Subject subject{model, settings_, points, captures_};
  for (std::size_t index = 0; index < model.messages.size(); ++index) {
    const auto& message = model.messages[index];
    const auto topic = fill(message.topic, captures_);
    const auto about = "model " + model.id + ", message " + message.name;
    const bool is_meant =
        std::ranges::find(composed.meant, index, &Meant::message) != composed.meant.end();
    const auto named = match(topic, composed.topic);
    if (!is_meant || !named) {
      if (is_meant) {
        return about + " cannot be simulated: " + composed.topic + " is none of its topics";
      }
      continue;
    }
    const auto read =
        read_message(subject, index, *named, std::as_bytes(std::span{composed.payload}));
    if (!read || !read->has_value()) {
      return about + " cannot be simulated: what was composed " +
             (read ? "is not meant for " + description_.name
                   : "cannot be read: " + std::string{to_text(read.error())});
    }
    for (const auto& meant : composed.meant) {
      if (meant.message == index && !is_given_by((*read)->samples, meant)) {
        return about + " cannot be simulated: " + model.points[meant.point].name + " was to be " +
               text_of_value(meant.value) +
               (meant.time ? " at " + to_text(*meant.time) : std::string{}) +
               ", and is not when it is read";
      }
    }
  }
  return std::nullopt;
}

auto MessageMeter::taken_from(const std::string& topic, const std::string& payload,
                              reading::Now now) -> std::vector<intake::Sample> {
  intake::Arrival arrival;
  arrival.topic = topic;
  arrival.payload = std::as_bytes(std::span{payload});
  arrival.now = now;
  arrival.clock_trusted = true;
  return intake_.take(arrival).samples;
}

}  // namespace bornier::simulator
