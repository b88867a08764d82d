// SPDX-License-Identifier: Apache-2.0
#include "intake/read_message.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "intake/testing.hpp"
#include "reading/time_text.hpp"

namespace bornier::intake {
namespace {

/// Reads messages of the model's first kind.
class Messages {
 public:
  explicit Messages(std::string_view parts) : model_{model_of(parts)}, settings_{*model_} {
    points_.resize(model_->points.size());
    std::iota(points_.begin(), points_.end(), std::size_t{0});
  }

  std::map<std::string, std::string> filled;

  auto read(std::string_view payload, const model::Captures& captures = {}) const
      -> wire::Result<std::optional<Content>, Fault> {
    const Subject subject{*model_, settings_, points_, filled};
    return read_message(subject, 0, captures, std::as_bytes(std::span{payload}));
  }

  /// "TIME point=value point=value; …" of all samples; "elsewhere"; or the fault.
  auto text(std::string_view payload, const model::Captures& captures = {}) const -> std::string {
    const auto content = read(payload, captures);
    if (!content) {
      return "fault " + std::to_string(static_cast<int>(content.error()));
    }
    if (!content->has_value()) {
      return "elsewhere";
    }
    std::string all;
    for (const auto& sample : (*content)->samples) {
      all += all.empty() ? "" : "; ";
      all += sample.time ? to_text(*sample.time) : "";
      for (const auto& decoded : sample.points) {
        all += all.empty() || all.ends_with(' ') ? "" : " ";
        all += model_->points[decoded.point].name + "=" + to_text(*model_, settings_, decoded);
      }
    }
    return all;
  }

