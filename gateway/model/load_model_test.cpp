// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "model/load.hpp"
#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view any_point =
    "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\" }\n";

TEST(LoadModel, WantsWhatIdentifiesAModel) {
  const auto model = load_model("", "m.toml");
  ASSERT_FALSE(model);
  EXPECT_EQ(to_text(model.error()),
            "m.toml:1:1: error: the model needs `format`\n"
            "m.toml:1:1: error: the model needs `id`\n"
            "m.toml:1:1: error: the model needs `version`\n"
            "m.toml:1:1: error: the model needs `manufacturer`\n"
            "m.toml:1:1: error: the model needs `title`\n"
            "m.toml:1:1: error: the model needs `medium`\n"
            "m.toml:1:1: error: the model needs `confidence`\n"
            "m.toml:1:1: error: the model needs `points`\n");
}

TEST(LoadModel, WantsTheIdToBeTheFilesStem) {
  const std::string text = std::string{head} + std::string{any_point};
  EXPECT_TRUE(load_model(text, "m.toml"));
  EXPECT_TRUE(load_model(text, "/etc/bornier/models/m.toml"));
  const auto model = load_model(text, "models/n.toml");
  ASSERT_FALSE(model);
  EXPECT_EQ(to_text(model.error()),
            "models/n.toml:2:6: error: the id `m` and the file name differ; name the file "
            "`m.toml`\n");
}

TEST(LoadModel, KeepsThePointsInTheOrderOfTheFile) {
  const Model model = model_with_points(R"(
zeta = { quantity = "power_factor", address = 0, type = "uint16" }
alpha = { quantity = "power_factor", address = 1, type = "uint16" }
)");
  ASSERT_EQ(model.points.size(), 2U);
  EXPECT_EQ(model.points[0].name, "zeta");
  EXPECT_EQ(find_point(model, "alpha"), 1U);
  EXPECT_EQ(find_point(model, "beta"), std::nullopt);
}

TEST(LoadModel, ResolvesQuantityUnitAndObis) {
  const Model model = model_with_points(R"(
e = { quantity = "energy_active_import", tariff = 2, address = 0, type = "uint32", unit = "Wh" }
g = { quantity = "energy_heat", medium = "heat", address = 2, type = "uint32", unit = "GJ" }
p = { quantity = "phase_angle", phase = "l1", obis = "1-0:81.7.4", address = 4, type = "int16", unit = "deg" }
)");
  ASSERT_EQ(model.points.size(), 3U);
  EXPECT_EQ(model.points[0].obis, "1-0:1.8.2");
  EXPECT_EQ(unit_of(model.points[0], Settings{model}), "kW.h");
  EXPECT_EQ(unit_of(model.points[1], Settings{model}), "GJ");
  EXPECT_EQ(model.points[1].obis, "6-0:1.0.0");
  EXPECT_EQ(model.points[2].obis, "1-0:81.7.4");
}

TEST(LoadModel, TellsThePlannerWhatMustComeTogether) {
  const Model model = loaded(std::string{head} + R"toml(
[code.c]
point = "header"
bits = [0, 1]
options = [{ value = 0, weight = 10 }]
[points]
volume = { quantity = "volume", address = 9, type = "uint32", unit = "m3", scale = "code(c)" }
header = { quantity = "device_setting", address = 3, type = "bits16" }
)toml");
  ASSERT_EQ(model.points.size(), 2U);
  EXPECT_EQ(model.points[0].together, (std::vector<std::size_t>{1}));
  EXPECT_TRUE(model.points[1].together.empty());
}

TEST(LoadModel, TakesTimingAndLimitsAsWritten) {
  const Model model = loaded(std::string{head} + R"(
[limits]
registers_per_request = 80
even = true
holes = "readable"
[timing]
pause = "60ms"
response_timeout = "2s"
attempts = 3
in_flight = 4
sleeps_after = "10s"
refresh = "5s"
shortest_period = "15min"
answers_exceptions = false
[points]
)");
  EXPECT_EQ(model.limits.registers_per_request, 80);
  EXPECT_TRUE(model.limits.even);
  EXPECT_TRUE(model.limits.holes_readable);
  EXPECT_EQ(model.timing.pause, 60ms);
  EXPECT_EQ(model.timing.response_timeout, 2s);
  EXPECT_EQ(model.timing.attempts, 3U);
  EXPECT_EQ(model.timing.in_flight, 4U);
  EXPECT_EQ(model.timing.sleeps_after, 10s);
  EXPECT_EQ(model.timing.refresh, 5s);
  EXPECT_EQ(model.timing.shortest_period, 15min);
  EXPECT_FALSE(model.timing.answers_exceptions);
}

TEST(LoadModel, LetsAPointThatIsReadAloneShareItsRegister) {
  const Model model = model_with_points(R"(
voltage = { quantity = "voltage", address = 10, type = "uint32", unit = "V" }
product = { quantity = "device_setting", address = 11, type = "uint16", alone = true }
)");
  EXPECT_EQ(model.points.size(), 2U);
}

}  // namespace
}  // namespace bornier::model
