// SPDX-License-Identifier: Apache-2.0
#include "app/node_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "app/node_testing.hpp"

namespace bornier::app {
namespace {

using testing::HasSubstr;
using testing::Not;

class NodeReportTest : public testing::Test {
 protected:
  NodeReportTest() {
    const auto taken = image_of(node_words());
    EXPECT_TRUE(taken);
    image = *taken;
    image.events.push_back({.number = 7, .boot = 1, .kind = 1, .source = 1, .uptime = 3});
  }
  NodeImage image;
};

TEST_F(NodeReportTest, ShowsIndexPulseValueAndRateInRealUnits) {
  const auto row = input_table(image).rows.at(7);
  EXPECT_THAT(row, testing::ElementsAre("8", "inactive", "2", "123.476 m3", "0.010 m3",
                                        "600.0 m3/h", "0.060000", "0", "2.0 ms", "20.0 ms", ""));
  EXPECT_EQ(input_table(image).rows.at(0).at(3), "1 {pulse}");
}

TEST_F(NodeReportTest, NamesWhatIsWrongWithAnInput) {
  image.inputs[0].storm = true;
  image.inputs[0].edges_lost = 3;
  image.inputs[1].mode = 0;
  image.inputs[2].scale.unit = 9;
  const auto table = input_table(image);
  EXPECT_EQ(table.rows.at(0).back(), "storm, 3 edges lost");
  EXPECT_EQ(table.rows.at(1).at(1), "off");
  EXPECT_EQ(table.rows.at(2).back(), "pulse unit 9");
  EXPECT_EQ(table.rows.at(2).at(3), "");
}

TEST_F(NodeReportTest, IsJsonThatProgramsCanRead) {
  const auto text = node_text(image, Format::json);
  const auto parsed = boost::json::parse(text).as_object();
  EXPECT_EQ(parsed.at("node").at("serial_number").as_string(), "0123456789ABCDEF");
  EXPECT_EQ(parsed.at("node").at("door_open").as_bool(), true);
  EXPECT_TRUE(parsed.at("node").at("last_fault").is_null());
  EXPECT_EQ(parsed.at("inputs").as_array().size(), 8U);
  EXPECT_EQ(parsed.at("inputs").at(7).at("count").as_int64(), 2);
  EXPECT_EQ(parsed.at("events").at(0).at("what").as_string(), "started: power on");
}

TEST_F(NodeReportTest, TellsPeopleTheNodeTheInputsAndTheEvents) {
  image.fault_pc = 0x1234;
  const auto text = node_text(image, Format::table);
  EXPECT_THAT(text, HasSubstr("firmware       0.1\n"));
  EXPECT_THAT(text, HasSubstr("address        unit 1, 9600 baud 8E1\n"));
  EXPECT_THAT(text, HasSubstr("supply         good, mains present, door OPEN\n"));
  EXPECT_THAT(text, HasSubstr("last_fault     pc 0x00001234, lr 0x00000000"));
  EXPECT_THAT(text, HasSubstr("started: power on"));
}

TEST_F(NodeReportTest, WritesTheSectionsOfAConfiguration) {
  MeterSettings meter;
  meter.unit_id = wire::UnitId{17};
  image.inputs[1].mode = 0;
  const auto text = node_configuration(image, meter, "rs485-1", "2026-11-28T10:15:00.000Z");
  EXPECT_THAT(text, HasSubstr("[[meter]]\nid = \"node-cdef\"\nbus = \"rs485-1\"\nunit_id = 17\n"
                              "model = \"bornier-node\"\nserial = \"0123456789ABCDEF\"\n"));
  EXPECT_THAT(text, HasSubstr("# Input 2 is off."));
  EXPECT_THAT(text, HasSubstr("# Input 1 has no pulse value"));
  EXPECT_THAT(text, HasSubstr("[[meter.pulse]]\nid = \"node-cdef-8\"\ncount = \"pulse_count_8\"\n"
                              "quantity = \"volume\"\nmedium = \"water\"\nperiods = [{ from = "
                              "2026-11-28T10:15:00.000Z, value = \"0.010 m3/{pulse}\", index = "
                              "\"123.476 m3\", count = 2 }]"));
  meter.id = "cellar";
  EXPECT_THAT(node_configuration(image, meter, "a", "b"), Not(HasSubstr("node-cdef")));
}

}  // namespace
}  // namespace bornier::app
