// SPDX-License-Identifier: Apache-2.0
#include "app/scan_report.hpp"

#include <gmock/gmock.h>

namespace bornier::app {
namespace {

using namespace std::chrono_literals;
using modbus::Heard;
using modbus::Parity;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ScanReportTest : public testing::Test {
 protected:
  ScanReportTest() {
    report.bus.transport = Transport::rtu;
    report.bus.device = "/dev/ttyUSB0";
    meter.id = "maker-m1";
    other.id = "maker-m2";
  }

  auto unit(std::uint8_t id, const std::vector<const model::Model*>& equals,
            model::Certainty certainty = model::Certainty::looks_like) -> ScannedUnit {
    ScannedUnit found;
    found.format = usual;
    found.unit = id;
    found.identified = true;
    for (const auto* one : equals) {
      found.verdict.candidates.push_back({one, certainty, 20, "its reason", ""});
    }
    found.verdict.equals = equals.size();
    return found;
  }

  modbus::SerialFormat usual{9'600, Parity::none, 1};
  model::Model meter;
  model::Model other;
  ScanReport report;
};

TEST_F(ScanReportTest, GivesARowToEachUnitInTheOrderOfTheirIds) {
  report.units = {unit(9, {}), unit(2, {&meter, &other})};
  report.units[1].verdict.candidates.front().serial = "123";
  const auto rows = table_of(report).rows;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(rows[0], ElementsAre("2", "9600", "none", "1", "looks like", "maker-m1", "maker-m2",
                                   "123", "its reason"));
  EXPECT_THAT(rows[1], ElementsAre("9", "9600", "none", "1", "unknown", "", "", "",
                                   HasSubstr("no model fits")));
}

TEST_F(ScanReportTest, HasNoSerialFormatBehindTcp) {
  report.bus.transport = Transport::tcp;
  report.bus.host = "10.4.0.20";
  report.units = {unit(1, {&meter}, model::Certainty::certain)};
  EXPECT_THAT(table_of(report).rows[0],
              ElementsAre("1", "certain", "maker-m1", "", "", "its reason"));
  EXPECT_EQ(blocks_of(report, ""),
            "[[bus]]\nname = \"10-4-0-20\"\ntransport = \"tcp\"\nhost = \"10.4.0.20\"\n\n"
            "# certain: its reason\n[[meter]]\nid = \"maker-1\"\nbus = \"10-4-0-20\"\n"
            "unit_id = 1\nmodel = \"maker-m1\"\n");
}

TEST_F(ScanReportTest, WritesTheBlocksOfASerialLine) {
  report.units = {unit(7, {&meter})};
  report.units[0].format = {19'200, Parity::even, 2};
  report.units[0].verdict.candidates[0].serial = "A\"1";
  EXPECT_EQ(blocks_of(report, "/dev/ttyUSB0"),
            "[[bus]]\nname = \"ttyusb0\"\ntransport = \"rtu\"\ndevice = \"/dev/ttyUSB0\"\n"
            "baud = 19200\nparity = \"even\"\nstop_bits = 2\n\n# looks like: its reason\n"
            "[[meter]]\nid = \"maker-7\"\nbus = \"ttyusb0\"\nunit_id = 7\nmodel = \"maker-m1\"\n"
            "serial = \"A\\\"1\"\n");
}

TEST_F(ScanReportTest, LeavesAUnitUnderAnotherFormatToBeSetRight) {
  report.units = {unit(1, {&meter}), unit(2, {&meter}), unit(3, {&meter})};
  report.units[1].format = {19'200, Parity::even, 1};
  const auto blocks = blocks_of(report, "/dev/ttyUSB0");
  EXPECT_THAT(blocks, HasSubstr("# unit 2 answers at 19200 8E1, the others at 9600 8N1: set it"));
  EXPECT_THAT(blocks, Not(HasSubstr("unit_id = 2")));
  EXPECT_THAT(blocks, HasSubstr("unit_id = 3"));
}

TEST_F(ScanReportTest, NamesWhatMayBeMeantAsWell) {
  report.units = {unit(1, {&meter, &other})};
  EXPECT_THAT(blocks_of(report, "/dev/ttyUSB0"), HasSubstr("# may as well be maker-m2: compare"));
}

TEST_F(ScanReportTest, LetsNoTextOfAMeterLeaveItsComment) {
  report.units = {unit(1, {})};
  report.units[0].verdict.identification.vendor = "Evil\n[[meter]]";
  EXPECT_THAT(blocks_of(report, "/dev/ttyUSB0"),
              HasSubstr("# unit 1: says it is Evil?[[meter]]\n"));
}

TEST_F(ScanReportTest, SaysWhatOnlyASignSpeaksAgainst) {
  report.units = {unit(1, {})};
  report.units[0].verdict.doubts = {"values would fit maker-m1, but code is 7"};
  EXPECT_EQ(reason_of(report.units[0]), "values would fit maker-m1, but code is 7");
}

/// What is said after these answers, one a question.
auto remarks(const ScanReport& report, std::vector<std::uint8_t> units,
             const std::vector<Heard>& heard) -> std::string {
  modbus::SweepPlan plan{{{9'600, Parity::even, 1}}, std::move(units), 1s, 1s};
  modbus::Sweep sweep{plan};
  for (const auto one : heard) {
    sweep.heard(one);
  }
  std::string all;
  for (const auto& remark : remarks_of(sweep, report)) {
    all += remark + "\n";
  }
  return all;
}

TEST_F(ScanReportTest, TellsTwoMetersWithOneUnitIdFromNoise) {
  const auto damage = Heard::damage;
  EXPECT_EQ(remarks(report, {1, 2}, {Heard::answer, Heard::nothing}), "");
  EXPECT_THAT(remarks(report, {1, 2}, {Heard::answer, damage, damage, damage}),
              HasSubstr("unit 2 at 9600 8E1: every answer is damaged. Two meters"));
  const std::vector<Heard> noise(12, damage);
  EXPECT_THAT(remarks(report, {1, 2, 3, 4}, noise), HasSubstr("noise on the line at 9600 8E1"));
  EXPECT_THAT(remarks(report, {1, 2, 3, 4}, noise), Not(HasSubstr("Two meters")));
}

TEST(LastingName, IsTheDeviceFromTheRootWhereItHasNoOther) {
  EXPECT_EQ(lasting_name("/dev/null"), "/dev/null");
  EXPECT_TRUE(lasting_name("line").starts_with('/'));
}

}  // namespace
}  // namespace bornier::app
