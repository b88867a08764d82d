// SPDX-License-Identifier: Apache-2.0
#include "intake/recognise.hpp"

#include <gtest/gtest.h>

#include "intake/testing.hpp"
#include "reading/time_text.hpp"

namespace bornier::intake {
namespace {

constexpr std::string_view plug = R"(
[captures]
base = "zb"
[message.state]
topic = "{base}/{device}"
format = "json"
[availability]
topic = "{base}/{device}/availability"
online = "online"
offline = "offline"
[points]
energy = { quantity = "energy_active_import", unit = "kW.h", pointer = "/energy" }
power = { quantity = "power_active", unit = "W", pointer = "/power" }
voltage = { quantity = "voltage", unit = "V", pointer = "/voltage" }
relay = { quantity = "status", pointer = "/state", labels = { 0 = "OFF", 1 = "ON" } }
)";

constexpr std::string_view radio = R"(
[message.event]
topic = "radio/{host}/events"
format = "json"
where = { "/model" = "W1", "/id" = "{device}" }
[points]
volume = { quantity = "volume", medium = "water", unit = "m3", pointer = "/total" }
)";

/// `phases` of them; names of its devices begin with `name`.
auto three_values(std::string_view name, int phases) -> std::string {
  std::string text = R"(
[message.emeter]
topic = "sh/{device}/emeter/{phase}"
format = "plain"
[points]
)";
  for (int phase = 0; phase < phases; ++phase) {
    const auto number = std::to_string(phase);
    text += "e" + number +
            R"( = { quantity = "energy_active_import", unit = "kW.h", where = { phase = ")" +
            number + "\" } }\n";
  }
  return text + "[[test]]\ntitle = \"t\"\norigin = \"o\"\ntopic = \"sh/" + std::string{name} +
         "-1/emeter/0\"\npayload = \"1\"\nexpect = { e0 = \"1 kW.h\" }\n";
}

auto named(std::string_view parts, std::string id) -> std::shared_ptr<const model::Model> {
  auto model = *model_of(parts);
  model.id = std::move(id);
  return std::make_shared<const model::Model>(std::move(model));
}

class RecogniserTest : public testing::Test {
 protected:
  void hear(std::string_view topic, std::string_view payload, bool retained = false) {
    recogniser.hear(topic, std::as_bytes(std::span{payload}), retained,
                    *reading::parse_stamp("2026-11-28T04:00:00.000Z"));
  }
  /// "device model values", a line each.
  [[nodiscard]] auto found() const -> std::vector<std::string> {
    std::vector<std::string> lines;
    for (const auto& device : recogniser.devices()) {
      lines.push_back(device.device + " " + device.model->id + " " +
                      std::to_string(device.values.size()));
    }
    return lines;
  }
  [[nodiscard]] auto strangers() const -> std::vector<std::string> {
    std::vector<std::string> prefixes;
    for (const auto& unknown : recogniser.unknown()) {
      prefixes.push_back(unknown.prefix);
    }
    return prefixes;
  }

  using Lines = std::vector<std::string>;
  Recogniser recogniser{{named(plug, "plug"), named(radio, "radio"),
                         named(three_values("one", 1), "one"),
                         named(three_values("three", 3), "three")}};
};

TEST_F(RecogniserTest, NamesADeviceByWhatItsModelReads) {
  hear("zb/cellar", R"({"energy": 12.5, "power": 3, "state": "ON"})");
  hear("zb/cellar", R"({"energy": 12.6})");
  ASSERT_EQ(found(), (Lines{"cellar plug 3"}));
  const auto device = recogniser.devices().front();
  EXPECT_EQ(device.messages, 2U);
  EXPECT_EQ(device.topic_count, 1U);
  EXPECT_EQ(device.values.at(device.example).text, "12.6 kW.h");
  EXPECT_TRUE(device.captures.empty());
  EXPECT_TRUE(strangers().empty());
}

TEST_F(RecogniserTest, CountsRetainedMessagesAsEvidence) {
  hear("zb/cellar", R"({"energy": 12.5})", true);
  ASSERT_EQ(found(), (Lines{"cellar plug 1"}));
  EXPECT_EQ(recogniser.devices().front().retained, 1U);
  EXPECT_EQ(recogniser.figures().retained, 1U);
}

TEST_F(RecogniserTest, NamesNobodyForOneGaugeThatAnythingHas) {
  hear("zb/thermometer", R"({"voltage": 3000, "temperature": 21})");
  EXPECT_TRUE(found().empty());
  hear("zb/plug", R"({"voltage": 230, "power": null})");  // which only a plug has
  EXPECT_EQ(found(), (Lines{"plug plug 1"}));
  EXPECT_EQ(strangers(), (Lines{"zb/thermometer"}));
}

TEST_F(RecogniserTest, NamesNobodyWithoutAValue) {
  hear("zb/cellar", R"({"energy": null, "power": null, "state": "ON"})");
  EXPECT_TRUE(found().empty());
}

TEST_F(RecogniserTest, FindsTheDeviceInThePayload) {
  hear("radio/pi/events", R"({"model": "W1", "id": 17, "total": 1.5})");
  hear("radio/pi/events", R"({"model": "W1", "id": 18, "total": 2.5})");
  hear("radio/pi/events", R"({"model": "W2", "id": 19, "total": 3.5})");
  EXPECT_EQ(found(), (Lines{"17 radio 1", "18 radio 1"}));
}

TEST_F(RecogniserTest, FindsAnotherBase) {
  hear("home/wb/cellar", R"({"energy": 12.5, "power": 3})");
  ASSERT_EQ(found(), (Lines{"cellar plug 2"}));
  EXPECT_EQ(recogniser.devices().front().captures,
            (std::map<std::string, std::string>{{"base", "home/wb"}}));
}

