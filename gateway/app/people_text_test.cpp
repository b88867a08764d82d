// SPDX-License-Identifier: Apache-2.0
#include "app/people_text.hpp"

#include <gtest/gtest.h>

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

TEST(PeopleText, WritesADurationWithTwoUnitsAtMost) {
  EXPECT_EQ(duration_for_people(999ms), "999 ms");
  EXPECT_EQ(duration_for_people(12s), "12 s");
  EXPECT_EQ(duration_for_people(76h + 5min), "3 d 4 h");
  EXPECT_EQ(duration_for_people(24h + 1s), "1 d");
}

TEST(PeopleText, WritesBytesWithOneDigitAfterThePoint) {
  EXPECT_EQ(bytes_for_people(1023), "1023 B");
  EXPECT_EQ(bytes_for_people(1024), "1.0 KiB");
  EXPECT_EQ(bytes_for_people(3'565'158), "3.4 MiB");
}

TEST(PeopleText, ShowsReactiveUnitsAsVarAndOthersAsTheyAre) {
  EXPECT_EQ(unit_for_people("V.A{reactive}"), "var");
  EXPECT_EQ(unit_for_people("kV.A{reactive}.h"), "kvarh");
  EXPECT_EQ(unit_for_people("kW.h"), "kW.h");
  EXPECT_EQ(unit_for_people(""), "");
}

}  // namespace
}  // namespace bornier::app
