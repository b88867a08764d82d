// SPDX-License-Identifier: Apache-2.0
#include "app/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace bornier::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

auto small_model() -> std::shared_ptr<const model::Model> {
  model::Model model;
  model.id = "sdm";
  model.timing.shortest_period = 1s;
  for (const auto* name : {"voltage_l1_n", "voltage_l2_n", "energy_active_import"}) {
    model::Point point;
    point.name = name;
    point.billing = point.name.starts_with("energy");
    point.essential = point.billing || point.name == "voltage_l1_n";
    model.points.push_back(point);
  }
  model.settings.push_back({.name = "flow_unit", .title = "", .choices = {"m3/h", "L/s"}});
  return std::make_shared<const model::Model>(std::move(model));
}

auto surroundings() -> Surroundings {
  return {.choose_folders =
              [](const auto&) {
                return std::vector<std::string>{"behind-ct", "broken", "listed", "otherwise-listed",
                                                "sdm"};
              },
          .find_model =
              [](const std::string& id) {
                ModelLookup lookup;
                if (id == "sdm") {
                  lookup.model = small_model();
                } else if (id == "behind-ct") {
                  auto secondary = *small_model();
                  secondary.primary_values = false;
                  lookup.model = std::make_shared<const model::Model>(std::move(secondary));
                } else if (id == "listed" || id == "otherwise-listed") {
                  auto listed = *small_model();
                  listed.scan_list = model::ScanList{};
                  listed.scan_list->parameters = {static_cast<std::uint16_t>(id.size())};
                  lookup.model = std::make_shared<const model::Model>(std::move(listed));
                } else if (id == "broken") {
                  lookup.diagnostics.push_back(
                      {.file = "broken.toml", .line = 3, .column = 1, .message = "bad point"});
                }
                return lookup;
              },
          .is_timezone = [](const std::string& name) { return name == "Europe/Paris"; },
          .resolve_device =
              [](const std::string& device) {
                return device == "/dev/serial/by-path/usb-1" ? std::string{"/dev/ttyUSB0"} : device;
              }};
}

constexpr std::string_view gateway_lines = R"([gateway]
id = "cab-0117"
city = "sceaux"
timezone = "Europe/Paris"
state_directory = "/var/lib/bornier"
)";

constexpr std::string_view bus_lines = R"([[bus]]
name = "plant-room"
transport = "tcp"
host = "10.4.0.20"
)";

constexpr std::string_view meter_lines = R"([[meter]]
id = "main"
bus = "plant-room"
unit_id = 1
model = "sdm"
)";

auto parse(const std::string& text) -> wire::Result<Configuration, std::vector<model::Diagnostic>> {
  return parse_configuration(text, "gateway.toml", surroundings());
}

auto joined(std::initializer_list<std::string_view> parts) -> std::string {
  std::string text;
  for (const auto part : parts) {
    text += part;
  }
  return text;
}

/// A bus on `device`, with `settings` from line 10 on.
auto serial_line(std::string_view device, std::string_view settings) -> std::string {
  return joined({gateway_lines, "[[bus]]\nname = \"plant-room\"\ntransport = \"rtu\"\ndevice = \"",
                 device, "\"\n", settings, "\n", meter_lines});
}
/// The same with one line more, line 12.
auto on_line(std::string_view line) -> std::string {
  return serial_line("/dev/ttyUSB0", joined({"baud = 9600\nparity = \"even\"\n", line}));
}

