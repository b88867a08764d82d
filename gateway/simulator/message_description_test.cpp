// SPDX-License-Identifier: Apache-2.0
// [[mqtt]] of a description.
#include <gtest/gtest.h>

#include "model/toml_reader.hpp"
#include "simulator/description.hpp"
#include "simulator/message_testing.hpp"
#include "simulator/testing.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;

auto load_messages(std::string_view toml)
    -> wire::Result<Description, std::vector<model::Diagnostic>> {
  Sources sources;
  sources.model = [](std::string_view id) -> std::shared_ptr<const model::Model> {
    if (id == "small-meter") {
      return std::make_shared<const model::Model>(small_model());
    }
    return id == "small-plug" ? small_plug() : nullptr;
  };
  sources.text = [](const std::string& path) -> std::optional<std::string> {
    return path == "day.csv" ? std::optional<std::string>{"p;a\n1;2\n3;4\n"} : std::nullopt;
  };
  sources.broker = [](model::TableReader& table, model::Report&) {
    io::MqttSettings settings;
    settings.broker = table.required_text("broker");
    return settings;
  };
  return load_description(toml, "meters.toml", sources);
}

/// "LINE:COLUMN MESSAGE" of each mistake.
auto mistakes_in(std::string_view toml) -> std::vector<std::string> {
  const auto loaded = load_messages(toml);
  std::vector<std::string> found;
  if (!loaded) {
    for (const auto& mistake : loaded.error()) {
      found.push_back(std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + " " +
                      mistake.message);
    }
  }
  return found;
}

/// A broker with one meter that has these keys from line 6 on.
auto plug(const std::string& keys) -> std::string {
  return "[[mqtt]]\nbroker = \"mqtt://b\"\n[[mqtt.meter]]\nname = \"m\"\nmodel = "
         "\"small-plug\"\n" +
         keys;
}

using Found = std::vector<std::string>;

TEST(MessageDescription, NamesBrokersAndTheMetersThatPublishThere) {
  const auto loaded = load_messages(R"(
published = "published.csv"
row_every = "100ms"
[[mqtt]]
broker = "mqtt://127.0.0.1:1883"
[[mqtt.meter]]
name = "main"
model = "small-plug"
device = "p7"
captures = { base = "site" }
csv = "day.csv"
map = ["p=power_active"]
at_end = "wrap"
every = "2s"
messages = ["state"]
retained = true
[[mqtt.meter]]
name = "other"
model = "small-plug"
device = "p8"
settings = { wiring = "three" }
seed = 3
dead = true
fixed = { voltage = "229.5" }
)");
  ASSERT_TRUE(loaded) << to_text(loaded.error().front());
  EXPECT_EQ(loaded->published, "published.csv");
  ASSERT_EQ(loaded->brokers.size(), 1U);
  EXPECT_EQ(loaded->brokers[0].mqtt.broker, "mqtt://127.0.0.1:1883");
  ASSERT_EQ(loaded->brokers[0].meters.size(), 2U);
  const auto& main = loaded->brokers[0].meters[0];
  EXPECT_EQ(main.name, "main");
  EXPECT_EQ(main.captures,
            (std::map<std::string, std::string>{{"base", "site"}, {"device", "p7"}}));
  EXPECT_EQ(main.repertoire->templates.size(), 1U);
  EXPECT_EQ(main.values.recording->size(), 2U);
  EXPECT_EQ(main.values.row_every, 100ms);
  EXPECT_TRUE(main.values.wrap);
  EXPECT_FALSE(main.values.generate) << "what is not recorded is not made up unless asked for";
  EXPECT_EQ(main.every, 2s);
  EXPECT_TRUE(main.retained);
  const auto& other = loaded->brokers[0].meters[1];
  EXPECT_EQ(other.repertoire->templates.size(), 2U) << "as few as show every point";
  EXPECT_EQ(other.settings.at("wiring"), "three");
  EXPECT_TRUE(other.values.generate);
  EXPECT_EQ(other.values.seed, 3U);
  EXPECT_EQ(other.every, 10s);
  EXPECT_TRUE(other.dead);
  EXPECT_EQ(other.values.fixed.at("voltage"), "229.5");
}

TEST(MessageDescription, PutsMetersWhereTheirModelBelongs) {
  EXPECT_EQ(mistakes_in("[[endpoint]]\n[[endpoint.meter]]\nname = \"m\"\nmodel = \"small-plug\"\n"),
            Found{"4:9 meters of model `small-plug` speak MQTT; put them into a [[mqtt.meter]]"});
  EXPECT_EQ(mistakes_in("[[mqtt]]\nbroker = \"mqtt://b\"\n[[mqtt.meter]]\nname = \"m\"\nmodel = "
                        "\"small-meter\"\n"),
            Found{"5:9 meters of model `small-meter` are asked over Modbus; put them into an "
                  "[[endpoint.meter]]"});
}

