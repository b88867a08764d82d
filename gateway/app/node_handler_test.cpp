// SPDX-License-Identifier: Apache-2.0
#include "app/node_handler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "app/testing.hpp"
#include "io/testing.hpp"

namespace bornier::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A node as unit 7 behind a scripted line; time passes only while nothing comes.
class NodeHandlerTest : public testing::Test {
 protected:
  NodeHandlerTest() {
    meter = two_point_meter({});
    EXPECT_TRUE(io::testing::run_until_done(loop, reader.connect()));
  }

  auto carry_out(NodeOrder order) -> NodeReport {
    NodeHandler handler{loop.get_executor(), reader, clock, meter, nullptr};
    return io::testing::run_until_done(loop, handler.carry_out(std::move(order)));
  }
  auto move_to_17() -> NodeReport {
    NodeOrder order;
    order.move = NodeLine{.unit = 17, .serial = {9'600, modbus::Parity::even, 1}};
    return carry_out(std::move(order));
  }
  void answers(std::initializer_list<std::string_view> pdus) {
    for (const auto pdu : pdus) {
      line->answers(pdu);
    }
  }

  boost::asio::io_context loop;
  ManualClock clock;
  MeterSettings meter;
  ScriptedLine* line = new ScriptedLine{clock, &clock};  // owned by the reader
  MeterReader reader{loop.get_executor(), BusSettings{}, std::unique_ptr<io::Line>{line}, clock};
};

constexpr auto serial = "04 08 0000 5634 1200 5452";

TEST_F(NodeHandlerTest, WritesFirstAndThenReads) {
  answers({"10 0174 0004", "05 0000 FF00", "04 02 424E"});
  NodeOrder order;
  order.writes.push_back({.first = 0x174, .words = {0, 10, 0xFFFD, 3}});
  order.writes.push_back({.table = wire::Table::coil, .first = 0, .words = {1}});
  order.reads.push_back({wire::Table::input_register, 0, 1});
  const auto report = carry_out(std::move(order));
  EXPECT_EQ(report.end, NodeEnd::done) << report.told;
  EXPECT_EQ(report.words, (std::vector<std::vector<std::uint16_t>>{{0x424E}}));
  EXPECT_THAT(line->requests(),
              ElementsAre(wire::bytes("10 0174 0004 08 0000 000A FFFD 0003"),
                          wire::bytes("05 0000 FF00"), wire::bytes("04 0000 0001")));
}

TEST_F(NodeHandlerTest, SendsNothingAfterARefusal) {
  answers({"90 03"});
  NodeOrder order;
  order.writes.push_back({.first = 0x178, .words = {0, 0, 0, 1}});
  order.reads.push_back({wire::Table::input_register, 0, 1});
  const auto report = carry_out(std::move(order));
  EXPECT_EQ(report.end, NodeEnd::refused);
  EXPECT_THAT(report.told, HasSubstr("holding register 376: exception 3"));
  EXPECT_EQ(line->requests().size(), 1U);
}

TEST_F(NodeHandlerTest, ReadsWhatBecameOfAWriteWithoutAnAnswer) {
  line->is_silent();
  answers({"03 02 0001"});
  NodeOrder order;
  order.writes.push_back({.first = 3, .words = {1}});
  order.reads.push_back({wire::Table::holding_register, 3, 1});
  const auto report = carry_out(std::move(order));
  EXPECT_EQ(report.end, NodeEnd::done);
  EXPECT_EQ(report.words.at(0).at(0), 1);
  EXPECT_THAT(report.told, HasSubstr("did not answer a write"));
}

TEST_F(NodeHandlerTest, MovesANodeAndConfirmsItWhereItIsThen) {
  answers({serial, "10 0000 0003", serial, "10 0008 0001", "02 01 00", "03 06 0011 0060 0000",
           "05 0000 FF00", "01 01 00"});
  const auto report = move_to_17();
  EXPECT_EQ(report.end, NodeEnd::done) << report.told;
  EXPECT_THAT(report.told, HasSubstr("answers as unit 17 now, and has saved it"));
  EXPECT_EQ(line->requests().at(1), wire::bytes("10 0000 0003 06 0011 0060 0000"));
  EXPECT_EQ(line->requests().at(3), wire::bytes("10 0008 0001 02 0001"));
  EXPECT_THAT(line->units(), ElementsAre(7, 7, 17, 17, 17, 17, 17, 17));
}

TEST_F(NodeHandlerTest, ConfirmsNothingWhereSomebodyElseAnswers) {
  answers({serial, "10 0000 0003", "04 08 0000 5634 1200 5453"});
  line->is_silent();  // at the old place
  const auto report = move_to_17();
  EXPECT_EQ(report.end, NodeEnd::reverting);
  EXPECT_THAT(report.told, HasSubstr("somebody else answers as unit 17"));
  for (const auto& request : line->requests()) {
    EXPECT_NE(request, wire::bytes("10 0008 0001 02 0001"));
  }
}

TEST_F(NodeHandlerTest, SaysThatANodeWhichIsNotFoundReturns) {
  answers({serial, "10 0000 0003"});
  const auto report = move_to_17();
  EXPECT_EQ(report.end, NodeEnd::reverting);
  EXPECT_THAT(report.told, HasSubstr("does not answer as unit 17"));
}

TEST_F(NodeHandlerTest, SeesThatANodeHasStayedWhereItWas) {
  answers({serial, "10 0000 0003"});
  for (int look = 0; look < 5; ++look) {
    line->is_silent();
  }
  answers({serial});
  const auto report = move_to_17();
  EXPECT_EQ(report.end, NodeEnd::refused);
  EXPECT_THAT(report.told, HasSubstr("it stays unit 7"));
}

TEST_F(NodeHandlerTest, ConfirmsAgainWhereTheAnswerWasLost) {
  answers({serial, "10 0000 0003", serial});
  line->is_silent();  // the confirmation
  answers(
      {"02 01 01", "10 0008 0001", "02 01 00", "03 06 0011 0060 0000", "05 0000 FF00", "01 01 00"});
  EXPECT_EQ(move_to_17().end, NodeEnd::done);
}

TEST_F(NodeHandlerTest, WritesNothingToANodeThatDoesNotAnswer) {
  const auto report = move_to_17();
  EXPECT_EQ(report.end, NodeEnd::impossible);
  EXPECT_THAT(report.told, HasSubstr("nothing was written: no answer"));
}

}  // namespace
}  // namespace bornier::app
