// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "wire/pdu.hpp"
#include "wire/testing.hpp"

namespace bornier::wire {
namespace {

/// Type and fault of a refusal in one word.
auto fault_of(std::string_view hex) -> Fault {
  return decode_request(bytes(hex)).error();
}

template <class T>
auto decoded(const std::vector<std::byte>& pdu) -> T {
  return std::get<T>(decode_request(pdu).value());
}

// The requests of the examples in section 6 of the MODBUS Application Protocol V1.1b3.
class SpecificationRequest : public testing::TestWithParam<const char*> {};

TEST_P(SpecificationRequest, IsReadAndWrittenAgainByteForByte) {
  const auto pdu = bytes(GetParam());
  const auto request = decode_request(pdu);
  ASSERT_TRUE(request);
  EXPECT_EQ(copy(encode_request(*request).value().bytes()), pdu);
}

INSTANTIATE_TEST_SUITE_P(Section6, SpecificationRequest,
                         testing::Values("01 0013 0013",                              // 6.1
                                         "02 00C4 0016",                              // 6.2
                                         "03 006B 0003",                              // 6.3
                                         "04 0008 0001",                              // 6.4
                                         "05 00AC FF00",                              // 6.5
                                         "06 0001 0003",                              // 6.6
                                         "08 0000 A537",                              // 6.8
                                         "0F 0013 000A 02 CD01",                      // 6.11
                                         "10 0001 0002 04 000A 0102",                 // 6.12
                                         "16 0004 00F2 0025",                         // 6.16
                                         "17 0003 0006 000E 0003 06 00FF 00FF 00FF",  // 6.17
                                         "2B 0E 01 00"));                             // 6.21

TEST(Request, NamesTheTableThatItReads) {
  EXPECT_EQ(decoded<Read>(bytes("01 0013 0025")).table, Table::coil);
  EXPECT_EQ(decoded<Read>(bytes("02 0013 0025")).table, Table::discrete_input);
  EXPECT_EQ(decoded<Read>(bytes("03 0013 0025")).table, Table::holding_register);
  EXPECT_EQ(decoded<Read>(bytes("04 0013 0025")).table, Table::input_register);
}

TEST(Request, ToReadSaysWhereAndHowMany) {
  const auto read = decoded<Read>(bytes("03 006B 0003"));
  EXPECT_EQ(read.first, RegisterAddress{107});
  EXPECT_EQ(read.quantity, 3);
}

TEST(Request, ToWriteOneCoilSaysOnOrOff) {
  EXPECT_TRUE(decoded<WriteSingleCoil>(bytes("05 00AC FF00")).on);
  EXPECT_FALSE(decoded<WriteSingleCoil>(bytes("05 00AC 0000")).on);
  EXPECT_EQ(fault_of("05 00AC 0001"), Fault::bad_value);
  EXPECT_EQ(fault_of("05 00AC FF01"), Fault::bad_value);
}

TEST(Request, ToWriteOneRegisterHoldsItsValue) {
  const auto write = decoded<WriteSingleRegister>(bytes("06 0001 0003"));
  EXPECT_EQ(write.address, RegisterAddress{1});
  EXPECT_EQ(write.value, 3);
}

TEST(Request, ToDiagnoseHoldsSubFunctionAndData) {
  const auto diagnose = decoded<Diagnose>(bytes("08 0001 FF00"));
  EXPECT_EQ(diagnose.sub_function, Diagnose::restart_communications);
  EXPECT_EQ(diagnose.data, 0xFF00);
  EXPECT_EQ(fault_of("08 0000 A537 A5"), Fault::trailing_bytes);
  EXPECT_EQ(fault_of("08 0000 A5"), Fault::truncated);
}

TEST(Request, ToWriteCoilsHoldsTheBits) {
  const auto pdu = bytes("0F 0013 000A 02 CD01");
  const auto write = decoded<WriteCoils>(pdu);
  ASSERT_EQ(write.values.size(), 10U);
  EXPECT_TRUE(write.values[0]);
  EXPECT_FALSE(write.values[1]);
  EXPECT_TRUE(write.values[8]);
  EXPECT_FALSE(write.values[9]);
}

TEST(Request, ToWriteRegistersHoldsTheValues) {
  const auto pdu = bytes("10 0001 0002 04 000A 0102");
  const auto write = decoded<WriteRegisters>(pdu);
  ASSERT_EQ(write.values.size(), 2U);
  EXPECT_EQ(write.values[1], 0x0102);
}

TEST(Request, ToMaskARegisterHoldsBothMasks) {
  const auto write = decoded<MaskWriteRegister>(bytes("16 0004 00F2 0025"));
  EXPECT_EQ(write.and_mask, 0x00F2);
  EXPECT_EQ(write.or_mask, 0x0025);
}

TEST(Request, ToReadAndWriteKeepsTheTwoRangesApart) {
  const auto pdu = bytes("17 0003 0006 000E 0003 06 00FF 00FE 00FD");
  const auto both = decoded<ReadWriteRegisters>(pdu);
  EXPECT_EQ(both.read_first, RegisterAddress{3});
  EXPECT_EQ(both.read_quantity, 6);
  EXPECT_EQ(both.write_first, RegisterAddress{14});
  ASSERT_EQ(both.values.size(), 3U);
  EXPECT_EQ(both.values[2], 0x00FD);
}

TEST(Request, ForIdentificationKnowsFourCodes) {
  EXPECT_EQ(decoded<ReadDeviceIdentification>(bytes("2B 0E 04 80")).object, 0x80);
  EXPECT_EQ(fault_of("2B 0E 00 00"), Fault::bad_value);
  EXPECT_EQ(fault_of("2B 0E 05 00"), Fault::bad_value);
  ReadDeviceIdentification request;
  request.code = static_cast<DeviceIdentificationCode>(5);
  EXPECT_EQ(encode_request(request).error(), Fault::bad_value);
}

/// A read of each table, with the last quantity allowed.
struct ReadLimit {
  Table table;
  std::uint16_t most;
};
class ReadQuantity : public testing::TestWithParam<ReadLimit> {};

TEST_P(ReadQuantity, IsHeldInBothDirections) {
  const auto [table, most] = GetParam();
  const auto wire = [table = table](unsigned quantity) {
    auto pdu = bytes("00 0000 0000");
    pdu[0] = static_cast<std::byte>(function_of(Read{table, RegisterAddress{0}, 1}));
    pdu[3] = static_cast<std::byte>(quantity >> 8U);
    pdu[4] = static_cast<std::byte>(quantity);
    return pdu;
  };
  EXPECT_TRUE(decode_request(wire(1)));
  EXPECT_TRUE(decode_request(wire(most)));
  EXPECT_EQ(decode_request(wire(0)).error(), Fault::quantity_out_of_range);
  EXPECT_EQ(decode_request(wire(most + 1U)).error(), Fault::quantity_out_of_range);

  const RegisterAddress first{0};
  EXPECT_TRUE(encode_request(Read{table, first, most}));
  EXPECT_EQ(encode_request(Read{table, first, 0}).error(), Fault::quantity_out_of_range);
  EXPECT_EQ(encode_request(Read{table, first, static_cast<std::uint16_t>(most + 1)}).error(),
            Fault::quantity_out_of_range);
}

INSTANTIATE_TEST_SUITE_P(Sections6_1To6_4, ReadQuantity,
                         testing::Values(ReadLimit{Table::coil, 2000},
                                         ReadLimit{Table::discrete_input, 2000},
                                         ReadLimit{Table::holding_register, 125},
                                         ReadLimit{Table::input_register, 125}));

TEST(RequestLimits, WriteOf123RegistersIsTheLongest) {
  const std::vector<std::byte> room(2 * 124);
  const std::span all{room};
  const auto longest = encode_request(WriteRegisters{{}, RegistersView{all.first(2 * 123)}});
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->size(), 252U);
  EXPECT_TRUE(decode_request(longest->bytes()));
  EXPECT_EQ(encode_request(WriteRegisters{{}, RegistersView{all}}).error(),
            Fault::quantity_out_of_range);
  EXPECT_EQ(encode_request(WriteRegisters{}).error(), Fault::quantity_out_of_range);
  EXPECT_EQ(decode_request(join(bytes("10 0000 007C F8"), std::vector<std::byte>(247))).error(),
            Fault::truncated);
  EXPECT_EQ(decode_request(join(bytes("10 0000 007C F6"), std::vector<std::byte>(246))).error(),
            Fault::quantity_out_of_range);
  EXPECT_EQ(fault_of("10 0000 0000 00"), Fault::quantity_out_of_range);
}

TEST(RequestLimits, WriteOf1968CoilsIsTheLongest) {
  const std::vector<std::byte> room(247);
  const auto longest = encode_request(WriteCoils{{}, BitsView{room, 1968}});
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->size(), 252U);
  EXPECT_TRUE(decode_request(longest->bytes()));
  EXPECT_EQ(encode_request(WriteCoils{{}, BitsView{room, 1969}}).error(),
            Fault::quantity_out_of_range);
  EXPECT_EQ(decode_request(join(bytes("0F 0000 07B1 F7"), room)).error(),
            Fault::quantity_out_of_range);
}

