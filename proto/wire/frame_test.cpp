// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "wire/rtu_frame.hpp"
#include "wire/tcp_frame.hpp"
#include "wire/testing.hpp"

namespace bornier::wire {
namespace {

// A KBR multicomp F144 asked for its identification: manual 25359_EDEBDA0279-2320-1, page 63.
constexpr auto kbr_request = "01 2B 0E 01 00 70 77";
constexpr auto kbr_answer_frame =
    "01 2B 0E 01 01 00 00 03 00 08 4B425220476D6248"
    "01 12 6D756C7469636F6D7020463134342D332020 02 09 20322E303072303136 CD DB";

TEST(RtuFrame, OfARealMeterIsRead) {
  for (const auto* hex : {kbr_request, kbr_answer_frame}) {
    const auto adu = bytes(hex);
    const auto frame = decode_rtu(adu);
    ASSERT_TRUE(frame) << to_text(frame.error());
    EXPECT_EQ(frame->unit, UnitId{1});
    EXPECT_EQ(copy(encode_rtu(frame->unit, frame->pdu).value().bytes()), adu);
  }
}

TEST(RtuFrame, EndsWithTheLowByteOfTheChecksumFirst) {
  // MODBUS over Serial Line V1.02, appendix B: unit 2, function 7, checksum 0x1241.
  EXPECT_EQ(copy(encode_rtu(UnitId{2}, bytes("07")).value().bytes()), bytes("02 07 41 12"));
}

TEST(RtuFrame, WithAnyBitFlippedIsRefused) {
  const auto good = bytes(kbr_request);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_EQ(decode_rtu(bad).error(), Fault::bad_crc) << "bit " << bit;
  }
}

TEST(RtuFrame, HasFourBytesAtLeast) {
  EXPECT_TRUE(decode_rtu(bytes("02 07 41 12")));
  EXPECT_EQ(decode_rtu(bytes("02 7E 80")).error(), Fault::truncated);
  EXPECT_EQ(encode_rtu(UnitId{1}, {}).error(), Fault::bad_length);
}

TEST(RtuFrame, Has256BytesAtMost) {
  const auto longest = encode_rtu(UnitId{1}, std::vector<std::byte>(253));
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->size(), 256U);
  EXPECT_TRUE(decode_rtu(longest->bytes()));
  EXPECT_EQ(encode_rtu(UnitId{1}, std::vector<std::byte>(254)).error(), Fault::bad_length);
  EXPECT_EQ(decode_rtu(std::vector<std::byte>(257)).error(), Fault::bad_length);
}

using LengthOf = Result<std::size_t, Fault> (*)(std::span<const std::byte>);

/// The length as a receiver learns it that gets one byte at a time; nothing if the frame's own end
/// is not where it stops.
auto length_byte_by_byte(LengthOf length_of, std::span<const std::byte> frame)
    -> std::optional<std::size_t> {
  for (std::size_t received = 0; received < frame.size(); ++received) {
    const auto wanted = length_of(frame.first(received));
    if (!wanted || *wanted <= received || *wanted > frame.size()) {
      return std::nullopt;
    }
  }
  const auto length = length_of(frame);
  return length ? std::optional{*length} : std::nullopt;
}

struct Frame {
  LengthOf length_of;
  const char* pdu;
};
class RtuFrameLength : public testing::TestWithParam<Frame> {};

TEST_P(RtuFrameLength, IsFoundFromTheFirstBytes) {
  const auto adu = encode_rtu(UnitId{7}, bytes(GetParam().pdu)).value();
  EXPECT_EQ(length_byte_by_byte(GetParam().length_of, adu.bytes()), adu.size());
}

TEST_P(RtuFrameLength, DoesNotDependOnWhatFollows) {
  const auto adu = encode_rtu(UnitId{7}, bytes(GetParam().pdu)).value();
  const auto more = join(adu.bytes(), bytes("07 03 FF FF FF FF FF FF"));
  EXPECT_EQ(GetParam().length_of(more).value(), adu.size());
}

// The examples in section 6 of the MODBUS Application Protocol V1.1b3.
INSTANTIATE_TEST_SUITE_P(Requests, RtuFrameLength,
                         testing::Values(Frame{&rtu_request_length, "01 0013 0013"},
                                         Frame{&rtu_request_length, "02 00C4 0016"},
                                         Frame{&rtu_request_length, "03 006B 0003"},
                                         Frame{&rtu_request_length, "04 0008 0001"},
                                         Frame{&rtu_request_length, "05 00AC FF00"},
                                         Frame{&rtu_request_length, "06 0001 0003"},
                                         Frame{&rtu_request_length, "08 0000 A537"},
                                         Frame{&rtu_request_length, "0F 0013 000A 02 CD01"},
                                         Frame{&rtu_request_length, "10 0001 0002 04 000A 0102"},
                                         Frame{&rtu_request_length, "16 0004 00F2 0025"},
                                         Frame{&rtu_request_length,
                                               "17 0003 0006 000E 0003 06 00FF 00FF 00FF"},
                                         Frame{&rtu_request_length, "2B 0E 01 00"}));

