// SPDX-License-Identifier: Apache-2.0
#include "reading/decimal.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace bornier::reading {
namespace {

constexpr auto largest = std::numeric_limits<std::int64_t>::max();
constexpr auto smallest = std::numeric_limits<std::int64_t>::min();

TEST(Decimal, KeepsTrailingZerosInItsText) {
  EXPECT_EQ(to_text(Decimal{23010, -2}), "230.10");
  EXPECT_EQ(to_text(Decimal{2301, -1}), "230.1");
}

TEST(Decimal, IsWrittenWithoutExponent) {
  EXPECT_EQ(to_text(Decimal{-300, -4}), "-0.0300");
  EXPECT_EQ(to_text(Decimal{4216, 0}), "4216");
  EXPECT_EQ(to_text(Decimal{12, 4}), "120000");
  EXPECT_EQ(to_text(Decimal{5, -3}), "0.005");
  EXPECT_EQ(to_text(Decimal{0, 3}), "0");
  EXPECT_EQ(to_text(Decimal{0, -3}), "0.000");
  EXPECT_EQ(to_text(Decimal{smallest, 0}), "-9223372036854775808");
}

TEST(Decimal, ComesBackFromItsTextDigitByDigit) {
  for (const std::int64_t mantissa : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-7},
                                      std::int64_t{23010}, largest, smallest}) {
    for (const std::int8_t exponent : {std::int8_t{-128}, std::int8_t{-3}, std::int8_t{0}}) {
      const Decimal value{mantissa, exponent};
      EXPECT_EQ(parse_decimal(to_text(value)), value) << to_text(value);
    }
  }
}

TEST(Decimal, IsParsedWithAnExponent) {
  EXPECT_EQ(parse_decimal("1.5e3"), (Decimal{15, 2}));
  EXPECT_EQ(parse_decimal("1.52588e-07"), (Decimal{152588, -12}));
  EXPECT_EQ(parse_decimal("1E+2"), (Decimal{1, 2}));
  EXPECT_EQ(parse_decimal("+3"), (Decimal{3, 0}));
  EXPECT_EQ(parse_decimal(".5"), (Decimal{5, -1}));
}

TEST(Decimal, RefusesTextThatIsNoDecimalNumber) {
  for (const auto* text : {"", "-", ".", "1.2.3", "0x10", "1 ", "nan", "1e", "1e+", "e5", "1,5"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Decimal, IsParsedUpToTheLimitsOfItsMantissa) {
  EXPECT_EQ(parse_decimal("9223372036854775807"), (Decimal{largest, 0}));
  EXPECT_FALSE(parse_decimal("9223372036854775808"));
  EXPECT_EQ(parse_decimal("-9223372036854775808"), (Decimal{smallest, 0}));
  EXPECT_FALSE(parse_decimal("-9223372036854775809"));
}

TEST(Decimal, IsParsedUpToTheLimitsOfItsExponent) {
  EXPECT_EQ(parse_decimal("1e127"), (Decimal{1, 127}));
  EXPECT_FALSE(parse_decimal("1e128"));
  EXPECT_EQ(parse_decimal("1e-128"), (Decimal{1, -128}));
  EXPECT_FALSE(parse_decimal("1e-129"));
  EXPECT_FALSE(parse_decimal("1e99999"));
  EXPECT_EQ(parse_decimal("0." + std::string(127, '0') + "1"), (Decimal{1, -128}));
  EXPECT_FALSE(parse_decimal("0." + std::string(128, '0') + "1"));
}

TEST(Decimal, ComparesNumbersWhateverTheirDigits) {
  EXPECT_TRUE(compare({2301, -1}, {23010, -2}) == 0);
  EXPECT_FALSE((Decimal{2301, -1}) == (Decimal{23010, -2}));
  EXPECT_TRUE(compare({2301, -1}, {23011, -2}) < 0);
  EXPECT_TRUE(compare({-2301, -1}, {-23011, -2}) > 0);
  EXPECT_TRUE(compare({0, 5}, {0, -5}) == 0);
  EXPECT_TRUE(compare({-1, 0}, {1, -100}) < 0);
}

TEST(Decimal, ComparesExactlyAtTheEdgeOfItsRange) {
  EXPECT_TRUE(compare({1, 127}, {largest, -128}) > 0);
  EXPECT_TRUE(compare({-1, 127}, {smallest, 100}) < 0);
  EXPECT_TRUE(compare({largest, 0}, {largest - 1, 0}) > 0);
  EXPECT_TRUE(compare({1, 19}, {largest, 0}) > 0);
  EXPECT_TRUE(compare({1, 18}, {largest, 0}) < 0);
  EXPECT_TRUE(compare({1, 18}, {1'000'000'000'000'000'000, 0}) == 0);
  EXPECT_TRUE(compare({smallest, 19}, {smallest, 0}) < 0);
}

}  // namespace
}  // namespace bornier::reading
