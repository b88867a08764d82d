// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "wire/pdu.hpp"
#include "wire/testing.hpp"

namespace bornier::wire {
namespace {

auto fault_of(std::string_view request, std::string_view answer) -> Fault {
  const auto request_pdu = bytes(request);
  return decode_response(decode_request(request_pdu).value(), bytes(answer)).error();
}

template <class T>
auto decoded(std::string_view request, const std::vector<std::byte>& answer) -> T {
  const auto request_pdu = bytes(request);
  return std::get<T>(decode_response(decode_request(request_pdu).value(), answer).value());
}

auto encoded(std::string_view request, const Response& response) -> Result<Pdu, Fault> {
  const auto request_pdu = bytes(request);
  return encode_response(decode_request(request_pdu).value(), response);
}

struct Conversation {
  const char* request;
  const char* answer;
};

// The examples in section 6 of the MODBUS Application Protocol V1.1b3; for 6.21 see below.
class SpecificationAnswer : public testing::TestWithParam<Conversation> {};

TEST_P(SpecificationAnswer, IsReadAndWrittenAgainByteForByte) {
  const auto request_pdu = bytes(GetParam().request);
  const auto answer = bytes(GetParam().answer);
  const auto request = decode_request(request_pdu).value();
  const auto response = decode_response(request, answer);
  ASSERT_TRUE(response);
  EXPECT_EQ(copy(encode_response(request, *response).value().bytes()), answer);
}

TEST_P(SpecificationAnswer, IsTruncatedWithoutItsLastByte) {
  auto answer = bytes(GetParam().answer);
  answer.pop_back();
  const auto request_pdu = bytes(GetParam().request);
  EXPECT_EQ(decode_response(decode_request(request_pdu).value(), answer).error(), Fault::truncated);
}

TEST_P(SpecificationAnswer, IsRefusedWithAByteTooMany) {
  auto answer = bytes(GetParam().answer);
  answer.push_back(std::byte{0});
  const auto request_pdu = bytes(GetParam().request);
  EXPECT_EQ(decode_response(decode_request(request_pdu).value(), answer).error(),
            Fault::trailing_bytes);
}

TEST_P(SpecificationAnswer, AnswersNoOtherFunction) {
  auto answer = bytes(GetParam().answer);
  answer[0] ^= std::byte{0x40};
  const auto request_pdu = bytes(GetParam().request);
  EXPECT_EQ(decode_response(decode_request(request_pdu).value(), answer).error(),
            Fault::other_function);
}

INSTANTIATE_TEST_SUITE_P(
    Section6, SpecificationAnswer,
    testing::Values(Conversation{"01 0013 0013", "01 03 CD6B05"},               // 6.1
                    Conversation{"02 00C4 0016", "02 03 ACDB35"},               // 6.2
                    Conversation{"03 006B 0003", "03 06 022B 0000 0064"},       // 6.3
                    Conversation{"04 0008 0001", "04 02 000A"},                 // 6.4
                    Conversation{"05 00AC FF00", "05 00AC FF00"},               // 6.5
                    Conversation{"06 0001 0003", "06 0001 0003"},               // 6.6
                    Conversation{"08 0000 A537", "08 0000 A537"},               // 6.8
                    Conversation{"0F 0013 000A 02 CD01", "0F 0013 000A"},       // 6.11
                    Conversation{"10 0001 0002 04 000A 0102", "10 0001 0002"},  // 6.12
                    Conversation{"16 0004 00F2 0025", "16 0004 00F2 0025"},     // 6.16
                    Conversation{"17 0003 0006 000E 0003 06 00FF 00FF 00FF",
                                 "17 0C 00FE 0ACD 0001 0003 000D 00FF"}));  // 6.17

TEST(Answer, HoldsAsManyBitsAsWereAskedFor) {
  const auto answer = bytes("01 03 CD6B05");
  const auto bits = decoded<Bits>("01 0013 0013", answer).values;
  ASSERT_EQ(bits.size(), 19U);
  EXPECT_TRUE(bits[0]);
  EXPECT_FALSE(bits[1]);
  EXPECT_TRUE(bits[18]);
}

TEST(Answer, HoldsTheRegisters) {
  const auto answer = bytes("03 06 022B 0000 0064");
  const auto registers = decoded<Registers>("03 006B 0003", answer).values;
  ASSERT_EQ(registers.size(), 3U);
  EXPECT_EQ(registers[0], 555);
  EXPECT_EQ(registers[2], 100);
}

TEST(Answer, OfAnotherLengthThanAskedForIsRefused) {
  EXPECT_EQ(fault_of("03 006B 0003", "03 04 022B 0000"), Fault::byte_count_mismatch);
  EXPECT_EQ(fault_of("03 006B 0003", "03 08 022B 0000 0064 0000"), Fault::byte_count_mismatch);
  EXPECT_EQ(fault_of("01 0013 0013", "01 02 CD6B"), Fault::byte_count_mismatch);
  EXPECT_EQ(fault_of("01 0013 0013", "01 04 CD6B0500"), Fault::byte_count_mismatch);
}

TEST(Answer, ToADiagnosisBringsACountOrRepeatsTheQuery) {
  EXPECT_EQ(decoded<Diagnosed>("08 000B 0000", bytes("08 000B 1234")).data, 0x1234);
  EXPECT_EQ(fault_of("08 000B 0000", "08 000C 1234"), Fault::other_echo);
  EXPECT_EQ(fault_of("08 0000 A537", "08 0000 A538"), Fault::other_echo);
  EXPECT_EQ(copy(encoded("08 000B 0000", Diagnosed{0x1234}).value().bytes()),
            bytes("08 000B 1234"));
  EXPECT_EQ(encoded("08 000B 0000", Written{}).error(), Fault::other_function);
  EXPECT_EQ(encoded("06 0001 0003", Diagnosed{3}).error(), Fault::other_function);
}

TEST(Answer, ToTheLongestReadsFillsThePdu) {
  const std::vector<std::byte> values(250, std::byte{0x5A});
  const auto registers = encoded("03 0000 007D", Registers{RegistersView{values}});
  ASSERT_TRUE(registers);
  EXPECT_EQ(registers->size(), 252U);
  EXPECT_EQ(decoded<Registers>("03 0000 007D", copy(registers->bytes())).values.size(), 125U);

  const auto bits = encoded("01 0000 07D0", Bits{BitsView{values, 2000}});
  ASSERT_TRUE(bits);
  EXPECT_EQ(bits->size(), 252U);
  EXPECT_EQ(decoded<Bits>("01 0000 07D0", copy(bits->bytes())).values.size(), 2000U);
}

TEST(Answer, ToAWriteRepeatsWhatWasAsked) {
  EXPECT_EQ(fault_of("05 00AC FF00", "05 00AC 0000"), Fault::other_echo);
  EXPECT_EQ(fault_of("06 0001 0003", "06 0002 0003"), Fault::other_echo);
  EXPECT_EQ(fault_of("06 0001 0003", "06 0001 0004"), Fault::other_echo);
  EXPECT_EQ(fault_of("0F 0013 000A 02 CD01", "0F 0013 0009"), Fault::other_echo);
  EXPECT_EQ(fault_of("10 0001 0002 04 000A 0102", "10 0000 0002"), Fault::other_echo);
  EXPECT_EQ(fault_of("16 0004 00F2 0025", "16 0004 00F2 0024"), Fault::other_echo);
}

TEST(Answer, OfAServerNeedsOnlyThatTheWriteWasDone) {
  EXPECT_EQ(copy(encoded("10 0001 0002 04 000A 0102", Written{}).value().bytes()),
            bytes("10 0001 0002"));
  EXPECT_EQ(encoded("03 0000 0001", Written{}).error(), Fault::other_function);
}

TEST(Answer, OfAServerHasToFitTheRequest) {
  const auto two = bytes("0001 0002");
  EXPECT_TRUE(encoded("03 0000 0002", Registers{RegistersView{two}}));
  EXPECT_EQ(encoded("03 0000 0001", Registers{RegistersView{two}}).error(),
            Fault::byte_count_mismatch);
  EXPECT_EQ(encoded("01 0000 0020", Registers{RegistersView{two}}).error(), Fault::other_function);
  EXPECT_EQ(encoded("03 0000 0002", Bits{BitsView{two, 2}}).error(), Fault::other_function);
  EXPECT_EQ(encoded("01 0000 0003", Bits{BitsView{two, 2}}).error(), Fault::byte_count_mismatch);
  EXPECT_EQ(encoded("03 0000 0002", DeviceIdentification{}).error(), Fault::other_function);
}

TEST(Answer, KeepsNoBitsBeyondTheLastOne) {
  const auto ones = bytes("FFFF");
  EXPECT_EQ(copy(encoded("01 0000 0009", Bits{BitsView{ones, 9}}).value().bytes()),
            bytes("01 02 FF01"));
  const auto untidy = bytes("01 02 FFFF");
  EXPECT_EQ(decoded<Bits>("01 0000 0009", untidy).values.size(), 9U)
      << "devices that do not clear them are still understood";
}

TEST(ExceptionAnswer, IsReadWithItsCode) {
  // The example of section 7: a coil at 1185 that the server does not have.
  EXPECT_EQ(decoded<Exception>("01 04A1 0001", bytes("81 02")).code,
            ExceptionCode::illegal_data_address);
}

TEST(ExceptionAnswer, KeepsACodeThatHasNoName) {
  EXPECT_EQ(decoded<Exception>("03 0000 0001", bytes("83 E4")).code, ExceptionCode{0xE4});
}

TEST(ExceptionAnswer, ToAnotherFunctionIsRefused) {
  EXPECT_EQ(fault_of("01 04A1 0001", "82 02"), Fault::other_function);
}

TEST(ExceptionAnswer, IsTwoBytes) {
  EXPECT_EQ(fault_of("01 04A1 0001", "81"), Fault::truncated);
  EXPECT_EQ(fault_of("01 04A1 0001", "81 02 00"), Fault::trailing_bytes);
}

TEST(ExceptionAnswer, IsWrittenForADecodedRequest) {
  EXPECT_EQ(
      copy(encoded("01 04A1 0001", Exception{ExceptionCode::illegal_data_address}).value().bytes()),
      bytes("81 02"));
}

TEST(ExceptionAnswer, IsWrittenForARequestThatNobodyUnderstands) {
  EXPECT_EQ(copy(encode_exception(bytes("07"), ExceptionCode::illegal_function).value().bytes()),
            bytes("87 01"));
  EXPECT_EQ(encode_exception({}, ExceptionCode::illegal_function).error(), Fault::bad_length);
}

TEST(Answer, OfNoBytesIsTruncated) {
  EXPECT_EQ(fault_of("03 0000 0001", ""), Fault::truncated);
}

TEST(Answer, LongerThanAnyPduIsRefused) {
  const auto request = bytes("03 0000 007D");
  EXPECT_EQ(decode_response(decode_request(request).value(), std::vector<std::byte>(254)).error(),
            Fault::bad_length);
}

}  // namespace
}  // namespace bornier::wire
