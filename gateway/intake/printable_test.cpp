// SPDX-License-Identifier: Apache-2.0
#include "intake/printable.hpp"

#include <gtest/gtest.h>

namespace bornier::intake {
namespace {

TEST(Printable, ShowsTextAsItIs) {
  EXPECT_EQ(printable("{\"temp\": 21.5}", 40), "{\"temp\": 21.5}");
  EXPECT_EQ(printable("Счётчик", 40), "Счётчик");
}

TEST(Printable, MakesOneLineOfSeveral) {
  EXPECT_EQ(printable("a\r\nb\tc", 40), "a  b c");
}

TEST(Printable, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(printable("\x1B[2Jx\x7F", 40), "?[2Jx?");
  EXPECT_EQ(printable("a\u009Bb", 40), "a?b");         // CSI of Latin 1
  EXPECT_EQ(printable("a\u202Eb\u200F", 40), "a?b?");  // right to left
}

TEST(Printable, ShowsWhatIsNoTextAsDigits) {
  EXPECT_EQ(printable(std::string_view{"\x00\xFF\x10", 3}, 40), "hex 00 ff 10");
  EXPECT_EQ(printable("\xC3", 40), "hex c3");
  EXPECT_EQ(printable("\xFF\xFE\xFD\xFC", 9), "hex ff fe…");
}

TEST(Printable, EndsBetweenCharacters) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("abcd", 3), "abc…");
  EXPECT_EQ(printable("abßd", 3), "ab…");
}

TEST(Printable, TomlStringsEscapeWhatEndsThemOrIsNotSeen) {
  EXPECT_EQ(toml_string("plain ß"), "\"plain ß\"");
  EXPECT_EQ(toml_string("a\"b\\c\nd\u202E"), R"("a\"b\\c\U0000000ad\U0000202e")");
}

}  // namespace
}  // namespace bornier::intake
