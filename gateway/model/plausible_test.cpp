// SPDX-License-Identifier: Apache-2.0
#include "model/plausible.hpp"

#include <gtest/gtest.h>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

/// What these words at address 0 say about the one point of the model.
auto judge(std::string_view point, const std::vector<std::uint16_t>& words) -> Evidence {
  const auto model = model_with_points("x = { " + std::string{point} + ", address = 0 }\n");
  const std::vector<RegisterBlock> blocks{{wire::Table::holding_register, 0, words, false}};
  return evidence_of(model, Settings{model}, 0, blocks);
}

auto judgement(std::string_view point, const std::vector<std::uint16_t>& words) -> Judgement {
  return judge(point, words).judgement;
}

constexpr auto speaks_for = Judgement::speaks_for;
constexpr auto speaks_against = Judgement::speaks_against;
constexpr auto nothing = Judgement::nothing;

constexpr std::string_view hertz =
    "quantity = \"frequency\", type = \"uint16\", scale = \"0.1\", unit = \"Hz\"";
constexpr std::string_view volts =
    "quantity = \"voltage\", type = \"uint32\", scale = \"0.1\", unit = \"V\"";
constexpr std::string_view float_volts = "quantity = \"voltage\", type = \"float32\", unit = \"V\"";

TEST(Plausible, FrequenciesLieFrom45To65Hertz) {
  EXPECT_EQ(judgement(hertz, {449}), speaks_against);
  EXPECT_EQ(judgement(hertz, {450}), speaks_for);
  EXPECT_EQ(judgement(hertz, {650}), speaks_for);
  EXPECT_EQ(judgement(hertz, {651}), speaks_against);
}

TEST(Plausible, VoltagesBehindATransformerSayNothing) {
  EXPECT_EQ(judgement(volts, {0, 799}), speaks_against);
  EXPECT_EQ(judgement(volts, {0, 800}), speaks_for);
  EXPECT_EQ(judgement(volts, {0, 6'000}), speaks_for);
  EXPECT_EQ(judgement(volts, {0, 6'001}), nothing);
  EXPECT_EQ(judgement(volts, {6, 0x1A80}), nothing);
  EXPECT_EQ(judgement(volts, {6, 0x1A81}), speaks_against);
}

TEST(Plausible, AZeroSaysLittle) {
  EXPECT_EQ(judge(hertz, {0}).judgement, nothing);
  EXPECT_LT(judge(hertz, {0}).bits, 0);
  EXPECT_EQ(judge("quantity = \"power_active\", type = \"int32\", unit = \"W\"", {0, 0}).bits, 0);
}

TEST(Plausible, WhatAMeterCallsNotAvailableSaysNothing) {
  EXPECT_EQ(
      judgement("quantity = \"voltage\", type = \"uint16\", unit = \"V\", absent = [\"0xFFFF\"]",
                {0xFFFF}),
      nothing);
  EXPECT_EQ(judgement(float_volts, {0x7FC0, 0}), nothing);
}

TEST(Plausible, IntegersTakenForFloatsSpeakAgainst) {
  EXPECT_EQ(judgement(float_volts, {0x0000, 0x08FC}), speaks_against);
  EXPECT_EQ(judgement(float_volts, {0x4366, 0x3333}), speaks_for);
}

TEST(Plausible, CountersAreNotNegative) {
  const auto* counter = "quantity = \"energy_active_import\", type = \"int32\", unit = \"kWh\"";
  EXPECT_EQ(judgement(counter, {0xFFFF, 0xFFFF}), speaks_against);
  const auto* net = "quantity = \"energy_active_net\", type = \"int32\", unit = \"kWh\"";
  EXPECT_EQ(judgement(net, {0xFFFF, 0xFFFF}), speaks_for);
}

TEST(Plausible, RareContentsTellMore) {
  const auto model = model_with_points(
      "f = { quantity = \"frequency\", address = 0, type = \"float32\", unit = \"Hz\" }\n"
      "e = { quantity = \"energy_active_import\", address = 2, type = \"uint32\", unit = \"kWh\" "
      "}\n"
      "s = { quantity = \"status\", address = 4, type = \"uint16\" }\n");
  const Settings settings{model};
  EXPECT_GT(telling_bits(model.points[0], settings), 8);
  EXPECT_LT(telling_bits(model.points[1], settings), 6);
  EXPECT_EQ(telling_bits(model.points[2], settings), 0);
}

TEST(Plausible, TextsConsistOfLetters) {
  const auto* text = "quantity = \"device_model\", type = \"string:2\"";
  EXPECT_EQ(judgement(text, {0x4232, 0x3300}), speaks_for);
  EXPECT_EQ(judgement(text, {0x4232, 0x0101}), speaks_against);
  EXPECT_EQ(judgement(text, {0x4232, 0x00FF}), speaks_for) << "behind the end";
  EXPECT_EQ(judgement(text, {0, 0}), nothing);
  const auto* single = "quantity = \"device_model\", type = \"string1:2\"";
  EXPECT_EQ(judgement(single, {0x42, 0x32}), speaks_for);
  EXPECT_EQ(judgement(single, {0x42, 0x132}), speaks_against);
}

TEST(Plausible, AtMostThreePointsOfAQuantityAreAskedFor) {
  std::string points;
  for (int index = 0; index < 5; ++index) {
    points += "v" + std::to_string(index) +
              " = { quantity = \"voltage\", type = \"float32\", unit = \"V\", address = " +
              std::to_string(2 * index) + " }\n";
  }
  const auto model = model_with_points(points);
  EXPECT_EQ(telling_points(model, Settings{model}), (std::vector<std::size_t>{0, 1, 2}));
}

}  // namespace
}  // namespace bornier::model
