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

}  // namespace
}  // namespace bornier::reading