INSTANTIATE_TEST_SUITE_P(
    Answers, RtuFrameLength,
    testing::Values(
        Frame{&rtu_response_length, "01 03 CD6B05"}, Frame{&rtu_response_length, "02 03 ACDB35"},
        Frame{&rtu_response_length, "03 06 022B 0000 0064"},
        Frame{&rtu_response_length, "04 02 000A"}, Frame{&rtu_response_length, "05 00AC FF00"},
        Frame{&rtu_response_length, "06 0001 0003"}, Frame{&rtu_response_length, "08 0000 A537"},
        Frame{&rtu_response_length, "0F 0013 000A"}, Frame{&rtu_response_length, "10 0001 0002"},
        Frame{&rtu_response_length, "16 0004 00F2 0025"},
        Frame{&rtu_response_length, "17 0C 00FE 0ACD 0001 0003 000D 00FF"},
        Frame{&rtu_response_length, "2B 0E 01 01 00 00 00"},
        Frame{&rtu_response_length, "2B 0E 01 01 00 00 02 00 01 41 01 00"},
        Frame{&rtu_response_length, "81 02"}));

TEST(RtuLength, OfAnUnknownFunctionIsUnknown) {
  EXPECT_EQ(rtu_request_length(bytes("07 07")).error(), Fault::unknown_function);
  EXPECT_EQ(rtu_response_length(bytes("07 07")).error(), Fault::unknown_function);
}

TEST(RtuLength, Beyond256BytesIsAFault) {
  EXPECT_EQ(rtu_response_length(bytes("07 03 FB")).value(), 256U);
  EXPECT_EQ(rtu_response_length(bytes("07 03 FC")).error(), Fault::bad_length);
  EXPECT_EQ(rtu_request_length(bytes("07 10 0000 007B F7")).value(), 256U);
  EXPECT_EQ(rtu_request_length(bytes("07 10 0000 007B F8")).error(), Fault::bad_length);
  EXPECT_EQ(rtu_response_length(bytes("07 2B 0E 01 01 00 00 01 00 F4")).value(), 256U);
  EXPECT_EQ(rtu_response_length(bytes("07 2B 0E 01 01 00 00 01 00 F5")).error(), Fault::bad_length);
}

// MODBUS Messaging on TCP/IP V1.0b, section 4.4.2.1: one word at address 5 (4 on the wire).
constexpr auto tcp_request = "1501 0000 0006 FF 03 0004 0001";

TEST(TcpFrame, OfTheSpecificationIsRead) {
  const auto adu = bytes(tcp_request);
  const auto frame = decode_tcp(adu);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->transaction, TransactionId{0x1501});
  EXPECT_EQ(frame->unit, UnitId{0xFF});
  EXPECT_EQ(copy(frame->pdu), bytes("03 0004 0001"));
  EXPECT_EQ(copy(encode_tcp(frame->transaction, frame->unit, frame->pdu).value().bytes()), adu);
}

TEST(TcpFrame, IsOneWholeFrame) {
  auto adu = bytes(tcp_request);
  adu.pop_back();
  EXPECT_EQ(decode_tcp(adu).error(), Fault::truncated);
  EXPECT_EQ(decode_tcp(join(bytes(tcp_request), bytes("00"))).error(), Fault::trailing_bytes);
  EXPECT_EQ(decode_tcp({}).error(), Fault::truncated);
}

TEST(TcpFrame, OfAnotherProtocolIsRefused) {
  EXPECT_EQ(decode_tcp(bytes("1501 0001 0006 FF 03 0004 0001")).error(), Fault::bad_protocol_id);
  EXPECT_EQ(decode_tcp(bytes("1501 0100 0006 FF 03 0004 0001")).error(), Fault::bad_protocol_id);
}

TEST(TcpFrame, HasALengthFieldOf2To254) {
  EXPECT_TRUE(decode_tcp(bytes("1501 0000 0002 FF 03")));
  EXPECT_EQ(decode_tcp(bytes("1501 0000 0001 FF")).error(), Fault::bad_length);
  EXPECT_EQ(tcp_length(bytes("1501 0000 00FE")).value(), 260U);
  EXPECT_EQ(tcp_length(bytes("1501 0000 00FF")).error(), Fault::bad_length);

  EXPECT_EQ(encode_tcp({}, UnitId{1}, std::vector<std::byte>(253))->size(), 260U);
  EXPECT_EQ(encode_tcp({}, UnitId{1}, std::vector<std::byte>(254)).error(), Fault::bad_length);
  EXPECT_EQ(encode_tcp({}, UnitId{1}, {}).error(), Fault::bad_length);
}

TEST(TcpFrame, LengthIsFoundFromTheHeader) {
  const auto adu = bytes(tcp_request);
  EXPECT_EQ(length_byte_by_byte(&tcp_length, adu), adu.size());
  EXPECT_EQ(tcp_length(join(adu, adu)).value(), adu.size());
}

}  // namespace
}  // namespace bornier::wire
