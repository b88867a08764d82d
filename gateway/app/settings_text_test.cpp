// SPDX-License-Identifier: Apache-2.0
#include "app/settings_text.hpp"

#include <gtest/gtest.h>

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsAWholeNumberAndOneUnit) {
  EXPECT_EQ(parse_duration("100ms"), 100ms);
  EXPECT_EQ(parse_duration("1s"), 1000ms);
  EXPECT_EQ(parse_duration("15min"), 15min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("30 d"), 720h);
}

TEST(Duration, RefusesWhatCouldBeMisread) {
  for (const auto* text :
       {"", "1", "s", "1m", "-1s", "1.5s", "1s ", "1 s s", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, EndsAtAHundredYears) {
  EXPECT_TRUE(parse_duration("36600d"));
  EXPECT_FALSE(parse_duration("36601d"));
}

TEST(Duration, IsWrittenInTheLargestUnitThatLosesNothing) {
  EXPECT_EQ(to_text(90'000ms), "90s");
  EXPECT_EQ(to_text(60'000ms), "1min");
  EXPECT_EQ(to_text(1'001ms), "1001ms");
  EXPECT_EQ(to_text(0ms), "0ms");
}

TEST(Duration, ForPeopleHasTwoUnitsAtMost) {
  EXPECT_EQ(duration_for_people(999ms), "999 ms");
  EXPECT_EQ(duration_for_people(12s), "12 s");
  EXPECT_EQ(duration_for_people(76h + 5min), "3 d 4 h");
  EXPECT_EQ(duration_for_people(24h + 1s), "1 d");
}

TEST(Bytes, KnowDecimalAndBinaryUnits) {
  EXPECT_EQ(parse_bytes("512MiB"), 536'870'912U);
  EXPECT_EQ(parse_bytes("64KiB"), 65'536U);
  EXPECT_EQ(parse_bytes("50kB"), 50'000U);
  EXPECT_EQ(parse_bytes("50KB"), std::nullopt);
  EXPECT_EQ(parse_bytes("9223372036854775807B"), 9'223'372'036'854'775'807U);
  EXPECT_EQ(parse_bytes("9223372036854775807KiB"), std::nullopt);
}

TEST(Bytes, ForPeopleHaveOneDigitAfterThePoint) {
  EXPECT_EQ(bytes_for_people(1023), "1023 B");
  EXPECT_EQ(bytes_for_people(1024), "1.0 KiB");
  EXPECT_EQ(bytes_for_people(3'565'158), "3.4 MiB");
}

TEST(ByteRate, IsBytesASecond) {
  EXPECT_EQ(parse_byte_rate("50kB/s"), 50'000U);
  EXPECT_EQ(parse_byte_rate("50kB"), std::nullopt);
}

}  // namespace
}  // namespace bornier::app
