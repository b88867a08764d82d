// SPDX-License-Identifier: Apache-2.0
#include "reading/time_text.hpp"

#include <gtest/gtest.h>

namespace bornier::reading {
namespace {

TEST(TimeText, IsIso8601InUtcWithMilliseconds) {
  EXPECT_EQ(to_text(stamp_at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_text(stamp_at(1'709'164'799'999)), "2024-02-28T23:59:59.999Z");
  EXPECT_EQ(to_text(stamp_at(1'709'164'800'000)), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(to_text(stamp_at(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(TimeText, IsReadBack) {
  for (const std::int64_t time : {0LL, 1'709'164'799'999LL, 1'709'164'800'000LL, -1LL}) {
    EXPECT_EQ(parse_stamp(to_text(stamp_at(time))), stamp_at(time)) << time;
  }
}

TEST(TimeText, OfAnotherFormIsNoTime) {
  for (const auto* text :
       {"", "2026-11-23", "2026-11-23T03:00:00Z", "2026-11-23 03:00:00.123Z",
        "2026-02-29T03:00:00.123Z", "2026-11-23T24:00:00.123Z", "2026-11-23T03:60:00.123Z",
        "2026-11-23T03:00:60.123Z", "2026-11-23T03:00:00.12-Z", "2026-11--3T03:00:00.123Z"}) {
    EXPECT_FALSE(parse_stamp(text)) << text;
  }
}

}  // namespace
}  // namespace bornier::reading
