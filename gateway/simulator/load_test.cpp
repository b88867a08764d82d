// SPDX-License-Identifier: Apache-2.0
#include "simulator/load.hpp"

#include <gtest/gtest.h>

#include "simulator/testing.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;

class LoadTest : public ::testing::Test {
 protected:
  [[nodiscard]] auto load(std::uint32_t seed) const -> Load {
    return Load{model, model::Settings{model}, std::vector<bool>(model.points.size(), true), seed,
                60s};
  }
  static auto value(const Row& row, std::size_t index) -> reading::Decimal {
    return std::get<reading::Decimal>(row.at(index).second);
  }

  model::Model model = small_model();
};

TEST_F(LoadTest, IsTheSameForTheSameSeed) {
  EXPECT_EQ(load(7).at(100), load(7).at(100));
  EXPECT_NE(load(7).at(100), load(8).at(100));
}

TEST_F(LoadTest, LeavesOutWhatNoRuleFits) {
  const auto row = load(1).at(0);
  ASSERT_EQ(row.size(), 3U);  // all but the serial number
  const auto voltage = value(row, 2);
  EXPECT_TRUE(reading::compare(voltage, {220, 0}) > 0);
  EXPECT_TRUE(reading::compare(voltage, {240, 0}) < 0);
}

TEST_F(LoadTest, HasMoreVoltageBetweenPhasesThanAgainstNeutral) {
  const auto against_neutral = value(load(1).at(0), 2);
  model.points.at(2).phase = "l2_l3";
  const auto between = value(load(1).at(0), 2);
  EXPECT_NEAR(static_cast<double>(between.mantissa),
              1.732 * static_cast<double>(against_neutral.mantissa),
              0.0001 * static_cast<double>(between.mantissa));
}

TEST_F(LoadTest, CountsTheEnergyOfItsPower) {
  const auto generated = load(3);
  std::int64_t work = 0;  // mW minutes
  for (std::uint64_t row = 0; row < 3000; ++row) {
    const auto power = value(generated.at(row), 0);
    EXPECT_EQ(power.exponent, -3);
    work += power.mantissa;
    const auto before = value(generated.at(row), 1);
    const auto after = value(generated.at(row + 1), 1);
    EXPECT_GE(after.mantissa, before.mantissa);
  }
  const auto counted = value(generated.at(3000), 1).mantissa - value(generated.at(0), 1).mantissa;
  EXPECT_EQ(value(generated.at(0), 1).exponent, -6);
  // 1 mW for a minute is 1/60 × 10^-6 kW.h; the counter rounds down by less than 6 × 10^-3 kW.h.
  EXPECT_NEAR(static_cast<double>(counted), static_cast<double>(work) / 60, 6000);
}

}  // namespace
}  // namespace bornier::simulator
