// SPDX-License-Identifier: Apache-2.0
#include "reading/quantity.hpp"

#include <gtest/gtest.h>

#include <set>

#include "reading/unit.hpp"

namespace bornier::reading {
namespace {

auto code(std::string_view quantity, Medium medium, std::string_view phase = "",
          std::uint8_t tariff = 0) -> std::string {
  return obis(*find_quantity(quantity), medium, phase, tariff);
}

TEST(Quantity, IsFoundByItsNameOnly) {
  ASSERT_NE(find_quantity("energy_active_import"), nullptr);
  EXPECT_EQ(find_quantity("energy_active_import")->unit, "kW.h");
  EXPECT_EQ(find_quantity("energy_active_import")->kind, Kind::counter);
  EXPECT_EQ(find_quantity("energy_active_import")->rule, IntervalRule::delta);
  EXPECT_EQ(find_quantity("energy_active_import")->resolution, -3);
  EXPECT_EQ(find_quantity("energy_active_import_t1"), nullptr);
  EXPECT_EQ(find_quantity(""), nullptr);
}

TEST(Quantity, HasAUniqueNameAndAUnitThatWeKnow) {
  std::set<std::string_view> names;
  for (const Quantity& quantity : quantities()) {
    EXPECT_TRUE(names.insert(quantity.name).second) << quantity.name;
    EXPECT_EQ(quantity.unit.empty(), quantity.kind == Kind::text) << quantity.name;
    if (!quantity.unit.empty()) {
      EXPECT_NE(find_unit(quantity.unit), nullptr) << quantity.name;
    }
  }
}

TEST(Obis, FollowsFromQuantityPhaseAndTariff) {
  EXPECT_EQ(code("energy_active_import", Medium::electricity), "1-0:1.8.0");
  EXPECT_EQ(code("energy_active_import", Medium::electricity, "total"), "1-0:1.8.0");
  EXPECT_EQ(code("energy_active_import", Medium::electricity, "", 4), "1-0:1.8.4");
  EXPECT_EQ(code("energy_active_import", Medium::electricity, "l1"), "1-0:21.8.0");
  EXPECT_EQ(code("energy_active_export", Medium::electricity, "l3"), "1-0:62.8.0");
  EXPECT_EQ(code("power_active", Medium::electricity, "l2"), "1-0:56.7.0");
  EXPECT_EQ(code("voltage", Medium::electricity, "l1_n"), "1-0:32.7.0");
  EXPECT_EQ(code("voltage_thd", Medium::electricity, "l3"), "1-0:72.7.124");
  EXPECT_EQ(code("current", Medium::electricity, "n"), "1-0:91.7.0");
  EXPECT_EQ(code("current", Medium::electricity, "sum"), "1-0:90.7.0");
  EXPECT_EQ(code("power_active_demand_max", Medium::electricity, "", 1), "1-0:1.6.1");
}

TEST(Obis, FollowsFromTheMedium) {
  EXPECT_EQ(code("volume", Medium::water), "8-0:1.0.0");
  EXPECT_EQ(code("volume", Medium::hot_water), "9-0:1.0.0");
  EXPECT_EQ(code("volume", Medium::heat), "6-0:2.0.0");
  EXPECT_EQ(code("energy_heat", Medium::heat, "", 3), "6-0:1.0.3");
  EXPECT_EQ(code("energy_cooling", Medium::cooling), "5-0:1.0.0");
  EXPECT_EQ(code("volume_base", Medium::gas), "7-0:3.2.0");
  EXPECT_EQ(code("serial_number", Medium::water), "0-0:96.1.0");
  EXPECT_EQ(code("temperature", Medium::environment), "0-0:96.9.0");
}

TEST(Obis, IsEmptyWhereNoneIsKnownOrSourcesDisagree) {
  EXPECT_EQ(code("voltage", Medium::electricity, "l1_l2"), "");
  EXPECT_EQ(code("voltage", Medium::electricity, "ln_avg"), "");
  EXPECT_EQ(code("power_reactive", Medium::electricity), "");
  EXPECT_EQ(code("phase_angle", Medium::electricity, "l1"), "");
  EXPECT_EQ(code("volume", Medium::waste_water), "");
  EXPECT_EQ(code("voltage", Medium::water), "");
  EXPECT_EQ(code("temperature", Medium::water), "");
  EXPECT_EQ(code("power_active", Medium::electricity, "", 1), "");
  EXPECT_EQ(code("pressure", Medium::heat), "");
}

TEST(Medium, IsFoundByItsText) {
  EXPECT_EQ(find_medium("waste_water"), Medium::waste_water);
  EXPECT_EQ(to_text(Medium::hot_water), "hot_water");
  EXPECT_FALSE(find_medium("steam"));
}

}  // namespace
}  // namespace bornier::reading
