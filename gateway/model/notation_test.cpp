// SPDX-License-Identifier: Apache-2.0
#include "model/notation.hpp"

#include <gtest/gtest.h>

namespace bornier::model {
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

TEST(Bytes, KnowDecimalAndBinaryUnits) {
  EXPECT_EQ(parse_bytes("512MiB"), 536'870'912U);
  EXPECT_EQ(parse_bytes("64KiB"), 65'536U);
  EXPECT_EQ(parse_bytes("50kB"), 50'000U);
  EXPECT_EQ(parse_bytes("50KB"), std::nullopt);
  EXPECT_EQ(parse_bytes("9223372036854775807B"), 9'223'372'036'854'775'807U);
  EXPECT_EQ(parse_bytes("9223372036854775807KiB"), std::nullopt);
}

TEST(Bytes, AreWrittenInTheLargestUnitThatLosesNothing) {
  EXPECT_EQ(bytes_to_text(1ULL << 20U), "1MiB");
  EXPECT_EQ(bytes_to_text(65'536), "64KiB");
  EXPECT_EQ(bytes_to_text(1'000'000'000), "1GB");
  EXPECT_EQ(bytes_to_text(1'025), "1025B");
}

TEST(ByteRate, IsBytesASecond) {
  EXPECT_EQ(parse_byte_rate("50kB/s"), 50'000U);
  EXPECT_EQ(parse_byte_rate("50kB"), std::nullopt);
}

}  // namespace
}  // namespace bornier::model
