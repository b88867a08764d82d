// SPDX-License-Identifier: Apache-2.0
#include "platform/retention.hpp"

#include <gtest/gtest.h>

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;

TEST(Keep, IsANumberOfDaysWeeksOrYears) {
  EXPECT_EQ(parse_keep("90d"), 24h * 90);
  EXPECT_EQ(parse_keep("1d"), 24h);
  EXPECT_EQ(parse_keep("6w"), 24h * 42);
  EXPECT_EQ(parse_keep("10y"), 24h * 3652 + 11h);
  EXPECT_EQ(parse_keep("100000d"), 24h * 100'000);
}

TEST(Keep, IsNothingElse) {
  for (const auto* text : {"", "d", "0d", "-1d", "90", "90 d", "90h", "90m", "1.5y", "100001d",
                           "99999999999d", "90dd"}) {
    EXPECT_EQ(parse_keep(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bornier::platform
