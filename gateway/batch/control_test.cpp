// SPDX-License-Identifier: Apache-2.0
#include "batch/control.hpp"

#include <gtest/gtest.h>

#include <array>

#include "bornier/v1/control.pb.h"

namespace bornier::batch {
namespace {

const std::vector<SequenceRange> ranges{{Sequence{1}, Sequence{1}}, {Sequence{4}, Sequence{9}}};

TEST(Control, ConfirmationComesBackAsItWas) {
  const Confirmation message{StreamId{5}, ranges, {{Sequence{12}, Sequence{12}}}};
  EXPECT_EQ(decode_confirmation(encode_confirmation(message)).value(), message);
}

TEST(Control, ConfirmationNeedsAStreamAndOrderedRanges) {
  Confirmation message{StreamId{0}, ranges, {}};
  EXPECT_EQ(decode_confirmation(encode_confirmation(message)).error(), Fault::header_incomplete);
  message.stream = StreamId{1};
  message.stored = {{Sequence{4}, Sequence{3}}};
  EXPECT_EQ(decode_confirmation(encode_confirmation(message)).error(), Fault::header_incomplete);
  message.stored = {{Sequence{0}, Sequence{3}}};
  EXPECT_EQ(decode_confirmation(encode_confirmation(message)).error(), Fault::header_incomplete);
  message.stored = {{Sequence{3}, Sequence{3}}};
  EXPECT_TRUE(decode_confirmation(encode_confirmation(message)).has_value());
}

TEST(Control, CommandAndReplyComeBackAsTheyWere) {
  const Command command{77, StreamId{5}, true, ranges};
  EXPECT_EQ(decode_command(encode_command(command)).value(), command);
  const Reply reply{77, "no such stream"};
  EXPECT_EQ(decode_reply(encode_reply(reply)).value(), reply);
}

TEST(Control, StatusComesBackAsItWas) {
  const Status status{"cab-0117",
                      3,
                      true,
                      reading::stamp_at(17),
                      "0.1.0",
                      reading::stamp_at(5),
                      true,
                      StreamId{5},
                      Sequence{9},
                      Sequence{2},
                      4,
                      5000,
                      Sequence{6},
                      70000,
                      11,
                      1,
                      123456,
                      {{"line",
                        true,
                        783,
                        900,
                        880,
                        3,
                        17,
                        2,
                        1,
                        {"unit 7: look"},
                        {{7, 90, 80, 5, 4, 3, 2, {{2, 9}, {11, 1}}, 4200, 31000}}},
                       {}}};
  EXPECT_EQ(decode_status(encode_status(status)).value(), status);
  EXPECT_EQ(decode_status(encode_status(Status{})).error(), Fault::header_incomplete);
}

TEST(Control, StatusTellsOfSixtyFourBusesWithEightHintsEach) {
  Status status;
  status.gateway = "cab-0117";
  status.buses.resize(65);
  status.buses[0].hints.resize(9);
  const auto told = decode_status(encode_status(status)).value();
  EXPECT_EQ(told.buses.size(), 64U);
  EXPECT_EQ(told.buses[0].hints.size(), 8U);

  auto bytes = encode_status(told);
  const std::array<std::byte, 3> empty_bus{std::byte{0x92}, std::byte{0x01}, std::byte{0}};
  bytes.insert(bytes.end(), empty_bus.begin(), empty_bus.end());  // field 18, length 0
  EXPECT_EQ(decode_status(bytes).error(), Fault::too_large);
}

TEST(Control, StatusTellsOf256UnitIdsOfAllBuses) {
  Status status;
  status.gateway = "cab-0117";
  status.buses.resize(2);
  for (auto& bus : status.buses) {
    bus.units.resize(200);
  }
  auto told = decode_status(encode_status(status)).value();
  EXPECT_EQ(told.buses[0].units.size(), 200U);
  EXPECT_EQ(told.buses[1].units.size(), 56U);

  auto bytes = encode_status(told);
  const std::array<std::byte, 5> one_more{std::byte{0x92}, std::byte{0x01}, std::byte{2},
                                          std::byte{0x5A}, std::byte{0}};
  bytes.insert(bytes.end(), one_more.begin(), one_more.end());  // a bus with one empty unit
  EXPECT_EQ(decode_status(bytes).error(), Fault::too_large);
}

TEST(Control, RefusesWhatIsTooLargeOrNotProtobuf) {
  const std::vector<std::byte> garbage(10, std::byte{0xFF});
  EXPECT_EQ(decode_reply(garbage).error(), Fault::not_protobuf);
  const std::string text((1U << 16U) - 4, 'x');  // tag and length take four bytes
  EXPECT_TRUE(decode_reply(encode_reply(Reply{0, text})).has_value());
  EXPECT_EQ(decode_reply(encode_reply(Reply{0, text + "x"})).error(), Fault::too_large);
}

TEST(Topic, IsWrittenAndRead) {
  for (const auto kind :
       {TopicKind::batch, TopicKind::backlog, TopicKind::catalog, TopicKind::status,
        TopicKind::confirm, TopicKind::command, TopicKind::reply}) {
    const Topic topic{"tolyatti", "cab-0117", kind};
    EXPECT_EQ(parse_topic(to_text(topic)), topic);
  }
  EXPECT_EQ(to_text(Topic{"tolyatti", "cab-0117", TopicKind::backlog}),
            "bornier/v1/tolyatti/cab-0117/backlog");
}

TEST(Topic, OfAnotherFormIsNone) {
  for (const auto* text :
       {"", "bornier/v1/", "bornier/v1/a/b", "bornier/v1/a/b/", "bornier/v1/a/b/batch/",
        "bornier/v1/a/b/batches", "bornier/v2/a/b/batch", "bornier/v1//b/batch",
        "bornier/v1/A/b/batch", "bornier/v1/+/b/batch", "xbornier/v1/a/b/batch"}) {
    EXPECT_EQ(parse_topic(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bornier::batch