TEST(RequestLimits, ReadAndWriteTakes125And121Registers) {
  const std::vector<std::byte> room(2 * 122);
  const RegistersView most{std::span{room}.first(2 * 121)};
  const auto longest = encode_request(ReadWriteRegisters{{}, 125, {}, most});
  ASSERT_TRUE(longest);
  EXPECT_EQ(longest->size(), 252U);
  EXPECT_TRUE(decode_request(longest->bytes()));
  EXPECT_EQ(encode_request(ReadWriteRegisters{{}, 126, {}, most}).error(),
            Fault::quantity_out_of_range);
  EXPECT_EQ(encode_request(ReadWriteRegisters{{}, 125, {}, RegistersView{room}}).error(),
            Fault::quantity_out_of_range);
  EXPECT_EQ(fault_of("17 0000 007E 0000 0001 02 0000"), Fault::quantity_out_of_range);
  EXPECT_EQ(fault_of("17 0000 0000 0000 0001 02 0000"), Fault::quantity_out_of_range);
  EXPECT_EQ(fault_of("17 0000 0001 0000 0000 00"), Fault::quantity_out_of_range);
  // 122 registers would make a PDU of 254.
  EXPECT_EQ(decode_request(join(bytes("17 0000 0001 0000 007A F4"), room)).error(),
            Fault::bad_length);
}

