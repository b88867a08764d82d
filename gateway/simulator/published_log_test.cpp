// SPDX-License-Identifier: Apache-2.0
#include "simulator/published_log.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "reading/time_text.hpp"
#include "simulator/message_testing.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;

class PublishedLogTest : public ::testing::Test {
 protected:
  PublishedLogTest() {
    std::string name = (std::filesystem::temp_directory_path() / "published-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~PublishedLogTest() override { std::filesystem::remove_all(folder); }

  static auto meter() -> MessageMeter {
    MessageMeterDescription description;
    description.name = "p \"1\"";
    description.model = small_plug();
    description.captures = {{"device", "p,1"}};
    description.repertoire = std::make_shared<const MessageRepertoire>(
        *repertoire_of(description.model, model::Settings{*description.model}, {}));
    return {description, start};
  }
  [[nodiscard]] auto lines() const -> std::vector<std::string> {
    std::ifstream file{folder / "log.csv"};
    std::vector<std::string> found;
    for (std::string line; std::getline(file, line);) {
      found.push_back(line);
    }
    return found;
  }

  static inline const reading::Stamp start = *reading::parse_stamp("2026-01-02T03:04:05.000Z");
  std::filesystem::path folder;
};

TEST_F(PublishedLogTest, HasALineForEachValueThatAGatewayTakes) {
  auto speaker = meter();
  const reading::Now now{{}, start + 7ms};
  PublishedLog log;
  ASSERT_TRUE(log.open(folder / "log.csv"));
  const std::string topic = "plugs/p,1/state";
  const std::string payload =
      R"({"at":"2026-01-02T03:04:05Z","energy":8.42,"power":null,"current":1})";
  log.add(start, speaker, topic, speaker.taken_from(topic, payload, now));
  log.add(start + 5ms, speaker, "plugs/p,1/voltage",
          speaker.taken_from("plugs/p,1/voltage", "230.5", now));
  log.add(start + 6ms, speaker, topic, speaker.taken_from(topic, payload, now));
  EXPECT_EQ(
      lines(),
      (std::vector<std::string>{
          "time_ms,meter,topic,point,value,unit,own_time_ms",
          R"(1767323045000,"p ""1""","plugs/p,1/state",energy_active_import,8.420,kW.h,1767323045000)",
          R"(1767323045005,"p ""1""","plugs/p,1/voltage",voltage,230.5,V,)",
      }));
}

TEST_F(PublishedLogTest, GoesOnInAFileThatIsThere) {
  for (int run = 0; run < 2; ++run) {
    PublishedLog log;
    ASSERT_TRUE(log.open(folder / "log.csv"));
  }
  EXPECT_EQ(lines().size(), 1U);
  EXPECT_FALSE(PublishedLog{}.open(folder / "missing" / "log.csv"));
}

}  // namespace
}  // namespace bornier::simulator
