// SPDX-License-Identifier: Apache-2.0
#include "app/node_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace bornier::app {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

auto order_in(const std::string& text) -> wire::Result<NodeOrder, model::Objection> {
  return parse_node_order(json::parse(text).as_object());
}

TEST(NodeOrder, ComesBackFromItsLineOfJson) {
  NodeOrder order;
  order.meter = "cellar";
  order.writes.push_back({.first = 9, .words = {0x5EA1}});
  order.writes.push_back({.table = wire::Table::coil, .first = 0, .words = {1}});
  order.reads.push_back({wire::Table::input_register, 0x400, 120});
  order.reads.push_back({wire::Table::discrete_input, 0, 30});
  auto back = order_in(to_json(order));
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(*back, order);
  order.move = NodeLine{.unit = 17, .serial = {19'200, modbus::Parity::none, 2}};
  order.force = true;
  back = order_in(to_json(order));
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(*back, order);
}

TEST(NodeOrder, BelievesNothing) {
  EXPECT_THAT(order_in("{}").error().text, HasSubstr("\"meter\" takes a text"));
  for (const auto* wrong : {
           R"("reads":[{"table":"input","first":0,"count":126}])",
           R"("reads":[{"table":"input","first":0,"count":0}])",
           R"("reads":[{"table":"discrete","first":0,"count":2001}])",
           R"("reads":[{"table":"inputs","first":0,"count":1}])",
           R"("reads":[{"table":"input","first":65536,"count":1}])",
           R"("reads":[7])",
           R"("reads":{})",
           R"("writes":[{"table":"input","first":0,"words":[1]}])",
           R"("writes":[{"table":"holding","first":0,"words":[65536]}])",
           R"("writes":[{"table":"holding","first":0,"words":[]}])",
           R"("writes":[{"table":"coil","first":0,"words":[1,0]}])",
           R"("move":{"unit":0,"baud":9600,"parity":1,"stop_bits":1})",
           R"("move":{"unit":248,"baud":9600,"parity":1,"stop_bits":1})",
           R"("move":{"unit":1,"baud":9600,"parity":3,"stop_bits":1})",
           R"("move":1)",
       }) {
    EXPECT_FALSE(order_in(R"({"meter":"a",)" + std::string{wrong} + "}")) << wrong;
  }
}

TEST(NodeReport, ComesBackFromItsJson) {
  NodeReport report;
  report.end = NodeEnd::reverting;
  report.words = {{1, 65'535}, {}};
  report.told = "later";
  const auto back = parse_node_report(json::parse(json::serialize(to_object(report))).as_object());
  EXPECT_EQ(back.end, report.end);
  EXPECT_EQ(back.words, report.words);
  EXPECT_EQ(back.told, report.told);
}

TEST(NodeReport, OfAnotherVersionIsNone) {
  for (const auto* text : {"{}", R"({"end":"well","words":[],"told":""})",
                           R"({"end":"done","words":[[70000]],"told":""})"}) {
    const auto report = parse_node_report(json::parse(text).as_object());
    EXPECT_EQ(report.end, NodeEnd::impossible) << text;
    EXPECT_THAT(report.told, HasSubstr("another version"));
  }
}

TEST(NodeLine, IsWordsOfItsRegistersAndBack) {
  const NodeLine line{.unit = 17, .serial = {115'200, modbus::Parity::none, 1}};
  const std::vector<std::uint16_t> words{17, 1152, 3};
  EXPECT_EQ(line_words(line), words);
  EXPECT_EQ(node_line_of(words), line);
  EXPECT_FALSE(line_words({.unit = 1, .serial = {9'601, modbus::Parity::none, 1}}));
  EXPECT_FALSE(line_words({.unit = 1, .serial = {9'600, modbus::Parity::even, 2}}));
}

}  // namespace
}  // namespace bornier::app
