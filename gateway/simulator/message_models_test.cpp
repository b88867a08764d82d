// SPDX-License-Identifier: Apache-2.0
// Every model of config/models that speaks MQTT is simulated, message by message.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "intake/testing.hpp"
#include "model/load.hpp"
#include "reading/time_text.hpp"
#include "simulator/message_meter.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;

using intake::message_models;
using intake::text_of_file;

const reading::Stamp test_start = *reading::parse_stamp("2026-11-28T04:00:00.000Z");

class SimulatedModel : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    auto loaded = model::load_model(text_of_file(GetParam()), GetParam().filename().string());
    ASSERT_TRUE(loaded) << to_text(loaded.error().front());
    model = std::make_shared<const model::Model>(*std::move(loaded));
  }

  [[nodiscard]] auto meter(const std::vector<std::string>& messages) const -> MessageMeter {
    MessageMeterDescription description;
    description.name = "meter-7";
    description.captures["device"] = "meter-7";
    description.model = model;
    auto repertoire = repertoire_of(model, model::Settings{*model}, messages);
    EXPECT_TRUE(repertoire) << (repertoire ? "" : repertoire.error());
    if (repertoire) {
      description.repertoire = std::make_shared<const MessageRepertoire>(*std::move(repertoire));
    }
    description.every = 1h;
    return MessageMeter{description, test_start};
  }

  std::shared_ptr<const model::Model> model;
};

TEST_P(SimulatedModel, GivesTheMeantValuesInEveryMessage) {
  std::vector<std::string> all;
  for (const auto& message : model->messages) {
    all.push_back(message.name);
  }
  auto meter = this->meter(all);
  std::set<std::size_t> placed;
  for (int step = 0; step < 30; ++step) {
    const auto time = test_start + 1h * step;
    for (std::size_t kind = 0; kind < meter.kinds(); ++kind) {
      const auto composed = meter.compose(kind, time);
      ASSERT_TRUE(composed) << composed.error();
      for (const auto& meant : composed->meant) {
        placed.insert(meant.point);
      }
      const auto taken = meter.taken_from(composed->topic, composed->payload, {{}, time + 1s});
      EXPECT_FALSE(taken.empty()) << composed->topic << ' ' << composed->payload;
    }
  }
  EXPECT_FALSE(placed.empty());
}

INSTANTIATE_TEST_SUITE_P(Config, SimulatedModel, testing::ValuesIn(message_models()),
                         [](const auto& instance) {
                           std::string name = instance.param.stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace bornier::simulator