TEST_F(RecogniserTest, PrefersTheUsualBase) {
  hear("zb/cellar", R"({"energy": 12.5})");
  ASSERT_EQ(found(), (Lines{"cellar plug 1"}));
  EXPECT_TRUE(recogniser.devices().front().captures.empty());
}

TEST_F(RecogniserTest, NamesTheModelThatReadsMost) {
  for (const auto* topic : {"sh/x/emeter/0", "sh/x/emeter/1", "sh/x/emeter/2"}) {
    hear(topic, "1");
  }
  EXPECT_EQ(found(), (Lines{"x three 3"}));
  EXPECT_TRUE(recogniser.devices().front().rivals.empty());
}

TEST_F(RecogniserTest, OfEqualsNamesTheOneWhoseDevicesAreCalledLikeThat) {
  hear("sh/one-27/emeter/0", "1");
  hear("sh/three-27/emeter/0", "1");
  EXPECT_EQ(found(), (Lines{"one-27 one 1", "three-27 three 1"}));
}

TEST_F(RecogniserTest, NamesRivalsWhereNothingTellsThemApart) {
  hear("sh/x/emeter/0", "1");
  ASSERT_EQ(found(), (Lines{"x one 1"}));
  EXPECT_EQ(recogniser.devices().front().rivals, (Lines{"three"}));
}

TEST_F(RecogniserTest, TakesWhatBelongsToADeviceForNoStranger) {
  hear("zb/cellar", R"({"energy": 12.5})");
  hear("zb/cellar/availability", "online");
  hear("zb/cellar/set", R"({"state": "ON"})");
  hear("stat/cellar/RESULT", "{}");
  EXPECT_EQ(found(), (Lines{"cellar plug 1"}));
  EXPECT_TRUE(strangers().empty());
}

TEST_F(RecogniserTest, GroupsStrangersByTheirBeginning) {
  hear("homie/box/a/temp", "1");
  hear("homie/box/a/humidity", "2");
  hear("weather", R"({"wind": {"speed": 3.5, "from": "N"}, "log": [1, 2]})");
  hear("weather", R"({"wind": {"speed": 4.5, "from": "N"}, "log": [1, 2]})");
  hear("weather", R"({"wind": {"speed": 5.5, "from": "N"}, "log": [1, 2]})");
  ASSERT_EQ(strangers(), (Lines{"weather", "homie/box/a"}));
  const auto unknown = recogniser.unknown();
  EXPECT_EQ(unknown.front().messages, 3U);
  EXPECT_EQ(unknown.front().numbers,
            (std::vector<std::pair<std::string, std::string>>{
                {"/wind/speed", "5.5"}, {"/log/0", "1"}, {"/log/1", "2"}}));
  EXPECT_EQ(unknown.back().topic_count, 2U);
}

TEST_F(RecogniserTest, CountsWhatCannotBeRead) {
  hear("zb/cellar", R"({"energy": 12.5})");
  hear("zb/cellar", "\xFF\xFE");
  EXPECT_EQ(recogniser.devices().front().faults, 1U);
  EXPECT_EQ(recogniser.devices().front().fault, Fault::not_json);
}

TEST_F(RecogniserTest, IsNotHurtByHostileMessages) {
  const std::string large(2'000'000, '[');
  hear("zb/large", large);
  hear("zb/deep", std::string(100'000, '[') + std::string(100'000, ']'));
  hear("zb/\xC3\x28", R"({"energy": 1})");
  hear("zb/{x}", R"({"energy": 1})");
  hear("zb/\x1B[2J", R"({"energy": 1})");
  hear("zb/", R"({"energy": 1})");
  hear("", "1");
  hear("////", "1");
  hear("radio/pi/events", R"({"model": "W1", "id": "a\u0000b", "total": 1.5})");
  EXPECT_TRUE(found().empty());
  EXPECT_FALSE(strangers().empty());
}

TEST_F(RecogniserTest, KeepsNoMoreThanItsLimits) {
  for (std::size_t topic = 0; topic < Recogniser::most_topics; ++topic) {
    hear("t/" + std::to_string(topic), "1");
  }
  EXPECT_EQ(recogniser.figures().left_out, 0U);
  hear("zb/late", R"({"energy": 1})");
  EXPECT_EQ(recogniser.figures().left_out, 1U);
  EXPECT_TRUE(found().empty());
  EXPECT_EQ(strangers(), (Lines{"t"}));
}

TEST_F(RecogniserTest, TakesTopicsUpToALength) {
  hear(std::string(Recogniser::longest_topic, 'x'), "1");
  EXPECT_EQ(recogniser.figures().left_out, 0U);
  hear(std::string(Recogniser::longest_topic + 1, 'x'), "1");
  EXPECT_EQ(recogniser.figures().left_out, 1U);
}

TEST_F(RecogniserTest, KeepsNoMoreDevicesThanItsLimit) {
  for (std::size_t id = 0; id < Recogniser::most_candidates; ++id) {
    hear("radio/pi/events", R"({"model": "W1", "total": 1, "id": )" + std::to_string(id) + "}");
  }
  EXPECT_EQ(recogniser.figures().left_out, 0U);
  hear("radio/pi/events", R"({"model": "W1", "total": 1, "id": "more"})");
  EXPECT_EQ(recogniser.figures().left_out, 1U);
  EXPECT_EQ(recogniser.devices().size(), Recogniser::most_candidates);
}

TEST_F(RecogniserTest, KeepsTheBeginningOfAPayload) {
  hear("x", std::string(Recogniser::longest_sample + 1, 'x'));
  EXPECT_EQ(recogniser.unknown().front().sample.size(), Recogniser::longest_sample);
}

}  // namespace
}  // namespace bornier::intake
