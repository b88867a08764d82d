// SPDX-License-Identifier: Apache-2.0
#include "intake/number.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bornier::intake {
namespace {

using reading::Acquisition;

/// The digits as they are kept; "cut" after those that are not all; or the reason; or "no number".
auto read(std::string_view text) -> std::string {
  const auto number = read_number(text);
  if (!number) {
    return "no number";
  }
  if (const auto* reason = std::get_if<Acquisition>(&*number)) {
    return std::string{to_text(*reason)};
  }
  const auto& digits = std::get<Digits>(*number);
  return to_text(digits.value) + (digits.cut ? " cut" : "");
}

TEST(Number, KeepsTheDigitsItIsWrittenWith) {
  EXPECT_EQ(read("230.20"), "230.20");
  EXPECT_EQ(read("0"), "0");
  EXPECT_EQ(read("-0.5"), "-0.5");
  EXPECT_EQ(read("+7"), "7");
  EXPECT_EQ(read(".5"), "0.5");
  EXPECT_EQ(read("5."), "5");
  EXPECT_EQ(read(" 12.5\r\n"), "12.5");
  EXPECT_EQ(read("000012.50"), "12.50");
  EXPECT_EQ(read("0.1"), "0.1");  // which no binary fraction is
}

TEST(Number, TakesExponents) {
  EXPECT_EQ(read("1.5e3"), "1500");
  EXPECT_EQ(read("1.5E+3"), "1500");
  EXPECT_EQ(read("15e-1"), "1.5");
  EXPECT_EQ(read("1e127"), "1" + std::string(127, '0'));
  EXPECT_EQ(read("1e-128"), "0." + std::string(127, '0') + "1");
}

TEST(Number, BeyondAnyDecimalIsOutOfRange) {
  EXPECT_EQ(read("1e128"), "out of range");
  EXPECT_EQ(read("1e-129"), "out of range");
  EXPECT_EQ(read("1e400"), "out of range");
  EXPECT_EQ(read("1e99999999999999999999"), "out of range");
  EXPECT_EQ(read("inf"), "out of range");
  EXPECT_EQ(read("-Infinity"), "out of range");
}

TEST(Number, SaysThatThereIsNone) {
  EXPECT_EQ(read(""), "not available");
  EXPECT_EQ(read("  "), "not available");
  EXPECT_EQ(read("NaN"), "not available");
  EXPECT_EQ(read("-nan"), "not available");
  EXPECT_EQ(read("null"), "not available");
}

TEST(Number, IsNotWhatOnlyBeginsLikeOne) {
  for (const auto* text :
       {"12 V", "12,5", "1.2.3", "0x10", "1e", "1e+", "--1", "-", ".", "e5", "on", "1_000", "١"}) {
    EXPECT_EQ(read(text), "no number") << text;
  }
}

TEST(Number, HasEighteenDigitsAtTheMostAndSaysWhatItCut) {
  EXPECT_EQ(read("123456789012345678"), "123456789012345678");
  EXPECT_EQ(read("1234567890123456780"), "1234567890123456780");
  EXPECT_EQ(read("0.300000000000000044"), "0.300000000000000044");
  EXPECT_EQ(read("0.30000000000000004441"), "0.300000000000000044 cut");
}

TEST(Number, ThatIsCutRoundsAsAllItsDigitsWould) {
  // Half of the next place, and a trace more: a last digit of 5 alone would round to even.
  EXPECT_EQ(read("0.1234567890123456250001"), "0.123456789012345626 cut");
  EXPECT_EQ(read("0.1234567890123456200001"), "0.123456789012345621 cut");
}

}  // namespace
}  // namespace bornier::intake
