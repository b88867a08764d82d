// SPDX-License-Identifier: Apache-2.0
#include "wire/bytes.hpp"

#include <gtest/gtest.h>

#include "wire/crc16.hpp"
#include "wire/testing.hpp"
#include "wire/views.hpp"

namespace bornier::wire {
namespace {

TEST(ByteReader, ReadsBigEndianNumbersInOrder) {
  const auto data = bytes("12 34 56");
  ByteReader in{data};
  EXPECT_EQ(in.u16(), 0x1234);
  EXPECT_FALSE(in.ended());
  EXPECT_EQ(in.u8(), 0x56);
  EXPECT_TRUE(in.ended());
}

TEST(ByteReader, GivesZeroPastTheEndAndRemembersIt) {
  const auto data = bytes("12");
  ByteReader in{data};
  EXPECT_EQ(in.u16(), 0);
  EXPECT_TRUE(in.overran());
  EXPECT_EQ(in.u8(), 0) << "a field after a missing one is missing too";
  EXPECT_FALSE(in.ended());
}

TEST(ByteReader, TakesAllThatIsLeftButNotOneMore) {
  const auto data = bytes("01 02 03");
  ByteReader in{data};
  EXPECT_EQ(in.take(3).size(), 3U);
  EXPECT_TRUE(in.ended());
  EXPECT_TRUE(in.take(1).empty());
  EXPECT_TRUE(in.overran());
}

TEST(ByteWriter, WritesBigEndianNumbersInOrder) {
  std::array<std::byte, 3> room{};
  ByteWriter out{room};
  out.u16(0x1234);
  out.u8(0x56);
  EXPECT_EQ(copy(out.written()), bytes("12 34 56"));
  EXPECT_FALSE(out.overflowed());
}

TEST(ByteWriter, LeavesOutWholeWhatDoesNotFit) {
  std::array<std::byte, 3> room{};
  ByteWriter out{room};
  out.u16(0x1234);
  out.u16(0x5678);
  EXPECT_TRUE(out.overflowed());
  EXPECT_EQ(copy(out.written()), bytes("12 34"));
  EXPECT_EQ(room[2], std::byte{0});
}

TEST(ByteBuffer, TakesExactlyItsCapacity) {
  ByteBuffer<3> buffer;
  EXPECT_TRUE(buffer.append(bytes("01 02 03")));
  EXPECT_FALSE(buffer.append(bytes("04")));
  EXPECT_EQ(copy(buffer.bytes()), bytes("01 02 03"));
}

TEST(ByteBuffer, RefusesMoreThanFitsAsAWhole) {
  ByteBuffer<3> buffer;
  EXPECT_TRUE(buffer.append(bytes("01")));
  EXPECT_FALSE(buffer.append(bytes("02 03 04")));
  EXPECT_EQ(copy(buffer.bytes()), bytes("01"));
  EXPECT_EQ(buffer.room(), 2U);
}

TEST(ByteBuffer, ForgetsItsFirstBytes) {
  ByteBuffer<4> buffer;
  ASSERT_TRUE(buffer.append(bytes("01 02 03 04")));
  buffer.drop_front(3);
  EXPECT_EQ(copy(buffer.bytes()), bytes("04"));
  buffer.drop_front(2);
  EXPECT_TRUE(buffer.empty());
}

TEST(ByteBuffer, IsEqualByContentOnly) {
  ByteBuffer<4> one;
  ByteBuffer<4> other;
  ASSERT_TRUE(one.append(bytes("01 02")));
  ASSERT_TRUE(other.append(bytes("09 01 02")));
  EXPECT_FALSE(one == other);
  other.drop_front(1);
  EXPECT_TRUE(one == other);
}

TEST(Crc16, GivesTheCheckValueOfItsCatalogEntry) {
  // CRC-16/MODBUS in the catalogue of parametrised CRC algorithms: "123456789" gives 4B37.
  EXPECT_EQ(crc16(bytes("31 32 33 34 35 36 37 38 39")), 0x4B37);
}

TEST(Crc16, OfNothingIsItsStart) {
  EXPECT_EQ(crc16({}), 0xFFFF);
}

TEST(RegistersView, ReadsTheHighByteFirst) {
  const auto data = bytes("02 2B 00 64");
  const RegistersView registers{data};
  ASSERT_EQ(registers.size(), 2U);
  EXPECT_EQ(registers[0], 0x022B);
  EXPECT_EQ(registers[1], 0x0064);
}

TEST(RegistersView, LeavesOutAnOddLastByte) {
  const auto data = bytes("02 2B 00");
  EXPECT_EQ(RegistersView{data}.size(), 1U);
}

TEST(BitsView, StartsAtTheLowestBitOfTheFirstByte) {
  const auto data = bytes("01 02");
  const BitsView bits{data, 10};
  ASSERT_EQ(bits.size(), 10U);
  EXPECT_TRUE(bits[0]);
  EXPECT_FALSE(bits[1]);
  EXPECT_TRUE(bits[9]);
}

TEST(BitsView, HasNoMoreBitsThanItsBytes) {
  const auto data = bytes("FF");
  EXPECT_EQ((BitsView{data, 9}.size()), 8U);
}

TEST(Pack, PutsRegistersIntoWireOrder) {
  std::array<std::byte, 5> room{};
  const std::array<std::uint16_t, 2> values{0x000A, 0x0102};
  EXPECT_EQ(copy(pack(values, room).bytes()), bytes("00 0A 01 02"));
}

TEST(Pack, TakesOnlyTheValuesThatFit) {
  std::array<std::byte, 3> room{};
  const std::array<std::uint16_t, 2> values{1, 2};
  EXPECT_EQ(pack(values, room).size(), 1U);
  const std::array<bool, 25> bits{};
  EXPECT_EQ(pack(bits, room).size(), 24U);
}

TEST(Pack, PutsBitsIntoWireOrderOverWhateverWasThere) {
  std::array<std::byte, 2> room{std::byte{0xFF}, std::byte{0xFF}};
  const std::array<bool, 9> values{true, false, true, true, false, false, true, true, true};
  const auto bits = pack(values, room);
  EXPECT_EQ(bits.size(), 9U);
  EXPECT_EQ(copy(room), bytes("CD 01")) << "coils 20 to 28 of the example in section 6.11";
}

}  // namespace
}  // namespace bornier::wire
