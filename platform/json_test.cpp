// SPDX-License-Identifier: Apache-2.0
#include "platform/json.hpp"

#include <gtest/gtest.h>

namespace bornier::platform {
namespace {

auto json(std::string_view text) -> std::string {
  std::string written;
  append_json_string(written, text);
  return written;
}

TEST(Json, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(json("a\"b\\c\nd"), R"("a\"b\\c\u000ad")");
}

TEST(Json, KeepsWellFormedUtf8) {
  EXPECT_EQ(json("m\u00b3 \u20ac \U0001f4a7"), "\"m\u00b3 \u20ac \U0001f4a7\"");
}

// Unicode 15, table 3-7: overlong, surrogate, beyond the last code point, cut off.
TEST(Json, ReplacesWhatIsNotUtf8) {
  const std::string replaced = "\uFFFD";
  EXPECT_EQ(json("\xC0\xAF"), "\"" + replaced + replaced + "\"");
  EXPECT_EQ(json("\xED\xA0\x80"), "\"" + replaced + replaced + replaced + "\"");
  EXPECT_EQ(json("\xF4\x90\x80\x80"), "\"" + replaced + replaced + replaced + replaced + "\"");
  EXPECT_EQ(json("x\xE2\x82"), "\"x" + replaced + replaced + "\"");
}

}  // namespace
}  // namespace bornier::platform