TEST(Configuration, TakesASerialLine) {
  const auto parsed = parse(on_line("stop_bits = 2\nrs485 = false"));
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  const auto& bus = parsed->buses.at(0);
  EXPECT_EQ(bus.transport, Transport::rtu);
  EXPECT_EQ(bus.device, "/dev/ttyUSB0");
  EXPECT_EQ(bus.serial, (modbus::SerialFormat{9'600, modbus::Parity::even, 2}));
  EXPECT_FALSE(bus.rs485);
}

TEST(Configuration, TakesTheRatiosOfTransformersBeforeAMeter) {
  auto text =
      joined({gateway_lines, bus_lines, meter_lines, "ct = \"250/5\"\nvt = \"20000/100\"\n"});
  text.replace(text.find("\"sdm\""), 5, "\"behind-ct\"");
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  const auto& meter = parsed->meters.at(0);
  EXPECT_EQ(meter.ratio, "ct=250/5 vt=20000/100");
  auto expected = model::Settings{*meter.model};
  EXPECT_TRUE(expected.set_ratios({250, 5, 0}, {20'000, 100, 0}));
  EXPECT_EQ(*meter.settings, expected);
}

TEST(Configuration, TakesTheUnitIdsOfEachTransport) {
  const auto with_unit = [](const std::string& bus, const std::string& unit) {
    auto text = bus;
    return static_cast<bool>(
        parse(text.replace(text.find("unit_id = 1"), 11, "unit_id = " + unit)));
  };
  const auto tcp = joined({gateway_lines, bus_lines, meter_lines});
  EXPECT_TRUE(with_unit(tcp, "0"));
  EXPECT_TRUE(with_unit(tcp, "255"));
  auto over_tcp = tcp;
  over_tcp.replace(over_tcp.find("\"tcp\""), 5, "\"rtu-over-tcp\"");
  for (const auto& serial : {on_line(""), over_tcp}) {
    EXPECT_FALSE(with_unit(serial, "0"));
    EXPECT_TRUE(with_unit(serial, "1"));
    EXPECT_TRUE(with_unit(serial, "247"));
    EXPECT_FALSE(with_unit(serial, "248"));
  }
}

TEST(Configuration, GivesNoAdviceOnABusWhoseTransportIsUnknown) {
  for (const auto* transport : {"transport = \"rtuu\"\n", ""}) {
    auto text = on_line("rs485 = false");
    constexpr std::string_view line = "transport = \"rtu\"\n";
    text.replace(text.find(line), line.size(), transport);
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().size(), 1U) << to_text(parsed.error().back());
    EXPECT_THAT(parsed.error().front().message, testing::HasSubstr("transport"));
  }
}

TEST(Configuration, HasDefaultsForEverythingThatACabinetNeedNotChoose) {
  const auto parsed = parse(joined({gateway_lines, bus_lines, meter_lines}));
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  EXPECT_EQ(parsed->gateway.id, "cab-0117");
  EXPECT_EQ(parsed->buffer.commit_every, 1s);
  EXPECT_EQ(parsed->buffer.max_bytes, 512ULL << 20U);
  EXPECT_EQ(parsed->platform, std::nullopt);
  EXPECT_EQ(parsed->buses.at(0).port, 502);
  ASSERT_EQ(parsed->meters.at(0).polls.size(), 1U);
  EXPECT_EQ(parsed->meters.at(0).polls.at(0).every, 10s);
  EXPECT_THAT(parsed->meters.at(0).polls.at(0).points, ElementsAre(0U, 2U)) << "the essential ones";
}

TEST(Configuration, SortsPointsByTheirPeriods) {
  const auto parsed =
      parse(joined({gateway_lines, bus_lines, meter_lines,
                    "points = [\"all\"]\nevery = { default = \"10s\", voltage_l2_n = \"1s\" }\n"}));
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  const auto& polls = parsed->meters.at(0).polls;
  ASSERT_EQ(polls.size(), 2U);
  EXPECT_EQ(polls.at(0).every, 1s);
  EXPECT_THAT(polls.at(0).points, ElementsAre(1U));
  EXPECT_EQ(polls.at(1).every, 10s);
  EXPECT_THAT(polls.at(1).points, ElementsAre(0U, 2U));
}

TEST(Configuration, TakesWhatTheUtilityAndTheInstallerSay) {
  const auto parsed = parse(joined({gateway_lines, bus_lines, meter_lines, R"(name = "School 12"
code = "09518223412345"
serial = "21045678"
installed = 2026-11-23
labels = { street = "rue Houdan" }
settings = { flow_unit = "L/s" }
)"}));
  ASSERT_TRUE(parsed) << to_text(parsed.error().front());
  const auto& meter = parsed->meters.at(0);
  EXPECT_EQ(meter.name, "School 12");
  EXPECT_EQ(meter.installed, "2026-11-23");
  EXPECT_EQ(meter.labels.at("street"), "rue Houdan");
  EXPECT_EQ(meter.settings->choice(0), 1U);
}

TEST(Configuration, SharesAUnitOnlyWhereItIsSaid) {
  const std::string second =
      "[[meter]]\nid = \"other\"\nbus = \"plant-room\"\nunit_id = 1\nmodel = \"sdm\"\n";
  EXPECT_FALSE(parse(joined({gateway_lines, bus_lines, meter_lines, second})));
  EXPECT_TRUE(
      parse(joined({gateway_lines, bus_lines, meter_lines, second, "shares_unit = true\n"})));
}

struct Mistake {
  std::string_view name;
  std::string text;
  int line;
  int column;
  std::string_view says;
};

auto PrintTo(const Mistake& mistake, std::ostream* out) -> void {
  *out << mistake.name;
}

class ConfigurationMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigurationMistake, IsToldWithItsPlaceAndARemedy) {
  const auto parsed = parse(GetParam().text);
  ASSERT_FALSE(parsed);
  const auto& found = parsed.error();
  const bool told = std::any_of(found.begin(), found.end(), [](const auto& diagnostic) {
    return diagnostic.file == "gateway.toml" && diagnostic.line == GetParam().line &&
           diagnostic.column == GetParam().column &&
           diagnostic.message.find(GetParam().says) != std::string::npos;
  });
  std::string all;
  for (const auto& diagnostic : found) {
    all += to_text(diagnostic) + "\n";
  }
  EXPECT_TRUE(told) << all;
}

/// One line more in [gateway] (line 6), behind the bus (line 10) or behind the meter (line 15).
auto in_gateway(std::string_view line) -> std::string {
  return joined({gateway_lines, line, "\n", bus_lines, meter_lines});
}
auto in_bus(std::string_view line) -> std::string {
  return joined({gateway_lines, bus_lines, line, "\n", meter_lines});
}
auto in_meter(std::string_view line) -> std::string {
  return joined({gateway_lines, bus_lines, meter_lines, line, "\n"});
}
auto in_table(std::string_view head, std::string_view line) -> std::string {
  return joined({gateway_lines, bus_lines, meter_lines, head, "\n", line, "\n"});
}
auto replaced(std::string_view what, std::string_view with) -> std::string {
  auto text = joined({gateway_lines, bus_lines, meter_lines});
  text.replace(text.find(what), what.size(), with);
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigurationMistake,
    testing::Values(
        Mistake{"NotToml", "[gateway\n", 1, 9, "this is not TOML"},
        Mistake{"NoGateway", joined({bus_lines, meter_lines}), 1, 1, "needs a [gateway]"},
        Mistake{"NothingToRead", std::string{gateway_lines}, 1, 1, "nothing to read"},
        Mistake{"MissingKey", replaced("city = \"sceaux\"\n", ""), 1, 1, "[gateway] needs `city`"},
        Mistake{"UnknownKeyWithTheNearest", in_gateway("timezon = 1"), 6, 1,
                "did you mean `timezone`?"},
        Mistake{"UnknownKeyUnlikeAny", in_gateway("colour = 1"), 6, 1, "remove it"},
        Mistake{"UnknownTable", in_table("[bufer]", ""), 15, 2, "did you mean `buffer`?"},
        Mistake{"TextForNumber", in_bus("port = \"502\""), 10, 8,
                "takes a whole number from 1 to 65535, not \"502\""},
        Mistake{"NumberForText", replaced("\"cab-0117\"", "117"), 2, 6,
                "takes a text in quotes, not 117"},
        Mistake{"IdOfOtherCharacters", replaced("cab-0117", "Cab 117"), 2, 6,
                "`Cab 117` is no id; use 1 to 64"},
        Mistake{"EmptyId", replaced("cab-0117", ""), 2, 6, "`id` is empty"},
        Mistake{"UnknownTimezone", replaced("Europe/Paris", "Europe/Lutece"), 4, 12,
                "write an IANA name"},
        Mistake{"UnknownClock", in_gateway("clock = \"sistem\""), 6, 9, "did you mean `system`?"},
        Mistake{"DurationWithoutUnit", in_table("[buffer]", "commit_every = \"1\""), 16, 16,
                "a whole number and a unit"},
        Mistake{"DurationAsNumber", in_table("[buffer]", "commit_every = 1"), 16, 16,
                "a whole number and a unit, such as"},
        Mistake{"DurationTooShort", in_table("[buffer]", "commit_every = \"99ms\""), 16, 16,
                "from 100ms to 1h, not \"99ms\""},
        Mistake{"BytesOfAWrongUnit", in_table("[buffer]", "max_bytes = \"512MIB\""), 16, 13,
                "\"64KiB\" or \"512MiB\""},
        Mistake{"BytesTooFew", in_table("[buffer]", "max_bytes = \"1023KiB\""), 16, 13,
                "from 1MiB to 1024GiB, not"},
        Mistake{"RateWithoutTime",
                in_table("[platform]", "broker = \"mqtt://b:1\"\nbacklog_rate = \"50kB\""), 17, 16,
                "\"50kB/s\""},
        Mistake{"BrokerOfAnotherScheme", in_table("[platform]", "broker = \"http://b\""), 16, 10,
                "mqtts://HOST:PORT"},
        Mistake{"BrokerWithPassword", in_table("[platform]", "broker = \"mqtt://a:b@c\""), 16, 10,
                "the user in `username`"},
        Mistake{"UnknownConfirm",
                in_table("[platform]", "broker = \"mqtt://b\"\nconfirm = \"brokr\""), 17, 11,
                "did you mean `broker`?"},
        Mistake{"PasswordInTheFile",
                in_table("[platform]", "broker = \"mqtt://b\"\npassword = \"x\""), 17, 12,
                "`password_file`"},
        Mistake{"PasswordWithoutUser",
                in_table("[platform]", "broker = \"mqtt://b\"\npassword_file = \"x\""), 17, 17,
                "needs a `username`"},
        Mistake{"CertificateWithoutKey",
                in_table("[platform]", "broker = \"mqtts://b\"\ntls = { certificate = \"c\" }"), 17,
                23, "belong together"},
        Mistake{"TlsWithoutEncryption",
                in_table("[platform]", "broker = \"mqtt://b\"\ntls = { ca = \"c\" }"), 17, 7,
                "write mqtts://"},
        Mistake{"LocalBrokerWithPassword",
                in_table("[local]", "broker = \"mqtt://b\"\npassword = \"x\""), 17, 12,
                "`password_file`"},
        Mistake{"LocalTlsWithoutEncryption",
                in_table("[local]", "broker = \"mqtt://b\"\ntls = { ca = \"c\" }"), 17, 7,
                "[local.tls] has no effect on mqtt://b"},
        Mistake{"LocalWithoutBroker", in_table("[local]", "retain = true"), 15, 1, "broker"},
        Mistake{"LocalTopicWithWildcard",
                in_table("[local]", "broker = \"mqtt://b\"\ntopic = \"a/+\""), 17, 9,
                "without +, # and $"},
        Mistake{"LocalTopicWithEmptyLevel",
                in_table("[local]", "broker = \"mqtt://b\"\ntopic = \"a/\""), 17, 9,
                "names with / between them"},
        Mistake{"TwoBusesOfOneName", joined({gateway_lines, bus_lines, bus_lines, meter_lines}), 11,
                8, "two buses named"},
        Mistake{"TwoBusesAtOneEndpoint",
                joined({gateway_lines, bus_lines,
                        "[[bus]]\nname = \"b\"\ntransport = \"tcp\"\nhost = \"10.4.0.20\"\n",
                        meter_lines}),
                13, 8, "are both at 10.4.0.20:502"},
        Mistake{"UnknownTransport", replaced("\"tcp\"", "\"udp\""), 8, 13, "one of: tcp"},
        Mistake{"HostOfASerialLine", on_line("host = \"10.4.0.20\""), 12, 8,
                "name a `device` instead"},
        Mistake{"DeviceThatIsNoPath", serial_line("ttyS1", "baud = 9600\nparity = \"none\""), 9, 10,
                "is not the path of a device"},
        Mistake{"BaudThatNoLineHas", serial_line("/dev/ttyS1", "baud = 9601\nparity = \"none\""),
                10, 8, "9601 is not one of 300, 600, 1200"},
        Mistake{"NoBaud", serial_line("/dev/ttyS1", "baud = 0\nparity = \"none\""), 10, 8,
                "0 is not one of 300, 600, 1200"},
        Mistake{"BaudAsText", serial_line("/dev/ttyS1", "baud = \"9600\"\nparity = \"none\""), 10,
                8, "a whole number from 300 to 230400"},
        Mistake{"LineWithoutBaud", serial_line("/dev/ttyS1", "parity = \"none\""), 6, 1,
                "needs `baud`"},
        Mistake{"LineWithoutParity", serial_line("/dev/ttyS1", "baud = 9600"), 6, 1,
                "needs `parity`"},
        Mistake{"MarkParity", serial_line("/dev/ttyS1", "baud = 9600\nparity = \"mark\""), 11, 10,
                "one of: none"},
        Mistake{"ThreeStopBits", on_line("stop_bits = 3"), 12, 13, "from 1 to 2, not 3"},
        Mistake{"TwoBusesOnOneLine",
                on_line("[[bus]]\nname = \"b\"\ntransport = \"rtu\"\n"
                        "device = \"/dev/serial/by-path/usb-1\"\nbaud = 9600\nparity = \"none\""),
                15, 10, "are both on /dev/ttyUSB0"},
        Mistake{"BroadcastAsAMeter",
                joined({on_line(""),
                        "[[meter]]\nid = \"b\"\nbus = "
                        "\"plant-room\"\nunit_id = 0\nmodel = \"sdm\"\n"}),
                21, 11, "0 is the broadcast"},
        Mistake{"UnitReservedOnASerialLine",
                joined({on_line(""),
                        "[[meter]]\nid = \"b\"\nbus = "
                        "\"plant-room\"\nunit_id = 248\nmodel = \"sdm\"\n"}),
                21, 11, "248 is reserved on a serial line"},
        Mistake{"BaudOfATcpBus", in_bus("baud = 9600"), 10, 8, "it is for serial lines"},
        Mistake{"PortOutOfRange", in_bus("port = 65536"), 10, 8, "from 1 to 65535, not 65536"},
        Mistake{"BusAsSingleTable", joined({gateway_lines, "[bus]\nname = \"b\"\n", meter_lines}),
                6, 1, "[[bus]]"},
        Mistake{"TwoMetersOfOneId", joined({gateway_lines, bus_lines, meter_lines, meter_lines}),
                16, 6, "two meters"},
        Mistake{"MeterNamedLikeABusThatHasPoints",
                joined({gateway_lines, "bus_health_every = \"15min\"\n", bus_lines,
                        "[[meter]]\nid = \"plant-room\"\nbus = \"plant-room\"\nunit_id = "
                        "1\nmodel = \"sdm\"\n"}),
                12, 6, "there is a bus \"plant-room\" as well"},
        Mistake{"UnknownBus", replaced("bus = \"plant-room\"", "bus = \"plant-roon\""), 12, 7,
                "did you mean `plant-room`?"},
        Mistake{
            "UnitTwice",
            joined({gateway_lines, bus_lines, meter_lines,
                    "[[meter]]\nid = \"b\"\nbus = \"plant-room\"\nunit_id = 1\nmodel = \"sdm\"\n"}),
            18, 11, "is read as meter \"main\" already"},
        Mistake{"UnitOutOfRange", replaced("unit_id = 1", "unit_id = 256"), 13, 11,
                "from 0 to 255, not 256"},
        Mistake{"NoUnit", replaced("unit_id = 1\n", ""), 10, 1, "needs `unit_id`"},
        Mistake{"UnknownModel", replaced("model = \"sdm\"", "model = \"sdn\""), 14, 9,
                "did you mean `sdm`?"},
        Mistake{"RatioWithoutASecondaryValue",
                replaced("model = \"sdm\"", "model = \"behind-ct\"\nct = \"250\""), 15, 6,
                "`250` is no ratio of transformers; write primary by secondary"},
        Mistake{"RatioTheWrongWayRound",
                replaced("model = \"sdm\"", "model = \"behind-ct\"\nvt = \"100/20000\""), 15, 6,
                "`100/20000` is no ratio"},
        Mistake{"ScanListOfAModelWithoutOne", in_meter("writes_scan_list = true"), 15, 20,
                "model \"sdm\" has no scan list"},
        Mistake{"ScanListOfEverybody",
                replaced("unit_id = 1\nmodel = \"sdm\"",
                         "unit_id = 0\nmodel = \"listed\"\nwrites_scan_list = true"),
                15, 20, "unit 0 is everybody's address"},
        Mistake{"TwoScanListsInOneUnit",
                joined({replaced("model = \"sdm\"", "model = \"listed\"\nwrites_scan_list = true"),
                        "[[meter]]\nid = \"b\"\nbus = \"plant-room\"\nunit_id = 1\nmodel = "
                        "\"otherwise-listed\"\nshares_unit = true\nwrites_scan_list = true\n"}),
                22, 20, "meter \"main\" has another list written into the same unit"},
        Mistake{"RatioOnPrimaryValues", in_meter("ct = \"250/5\""), 15, 6,
                "the ratio is contained"},
        Mistake{"UnknownPoint", in_meter("points = [\"voltag_l1_n\"]"), 15, 10,
                "no point or group \"voltag_l1_n\""},
        Mistake{"PointsNotAList", in_meter("points = \"billing\""), 15, 10,
                "takes a list of texts"},
        Mistake{"NoPoints", in_meter("points = []"), 15, 10, "names nothing"},
        Mistake{"PeriodShorterThanTheMeterAllows", in_meter("every = \"500ms\""), 15, 9,
                "from 1s to 1d"},
        Mistake{"PeriodOfAnUnknownPoint", in_meter("every = { voltage_l1 = \"1s\" }"), 15, 11,
                "does not have"},
        Mistake{"PeriodOfAPointNotSelected", in_meter("every = { voltage_l2_n = \"1s\" }"), 15, 9,
                "does not select"},
        Mistake{"DateInQuotes", in_meter("installed = \"2026-11-23\""), 15, 13,
                "a date without quotes"},
        Mistake{"LabelThatIsNoText", in_meter("labels = { floor = 2 }"), 15, 20,
                "`labels.floor` takes a text in quotes, not 2"},
        Mistake{"UnknownChoiceOfASetting", in_meter("settings = { flow_unit = \"l/s\" }"), 15, 26,
                "m3/h, L/s"}),
    [](const auto& instance) { return std::string{instance.param.name}; });

TEST(Configuration, TellsAllMistakesAtOnceInTheOrderOfTheLines) {
  const auto parsed = parse(
      joined({"[gateway]\nid = \"A\"\ntimezone = \"Mars\"\n", bus_lines, meter_lines, "ct = 1\n"}));
  ASSERT_FALSE(parsed);
  std::vector<int> lines;
  for (const auto& diagnostic : parsed.error()) {
    lines.push_back(diagnostic.line);
  }
  EXPECT_THAT(lines, ElementsAre(1, 1, 2, 3, 13)) << "city, state_directory, id, timezone, ct";
}

TEST(Configuration, TellsTheMistakesOfAModelFileOnceAndByItsOwnName) {
  const std::string meter =
      "[[meter]]\nid = \"a\"\nbus = \"plant-room\"\nunit_id = 1\nmodel = \"broken\"\n";
  const std::string second =
      "[[meter]]\nid = \"b\"\nbus = \"plant-room\"\nunit_id = 2\nmodel = \"broken\"\n";
  const auto parsed = parse(joined({gateway_lines, bus_lines, meter, second}));
  ASSERT_FALSE(parsed);
  ASSERT_EQ(parsed.error().size(), 1U);
  EXPECT_EQ(to_text(parsed.error().front()), "broken.toml:3:1: error: bad point");
}

}  // namespace
}  // namespace bornier::app
