// SPDX-License-Identifier: Apache-2.0
#include "model/register_texts.hpp"

#include <gtest/gtest.h>

#include "model/register_words.hpp"

namespace bornier::model {
namespace {

using Words = std::vector<std::uint16_t>;

constexpr Encoding date{RegisterType::mbus_f, 2, false, false};
constexpr Encoding clock{RegisterType::bcd48_smhdmy, 3, false, false};

auto date_of(std::uint64_t bits) -> std::optional<std::string> {
  return text_of(words_of(bits, date), date);
}
auto bits_of_date(std::string_view text) -> std::optional<std::uint64_t> {
  const auto words = words_of(text, date);
  return words ? std::optional{raw_bits(*words, date)} : std::nullopt;
}

TEST(RegisterText, EndsAtNulOrBlanks) {
  const Encoding four{RegisterType::text, 2, false, false};
  EXPECT_EQ(text_of(Words{0x5375, 0x6E53}, four), "SunS");
  EXPECT_EQ(text_of(Words{0x5375, 0x0041}, four), "Su");
  EXPECT_EQ(text_of(Words{0x5375, 0x2020}, four), "Su");
  EXPECT_EQ(text_of(Words{0x2020, 0x2020}, four), std::nullopt);
  EXPECT_EQ(text_of(Words{0x7553, 0x536E}, {RegisterType::text, 2, false, true}), "SunS");
}

TEST(RegisterText, NeverLeavesAscii) {
  EXPECT_EQ(text_of(Words{0x41E9, 0x0A42}, {RegisterType::text, 2, false, false}), "A??B");
}

TEST(RegisterText, IsRefusedWhenTooLong) {
  const Encoding two{RegisterType::text, 1, false, false};
  EXPECT_EQ(words_of("ab", two), (Words{0x6162}));
  EXPECT_EQ(words_of("abc", two), std::nullopt);
}

// Bits by hand: minute 35, hour 10, century 1 (20xx), day 22, year 26 = 3 × 8 + 2, month 11.
TEST(MbusTypeF, IsADateInTheMetersOwnTime) {
  EXPECT_EQ(date_of(0x3B562A23), "2026-11-22T10:35");
  EXPECT_EQ(bits_of_date("2026-11-22T10:35"), 0x3B562A23U);
}

TEST(MbusTypeF, TakesAMissingCenturyForThisOne) {
  EXPECT_EQ(date_of(0x3B560A23), "2026-11-22T10:35");
}

TEST(MbusTypeF, IsAbsentWhenMarkedInvalidOrImpossible) {
  EXPECT_EQ(date_of(0x3B562AA3), std::nullopt);  // bit 7
  EXPECT_EQ(date_of(0), std::nullopt);           // month 0
  EXPECT_EQ(date_of(0x3B563823), std::nullopt);  // hour 24
  EXPECT_EQ(date_of(0x3B562A3C), std::nullopt);  // minute 60
  EXPECT_EQ(bits_of_date("2026-02-29T00:00"), std::nullopt);
  EXPECT_TRUE(bits_of_date("2028-02-29T00:00"));
  EXPECT_EQ(bits_of_date("2026-11-22 10:35"), std::nullopt);
  EXPECT_EQ(bits_of_date(""), std::nullopt);
}

// "SOCO" is a test vector of the register facts (Socomec COUNTIS).
TEST(OneCharacterARegister, StandsInTheLowByte) {
  const Encoding four{RegisterType::text1, 4, false, false};
  EXPECT_EQ(text_of(Words{0x0053, 0x004F, 0x0043, 0x004F}, four), "SOCO");
  EXPECT_EQ(text_of(Words{0x0053, 0x0000, 0x0043, 0x004F}, four), "S");
  EXPECT_EQ(words_of("SO", four), (Words{0x0053, 0x004F, 0, 0}));
  EXPECT_EQ(words_of("SOCOM", four), std::nullopt);
}

TEST(OpaqueWords, AreShownAsHexadecimalDigits) {
  const Encoding two{RegisterType::hex, 2, false, false};
  EXPECT_EQ(text_of(Words{0x00A1, 0xF00F}, two), "00A1F00F");
  EXPECT_EQ(words_of("00A1F00F", two), (Words{0x00A1, 0xF00F}));
  EXPECT_EQ(words_of("00A1F00", two), std::nullopt);
  EXPECT_EQ(words_of("00A1F00G", two), std::nullopt);
}

// 10:35:07 on 2026-11-22; the low byte of each register comes first.
TEST(ClockOfPackedDecimals, IsADateWithSeconds) {
  EXPECT_EQ(text_of(Words{0x3507, 0x2210, 0x2611}, clock), "2026-11-22T10:35:07");
  EXPECT_EQ(words_of("2026-11-22T10:35:07", clock), (Words{0x3507, 0x2210, 0x2611}));
  const Encoding swapped{RegisterType::bcd48_smhdmy, 3, false, true};
  EXPECT_EQ(text_of(Words{0x0735, 0x1022, 0x1126}, swapped), "2026-11-22T10:35:07");
}

TEST(ClockOfPackedDecimals, IsAbsentWhenItIsNoDate) {
  EXPECT_EQ(text_of(Words{0, 0, 0}, clock), std::nullopt);                 // month 0
  EXPECT_EQ(text_of(Words{0x350A, 0x2210, 0x2611}, clock), std::nullopt);  // no digit
  EXPECT_EQ(text_of(Words{0x3560, 0x2210, 0x2611}, clock), std::nullopt);  // second 60
  EXPECT_EQ(words_of("2026-11-22T10:35", clock), std::nullopt);
  EXPECT_EQ(words_of("1999-11-22T10:35:07", clock), std::nullopt);
}

TEST(RegisterText, ReadsSecondsSince1970AsUtc) {
  const Encoding seconds{RegisterType::unix32, 2, false, false};
  // 1 000 000 000 and the last second of 32 signed bits: as everybody's `date -u -d @…` has them.
  EXPECT_EQ(text_of(Words{0x3B9A, 0xCA00}, seconds), "2001-09-09T01:46:40Z");
  EXPECT_EQ(text_of(Words{0x7FFF, 0xFFFF}, seconds), "2038-01-19T03:14:07Z");
  EXPECT_EQ(text_of(Words{0xFFFF, 0x7FFF}, {RegisterType::unix32, 2, true, false}),
            "2038-01-19T03:14:07Z");
  EXPECT_EQ(text_of(Words{0xFFFF, 0xFFFE}, seconds), "2106-02-07T06:28:14Z");
  EXPECT_EQ(text_of(Words{0, 1}, seconds), "1970-01-01T00:00:01Z");
}

TEST(RegisterText, TakesAClockThatWasNeverSetForAbsent) {
  EXPECT_EQ(text_of(Words{0, 0}, {RegisterType::unix32, 2, false, false}), std::nullopt);
  EXPECT_EQ(text_of(Words{0xFFFF, 0xFFFF}, {RegisterType::unix32, 2, false, false}), std::nullopt);
  const Encoding wide{RegisterType::unix64, 4, false, false};
  EXPECT_EQ(text_of(Words{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, wide), std::nullopt);
  EXPECT_EQ(text_of(Words{0, 0x003A, 0xFFF4, 0x417F}, wide), "9999-12-31T23:59:59Z");
  EXPECT_EQ(text_of(Words{0, 0x003A, 0xFFF4, 0x4180}, wide), std::nullopt);
}

TEST(RegisterText, WritesSecondsSince1970) {
  const Encoding seconds{RegisterType::unix32, 2, false, false};
  EXPECT_EQ(words_of("2001-09-09T01:46:40Z", seconds), (Words{0x3B9A, 0xCA00}));
  EXPECT_EQ(words_of("2001-09-09T01:46:40", seconds), std::nullopt) << "in which zone?";
  EXPECT_EQ(words_of("2106-02-07T06:28:16Z", seconds), std::nullopt);
  EXPECT_EQ(words_of("2106-02-07T06:28:16Z", {RegisterType::unix64, 4, false, false}),
            (Words{0, 1, 0, 0}));
}

}  // namespace
}  // namespace bornier::model