TEST(RequestLimits, TheLastAddressIs65535) {
  EXPECT_TRUE(decode_request(bytes("03 FFFF 0001")));
  EXPECT_EQ(fault_of("03 FFFF 0002"), Fault::address_overflow);
  EXPECT_TRUE(decode_request(bytes("01 F830 07D0")));
  EXPECT_EQ(fault_of("01 F831 07D0"), Fault::address_overflow);
  EXPECT_EQ(fault_of("0F FFFF 0002 01 03"), Fault::address_overflow);
  EXPECT_EQ(fault_of("10 FFFF 0002 04 0000 0000"), Fault::address_overflow);
  EXPECT_EQ(fault_of("17 FFFF 0002 0000 0001 02 0000"), Fault::address_overflow);
  EXPECT_EQ(fault_of("17 0000 0001 FFFF 0002 04 0000 0000"), Fault::address_overflow);

  const RegisterAddress last{0xFFFF};
  EXPECT_TRUE(encode_request(Read{Table::holding_register, last, 1}));
  EXPECT_EQ(encode_request(Read{Table::holding_register, last, 2}).error(),
            Fault::address_overflow);
}

TEST(RequestLimits, ByteCountIsWhatTheQuantityMakesIt) {
  EXPECT_TRUE(decode_request(bytes("0F 0000 0008 01 FF")));
  EXPECT_EQ(fault_of("0F 0000 0009 01 FF"), Fault::byte_count_mismatch);
  EXPECT_EQ(fault_of("0F 0000 0008 02 FF00"), Fault::byte_count_mismatch);
  EXPECT_EQ(fault_of("10 0000 0001 03 000000"), Fault::byte_count_mismatch);
  EXPECT_EQ(fault_of("17 0000 0001 0000 0002 02 0000"), Fault::byte_count_mismatch);
}

TEST(RequestLimits, UnusedBitsOfTheLastByteAreWrittenAsZero) {
  const auto untidy = bytes("0F 0000 000A 02 FFFF");
  const auto request = decode_request(untidy);
  ASSERT_TRUE(request);
  EXPECT_EQ(copy(encode_request(*request).value().bytes()), bytes("0F 0000 000A 02 FF03"));
}

TEST(Request, WithAnUnknownFunctionIsRefused) {
  EXPECT_EQ(fault_of("07"), Fault::unknown_function);
  EXPECT_EQ(fault_of("83 02"), Fault::unknown_function);
  EXPECT_EQ(fault_of("2B 0D 01 00"), Fault::unknown_function) << "MEI type 13 is CANopen";
}

TEST_P(SpecificationRequest, IsTruncatedWithoutItsLastByte) {
  auto pdu = bytes(GetParam());
  pdu.pop_back();
  EXPECT_EQ(decode_request(pdu).error(), Fault::truncated);
}

TEST_P(SpecificationRequest, IsRefusedWithAByteTooMany) {
  auto pdu = bytes(GetParam());
  pdu.push_back(std::byte{0});
  EXPECT_EQ(decode_request(pdu).error(), Fault::trailing_bytes);
}

TEST(Request, OfNoBytesIsTruncated) {
  EXPECT_EQ(decode_request({}).error(), Fault::truncated);
}

TEST(ExceptionFor, SaysWhatTheDiagramsOfSection6Say) {
  EXPECT_EQ(exception_for(Fault::unknown_function), ExceptionCode::illegal_function);
  EXPECT_EQ(exception_for(Fault::quantity_out_of_range), ExceptionCode::illegal_data_value);
  EXPECT_EQ(exception_for(Fault::byte_count_mismatch), ExceptionCode::illegal_data_value);
  EXPECT_EQ(exception_for(Fault::bad_value), ExceptionCode::illegal_data_value);
  EXPECT_EQ(exception_for(Fault::address_overflow), ExceptionCode::illegal_data_address);
}

}  // namespace
}  // namespace bornier::wire
