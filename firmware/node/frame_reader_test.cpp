// SPDX-License-Identifier: Apache-2.0
#include "node/frame_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/testing.hpp"

namespace bornier::node {
namespace {

using wire::bytes;

// From the manual's example of MODBUS Application Protocol V1.1b3, sections 6.3 and 6.6, for unit
// 7; checksums by wire::crc16, whose own example is appendix B's.
const auto request_frame = bytes("07 03 0010 0002 C5A8");
const auto answer_frame = bytes("07 03 04 0001 86A0 AFEB");

class FrameReaderTest : public testing::Test {
 protected:
  static constexpr std::uint32_t baud = 9'600;
  static constexpr Micros character = character_time(baud);

  FrameReaderTest() { reader.set_baud(baud); }

  void receive(std::span<const std::byte> characters, bool damaged = false) {
    for (const auto each : characters) {
      now = now + character;
      reader.receive(each, damaged, now);
      collect();
    }
  }
  void pass(Micros time) {
    now = now + time;
    collect();
  }
  void collect() {
    while (const auto frame = reader.next(now)) {
      frames.push_back(wire::copy(frame->pdu));
    }
  }

  FrameReader reader;
  Instant now{seconds(5'000)};
  std::vector<std::vector<std::byte>> frames;
  const std::vector<std::byte> request_pdu = bytes("03 0010 0002");
};

TEST(LineTiming, IsThatOfTheSpecification) {
  EXPECT_EQ(character_time(9'600), 1'146U);
  EXPECT_EQ(silence(1'200), 32'084U);
  EXPECT_EQ(silence(9'600), 4'011U);
  EXPECT_EQ(silence(19'200), 2'006U);
  EXPECT_EQ(silence(38'400), 1'750U);
  EXPECT_EQ(silence(115'200), 1'750U);
}

TEST_F(FrameReaderTest, FindsAFrameWithItsLastCharacter) {
  receive(std::span{request_frame}.first(7));
  EXPECT_TRUE(frames.empty());
  receive(std::span{request_frame}.last(1));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0], request_pdu);
  EXPECT_EQ(reader.damaged(), 0U);
}

TEST_F(FrameReaderTest, FindsAFrameThatHasAPauseWithin) {
  receive(std::span{request_frame}.first(3));
  pass(milliseconds(50));
  receive(std::span{request_frame}.subspan(3));
  EXPECT_EQ(frames.size(), 1U);
}

TEST_F(FrameReaderTest, WaitsForTheRestOfAFrameForLessThan100Milliseconds) {
  receive(std::span{request_frame}.first(3));
  pass(FrameReader::patience - 1 - character);
  receive(std::span{request_frame}.subspan(3));
  EXPECT_EQ(frames.size(), 1U);
  pass(milliseconds(10));
  receive(std::span{request_frame}.first(3));
  pass(FrameReader::patience - character);
  receive(std::span{request_frame}.subspan(3));
  EXPECT_EQ(frames.size(), 1U);
}

TEST_F(FrameReaderTest, FindsAFrameBehindNoiseAndASilence) {
  for (const auto* const noise : {"00", "07 10 0000 0010 20", "FF FF FF", "07 03 00", "55 2B 0E"}) {
    frames.clear();
    receive(bytes(noise));
    pass(silence(baud));
    receive(request_frame);
    EXPECT_EQ(frames.size(), 1U) << noise;
    pass(seconds(1));
  }
}

TEST_F(FrameReaderTest, LosesAFrameThatNoSilencePartsFromNoise) {
  receive(bytes("FF"));
  pass(silence(baud) - 1 - character);
  receive(request_frame);
  pass(milliseconds(10));
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(reader.damaged(), 1U);
  receive(request_frame);
  EXPECT_EQ(frames.size(), 1U);
}

TEST_F(FrameReaderTest, FindsARequestRightBehindTheAnswerOfAnother) {
  receive(request_frame);
  receive(answer_frame);
  receive(request_frame);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[1], bytes("03 04 0001 86A0"));
  EXPECT_EQ(frames[2], request_pdu);
  EXPECT_EQ(reader.damaged(), 0U);
}

TEST_F(FrameReaderTest, FindsAnAnswerThatIsShorterThanItsRequest) {
  const auto exception = wire::encode_rtu(wire::UnitId{7}, bytes("83 02")).value();
  const auto one_register = wire::encode_rtu(wire::UnitId{7}, bytes("03 02 1234")).value();
  receive(exception.bytes());
  receive(one_register.bytes());
  receive(request_frame);
  EXPECT_EQ(frames.size(), 3U);
}

TEST_F(FrameReaderTest, FindsAFrameOfAnUnknownFunctionAfterASilence) {
  const auto frame = wire::encode_rtu(wire::UnitId{7}, bytes("41 0102")).value();
  receive(frame.bytes());
  pass(silence(baud) - 1);
  EXPECT_TRUE(frames.empty());
  pass(1);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0], bytes("41 0102"));
}

TEST_F(FrameReaderTest, FindsAFrameLongerThanItsFunctionHasItAfterASilence) {
  const auto frame = wire::encode_rtu(wire::UnitId{7}, bytes("03 0010 0002 00")).value();
  receive(frame.bytes());
  pass(silence(baud));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0], bytes("03 0010 0002 00"));
}

TEST_F(FrameReaderTest, GivesNoFrameWithAnyFlippedBit) {
  for (std::size_t bit = 0; bit < request_frame.size() * 8; ++bit) {
    auto flipped = request_frame;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    receive(flipped);
    pass(seconds(1));
    ASSERT_TRUE(frames.empty()) << bit;
    ASSERT_EQ(reader.damaged(), bit + 1);
  }
}

TEST_F(FrameReaderTest, GivesNoFrameWithADamagedCharacter) {
  receive(std::span{request_frame}.first(3));
  receive(std::span{request_frame}.subspan(3, 1), true);
  receive(std::span{request_frame}.subspan(4));
  pass(silence(baud) + character);
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(reader.damaged(), 1U);
  receive(request_frame);
  EXPECT_EQ(frames.size(), 1U);
}

TEST_F(FrameReaderTest, OutlastsEndlessCharacters) {
  for (int times = 0; times < 100; ++times) {
    receive(bytes("07 10 0000 007B F6 00 01 02 03 04"));
  }
  pass(silence(baud) + character);
  receive(request_frame);
  EXPECT_EQ(frames.size(), 1U);
}

TEST_F(FrameReaderTest, TakesTheLongestRequest) {
  std::vector<std::byte> pdu = bytes("10 0000 007B F6");
  pdu.resize(pdu.size() + 246, std::byte{0x5A});
  const auto frame = wire::encode_rtu(wire::UnitId{7}, pdu).value();
  EXPECT_EQ(frame.size(), 255U);
  receive(frame.bytes());
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0], pdu);
}

}  // namespace
}  // namespace bornier::node
