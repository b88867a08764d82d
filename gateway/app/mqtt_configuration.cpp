// SPDX-License-Identifier: Apache-2.0
#include "app/mqtt_configuration.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "app/broker_configuration.hpp"
#include "app/pulse_configuration.hpp"
#include "model/captures.hpp"
#include "model/load.hpp"

namespace bornier::app {
namespace {

using model::DurationRange;
using model::TableReader;
using std::chrono::days;
using std::chrono::seconds;

constexpr DurationRange any_span{milliseconds{0}, days{1}};
constexpr DurationRange any_session{seconds{0}, days{365}};
constexpr std::string_view title_of_pulses = "[[mqtt.meter.pulse]]";
constexpr DurationRange any_silence_of_meter{seconds{1}, days{366}};

auto read_broker_of_meters(TableReader& settings, model::Report& report,
                           const Configuration& configuration) -> MqttBrokerSettings {
  MqttBrokerSettings broker;
  broker.name = settings.required_id("name");
  static_cast<BrokerSettings&>(broker) = read_broker(settings, report);
  const auto same_name =
      std::ranges::find(configuration.brokers, broker.name, &MqttBrokerSettings::name);
  if (!broker.name.empty() && same_name != configuration.brokers.end()) {
    settings.complain("name", "there are two [[mqtt]] named \"" + broker.name +
                                  "\"; give each a name of its own");
  }
  broker.client_id = settings.text("client_id").value_or(std::string{});
  const auto same_client =
      std::ranges::find_if(configuration.brokers, [&broker](const auto& other) {
        return other.broker == broker.broker && other.client_id == broker.client_id;
      });
  if (!broker.client_id.empty() && same_client != configuration.brokers.end()) {
    settings.complain("client_id", "[[mqtt]] \"" + same_client->name +
                                       "\" has the same on the same broker, which lets in one of "
                                       "them at a time; leave it out, or write another");
  }
  if (const auto session = settings.duration("session", any_session)) {
    broker.session = std::chrono::ceil<seconds>(*session);
  }
  broker.messages_per_second = static_cast<std::uint32_t>(
      settings.whole("messages_per_second", 1, 1'000'000).value_or(broker.messages_per_second));
  return broker;
}

/// One that points of the message ask for; empty: it has them all.
auto capture_missing_in(const model::TopicTemplate& topic, const model::Model& model,
                        std::size_t message) -> std::string {
  const auto has = [&](const std::string& capture) {
    return capture.empty() || model.captures.contains(capture) ||
           std::ranges::any_of(topic.levels, [&capture](const model::TopicLevel& level) {
             return level.capture && level.text == capture;
           });
  };
  for (const auto& place : model.places) {
    if (std::ranges::find(place.messages, message) == place.messages.end()) {
      continue;
    }
    for (const auto& requirement : place.where) {
      if (!has(requirement.capture)) {
        return requirement.capture;
      }
    }
  }
  return {};
}

/// Topics of the site instead of those of the model, by the names of its messages.
void read_topics(TableReader& settings, MqttMeterSettings& meter) {
  const auto topics = settings.text_map("topics");
  if (topics.empty()) {
    return;
  }
  auto own = *meter.model;
  for (const auto& [name, text] : topics) {
    const auto message = std::ranges::find(own.messages, name, &model::Message::name);
    auto topic = model::parse_topic(text);
    if (message == own.messages.end()) {
      std::vector<std::string_view> names;
      for (const auto& known : own.messages) {
        names.push_back(known.name);
      }
      settings.complain("topics", "model \"" + own.id + "\" has no message " + model::quoted(name) +
                                      model::did_you_mean(name, names));
    } else if (!topic) {
      settings.complain("topics", model::quoted(text) + ": " + topic.error());
    } else if (const auto missing = capture_missing_in(
                   *topic, own,
                   static_cast<std::size_t>(std::distance(own.messages.begin(), message)));
               !missing.empty()) {
      settings.complain("topics", model::quoted(text) + " has no {" + missing +
                                      "}, which tells the points of message " +
                                      model::quoted(name) + " apart; its own topic is " +
                                      model::quoted(to_text(message->topic)));
    } else {
      message->topic = *std::move(topic);
    }
  }
  meter.model = std::make_shared<const model::Model>(std::move(own));
}

/// A mapping that stands in the configuration itself.
void read_own_mapping(TableReader& settings, model::Report& report, MqttMeterSettings& meter) {
  auto model = model::load_own_message(settings, report, "mqtt-" + meter.id);
  for (const auto* key : {"ct", "vt", "settings", "topics", "device", "captures"}) {
    settings.forbid(key, "it is for meters with a `model`");
  }
  if (!model) {
    static_cast<void>(settings.node("every"));
    return;
  }
  for (std::size_t point = 0; point < model->points.size(); ++point) {
    meter.points[point] = milliseconds{0};
  }
  if (const auto every = settings.duration("every", any_span)) {
    for (auto& [point, span] : meter.points) {
      span = *every;
    }
  }
  model->silent_after = std::chrono::hours{1};
  meter.model = std::make_shared<const model::Model>(*std::move(model));
  meter.settings = model::Settings{*meter.model};
}

void read_model_of_meter(TableReader& settings, MeterConfiguration& meters,
                         MqttMeterSettings& meter, model::Report& report,
                         std::vector<PulseMeterSettings>& pulses) {
  meters.read_model(settings, model::Protocol::mqtt, meter);
  pulses = read_pulse_meters(settings, title_of_pulses, meter, meters, report);
  if (meter.model) {
    meters.read_choices(settings, meter);
    read_topics(settings, meter);
    meter.captures = model::read_captures(settings, *meter.model);
    meter.points =
        meters.read_points(settings, meter, any_span, milliseconds{0}, counts_of(pulses));
    return;
  }
  for (const auto* key :
       {"settings", "points", "every", "ct", "vt", "topics", "device", "captures"}) {
    static_cast<void>(settings.node(key));
  }
}

void read_meter(const toml::table& table, std::size_t broker, MeterConfiguration& meters,
                model::Report& report, Configuration& configuration) {
  TableReader settings{table, "[[mqtt.meter]]", report};
  MqttMeterSettings meter;
  std::vector<PulseMeterSettings> pulses;
  meter.broker = broker;
  meters.read_identity(settings, meter);
  for (const auto* key : {"bus", "unit_id", "shares_unit", "writes_scan_list"}) {
    settings.forbid(key, "it is for meters on a [[bus]]");
  }
  if (settings.has("model") || !settings.has("topic")) {
    settings.forbid("topic", "the `model` has the topics; to replace one, write topics = { … }");
    read_model_of_meter(settings, meters, meter, report, pulses);
  } else {
    read_own_mapping(settings, report, meter);
    pulses = read_pulse_meters(settings, title_of_pulses, meter, meters, report);
  }
  const auto usual = meter.model ? meter.model->silent_after : milliseconds{0};
  meter.silent_after = settings.duration("silent_after", any_silence_of_meter).value_or(usual);
  settings.finish();
  for (auto& pulse : pulses) {
    pulse.protocol = model::Protocol::mqtt;
    pulse.device = configuration.mqtt_meters.size();
    configuration.pulse_meters.push_back(std::move(pulse));
  }
  configuration.mqtt_meters.push_back(std::move(meter));
}

}  // namespace

void read_mqtt(const toml::table& table, MeterConfiguration& meters, model::Report& report,
               Configuration& configuration) {
  TableReader settings{table, "[[mqtt]]", report};
  configuration.brokers.push_back(read_broker_of_meters(settings, report, configuration));
  const auto tables = settings.tables("meter");
  if (!settings.has("meter")) {
    settings.complain("name", "nothing is read from this broker; add a [[mqtt.meter]]");
  }
  settings.finish();
  for (const auto* meter : tables) {
    read_meter(*meter, configuration.brokers.size() - 1, meters, report, configuration);
  }
}

}  // namespace bornier::app
