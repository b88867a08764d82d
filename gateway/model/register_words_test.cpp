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

auto whole(std::int64_t value) -> RegisterNumber {
  return {reading::integer(value), 0};
}

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
  EXPECT_EQ(number_of(raw_bits(Words{0xFFC8, 0xFFFF}, little32), little32), whole(-56));
  EXPECT_EQ(number_of(0x80000000U, big32), whole(-2147483648LL));
  EXPECT_EQ(number_of(0x7FFFFFFFU, big32), whole(2147483647));
  const Encoding wide{RegisterType::int64, 4, false, false};
  EXPECT_EQ(number_of(~std::uint64_t{0}, wide), whole(-1));
}

TEST(RegisterWords, RefuseIntegersThatDoNotFit) {
  EXPECT_EQ(bits_of(whole(2147483647), big32), 0x7FFFFFFFU);
  EXPECT_EQ(bits_of(whole(2147483648), big32), std::nullopt);
  EXPECT_EQ(bits_of(whole(-2147483648LL), big32), 0x80000000U);
  EXPECT_EQ(bits_of(whole(-2147483649LL), big32), std::nullopt);
  const Encoding narrow{RegisterType::uint16, 1, false, false};
  EXPECT_EQ(bits_of(whole(65535), narrow), 0xFFFFU);
  EXPECT_EQ(bits_of(whole(65536), narrow), std::nullopt);
  EXPECT_EQ(bits_of(whole(-1), narrow), std::nullopt);
}

TEST(SignAndMagnitude, HasNoSecondZero) {
  const Encoding one{RegisterType::int16_sm, 1, false, false};
  EXPECT_EQ(number_of(0x0001, one), whole(1));
  EXPECT_EQ(number_of(0x8001, one), whole(-1));
  EXPECT_EQ(number_of(0xFFFF, one), whole(-32767));
  EXPECT_EQ(number_of(0x8000, one), whole(0));
  EXPECT_EQ(bits_of(whole(-32767), one), 0xFFFFU);
  EXPECT_EQ(bits_of(whole(-32768), one), std::nullopt);
  const Encoding three{RegisterType::int48_sm, 3, false, false};
  EXPECT_EQ(number_of(0x8001'0002'0003U, three), whole(-4295098371));
}

TEST(ThreeRegisters, HoldAnUnsignedNumber) {
  const Encoding three{RegisterType::uint48, 3, false, false};
  EXPECT_EQ(number_of(raw_bits(Words{0x0001, 0x0002, 0x0003}, three), three), whole(4295098371));
  EXPECT_EQ(bits_of(whole(0xFFFF'FFFF'FFFF), three), 0xFFFF'FFFF'FFFFU);
  EXPECT_EQ(bits_of(whole(0x1'0000'0000'0000), three), std::nullopt);
}

TEST(PackedDecimals, AreDigitsOrNothing) {
  const Encoding four{RegisterType::bcd16, 1, false, false};
  EXPECT_EQ(number_of(0x1234, four), whole(1234));
  EXPECT_EQ(number_of(0x9999, four), whole(9999));
  EXPECT_EQ(number_of(0x12A4, four), std::nullopt);
  EXPECT_EQ(bits_of(whole(9999), four), 0x9999U);
  EXPECT_EQ(bits_of(whole(10000), four), std::nullopt);
  EXPECT_EQ(bits_of(whole(-1), four), std::nullopt);
  const Encoding eight{RegisterType::bcd32, 2, true, false};
  EXPECT_EQ(number_of(raw_bits(Words{0x5678, 0x1234}, eight), eight), whole(12345678));
}

TEST(Base10000, IsReadInEitherOrder) {
  const Encoding three{RegisterType::base10000, 3, false, false};
  EXPECT_EQ(number_of(raw_bits(Words{1234, 5678, 9}, three), three), whole(123456780009));
  EXPECT_EQ(number_of(raw_bits(Words{1234, 10000, 9}, three), three), std::nullopt);
  const Encoding reversed{RegisterType::base10000, 3, true, false};
  EXPECT_EQ(number_of(raw_bits(Words{9, 5678, 1234}, reversed), reversed), whole(123456780009));
  EXPECT_EQ(words_of(*bits_of(whole(123456780009), reversed), reversed), (Words{9, 5678, 1234}));
  EXPECT_EQ(bits_of(whole(1'0000'0000'0000), three), std::nullopt);
}

// By hand: 0xFE is -2, 0x01E240 is 123456, 0xFFFFFF is -1 in 24 bits.
TEST(DecimalFloats, CarryTheirPowerOfTen) {
  const Encoding positive{RegisterType::mant24exp8_u, 2, false, false};
  EXPECT_EQ(number_of(0xFE01E240, positive), (RegisterNumber{reading::integer(123456), -2}));
  EXPECT_EQ(number_of(0xFEFFFFFF, positive), (RegisterNumber{reading::integer(16777215), -2}));
  EXPECT_EQ(bits_of({reading::integer(123456), -2}, positive), 0xFE01E240U);
  EXPECT_EQ(bits_of({reading::integer(167772160), -2}, positive), std::nullopt)
      << "16777216 needs 25 bits";
  EXPECT_EQ(bits_of({reading::integer(167772150), -2}, positive), 0xFFFFFFFFU)
      << "a digit of the mantissa goes into the exponent";
  EXPECT_EQ(bits_of({reading::integer(167772161), -2}, positive), std::nullopt);
  const Encoding either{RegisterType::mant24exp8_s, 2, false, false};
  EXPECT_EQ(number_of(0x03FFFFFF, either), (RegisterNumber{reading::integer(-1), 3}));
  EXPECT_EQ(bits_of({reading::integer(-1), 3}, either), 0x03FFFFFFU);
}

TEST(FlaggedPowerFactor, IsNegativeForExport) {
  const Encoding encoding{RegisterType::pf_flags32, 2, false, false};
  EXPECT_EQ(number_of(0x0000'2694, encoding), whole(9876));
  EXPECT_EQ(number_of(0x00FF'2694, encoding), whole(9876)) << "capacitive";
  EXPECT_EQ(number_of(0xFF00'2694, encoding), whole(-9876));
  EXPECT_EQ(number_of(0x0100'2694, encoding), std::nullopt);
  EXPECT_EQ(number_of(0xFF01'2694, encoding), std::nullopt);
  EXPECT_EQ(bits_of(whole(-9876), encoding), 0xFF00'2694U);
  EXPECT_EQ(bits_of(whole(65536), encoding), std::nullopt);
}

}  // namespace
}  // namespace bornier::model
