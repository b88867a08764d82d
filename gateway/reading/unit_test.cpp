// SPDX-License-Identifier: Apache-2.0
#include "reading/unit.hpp"

#include <gtest/gtest.h>

#include <set>

namespace bornier::reading {
namespace {

auto shift(std::string_view from, std::string_view to) -> std::optional<std::int8_t> {
  return decimal_shift(*find_unit(from), *find_unit(to));
}

TEST(Unit, IsFoundByItsCodeAndByItsCommonSpelling) {
  EXPECT_EQ(find_unit("kW.h")->code, "kW.h");
  EXPECT_EQ(find_unit("kWh")->code, "kW.h");
  EXPECT_EQ(find_unit("kvarh")->code, "kV.A{reactive}.h");
  EXPECT_EQ(find_unit("degC")->code, "Cel");
  EXPECT_EQ(find_unit("furlong"), nullptr);
  EXPECT_EQ(find_unit(""), nullptr);
}

TEST(Unit, ShiftsByPowersOfTenWithinAFamily) {
  EXPECT_EQ(shift("kW", "W"), 3);
  EXPECT_EQ(shift("Wh", "kW.h"), -3);
  EXPECT_EQ(shift("var", "V.A{reactive}"), 0);
  EXPECT_EQ(shift("L", "m3"), -3);
  EXPECT_EQ(shift("MJ", "GJ"), -3);
  EXPECT_EQ(shift("kPa", "bar"), -2);
}

TEST(Unit, IsKeptWhereNoPowerOfTenLeadsToTheOther) {
  EXPECT_FALSE(shift("GJ", "kW.h"));
  EXPECT_FALSE(shift("L/s", "m3/h"));
  EXPECT_FALSE(shift("s", "h"));
  EXPECT_FALSE(shift("W", "V.A"));
  EXPECT_FALSE(shift("Cel", "K"));
}

TEST(Unit, HasOneSpellingForOneUnit) {
  std::set<std::string_view> spellings;
  for (const Unit& unit : units()) {
    EXPECT_TRUE(spellings.insert(unit.code).second) << unit.code;
    if (!unit.common.empty()) {
      EXPECT_TRUE(spellings.insert(unit.common).second) << unit.common;
    }
  }
}

}  // namespace
}  // namespace bornier::reading
