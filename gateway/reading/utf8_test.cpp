// SPDX-License-Identifier: Apache-2.0
#include "reading/utf8.hpp"

#include <gtest/gtest.h>

namespace bornier::reading {
namespace {

TEST(Utf8, KeepsWellFormedTextAndReplacesOtherBytes) {
  EXPECT_EQ(to_utf8("m³ – Тольятти 🔌"), "m³ – Тольятти 🔌");
  EXPECT_EQ(to_utf8("caf\xE9"), "caf\xEF\xBF\xBD");    // Latin-1
  EXPECT_EQ(to_utf8("\xED\xA0\x80").size(), 9U);       // a surrogate
  EXPECT_EQ(to_utf8("\xC0\x80").size(), 6U);           // overlong
  EXPECT_EQ(to_utf8("\xF4\x90\x80\x80").size(), 12U);  // beyond U+10FFFF
  EXPECT_EQ(to_utf8("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(to_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // cut off
}

TEST(Utf8, IsToldFromOtherBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("m³ – Тольятти 🔌"));
  EXPECT_FALSE(is_utf8("caf\xE9"));
  EXPECT_FALSE(is_utf8("\xE2\x82"));
}

}  // namespace
}  // namespace bornier::reading
