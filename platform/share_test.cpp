// SPDX-License-Identifier: Apache-2.0
#include "platform/share.hpp"

#include <gtest/gtest.h>

#include <array>

namespace bornier::platform {
namespace {

TEST(Share, IsAGroupOrAPart) {
  EXPECT_EQ(parse_share("receivers")->group, "receivers");
  EXPECT_EQ(parse_share("receivers")->parts, 1U);
  const auto part = parse_share("2/3");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->group, "");
  EXPECT_EQ(part->part, 2U);
  EXPECT_EQ(part->parts, 3U);
  EXPECT_TRUE(parse_share("1000/1000"));
  EXPECT_EQ(parse_share("group3")->group, "group3");
}

TEST(Share, IsNothingElse) {
  for (const auto* text : {"", "0/3", "4/3", "1/0", "/3", "1/", "1/3/5", "a/b", "1/1001", "-1/3",
                           "group/#", "gro+up", "1/3 ", "3", "13"}) {
    EXPECT_FALSE(parse_share(text)) << text;
  }
}

TEST(Share, GivesEachGatewayToOnePartAndEachPartItsPortion) {
  std::array<int, 3> gateways{};
  for (int index = 0; index < 3000; ++index) {
    const auto name = "cab-" + std::to_string(index);
    int owners = 0;
    for (std::uint32_t part = 1; part <= 3; ++part) {
      if (Share{{}, part, 3}.contains("tolyatti", name)) {
        ++owners;
        ++gateways[part - 1];
      }
    }
    ASSERT_EQ(owners, 1) << name;
  }
  for (const int portion : gateways) {
    EXPECT_GT(portion, 900);
  }
}

/// Receivers of different versions run side by side: FNV-1a of "tolyatti/cab-0117", worked out with
/// Python, is 1 modulo 7.
TEST(Share, IsTheSameInEveryVersion) {
  EXPECT_TRUE((Share{{}, 2, 7}.contains("tolyatti", "cab-0117")));
}

TEST(Share, OfOneReceiverIsEverything) {
  EXPECT_TRUE(Share{}.contains("tolyatti", "cab-0117"));
  EXPECT_TRUE(parse_share("receivers")->contains("tolyatti", "cab-0118"));
}

TEST(Share, GivesReceiversOfOneHostSessionsOfTheirOwn) {
  EXPECT_EQ(default_client_id("city-1", "", {}), "bornier-platform-city-1");
  EXPECT_EQ(default_client_id("city-1", "", {{}, 1, 2}), "bornier-platform-city-1-1-of-2");
  EXPECT_EQ(default_client_id("city-1", "tolyatti", {{}, 2, 2}),
            "bornier-platform-city-1-tolyatti-2-of-2");
}

}  // namespace
}  // namespace bornier::platform