TEST(MessageDescription, TakesKeysOnlyWhereTheyMeanSomething) {
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nunit_id = 1\nlatency = \"1s\"\nwidth = 3\n")),
            (Found{"7:11 the meter does not take `unit_id`: it is for meters that are asked, in an "
                   "[[endpoint.meter]]",
                   "8:11 the meter does not take `latency`: it is for meters that are asked, in an "
                   "[[endpoint.meter]]",
                   "9:1 the meter has no key `width`; remove it"}));
  EXPECT_EQ(
      mistakes_in("[[endpoint]]\n[[endpoint.meter]]\nname = \"m\"\nmodel = "
                  "\"small-meter\"\ndevice = \"p\"\nretained = true\n"),
      (Found{"5:10 the meter does not take `device`: it is for meters that speak MQTT, in a "
             "[[mqtt.meter]]",
             "6:12 the meter does not take `retained`: it is for meters that speak MQTT, in a "
             "[[mqtt.meter]]"}));
  EXPECT_EQ(mistakes_in("log = \"a.csv\"\n" + plug("device = \"p\"")),
            Found{"1:7 the description does not take `log`: it tells the answers of an "
                  "[[endpoint]]; write `published`"});
  EXPECT_EQ(mistakes_in("published = \"a.csv\"\n[[endpoint]]\n[[endpoint.meter]]\nname = \"m\"\n"
                        "model = \"small-meter\"\n"),
            Found{"1:13 the description does not take `published`: it tells what meters in a "
                  "[[mqtt.meter]] publish"});
}

TEST(MessageDescription, WantsABrokerAndMeters) {
  EXPECT_EQ(mistakes_in("[[mqtt]]\nname = \"lan\"\n"),
            (Found{"1:1 [[mqtt]] needs `broker`", "1:1 [[mqtt]] needs `meter`",
                   "2:1 [[mqtt]] has no key `name`; remove it"}));
}

TEST(MessageDescription, TellsOneDeviceFromAnother) {
  EXPECT_EQ(mistakes_in(plug("")),
            Found{"3:1 `device` is missing: it stands for {device} in the topics of model "
                  "\"small-plug\", and tells this meter from others"});
  EXPECT_EQ(
      mistakes_in(plug("device = \"a#\"\ncaptures = { bass = \"x\" }")),
      (Found{"6:10 {device} cannot be `a#`: a topic has no +, #, { or }",
             "7:12 the topics of model \"small-plug\" have no {bass}; did you mean `base`?"}));
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\n[[mqtt.meter]]\nname = \"n\"\nmodel = "
                             "\"small-plug\"\ndevice = \"p\"\n")),
            Found{"7:1 meters `m` and `n` are the same device; give each a `device` of its own"});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\n[[mqtt.meter]]\nname = \"m\"\nmodel = "
                             "\"small-plug\"\ndevice = \"q\"\n")),
            Found{"8:8 there are two meters named `m`; give each a name of its own"});
}

TEST(MessageDescription, TakesMessagesThatTheModelHasAndThatATestShows) {
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nmessages = [\"voltage\", \"state\"]")), Found{});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nmessages = [\"sttae\"]")).front(),
            "7:12 model `small-plug` has no message `sttae`; did you mean `state`?");
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nmessages = [\"state\", \"event\"]")),
            Found{"7:12 model small-plug, message event cannot be simulated: no [[test]] of the "
                  "model gives "
                  "a value of it"});
}

TEST(MessageDescription, SendsNoOftenerThanMessagesTellTheirTime) {
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nevery = \"1s\"")), Found{});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nevery = \"999ms\"")),
            Found{"7:9 messages of model `small-plug` tell their time in steps of 1s: they cannot "
                  "come more often than that"});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nmessages = [\"voltage\"]\nevery = \"1ms\"")),
            Found{});
}

TEST(MessageDescription, TakesConstantsThatItsMessagesShow) {
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nfixed = { power_active = \"4.5\" }")), Found{});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nfixed = { power_active = \"?\" }")), Found{});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nfixed = { power_active = \"4.55\" }")),
            Found{"7:9 meter m: power_active: its messages would show 4.6"});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nfixed = { current = \"4\" }")),
            Found{"7:9 meter m: current: none of its messages has it; leave it out, or name a "
                  "message that has it in `messages`"});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\nfixed = { currant = \"4\" }")),
            Found{"7:11 model `small-plug` has no point `currant`; did you mean `current`?"});
  EXPECT_EQ(mistakes_in(plug("device = \"p\"\ncsv = \"day.csv\"\nmap = [\"a=current\"]")),
            Found{"8:7 meter m: current: none of its messages has it; leave it out, or name a "
                  "message that has it in `messages`"});
}

}  // namespace
}  // namespace bornier::simulator
