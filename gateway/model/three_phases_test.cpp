// SPDX-License-Identifier: Apache-2.0
#include "model/three_phases.hpp"

#include <gtest/gtest.h>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using reading::Decimal;

constexpr auto three_phase_points = R"(
u1 = { quantity = "voltage", phase = "l1_n", address = 0, type = "uint16", scale = "0.1", unit = "V" }
u2 = { quantity = "voltage", phase = "l2_n", address = 1, type = "uint16", scale = "0.1", unit = "V" }
u3 = { quantity = "voltage", phase = "l3_n", address = 2, type = "uint16", scale = "0.1", unit = "V" }
u12 = { quantity = "voltage", phase = "l1_l2", address = 3, type = "uint16", scale = "0.1", unit = "V" }
p2 = { quantity = "power_active", phase = "l2", address = 4, type = "int16", unit = "kW" }
p2_again = { quantity = "power_active", phase = "l2", address = 5, type = "int16", unit = "W" }
p = { quantity = "power_active", address = 6, type = "int16", unit = "W" }
e2 = { quantity = "energy_active_import", phase = "l2", address = 7, type = "uint16", unit = "kWh" }
order = { quantity = "status", address = 8, type = "int16", labels = { 0 = "L1-L2-L3", -1 = "L1-L3-L2" } }
)";

auto value(std::size_t point, std::variant<Decimal, std::string, reading::Acquisition> of)
    -> Decoded {
  return {.point = point, .value = std::move(of), .quality = {}};
}

TEST(ThreePhases, TakesTheValuesByQuantityAndPhase) {
  const auto model = model_with_points(three_phase_points);
  const std::vector<Decoded> decoded{value(0, Decimal{2301, -1}), value(3, Decimal{3985, -1}),
                                     value(4, Decimal{-2, 3}), value(6, Decimal{-1900, 0}),
                                     value(8, Decimal{-1, 0})};
  const auto values = three_phases(model, Settings{model}, decoded);
  ASSERT_TRUE(values);
  EXPECT_DOUBLE_EQ(values->phases[0].voltage->value, 230.1);
  EXPECT_DOUBLE_EQ(values->phases[0].voltage->step, 0.1);
  EXPECT_DOUBLE_EQ(values->line_voltages[0]->value, 398.5);
  EXPECT_DOUBLE_EQ(values->phases[1].active->value, -2000) << "kW are kept as W";
  EXPECT_DOUBLE_EQ(values->active->value, -1900);
  EXPECT_EQ(values->rotation, "L1-L3-L2");
}

TEST(ThreePhases, LeavesOutWhatHasNoValue) {
  const auto model = model_with_points(three_phase_points);
  const std::vector<Decoded> decoded{value(0, reading::Acquisition::not_available),
                                     value(1, std::string{"230"})};
  const auto values = three_phases(model, Settings{model}, decoded);
  ASSERT_TRUE(values);
  EXPECT_FALSE(values->phases[0].voltage);
  EXPECT_FALSE(values->phases[1].voltage);
  EXPECT_FALSE(values->active);
  EXPECT_TRUE(values->rotation.empty());
}

TEST(ThreePhases, WantsTheFirstPointOfAQuantityAndPhaseOnly) {
  const auto model = model_with_points(three_phase_points);
  EXPECT_EQ(points_of_three_phases(model), (std::vector<std::size_t>{0, 1, 2, 3, 4, 6, 8}));
}

TEST(ThreePhases, AreNotWhatAMeterOfOnePhaseOrOfWaterHas) {
  const auto model = model_with_points(
      R"(u = { quantity = "voltage", phase = "l1_n", address = 0, type = "uint16", unit = "V" })");
  EXPECT_FALSE(three_phases(model, Settings{model}, {}));
  EXPECT_TRUE(points_of_three_phases(model).empty());
}

}  // namespace
}  // namespace bornier::model
