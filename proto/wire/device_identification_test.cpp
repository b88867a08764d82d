// SPDX-License-Identifier: Apache-2.0
#include "wire/device_identification.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "wire/testing.hpp"

namespace bornier::wire {
namespace {

auto text(std::span<const std::byte> value) -> std::string {
  std::string result;
  for (const auto byte : value) {
    result += std::to_integer<char>(byte);
  }
  return result;
}

auto value(std::string_view characters) -> std::span<const std::byte> {
  return std::as_bytes(std::span{characters});
}

const auto ask_basic = ReadDeviceIdentification{DeviceIdentificationCode::basic, 0};

auto fault_of(const ReadDeviceIdentification& request, std::string_view answer) -> Fault {
  return decode_response(request, bytes(answer)).error();
}

// A KBR multicomp F144, as its manual 25359_EDEBDA0279-2320-1 prints it on page 63.
constexpr auto kbr_answer =
    "2B 0E 01 01 00 00 03 00 08 4B425220476D6248"
    "01 12 6D756C7469636F6D7020463134342D332020 02 09 20322E303072303136";

TEST(DeviceIdentification, OfARealMeterIsRead) {
  const auto pdu = bytes(kbr_answer);
  const auto answer = std::get<DeviceIdentification>(decode_response(ask_basic, pdu).value());
  EXPECT_EQ(answer.conformity_level, 1);
  EXPECT_EQ(answer.next_object, std::nullopt);
  ASSERT_EQ(answer.objects.size(), 3U);
  EXPECT_EQ(text(answer.objects[0].value), "KBR GmbH");
  EXPECT_EQ(answer.objects[1].id, 1);
  EXPECT_EQ(text(answer.objects[1].value), "multicomp F144-3  ");
  EXPECT_EQ(text(answer.objects[2].value), " 2.00r016");
}

TEST(DeviceIdentification, IsWrittenAgainByteForByte) {
  const auto pdu = bytes(kbr_answer);
  const auto answer = decode_response(ask_basic, pdu).value();
  EXPECT_EQ(copy(encode_response(ask_basic, answer).value().bytes()), pdu);
}

TEST(DeviceIdentification, RepeatsTheCodeOfTheRequest) {
  EXPECT_EQ(fault_of(ask_basic, "2B 0E 02 01 00 00 00"), Fault::other_echo);
}

TEST(DeviceIdentification, OfAnotherMeiTypeIsRefused) {
  EXPECT_EQ(fault_of(ask_basic, "2B 0D 01 01 00 00 00"), Fault::other_function);
}

TEST(DeviceIdentification, SaysMoreFollowsWithFfOnly) {
  const auto pdu = bytes("2B 0E 01 01 FF 02 00");
  EXPECT_EQ(std::get<DeviceIdentification>(decode_response(ask_basic, pdu).value()).next_object, 2);
  EXPECT_EQ(fault_of(ask_basic, "2B 0E 01 01 01 02 00"), Fault::bad_value);
}

TEST(DeviceIdentification, HoldsAsManyWholeObjectsAsItSays) {
  EXPECT_EQ(fault_of(ask_basic, "2B 0E 01 01 00 00 02 00 01 41"), Fault::byte_count_mismatch);
  EXPECT_EQ(fault_of(ask_basic, "2B 0E 01 01 00 00 01 00 02 41"), Fault::truncated);
  EXPECT_EQ(fault_of(ask_basic, "2B 0E 01 01 00 00 01 00"), Fault::truncated);
  EXPECT_EQ(fault_of(ask_basic, "2B 0E 01 01 00 00"), Fault::truncated);
}

TEST(DeviceIdentification, OfASingleObjectHoldsThatOne) {
  const ReadDeviceIdentification single{DeviceIdentificationCode::individual, 5};
  EXPECT_TRUE(decode_response(single, bytes("2B 0E 04 81 00 00 01 05 01 41")));
  EXPECT_EQ(fault_of(single, "2B 0E 04 81 00 00 01 06 01 41"), Fault::other_echo);
  EXPECT_EQ(fault_of(single, "2B 0E 04 81 00 00 00"), Fault::other_echo);
}

class IdentificationServer : public testing::Test {
 protected:
  auto answer(DeviceIdentificationCode code, std::uint8_t object) -> DeviceIdentification {
    return std::get<DeviceIdentification>(
        answer_identification(ReadDeviceIdentification{code, object}, objects, room));
  }
  static auto ids(const DeviceIdentification& answer) -> std::vector<int> {
    std::vector<int> result;
    for (std::size_t index = 0; index < answer.objects.size(); ++index) {
      result.push_back(answer.objects[index].id);
    }
    return result;
  }

