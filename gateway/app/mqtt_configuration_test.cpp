// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "app/configuration.hpp"
#include "app/registrations.hpp"
#include "model/load.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view plug = R"(format = 1
id = "plug"
version = "2"
manufacturer = "Maker"
title = "Plug"
medium = "electricity"
confidence = "high"
protocol = "mqtt"
silent_after = "5min"
captures = { base = "plugs" }
[message.state]
topic = "{base}/{device}/state"
format = "json"
time = { at = "/t", as = "s" }
[points]
energy_active_import = { quantity = "energy_active_import", unit = "kWh", pointer = "/e", group = "billing" }
power_active = { quantity = "power_active", unit = "W", pointer = "/p" }
)";

constexpr std::string_view phases = R"(format = 1
id = "phases"
version = "1"
manufacturer = "Maker"
title = "Phases"
medium = "electricity"
confidence = "high"
protocol = "mqtt"
[message.state]
topic = "{device}/{phase}"
format = "plain"
[points]
power_active_l1 = { quantity = "power_active", phase = "l1", unit = "W", group = "essential", where = { phase = "0" } }
power_active_l2 = { quantity = "power_active", phase = "l2", unit = "W", group = "essential", where = { phase = "1" } }
)";

auto knowing_a_plug() -> Surroundings {
  Surroundings known;
  known.choose_folders = [](const auto&) {
    return std::vector<std::string>{"plug", "phases", "register"};
  };
  known.find_model = [](const std::string& id) {
    ModelLookup lookup;
    if (id == "plug") {
      lookup.model = std::make_shared<const model::Model>(*model::load_model(plug, "plug.toml"));
    } else if (id == "phases") {
      lookup.model =
          std::make_shared<const model::Model>(*model::load_model(phases, "phases.toml"));
    } else if (id == "register") {
      lookup.model = std::make_shared<const model::Model>();
    }
    return lookup;
  };
  known.is_timezone = [](const std::string&) { return true; };
  return known;
}

auto parse_mqtt(std::string_view text)
    -> wire::Result<Configuration, std::vector<model::Diagnostic>> {
  return parse_configuration(R"([gateway]
id = "cab"
city = "sceaux"
timezone = "Europe/Paris"
state_directory = "/var/lib/bornier"
[[mqtt]]
name = "lan"
broker = "mqtt://127.0.0.1"
)" + std::string{text},
                             "f.toml", knowing_a_plug());
}

/// The mistakes without file and column: "9: message".
auto mistakes(std::string_view text) -> std::string {
  const auto parsed = parse_mqtt(text);
  std::string all;
  if (!parsed) {
    for (const auto& mistake : parsed.error()) {
      all += (all.empty() ? "" : "\n") + std::to_string(mistake.line) + ": " + mistake.message;
    }
  }
  return all;
}

TEST(MqttConfiguration, TakesAMeterWithItsModelAndDevice) {
  const auto parsed = parse_mqtt(R"([[mqtt.meter]]
id = "pump-3"
model = "plug"
device = "plug-7"
points = ["all"]
every = { default = "1min", power_active = "10s" }
)");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->mqtt_meters.size(), 1U);
  const auto& meter = parsed->mqtt_meters.front();
  EXPECT_EQ(meter.captures, (std::map<std::string, std::string>{{"device", "plug-7"}}));
  EXPECT_EQ(meter.points, (std::map<std::size_t, milliseconds>{{0, 1min}, {1, 10s}}));
  EXPECT_EQ(meter.silent_after, 5min);
  EXPECT_EQ(parsed->brokers.front().session, 24h);
  EXPECT_EQ(parsed->brokers.front().messages_per_second, 200U);
}

