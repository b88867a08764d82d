// SPDX-License-Identifier: Apache-2.0
#include "model/select.hpp"

#include <gtest/gtest.h>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

class SelectTest : public testing::Test {
 protected:
  auto names(std::vector<std::string> patterns) const -> std::vector<std::string> {
    std::vector<std::string> chosen;
    const auto points = select(model, patterns);
    if (!points) {
      return {"unknown"};
    }
    for (const std::size_t point : *points) {
      chosen.push_back(model.points[point].name);
    }
    return chosen;
  }
  using Names = std::vector<std::string>;

  Model model = model_with_points(R"(
voltage_l1_n = { quantity = "voltage", phase = "l1_n", type = "uint16", address = 0, unit = "V", group = "essential" }
energy = { quantity = "energy_active_import", type = "uint32", address = 2, unit = "Wh", group = "billing" }
voltage_l1_l2 = { quantity = "voltage", phase = "l1_l2", type = "uint16", address = 1, unit = "V" }
)");
};

TEST_F(SelectTest, KeepsTheOrderOfTheFile) {
  EXPECT_EQ(names({"all"}), (Names{"voltage_l1_n", "energy", "voltage_l1_l2"}));
  EXPECT_EQ(names({"voltage_l1_l2", "voltage_l1_n"}), (Names{"voltage_l1_n", "voltage_l1_l2"}));
}

TEST_F(SelectTest, CountsBillingAmongTheEssential) {
  EXPECT_EQ(names({"billing"}), (Names{"energy"}));
  EXPECT_EQ(names({"essential"}), (Names{"voltage_l1_n", "energy"}));
}

TEST_F(SelectTest, TakesEachPointOnceHoweverOftenItIsNamed) {
  EXPECT_EQ(names({"billing", "energy", "e*"}), (Names{"energy"}));
}

TEST_F(SelectTest, TakesAStarForAnyCharacters) {
  EXPECT_EQ(names({"voltage_*"}), (Names{"voltage_l1_n", "voltage_l1_l2"}));
  EXPECT_EQ(names({"*_l1*2"}), (Names{"voltage_l1_l2"}));
  EXPECT_EQ(names({"energy*"}), (Names{"energy"}));
  EXPECT_EQ(names({"*"}), names({"all"}));
  EXPECT_EQ(names({}), Names{});
}

TEST_F(SelectTest, NamesEveryPatternThatMeansNothingWithTheNearestName) {
  const auto points =
      select(model, std::vector<std::string>{"enregy", "energy", "current_*", "billing1"});
  ASSERT_FALSE(points);
  ASSERT_EQ(points.error().size(), 3U);
  EXPECT_EQ(points.error()[0].pattern, "enregy");
  EXPECT_EQ(points.error()[0].suggestion, "energy");
  EXPECT_EQ(points.error()[1].pattern, "current_*");
  EXPECT_EQ(points.error()[1].suggestion, "");
  EXPECT_EQ(points.error()[2].suggestion, "billing");
}

}  // namespace
}  // namespace bornier::model
