// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "batch/bit_stream.hpp"
#include "batch/crc32c.hpp"
#include "batch/integer_column.hpp"

namespace bornier::batch {
namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();

auto hex(const std::string& bytes) -> std::string {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

TEST(Crc32c, AgreesWithTheVectorsOfRfc3720) {
  const auto of = [](const std::string& text) { return crc32c(std::as_bytes(std::span{text})); };
  EXPECT_EQ(of("123456789"), 0xE3069283U);
  EXPECT_EQ(of(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(of(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(of(""), 0U);
}

TEST(Zigzag, InterleavesPositiveAndNegative) {
  EXPECT_EQ(zigzag(0), 0U);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  EXPECT_EQ(zigzag(lowest), all_ones);
  EXPECT_EQ(zigzag(highest), all_ones - 1);
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-7}, lowest, highest}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
}

// The codes that telemetry.proto spells out.
TEST(Golomb, WritesTheCodesOfTheProtocol) {
  BitWriter writer;
  for (const std::uint64_t value : {0U, 1U, 2U, 3U}) {
    writer.golomb(value, 0);  // 1 010 011 00100
  }
  for (const std::uint64_t value : {0U, 3U, 4U}) {
    writer.golomb(value, 2);  // 100 111 01000
  }
  EXPECT_EQ(hex(writer.take()), "A649D0");
}

TEST(Golomb, ReadsBackTheExtremes) {
  BitWriter writer;
  writer.golomb(all_ones - 1, 0);
  writer.golomb(all_ones, 1);
  writer.golomb(all_ones, 63);
  const std::string bytes = writer.take();
  BitReader reader{bytes};
  EXPECT_EQ(reader.golomb(0), all_ones - 1);
  EXPECT_EQ(reader.golomb(1), all_ones);
  EXPECT_EQ(reader.golomb(63), all_ones);
  EXPECT_TRUE(reader.at_end());
  EXPECT_FALSE(reader.failed());
}

TEST(Golomb, RefusesAValueBeyond64Bits) {
  BitWriter writer;
  writer.golomb(2, 0);  // as EG(63) this is the quotient 2, beyond 2^64
  writer.bits(0, 63);
  const std::string bytes = writer.take();
  BitReader reader{bytes};
  static_cast<void>(reader.golomb(63));
  EXPECT_TRUE(reader.failed());
}

TEST(Golomb, RefusesMoreThan63Zeros) {
  const std::string zeros(16, '\0');
  BitReader reader{zeros};
  EXPECT_EQ(reader.golomb(0), 0U);
  EXPECT_TRUE(reader.failed());
}

TEST(Golomb, FailsWhereTheBytesEnd) {
  BitReader reader{std::string_view{"\x01", 1}};
  EXPECT_EQ(reader.golomb(0), 0U);
  EXPECT_TRUE(reader.failed());
}

TEST(BitReader, TakesOnlyZerosForTheRestOfTheLastByte) {
  BitReader clean{std::string_view{"\x80", 1}};
  static_cast<void>(clean.bits(1));
  EXPECT_TRUE(clean.at_end());
  BitReader dirty{std::string_view{"\x81", 1}};
  static_cast<void>(dirty.bits(1));
  EXPECT_FALSE(dirty.at_end());
  BitReader whole_byte{std::string_view{"\x80\x00", 2}};
  static_cast<void>(whole_byte.bits(1));
  EXPECT_FALSE(whole_byte.at_end());
}

// The example of telemetry.proto, worked out by hand there.
TEST(NumberColumn, IsWrittenAsTheProtocolSays) {
  ColumnWriter writer;
  const std::vector<std::int64_t> mantissas{2318, 2319, 2316};
  const std::vector<std::int8_t> exponents{-1, -1, -1};
  writer.numbers(mantissas, exponents);
  EXPECT_EQ(hex(writer.take()), "61B21C6660");
}

struct Column64 {
  std::vector<std::int64_t> mantissas;
  std::vector<std::int8_t> exponents;
};

TEST(NumberColumn, ReadsBackWhatWasWritten) {
  const std::vector<Column64> columns{
      {{0}, {0}},
      {{5, 5, 5}, {-3, -3, -3}},
      {{lowest, highest, lowest, 0, -1}, {-128, 127, 127, 0, 0}},
      {{0, highest, 0}, {1, 1, 1}},
      {{0, lowest, 0}, {1, 1, 2}},  // a residual of 2^64 - 1
      {{100, 200, 300, 400}, {2, 2, 2, 2}},
      {{highest}, {127}},
  };
  ColumnWriter writer;
  for (const auto& column : columns) {
    writer.numbers(column.mantissas, column.exponents);
  }
  const std::string bytes = writer.take();
  ColumnReader reader{bytes};
  for (const auto& column : columns) {
    std::vector<std::int64_t> mantissas(column.mantissas.size());
    std::vector<std::int8_t> exponents(column.exponents.size());
    ASSERT_TRUE(reader.numbers(mantissas, exponents));
    EXPECT_EQ(mantissas, column.mantissas);
    EXPECT_EQ(exponents, column.exponents);
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(TimeColumn, IsRelativeToTheColumnBefore) {
  ColumnWriter writer;
  const std::vector<std::int64_t> times{1'700'006'400'013, 1'700'006'460'009, 1'700'006'520'011};
  writer.times(times);
  writer.times(times);
  const std::string bytes = writer.take();
  ColumnReader reader{bytes};
  std::vector<std::int64_t> read(3);
  for (int column = 0; column < 2; ++column) {
    ASSERT_TRUE(reader.times(read));
    EXPECT_EQ(read, times);
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(NumberColumn, IsRefusedWhenItsExponentLeavesItsRange) {
  BitWriter writer;
  writer.golomb(zigzag(128) + 1, 0);
  writer.golomb(0, 0);
  const std::string bytes = writer.take();
  std::vector<std::int64_t> mantissas(1);
  std::vector<std::int8_t> exponents(1);
  EXPECT_FALSE(ColumnReader{bytes}.numbers(mantissas, exponents));
}

}  // namespace
}  // namespace bornier::batch