TEST(MqttConfiguration, KeepsAllSamplesOfEssentialPointsUnlessItSaysOtherwise) {
  const auto parsed = parse_mqtt("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x\"\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->mqtt_meters.front().points, (std::map<std::size_t, milliseconds>{{0, 0ms}}));
}

TEST(MqttConfiguration, MayHoldTheMappingItself) {
  const auto parsed = parse_mqtt(R"([[mqtt.meter]]
id = "boiler"
medium = "heat"
topic = "plc/boiler/{what}"
format = "plain"
every = "1min"
silent_after = "10s"
points = { energy = { quantity = "energy_heat", unit = "kWh", where = { what = "energy" }, group = "billing" } }
)");
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  const auto& meter = parsed->mqtt_meters.front();
  EXPECT_EQ(meter.model->points.front().name, "energy");
  EXPECT_EQ(meter.points, (std::map<std::size_t, milliseconds>{{0, 1min}}));
  EXPECT_EQ(meter.silent_after, 10s);
}

TEST(MqttConfiguration, ReplacesATopicOfTheModel) {
  const auto parsed = parse_mqtt(R"([[mqtt.meter]]
id = "a"
model = "plug"
device = "x"
topics = { state = "home/{device}" }
)");
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  EXPECT_EQ(to_text(parsed->mqtt_meters.front().model->messages.front().topic), "home/{device}");
}

TEST(MqttConfiguration, SaysWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(mistakes(""), "7: nothing is read from this broker; add a [[mqtt.meter]]");
  EXPECT_EQ(
      mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\n"),
      "9: `device` is missing: it stands for {device} in the topics of model \"plug\", and tells "
      "this meter from others");
  EXPECT_EQ(mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"register\"\ndevice = \"x\"\n"),
            "11: model \"register\" is read over Modbus; its meters are [[meter]]");
  EXPECT_EQ(mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x\"\nbus = \"b\"\n"),
            "13: [[mqtt.meter]] does not take `bus`: it is for meters on a [[bus]]");
  EXPECT_EQ(mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x\"\ncaptures = { "
                     "bass = \"y\" }\n"),
            "13: the topics of model \"plug\" have no {bass}; did you mean `base`?");
  EXPECT_EQ(mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x/+\"\n"),
            "12: {device} cannot be `x/+`: a topic has no +, #, { or }");
  EXPECT_EQ(mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x\"\ntopics = { "
                     "stat = \"y\" }\n"),
            "13: model \"plug\" has no message `stat`; did you mean `state`?");
  EXPECT_EQ(mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"phases\"\ndevice = \"x\"\ntopics = { "
                     "state = \"{device}/total\" }\n"),
            "13: `{device}/total` has no {phase}, which tells the points of message `state` apart; "
            "its own topic is `{device}/{phase}`");
  EXPECT_EQ(
      mistakes("client_id = \"us\"\n[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x\"\n"
               "[[mqtt]]\nname = \"other\"\nbroker = \"mqtt://127.0.0.1\"\nclient_id = \"us\"\n"
               "[[mqtt.meter]]\nid = \"b\"\nmodel = \"plug\"\ndevice = \"y\"\n"),
      "17: [[mqtt]] \"lan\" has the same on the same broker, which lets in one of them at a "
      "time; leave it out, or write another");
  EXPECT_EQ(mistakes("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x\"\n"
                     "[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"y\"\n"),
            "14: there are two meters with the id \"a\"; an id names one metering point");
  EXPECT_EQ(
      mistakes(
          "[[mqtt.meter]]\nid = \"a\"\nmedium = \"heat\"\ntopic = \"a/#\"\nformat = \"plain\"\n"
          "points = { energy = { quantity = \"energy_heat\", unit = \"kWh\" } }\n"),
      "12: a topic has no + or #; write {name} for a level that varies");
}

TEST(MqttConfiguration, AddsUpTheHistoryOfAMappingOfItsOwn) {
  constexpr std::string_view boiler = R"([[mqtt.meter]]
id = "boiler"
medium = "water"
topic = "plc/boiler"
format = "json"
each = { in = "/log", time = { at = "/t", as = "iso" }, add_to = { STEP = "start" } }
[mqtt.meter.points]
start = { quantity = "volume", unit = "m3", pointer = "/start" }
step = { quantity = "volume", unit = "m3", pointer = "/step" }
)";
  const auto with = [&boiler](std::string_view name) {
    std::string text{boiler};
    return text.replace(text.find("STEP"), 4, name);
  };
  const auto parsed = parse_mqtt(with("step"));
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  const auto& each = parsed->mqtt_meters.front().model->messages.front().each;
  ASSERT_TRUE(each);
  EXPECT_EQ(each->accumulations.size(), 1U);
  EXPECT_NE(mistakes(with("stap")).find("14: write the point of the differences"),
            std::string::npos)
      << mistakes(with("stap"));
}

TEST(MqttConfiguration, HasMetersWhosePulsesAMeterCounts) {
  const auto parsed = parse_mqtt(
      "[[mqtt.meter]]\nid = \"counter\"\nmedium = \"water\"\ntopic = \"c/{what}\"\nformat = "
      "\"plain\"\npoints = { count = { quantity = \"pulse_count\", resolution = \"1\", where = { "
      "what = \"n\" } } }\n[[mqtt.meter.pulse]]\nid = \"garden\"\ncount = \"count\"\nquantity = "
      "\"volume\"\nmedium = \"water\"\nperiods = [{ from = 2026-01-01T00:00:00Z, value = \"1 L\", "
      "index = \"0 m3\" }]\n");
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  const auto& meter = parsed->pulse_meters.at(0);
  EXPECT_EQ(meter.protocol, model::Protocol::mqtt);
  EXPECT_EQ(parsed->mqtt_meters.at(meter.device).id, "counter");
  const std::vector<batch::Registered::Numbers> numbers(registrations(*parsed).size());
  ASSERT_EQ(numbers.size(), 2U);
  EXPECT_EQ(mqtt_numbers(*parsed, numbers).data(), numbers.data());
  EXPECT_EQ(pulse_numbers(*parsed, numbers).data(), numbers.data() + 1);
}

TEST(MqttConfiguration, HasAPointForTheDelayOfMessagesThatStateTheirTime) {
  const auto parsed = parse_mqtt("[[mqtt.meter]]\nid = \"a\"\nmodel = \"plug\"\ndevice = \"x\"\n");
  ASSERT_TRUE(parsed);
  const auto list = registrations(*parsed);
  ASSERT_EQ(list.size(), 1U);
  ASSERT_EQ(list.front().points.size(), 2U);
  EXPECT_EQ(list.front().points[0].name, "energy_active_import");
  EXPECT_EQ(list.front().points[0].batch_class, batch::Class::billing);
  EXPECT_EQ(list.front().points[1].name, "arrival_delay");
  EXPECT_EQ(list.front().points[1].unit, "s");
}

}  // namespace
}  // namespace bornier::app
