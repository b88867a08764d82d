// SPDX-License-Identifier: Apache-2.0
#include "app/listen_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/hypotheses.hpp"
#include "intake/recognise.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

class ListenReportTest : public testing::Test {
 protected:
  void hear(std::string_view topic, std::string_view payload, bool retained = false) {
    recogniser_.hear(topic, std::as_bytes(std::span{payload}), retained,
                     *reading::parse_stamp("2026-11-28T04:00:00.000Z"));
  }
  auto report(const std::vector<MqttMeterSettings>& meters = {}) -> ListenReport {
    auto report = report_of(recogniser_, meters);
    report.broker.broker = "mqtt://10.4.0.5";
    return report;
  }
  static auto models() -> const std::vector<std::shared_ptr<const model::Model>>& {
    static const auto shipped =
        load_models({BORNIER_SOURCE_DIR "/config/models"}, model::Protocol::mqtt);
    return shipped;
  }

  intake::Recogniser recogniser_{models()};
};

TEST_F(ListenReportTest, WritesABlockForEachDevice) {
  hear("shellies/shellyem3-A4CF12/emeter/0/total", "16424.6");
  hear("shellies/shellyem3-A4CF12/emeter/0/power", "67.62");
  EXPECT_EQ(blocks_of(report()), R"([[mqtt]]
name = "10-4-0-5"
broker = "mqtt://10.4.0.5"

# 2 points with values, energy_active_import_l1 16.4246 kW.h
[[mqtt.meter]]
id = "shellyem3-a4cf12"
model = "shelly-3em"
device = "shellyem3-A4CF12"
)");
}

TEST_F(ListenReportTest, GivesNoIdTwice) {
  hear("shellies/shellyem3-A4CF12/emeter/0/total", "16424.6");
  hear("shellies/shellyem3-a4cf12/emeter/0/total", "16424.6");
  auto found = report();
  found.in_use = {"shellyem3-a4cf12-2"};
  const auto blocks = blocks_of(found);
  EXPECT_NE(blocks.find("id = \"shellyem3-a4cf12\"\n"), std::string::npos) << blocks;
  EXPECT_EQ(blocks.find("id = \"shellyem3-a4cf12-2\"\n"), std::string::npos) << blocks;
  EXPECT_NE(blocks.find("id = \"shellyem3-a4cf12-3\"\n"), std::string::npos) << blocks;
}

TEST_F(ListenReportTest, TakesTheBrokerOfTheConfigurationForGranted) {
  hear("shellies/shellyem3-A4CF12/emeter/0/total", "16424.6");
  auto found = report();
  found.name = "lan";
  const auto blocks = blocks_of(found);
  EXPECT_TRUE(blocks.starts_with("# for the [[mqtt]] named \"lan\"")) << blocks;
  EXPECT_EQ(blocks.find("broker ="), std::string::npos) << blocks;
}

TEST_F(ListenReportTest, LeavesOutWhatIsConfigured) {
  hear("shellies/shellyem3-A4CF12/emeter/0/total", "16424.6");
  hear("shellies/shellyem3-B00000/emeter/0/total", "1.5");
  const auto& shipped = models();
  const auto model = std::ranges::find(
      shipped, "shelly-3em", [](const auto& one) -> const auto& { return one->id; });
  ASSERT_NE(model, shipped.end());
  MqttMeterSettings meter;
  meter.id = "kitchen";
  meter.model = *model;
  meter.settings = model::Settings{**model};
  meter.captures = {{"device", "shellyem3-A4CF12"}};
  const auto found = report({meter});
  ASSERT_EQ(found.devices.size(), 2U);
  EXPECT_EQ(found.devices[0].meter, "kitchen");
  EXPECT_EQ(found.devices[1].meter, "");
  EXPECT_EQ(blocks_of(found).find("A4CF12"), std::string::npos) << blocks_of(found);
}

TEST_F(ListenReportTest, SaysWhenNothingProvesThatTheDeviceStillSends) {
  hear("shellies/shellyem3-A4CF12/emeter/0/total", "16424.6", true);
  const auto found = report();
  EXPECT_NE(blocks_of(found).find("# all of it was retained"), std::string::npos);
  EXPECT_EQ(remarks_of(found, 0).size(), 1U);
}

TEST_F(ListenReportTest, SuggestsAMappingOfItsOwnWhereNoModelReadsIt) {
  hear("plant/boiler 7/state", R"({"flow": {"m3": 12.50}, "name": "x"})");
  const auto blocks = blocks_of(report());
  EXPECT_NE(blocks.find("# topic = \"plant/boiler 7/state\"\n"), std::string::npos) << blocks;
  EXPECT_NE(
      blocks.find(
          "# flow_m3 = { quantity = \"…\", pointer = \"/flow/m3\", unit = \"…\" }  # now 12.50\n"),
      std::string::npos)
      << blocks;
}

TEST_F(ListenReportTest, LetsNoStrangerWriteConfiguration) {
  hear("plant/x\"\nmodel = \"evil/state", R"({"a\nb": 1})");
  hear("shellies/a\"b\x1B[2J/emeter/0/total", "1.5");
  const auto found = report();
  for (const auto& text : {blocks_of(found), to_text(table_of(found, 9), Format::table)}) {
    EXPECT_EQ(text.find('\x1B'), std::string::npos) << text;
    EXPECT_EQ(text.find("\nmodel = \"evil"), std::string::npos) << text;
  }
}

TEST_F(ListenReportTest, CountsWhatItLeftOut) {
  hear(std::string(intake::Recogniser::longest_topic, 'a'), "1");
  EXPECT_TRUE(remarks_of(report(), 0).empty());
  hear(std::string(intake::Recogniser::longest_topic + 1, 'a'), "1");
  EXPECT_EQ(remarks_of(report(), 0).size(), 1U);
  EXPECT_EQ(remarks_of(report(), 3).size(), 2U);
}

}  // namespace
}  // namespace bornier::app