  std::vector<DeviceObject> objects{{0x00, value("Bornier")},
                                    {0x01, value("simulator")},
                                    {0x02, value("1.0")},
                                    {0x05, value("model")},
                                    {0x80, value("own")}};
  std::array<std::byte, max_device_objects_size> room{};
};

TEST_F(IdentificationServer, GivesTheObjectsOfACategory) {
  EXPECT_EQ(ids(answer(DeviceIdentificationCode::basic, 0)), (std::vector{0, 1, 2}));
  EXPECT_EQ(ids(answer(DeviceIdentificationCode::regular, 0)), (std::vector{0, 1, 2, 5}));
  EXPECT_EQ(ids(answer(DeviceIdentificationCode::extended, 0)), (std::vector{0, 1, 2, 5, 0x80}));
}

TEST_F(IdentificationServer, StartsWhereItIsAsked) {
  EXPECT_EQ(ids(answer(DeviceIdentificationCode::regular, 2)), (std::vector{2, 5}));
}

TEST_F(IdentificationServer, StartsAtTheBeginningForAnObjectItDoesNotHave) {
  EXPECT_EQ(ids(answer(DeviceIdentificationCode::regular, 3)), (std::vector{0, 1, 2, 5}));
  EXPECT_EQ(ids(answer(DeviceIdentificationCode::basic, 5)), (std::vector{0, 1, 2}))
      << "it is there, but of another category";
}

TEST_F(IdentificationServer, GivesASingleObjectAlone) {
  const auto single = answer(DeviceIdentificationCode::individual, 1);
  EXPECT_EQ(ids(single), std::vector{1});
  EXPECT_EQ(text(single.objects[0].value), "simulator");
}

TEST_F(IdentificationServer, RefusesASingleObjectItDoesNotHave) {
  const auto refusal = answer_identification(
      ReadDeviceIdentification{DeviceIdentificationCode::individual, 3}, objects, room);
  EXPECT_EQ(std::get<Exception>(refusal).code, ExceptionCode::illegal_data_address);
}

TEST_F(IdentificationServer, StatesTheRichestCategoryItHas) {
  EXPECT_EQ(answer(DeviceIdentificationCode::basic, 0).conformity_level, 0x83);
  objects.pop_back();
  EXPECT_EQ(answer(DeviceIdentificationCode::basic, 0).conformity_level, 0x82);
  objects.pop_back();
  EXPECT_EQ(answer(DeviceIdentificationCode::basic, 0).conformity_level, 0x81);
}

TEST_F(IdentificationServer, DividesWhatDoesNotFitAndTheClientGoesOn) {
  const std::string long_value(120, 'x');
  objects = {{0x00, value(long_value)}, {0x01, value(long_value)}, {0x02, value("1.0")}};
  const auto first = answer(DeviceIdentificationCode::basic, 0);
  EXPECT_EQ(ids(first), (std::vector{0, 1}));
  EXPECT_EQ(first.next_object, 2);
  const auto encoded = encode_response(ask_basic, first);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->size(), 7U + 2U * 122U);

  const auto next = continued(ask_basic, first);
  ASSERT_TRUE(next);
  const auto second = answer(next->code, next->object);
  EXPECT_EQ(ids(second), std::vector{2});
  EXPECT_EQ(continued(*next, second), std::nullopt);
}

TEST_F(IdentificationServer, GivesAValueOf244BytesAndNoLongerOne) {
  const std::string longest(244, 'x');
  objects = {{0x00, value(longest)}};
  EXPECT_EQ(answer(DeviceIdentificationCode::basic, 0).objects[0].value.size(), 244U);

  const std::string too_long(245, 'x');
  objects = {{0x00, value(too_long)}};
  const auto refusal = answer_identification(ask_basic, objects, room);
  EXPECT_EQ(std::get<Exception>(refusal).code, ExceptionCode::server_device_failure);
}

TEST(IdentificationClient, IsNotLedInACircle) {
  DeviceIdentification answer;
  answer.next_object = 3;
  EXPECT_TRUE(continued({DeviceIdentificationCode::basic, 2}, answer));
  EXPECT_FALSE(continued({DeviceIdentificationCode::basic, 3}, answer));
  EXPECT_FALSE(continued({DeviceIdentificationCode::basic, 4}, answer));
}

TEST(IdentificationClient, AsksOnceForASingleObject) {
  DeviceIdentification answer;
  answer.next_object = 3;
  EXPECT_FALSE(continued({DeviceIdentificationCode::individual, 2}, answer));
}

}  // namespace
}  // namespace bornier::wire