 private:
  std::shared_ptr<const model::Model> model_;
  model::Settings settings_;
  std::vector<std::size_t> points_;
};

TEST(PlainMessage, IsAValueWithItsDigits) {
  const Messages messages{R"(
[message.total]
topic = "meters/{device}/total"
format = "plain"
[points]
energy_active_import = { quantity = "energy_active_import", unit = "Wh" }
)"};
  EXPECT_EQ(messages.text("15224.70"), "energy_active_import=15.22470 kW.h");
  EXPECT_EQ(messages.text(" 7\n"), "energy_active_import=0.007 kW.h");
  EXPECT_EQ(messages.text("nan"), "energy_active_import=not available");
  EXPECT_EQ(messages.text(""), "energy_active_import=not available");
  EXPECT_EQ(messages.text("1e400"), "energy_active_import=out of range");
  EXPECT_EQ(messages.text("twelve"), "energy_active_import=out of range");
  EXPECT_EQ(messages.text("true"), "energy_active_import=out of range");
  EXPECT_EQ(messages.text("caf\xE9"), "fault 2");
}

TEST(PlainMessage, IsTheValueOfThePointThatItsTopicNames) {
  const Messages messages{R"(
[message.emeter]
topic = "shellies/{device}/emeter/{phase}/{what}"
format = "plain"
[points]
voltage_l1_n = { quantity = "voltage", phase = "l1_n", unit = "V", where = { phase = "0", what = "voltage" } }
voltage_l2_n = { quantity = "voltage", phase = "l2_n", unit = "V", where = { phase = "1", what = "voltage" } }
)"};
  EXPECT_EQ(messages.text("230.1", {{"device", "x"}, {"phase", "1"}, {"what", "voltage"}}),
            "voltage_l2_n=230.1 V");
  EXPECT_EQ(messages.text("230.1", {{"device", "x"}, {"phase", "2"}, {"what", "voltage"}}), "");
}

TEST(JsonMessage, GivesWhatItHasAndNothingOfTheRest) {
  const Messages messages{R"(
[message.sensor]
topic = "tele/{device}/SENSOR"
format = "json"
root = "/ENERGY"
[points]
energy_active_import = { quantity = "energy_active_import", unit = "kWh", pointer = "/Total" }
power_active = { quantity = "power_active", unit = "W", pointer = "/Power" }
voltage_l2_n = { quantity = "voltage", phase = "l2_n", unit = "V", pointer = "/Voltage/1" }
)"};
  EXPECT_EQ(messages.text(R"({"ENERGY":{"Total":1.230,"Power":[1,2],"Voltage":[230,231.50]}})"),
            "energy_active_import=1.230 kW.h voltage_l2_n=231.50 V");
  EXPECT_EQ(messages.text(R"({"ENERGY":{"Power":null}})"), "power_active=not available");
  EXPECT_EQ(messages.text(R"({"ENERGY":{"Power":"12.0"}})"), "power_active=12.0 W");
  EXPECT_EQ(messages.text(R"({"ENERGY":{}})"), "");
  EXPECT_EQ(messages.text(R"({"Time":"2026-11-28T04:00:00"})"), "elsewhere");
  EXPECT_EQ(messages.text(R"({"ENERGY":)"), "fault 3");
  const auto content = messages.read(R"({"ENERGY":{"Power":{},"Total":"much"}})");
  EXPECT_EQ((*content)->unusable_values, 1U);
  EXPECT_EQ((*content)->complaint, "energy_active_import: \"much\" is no number");
}

TEST(JsonMessage, IsRoundedOnceWhereTheModelStatesAResolution) {
  const Messages messages{R"(
[message.state]
topic = "{device}"
format = "json"
[points]
energy_active_import = { quantity = "energy_active_import", unit = "kWh", pointer = "/e", resolution = "0.01" }
power_active = { quantity = "power_active", unit = "W", pointer = "/p" }
)"};
  EXPECT_EQ(messages.text(R"({"e":12.299999999999999})"), "energy_active_import=12.30 kW.h");
  EXPECT_EQ(messages.text(R"({"e":0.125})"), "energy_active_import=0.12 kW.h");
  EXPECT_EQ(messages.text(R"({"e":0.12500000000000000000001})"), "energy_active_import=0.13 kW.h");
  EXPECT_EQ(messages.text(R"({"p":12.299999999999999})"), "power_active=12.299999999999999 W");
  EXPECT_EQ(messages.text(R"({"p":0.1234567890123456789})"), "power_active=out of range");
}

TEST(JsonMessage, KnowsItsMeterByWhatStandsInIt) {
  Messages messages{R"(
[message.event]
topic = "rtl_433/{host}/events"
format = "json"
where = { "/model" = "SCMplus", "/id" = "{device}" }
[points]
energy_active_import = { quantity = "energy_active_import", unit = "kWh", pointer = "/Consumption" }
)"};
  messages.filled = {{"device", "70449"}};
  EXPECT_EQ(messages.text(R"({"model":"SCMplus","id":70449,"Consumption":12})"),
            "energy_active_import=12 kW.h");
  EXPECT_EQ(messages.text(R"({"model":"SCMplus","id":70450,"Consumption":12})"), "elsewhere");
  EXPECT_EQ(messages.text(R"({"model":"SCM","id":70449,"Consumption":12})"), "elsewhere");
  EXPECT_EQ(messages.text(R"({"id":70449,"Consumption":12})"), "elsewhere");
}

TEST(JsonMessage, TurnsTextsAndTruthsIntoCodes) {
  const Messages messages{R"(
[message.state]
topic = "{device}"
format = "json"
[points]
status = { quantity = "status", pointer = "/s", labels = { 0 = "OFF", 1 = "ON" } }
serial_number = { quantity = "serial_number", pointer = "/n", absent = ["unknown"] }
)"};
  EXPECT_EQ(messages.text(R"({"s":"ON"})"), "status=1");
  EXPECT_EQ(messages.text(R"({"s":false})"), "status=0");
  EXPECT_EQ(messages.text(R"({"n":"00a7"})"), "serial_number=00a7");
  EXPECT_EQ(messages.text(R"({"n":21045678})"), "serial_number=21045678");
  EXPECT_EQ(messages.text(R"({"n":21045678.0})"), "serial_number=21045678");
  EXPECT_EQ(messages.text(R"({"n":"1.0"})"), "serial_number=1.0");
  EXPECT_EQ(messages.text(R"({"n":"unknown"})"), "serial_number=not available");
  EXPECT_EQ(messages.text(R"({"n":""})"), "serial_number=not available");
}

TEST(JsonMessage, AddsUpWhatIsMadeOfOthers) {
  const Messages messages{R"(
[message.state]
topic = "{device}"
format = "json"
[points]
power_active_l1 = { quantity = "power_active", phase = "l1", unit = "W", pointer = "/a" }
power_active_l2 = { quantity = "power_active", phase = "l2", unit = "W", pointer = "/b" }
power_active = { quantity = "power_active", phase = "total", sum = ["power_active_l1", "power_active_l2"] }
)"};
  EXPECT_EQ(messages.text(R"({"a":1.5,"b":2.25})"),
            "power_active_l1=1.5 W power_active_l2=2.25 W power_active=3.75 W");
  EXPECT_EQ(messages.text(R"({"a":1.5})"), "power_active_l1=1.5 W");
}

TEST(JsonMessage, HasTheTimeOfTheMeter) {
  const Messages messages{R"(
[message.up]
topic = "{device}"
format = "json"
root = "/object"
time = { at = "/time", as = "iso" }
identity = ["/addr", "/fCnt"]
[points]
volume = { quantity = "volume", medium = "water", unit = "m3", pointer = "/v" }
)"};
  EXPECT_EQ(messages.text(R"({"time":"2026-11-28T05:00:00.5+01:00","object":{"v":1.0}})"),
            "2026-11-28T04:00:00.500Z volume=1.0 m3");
  const auto content = messages.read(R"({"time":"noon","addr":"01","object":{"v":1.0}})");
  EXPECT_FALSE((*content)->samples.front().time);
  EXPECT_EQ((*content)->unusable_times, 1U);
  EXPECT_EQ((*content)->identity, "");  // one with a part of it would be all others' too
  const auto named = messages.read(R"({"addr":"01","fCnt":7,"object":{"v":1.0}})");
  EXPECT_EQ((*named)->identity, "up\n01\n7");
}

TEST(JsonHistory, GivesEveryElementItsOwnTime) {
  const Messages messages{R"(
[message.up]
topic = "{device}"
format = "json"
each = { in = "/log", time = { at = "/t", as = "s" } }
[points]
volume = { quantity = "volume", medium = "water", unit = "m3", pointer = "/v" }
)"};
  EXPECT_EQ(messages.text(R"({"log":[{"t":1764302400,"v":1.0},{"t":1764306000,"v":1.5}]})"),
            "2025-11-28T04:00:00.000Z volume=1.0 m3; 2025-11-28T05:00:00.000Z volume=1.5 m3");
  EXPECT_EQ(messages.text(R"({"log":[{"v":1.0},{"t":1764306000,"v":1.5}]})"),
            "2025-11-28T05:00:00.000Z volume=1.5 m3");
  EXPECT_EQ(messages.text(R"({"log":[]})"), "");
  EXPECT_EQ(messages.text(R"({"log":{}})"), "fault 6");
}

TEST(JsonHistory, CountsInStepsFromTheMessagesTime) {
  const Messages messages{R"(
[message.up]
topic = "{device}"
format = "json"
time = { at = "/time", as = "ms" }
each = { in = "/hours", first = "-1h", step = "-1h" }
[points]
volume = { quantity = "volume", medium = "water", unit = "L", pointer = "" }
)"};
  EXPECT_EQ(messages.text(R"({"time":1764302400000,"hours":[1200,1100]})"),
            "2025-11-28T03:00:00.000Z volume=1.200 m3; 2025-11-28T02:00:00.000Z volume=1.100 m3");
  EXPECT_EQ(messages.text(R"({"hours":[1200,1100]})"), "");
}

TEST(JsonList, ServesPointsByWhatStandsBesideThem) {
  const Messages messages{R"(
[message.sml]
topic = "{device}"
format = "json"
each = { in = "/list", time = { at = "/t", as = "s" } }
[points]
energy_active_import = { quantity = "energy_active_import", unit = "Wh", pointer = "/v", where = { "/obis" = "1-0:1.8.0" } }
energy_active_export = { quantity = "energy_active_export", unit = "Wh", pointer = "/v", where = { "/obis" = ["1-0:2.8.0", "2.8.0"] } }
)"};
  EXPECT_EQ(messages.text(R"({"list":[{"t":1764302400,"obis":"1-0:1.8.0","v":100},)"
                          R"({"t":1764302400,"obis":"2.8.0","v":7},{"t":1,"obis":"x","v":1}]})"),
            "2025-11-28T04:00:00.000Z energy_active_import=0.100 kW.h; 2025-11-28T04:00:00.000Z "
            "energy_active_export=0.007 kW.h");
}

TEST(SeparatedText, IsTakenByPlaceOrByName) {
  const Messages messages{R"(
[message.line]
topic = "{device}"
format = "fields"
separator = ";"
time = { field = 1, as = "s" }
[points]
voltage_l1_n = { quantity = "voltage", phase = "l1_n", unit = "V", field = 2 }
current_l1 = { quantity = "current", phase = "l1", unit = "mA", field = "I" }
)"};
  EXPECT_EQ(messages.text("1764302400; 230.5 ; P=12; I = 1500"),
            "2025-11-28T04:00:00.000Z voltage_l1_n=230.5 V current_l1=1.500 A");
  EXPECT_EQ(messages.text("1764302400;;I:7"),
            "2025-11-28T04:00:00.000Z voltage_l1_n=not available current_l1=0.007 A");
  EXPECT_EQ(messages.text("1764302400"), "");
  EXPECT_EQ(messages.text(""), "");
}

constexpr std::string_view byte_points = R"(
[points]
status = { quantity = "status", byte = 0, type = "uint8", bits = [0, 3] }
temperature = { quantity = "temperature", unit = "Cel", byte = 1, type = "int8" }
volume = { quantity = "volume", medium = "water", unit = "L", byte = 2, type = "uint24", order = "little" }
flow = { quantity = "flow", medium = "water", unit = "m3/h", byte = 5, type = "int16", scale = "0.001", absent = ["0x8000"] }
)";

TEST(Bytes, AreDecodedLikeRegistersAtAnyPlaceWidthAndOrder) {
  const Messages messages{R"(
[message.raw]
topic = "{device}"
format = "bytes"
)" + std::string{byte_points}};
  EXPECT_EQ(messages.text(std::string_view{"\xA5\xFE\x40\xE2\x01\xFF\x9C", 7}),
            "status=5 temperature=-2 Cel volume=123.456 m3 flow=-0.100 m3/h");
  EXPECT_EQ(messages.text(std::string_view{"\xA5\xFE\x40\xE2\x01\x80\x00", 7}),
            "status=5 temperature=-2 Cel volume=123.456 m3 flow=not available");
  EXPECT_EQ(messages.text(std::string_view{"\xA5\x80\x40", 3}), "status=5 temperature=-128 Cel");
  EXPECT_EQ(messages.text(""), "");
}

TEST(Bytes, MayBeWrittenInsideJson) {
  const Messages messages{R"(
[message.up]
topic = "{device}"
format = "bytes"
data = "/data"
coding = "base64"
time = { at = "/time", as = "iso" }
)" + std::string{byte_points}};
  EXPECT_EQ(messages.text(R"({"time":"2026-11-28T04:00:00Z","data":"pf5A4gH/nA=="})"),
            "2026-11-28T04:00:00.000Z status=5 temperature=-2 Cel volume=123.456 m3 "
            "flow=-0.100 m3/h");
  EXPECT_EQ(messages.text(R"({"data":"!"})"), "fault 7");
  EXPECT_EQ(messages.text(R"({"data":7})"), "fault 6");
  EXPECT_EQ(messages.text(R"({})"), "fault 6");
}

TEST(Bytes, MayHoldHistory) {
  const Messages messages{R"(
[message.raw]
topic = "{device}"
format = "bytes"
coding = "hex"
time = { byte = 0, type = "uint32", as = "s" }
each = { byte = 4, stride = 2, count = 3, step = "-15min" }
[points]
volume = { quantity = "volume", medium = "water", unit = "L", byte = 0, type = "uint16" }
)"};
  EXPECT_EQ(messages.text("69291E40 0003 0002 0001 FFFF"),
            "2025-11-28T04:00:00.000Z volume=0.003 m3; 2025-11-28T03:45:00.000Z volume=0.002 m3; "
            "2025-11-28T03:30:00.000Z volume=0.001 m3");
  EXPECT_EQ(messages.text("69291E40 0003 00"), "2025-11-28T04:00:00.000Z volume=0.003 m3");
}

TEST(Bytes, AreMeantOnlyIfTheyHaveTheirShape) {
  const Messages messages{R"(
[message.raw]
topic = "{device}"
format = "bytes"
coding = "hex"
begins = "01 ?? 46"
length = 5
[points]
volume = { quantity = "volume", medium = "water", unit = "L", byte = 3, type = "bcd16" }
)"};
  EXPECT_EQ(messages.text("0100461234"), "volume=1.234 m3");
  EXPECT_EQ(messages.text("01FF461234"), "volume=1.234 m3");
  EXPECT_EQ(messages.text("0200461234"), "elsewhere");
  EXPECT_EQ(messages.text("0100451234"), "elsewhere");
  EXPECT_EQ(messages.text("010046123400"), "elsewhere");
  EXPECT_EQ(messages.text("01004612"), "elsewhere");
  EXPECT_EQ(messages.text(""), "elsewhere");
}

TEST(Differences, AreAddedUpFromTheValueThatTheyCountFrom) {
  // 424395 L at 04:00, then 5, nothing known and 2 more.
  const Messages messages{R"(
[message.history]
topic = "{device}"
format = "bytes"
coding = "hex"
each = { byte = 8, stride = 2, base = { byte = 0, type = "uint32", as = "s" }, first = "1h", step = "1h", add_to = { volume_hourly = "volume_at_log" } }
[message.at_log]
topic = "{device}"
format = "bytes"
coding = "hex"
[points]
volume_hourly = { quantity = "volume", medium = "water", unit = "L", message = "history", byte = 0, type = "uint16", absent = ["0xFFFF"] }
volume_at_log = { quantity = "volume", medium = "water", unit = "L", message = "at_log", byte = 4, type = "uint32" }
)"};
  EXPECT_EQ(messages.text("69291E40 000679CB 0005 0002"),
            "2025-11-28T05:00:00.000Z volume_hourly=424.400 m3; 2025-11-28T06:00:00.000Z "
            "volume_hourly=424.402 m3");
  EXPECT_EQ(messages.text("69291E40 000679CB 0005 FFFF 0002"),
            "2025-11-28T05:00:00.000Z volume_hourly=424.400 m3; 2025-11-28T06:00:00.000Z "
            "volume_hourly=not available; 2025-11-28T07:00:00.000Z volume_hourly=not available");
}

TEST(Differences, MayGoBackFromTheValueOfNow) {
  const Messages messages{R"(
[message.history]
topic = "{device}"
format = "json"
time = { at = "/t", as = "s" }
each = { in = "/d", first = "-1h", step = "-1h", subtract_from = { volume_hourly = "volume" } }
[message.now]
topic = "{device}"
format = "json"
[points]
volume_hourly = { quantity = "volume", medium = "water", unit = "m3", message = "history", pointer = "" }
volume = { quantity = "volume", medium = "water", unit = "m3", message = "now", pointer = "/v" }
)"};
  EXPECT_EQ(messages.text(R"({"t":1764302400,"v":10.5,"d":[0.25,0.5]})"),
            "2025-11-28T03:00:00.000Z volume_hourly=10.25 m3; 2025-11-28T02:00:00.000Z "
            "volume_hourly=9.75 m3");
  EXPECT_EQ(messages.text(R"({"t":1764302400,"d":[0.25]})"),
            "2025-11-28T03:00:00.000Z volume_hourly=not available");
}

TEST(JsonMessage, TakesTheFirstPlaceThatIsThere) {
  const Messages messages{R"(
[message.m]
topic = "{device}"
format = "json"
[points]
power_active = { quantity = "power_active", unit = "W", pointer = ["/power", "/apower"] }
)"};
  EXPECT_EQ(messages.text(R"({"apower":2,"power":1})"), "power_active=1 W");
  EXPECT_EQ(messages.text(R"({"apower":2})"), "power_active=2 W");
}

}  // namespace
}  // namespace bornier::intake
