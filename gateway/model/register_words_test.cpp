// SPDX-License-Identifier: Apache-2.0
#include "model/register_words.hpp"

#include <gtest/gtest.h>

namespace bornier::model {
namespace {

using Words = std::vector<std::uint16_t>;

constexpr Encoding big32{RegisterType::int32, 2, false, false};
constexpr Encoding little32{RegisterType::int32, 2, true, false};
constexpr Encoding swapped32{RegisterType::int32, 2, false, true};
constexpr Encoding backwards32{RegisterType::int32, 2, true, true};

TEST(RegisterWords, AreReadInTheFourOrders) {
  EXPECT_EQ(raw_bits(Words{0x1122, 0x3344}, big32), 0x11223344U);
  EXPECT_EQ(raw_bits(Words{0x3344, 0x1122}, little32), 0x11223344U);
  EXPECT_EQ(raw_bits(Words{0x2211, 0x4433}, swapped32), 0x11223344U);
  EXPECT_EQ(raw_bits(Words{0x4433, 0x2211}, backwards32), 0x11223344U);
}

TEST(RegisterWords, AreWrittenInTheFourOrders) {
  for (const Encoding& encoding : {big32, little32, swapped32, backwards32}) {
    EXPECT_EQ(raw_bits(words_of(std::uint64_t{0x11223344}, encoding), encoding), 0x11223344U);
  }
  EXPECT_EQ(words_of(std::uint64_t{0x11223344}, little32), (Words{0x3344, 0x1122}));
}

TEST(RegisterWords, HoldTwosComplement) {
  EXPECT_EQ(integer_of(raw_bits(Words{0xFFC8, 0xFFFF}, little32), little32), reading::integer(-56));
  EXPECT_EQ(integer_of(0x80000000U, big32), reading::integer(-2147483648LL));
  EXPECT_EQ(integer_of(0x7FFFFFFFU, big32), reading::integer(2147483647));
  const Encoding wide{RegisterType::int64, 4, false, false};
  EXPECT_EQ(integer_of(~std::uint64_t{0}, wide), reading::integer(-1));
}

TEST(RegisterWords, RefuseIntegersThatDoNotFit) {
  EXPECT_EQ(bits_of(reading::integer(2147483647), big32), 0x7FFFFFFFU);
  EXPECT_EQ(bits_of(reading::integer(2147483648), big32), std::nullopt);
  EXPECT_EQ(bits_of(reading::integer(-2147483648LL), big32), 0x80000000U);
  EXPECT_EQ(bits_of(reading::integer(-2147483649LL), big32), std::nullopt);
  const Encoding narrow{RegisterType::uint16, 1, false, false};
  EXPECT_EQ(bits_of(reading::integer(65535), narrow), 0xFFFFU);
  EXPECT_EQ(bits_of(reading::integer(65536), narrow), std::nullopt);
  EXPECT_EQ(bits_of(reading::integer(-1), narrow), std::nullopt);
}

TEST(RegisterText, EndsAtNulOrBlanks) {
  const Encoding four{RegisterType::text, 2, false, false};
  EXPECT_EQ(text_of(Words{0x5375, 0x6E53}, four), "SunS");
  EXPECT_EQ(text_of(Words{0x5375, 0x0041}, four), "Su");
  EXPECT_EQ(text_of(Words{0x5375, 0x2020}, four), "Su");
  EXPECT_EQ(text_of(Words{0x2020, 0x2020}, four), "");
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
  EXPECT_EQ(date_of_mbus_f(0x3B562A23), "2026-11-22T10:35");
  EXPECT_EQ(mbus_f_of_date("2026-11-22T10:35"), 0x3B562A23U);
}

TEST(MbusTypeF, TakesAMissingCenturyForThisOne) {
  EXPECT_EQ(date_of_mbus_f(0x3B560A23), "2026-11-22T10:35");
}

TEST(MbusTypeF, IsAbsentWhenMarkedInvalidOrImpossible) {
  EXPECT_EQ(date_of_mbus_f(0x3B562AA3), std::nullopt);  // bit 7
  EXPECT_EQ(date_of_mbus_f(0), std::nullopt);           // month 0
  EXPECT_EQ(date_of_mbus_f(0x3B563823), std::nullopt);  // hour 24
  EXPECT_EQ(date_of_mbus_f(0x3B562A3C), std::nullopt);  // minute 60
  EXPECT_EQ(mbus_f_of_date("2026-02-29T00:00"), std::nullopt);
  EXPECT_TRUE(mbus_f_of_date("2028-02-29T00:00"));
  EXPECT_EQ(mbus_f_of_date("2026-11-22 10:35"), std::nullopt);
  EXPECT_EQ(mbus_f_of_date(""), std::nullopt);
}

}  // namespace
}  // namespace bornier::model
