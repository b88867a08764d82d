// SPDX-License-Identifier: Apache-2.0
#include "intake/time.hpp"

#include <gtest/gtest.h>

#include <string>

#include "reading/time_text.hpp"

namespace bornier::intake {
namespace {

using model::TimeNotation;

auto iso(std::string_view text, bool utc_without_zone = false) -> std::string {
  const auto time = parse_iso_time(text, utc_without_zone);
  return time ? to_text(*time) : "no time";
}

auto epoch(std::string_view text, TimeNotation notation) -> std::string {
  const auto time = parse_epoch(text, notation);
  return time ? to_text(*time) : "no time";
}

TEST(IsoTime, IsReadAsDevicesWriteIt) {
  EXPECT_EQ(iso("2026-11-28T04:05:06Z"), "2026-11-28T04:05:06.000Z");
  EXPECT_EQ(iso("2026-11-28 04:05:06.5Z"), "2026-11-28T04:05:06.500Z");
  EXPECT_EQ(iso("2026-11-28T04:05:06.123456789Z"), "2026-11-28T04:05:06.123Z");
  EXPECT_EQ(iso("2026-11-28T04:05:06,25z"), "2026-11-28T04:05:06.250Z");
  EXPECT_EQ(iso("2026-11-28T04:05Z"), "2026-11-28T04:05:00.000Z");
  EXPECT_EQ(iso("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000Z");
}

TEST(IsoTime, ComesFromAnyZone) {
  EXPECT_EQ(iso("2026-11-28T04:05:06+01:00"), "2026-11-28T03:05:06.000Z");
  EXPECT_EQ(iso("2026-11-28T04:05:06+0100"), "2026-11-28T03:05:06.000Z");
  EXPECT_EQ(iso("2026-11-28T04:05:06-05"), "2026-11-28T09:05:06.000Z");
  EXPECT_EQ(iso("2026-01-01T00:30:00+05:45"), "2025-12-31T18:45:00.000Z");
}

TEST(IsoTime, WithoutZoneIsOneOnlyWhereThatIsKnown) {
  EXPECT_EQ(iso("2026-11-28T04:05:06"), "no time");
  EXPECT_EQ(iso("2026-11-28T04:05:06", true), "2026-11-28T04:05:06.000Z");
}

TEST(IsoTime, IsNothingElse) {
  for (const auto* text :
       {"", "2026-11-28", "2026-11-28T", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-11-28T24:00:00Z", "2026-11-28T04:60:00Z", "2026-11-28T04:05:61Z",
        "2026-11-28T04:05:06Zx", "2026-11-28T04:05:06+15:00", "2026-11-28T04:05:06+", "1764302706",
        "28.11.2026 04:05:06", "26-11-28T04:05:06Z"}) {
    EXPECT_EQ(iso(text, true), "no time") << text;
  }
}

TEST(EpochTime, CountsSecondsOrMilliseconds) {
  EXPECT_EQ(epoch("1764302706", TimeNotation::seconds), "2025-11-28T04:05:06.000Z");
  EXPECT_EQ(epoch("1764302706.52", TimeNotation::seconds), "2025-11-28T04:05:06.520Z");
  EXPECT_EQ(epoch("1764302706.5239", TimeNotation::seconds), "2025-11-28T04:05:06.523Z");
  EXPECT_EQ(epoch("1764302706123", TimeNotation::milliseconds), "2025-11-28T04:05:06.123Z");
  EXPECT_EQ(epoch("1.764302706e9", TimeNotation::seconds), "2025-11-28T04:05:06.000Z");
  EXPECT_EQ(epoch("", TimeNotation::seconds), "no time");
  EXPECT_EQ(epoch("soon", TimeNotation::seconds), "no time");
  EXPECT_EQ(epoch("1e40", TimeNotation::seconds), "no time");
}

TEST(MetersTime, IsBelievedWithinAMonthAndFiveMinutesOfOurs) {
  const auto now = *reading::parse_stamp("2026-11-28T04:00:00.000Z");
  using std::chrono::milliseconds;
  EXPECT_TRUE(is_believable(now + std::chrono::minutes{5}, now));
  EXPECT_FALSE(is_believable(now + std::chrono::minutes{5} + milliseconds{1}, now));
  EXPECT_TRUE(is_believable(now - std::chrono::days{30}, now));
  EXPECT_FALSE(is_believable(now - std::chrono::days{30} - milliseconds{1}, now));
}

TEST(MetersTime, IsOfThisCenturyWhateverOursIs) {
  const auto at = [](std::string_view text) { return *reading::parse_stamp(text); };
  EXPECT_FALSE(is_believable(at("2009-12-31T23:59:59.999Z")));
  EXPECT_TRUE(is_believable(at("2010-01-01T00:00:00.000Z")));
  EXPECT_TRUE(is_believable(at("2099-12-31T23:59:59.999Z")));
  EXPECT_FALSE(is_believable(at("2100-01-01T00:00:00.000Z")));
}

}  // namespace
}  // namespace bornier::intake
