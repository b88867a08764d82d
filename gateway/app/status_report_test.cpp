// SPDX-License-Identifier: Apache-2.0
#include "app/status_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include "app/print_report.hpp"
#include "app/testing.hpp"
#include "buffer/store_fixture.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

auto keys(const json::object& object) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const auto& member : object) {
    names.emplace_back(member.key());
  }
  return names;
}

/// A gateway without [platform] whose one meter was never polled.
class StatusReportTest : public testing::Test {
 protected:
  StatusReportTest() {
    configuration.gateway.id = "cab-0117";
    configuration.gateway.city = "tolyatti";
    auto& bus = configuration.buses.emplace_back();
    bus.name = "plant-room";
    bus.host = "10.4.0.20";
    configuration.meters.push_back(two_point_meter({}));
    collector.add_meter(reading::MeterNumber{1}, {{0, reading::PointNumber{1}}});
    buses.push_back(std::make_unique<BusPoller>(
        loop.get_executor(), configuration.buses[0],
        std::vector<BusPoller::Meter>{
            {.number = 0,
             .settings = std::make_shared<const MeterSettings>(configuration.meters[0])}},
        std::make_unique<ScriptedLine>(clock.clock()), clock, collector));
  }

  auto report() -> std::string {
    return status_report({.configuration = configuration,
                          .clock = clock,
                          .started = clock.clock().now(),
                          .keeper = keeper,
                          .disk = disk,
                          .collector = collector,
                          .buses = buses,
                          .brokers = brokers,
                          .pulse_meters = pulse_meters,
                          .courier = nullptr,
                          .local = nullptr,
                          .reload = reload});
  }

  buffer::TemporaryDirectory directory;
  TrustedClock clock{io::ClockTrust::system};
  boost::asio::io_context loop;
  Configuration configuration;
  Keeper keeper{
      loop.get_executor(),
      {.commit_every = std::chrono::seconds{1},
       .batch_every = std::chrono::minutes{1},
       .batch_max = 65'536,
       .memory = 1U << 20U},
      clock,
      buffer::Store::open(buffer::settings_in(directory), clock.for_buffer(), 42).value()};
  buffer::Figures disk;
  std::optional<ReloadView> reload;
  Collector collector{keeper.pending(), [] {}};
  MqttIntakes::Brokers brokers;
  std::map<std::string, std::size_t> pulse_meters;
  std::vector<std::unique_ptr<BusPoller>> buses;
};

TEST_F(StatusReportTest, KeepsItsKeys) {
  const auto parsed = json::parse(report());
  const auto& object = parsed.as_object();
  EXPECT_THAT(keys(object),
              ElementsAre("gateway", "link", "local", "buffer", "buses", "brokers", "meters"));
  EXPECT_TRUE(object.at("link").is_null());
  EXPECT_TRUE(object.at("local").is_null());
  EXPECT_THAT(keys(object.at("gateway").as_object()),
              ElementsAre("id", "city", "timezone", "version", "time", "started", "uptime_ms",
                          "clock_trusted", "readings_taken", "readings_accepted", "readings_sealed",
                          "reload"));
  EXPECT_THAT(keys(object.at("buffer").as_object()),
              ElementsAre("stream", "newest", "oldest_held", "used_bytes", "max_bytes",
                          "memory_bytes", "journal", "undated", "unconfirmed", "confirmed", "gaps",
                          "commits", "commit_failures", "slowest_disk_ms", "failure"));
  EXPECT_THAT(keys(object.at("buses").at(0).as_object()),
              ElementsAre("name", "endpoint", "up", "error", "requests", "answers", "exceptions",
                          "timeouts", "damaged", "foreign", "connections", "occupancy_permille",
                          "hints", "units", "marks"));
  EXPECT_THAT(keys(object.at("meters").at(0).as_object()),
              ElementsAre("id", "name", "model", "state", "since", "answered", "serial_configured",
                          "serial", "exchanged", "points", "bus", "unit_id"));
}

TEST_F(StatusReportTest, NamesTheDeviceThatCountsTheMetersPulses) {
  auto& water = configuration.pulse_meters.emplace_back();
  water.id = "water";
  water.quantity = reading::find_quantity("volume");
  water.periods.push_back({.from = {}, .rule = {}, .unit = "m3", .text = "10 L/{pulse}"});
  pulse_meters["water"] =
      collector.add_meter(reading::MeterNumber{2}, {{0, reading::PointNumber{2}}});
  const auto parsed = json::parse(report());
  const auto& meter = parsed.at("meters").at(1).as_object();
  EXPECT_EQ(meter.at("id"), "water");
  EXPECT_EQ(meter.at("device"), "main");
  EXPECT_EQ(meter.at("count"), "a");
  EXPECT_EQ(meter.at("pulses"), "10 L/{pulse}");
  EXPECT_TRUE(meter.at("model").is_null());
  EXPECT_EQ(meter.at("points").at(0).at("name"), "volume");
  EXPECT_EQ(meter.at("points").at(0).at("state"), "not polled yet");
}

TEST_F(StatusReportTest, TellsOfBrokersAndOfTheMetersThatSpeakMqtt) {
  auto meter = std::make_shared<MqttMeterSettings>();
  meter->id = "pump";
  auto model = std::make_shared<model::Model>();
  model->messages.emplace_back().topic = *model::parse_topic("a/{device}");
  meter->model = model;
  meter->settings = model::Settings{*model};
  MqttBrokerSettings broker;
  broker.name = "lan";
  const auto number = collector.add_meter(reading::MeterNumber{2}, {});
  brokers.push_back(std::make_unique<MqttIntake>(
      loop.get_executor(), broker, io::MqttSettings{},
      std::vector<MqttIntake::Meter>{{.number = number, .settings = meter}}, clock, collector,
      [] { return false; }));
  const auto parsed = json::parse(report());
  EXPECT_THAT(keys(parsed.at("brokers").at(0).as_object()),
              ElementsAre("name", "broker", "connected", "mqtt_version", "reason", "connections",
                          "messages", "repeated", "flooded", "lost", "too_long", "pauses"));
  const auto& part = parsed.at("meters").at(1).as_object();
  EXPECT_EQ(part.at("broker"), "lan");
  EXPECT_EQ(part.at("topics").at(0), "a/+");
  EXPECT_THAT(keys(part.at("intake").as_object()),
              ElementsAre("messages", "elsewhere", "samples", "repeated", "too_late", "retained",
                          "thinned", "broken", "unusable_values", "unusable_times", "problem"));
}

TEST_F(StatusReportTest, Promise8_GivesEachPointTheReasonForWhichItHasNoData) {
  const auto state = [this] {
    const auto parsed = json::parse(report());
    const auto& point = parsed.at("meters").at(0).at("points").at(0);
    return std::string{point.at("state").as_string()};
  };
  EXPECT_EQ(state(), "not polled yet");
  const std::vector<std::size_t> points{0};
  collector.points_are(0, points, reading::Acquisition::exception, 2, clock.moment());
  EXPECT_EQ(state(), "exception 2");
  collector.meter_is(0, reading::Acquisition::bus_down, clock.moment());
  EXPECT_EQ(state(), "bus down") << "of the whole meter";
}

TEST(PrintReport, TellsOfTheLocalBroker) {
  EXPECT_THAT(*print_report(R"({"local":{"broker":"mqtt://b","connected":true,"published":5}})",
                            Format::table),
              HasSubstr("local     mqtt://b connected; 5 published\n"));
  EXPECT_THAT(
      *print_report(R"({"local":{"broker":"mqtt://b","connected":false,"reason":"gone",)"
                    R"("published":5,"waiting":3,"refused":0,"dropped":2}})",
                    Format::table),
      HasSubstr("local     mqtt://b NOT connected: gone; 5 published, 3 waiting, 2 dropped\n"));
}

TEST_F(StatusReportTest, PrintsForPeopleAndAsRows) {
  const auto text = print_report(report(), Format::table);
  ASSERT_TRUE(text) << text.error();
  EXPECT_THAT(*text, HasSubstr("no [platform] is configured"));
  EXPECT_THAT(*text, HasSubstr("plant-room at scripted DOWN"));
  const auto rows = print_report(report(), Format::csv);
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_THAT(*rows, HasSubstr("meter,point,state,value,unit,time,since\nmain,a,not polled yet,"));
}

TEST_F(StatusReportTest, TellsWhatCameOfTheLastReload) {
  EXPECT_TRUE(json::parse(report()).at("gateway").at("reload").is_null());
  reload = ReloadView{
      .time = reading::stamp_at(1'767'225'600'000), .applied = false, .result = "1 mistake(s)"};
  const auto told = json::parse(report()).at("gateway").at("reload").as_object();
  EXPECT_THAT(keys(told), ElementsAre("time", "applied", "result"));
  EXPECT_THAT(*print_report(report(), Format::table),
              HasSubstr("reload    2026-01-01T00:00:00.000Z: REFUSED, nothing is changed: 1 "
                        "mistake(s)\n"));
  reload->applied = true;
  EXPECT_THAT(*print_report(report(), Format::table),
              HasSubstr("reload    2026-01-01T00:00:00.000Z: 1 mistake(s)\n"));
}

TEST(PrintReport, NamesTheNoiseOfABus) {
  const auto line_of = [](std::string_view damaged, std::string_view foreign) {
    return *print_report(
        R"({"buses":[{"name":"b","endpoint":"e","up":true,"answers":5,"requests":9,"timeouts":1,"damaged":)" +
            std::string{damaged} + R"(,"foreign":)" + std::string{foreign} + "}]}",
        Format::table);
  };
  EXPECT_THAT(line_of("2", "1"), HasSubstr("1 timeouts, 2 damaged, 1 foreign; marks"));
  EXPECT_THAT(line_of("0", "0"), HasSubstr("1 timeouts; marks"));
}

TEST(PrintReport, NamesWhatGivesNoDataBeforeTheTable) {
  const auto text = print_report(
      R"({"meters":[{"id":"main","state":"ok","points":[{"name":"a","state":"ok"}]},
                    {"id":"heat","state":"ok","points":[{"name":"a","state":"exception 2"},
                                                        {"name":"b","state":"ok"},
                                                        {"name":"c","state":"not available"}]},
                    {"id":"roof","state":"bus down","since":"today",
                     "points":[{"name":"a","state":"bus down"}]}]})",
      Format::table);
  EXPECT_THAT(*text, HasSubstr("\nmeter     heat: a exception 2, c not available\n"
                               "meter     roof: bus down since today\n\n"));
}

TEST(PrintReport, NamesAMeterBehindWhichAnotherDeviceStands) {
  const auto text = print_report(
      R"({"meters":[{"id":"main","state":"ok","exchanged":true,"serial":"2","serial_configured":"1"},
                    {"id":"roof","state":"ok","exchanged":false,"serial":"3"}]})",
      Format::table);
  EXPECT_THAT(*text, HasSubstr("\nmeter     main: another device answers, serial number 2 instead "
                               "of 1\n\n"));
}

TEST(PrintReport, SaysWhatTheDaemonComplainsOf) {
  EXPECT_EQ(print_report(R"({"error":"no"})", Format::table).error(), "no");
}

TEST(PrintReport, RefusesWhatIsNoReport) {
  for (const auto* garbage : {"", "[]", "7", "{", "null", "\xFF"}) {
    EXPECT_THAT(print_report(garbage, Format::table).error(), HasSubstr("is not understood"))
        << garbage;
  }
}

TEST(PrintReport, SurvivesAReportOfAnotherShape) {
  for (const auto* odd :
       {"{}", R"({"meters":7,"buses":[1,null],"gateway":[]})",
        R"({"meters":[1,{"points":{}},{"points":[[],{"name":{}}]}],"gateway":{"uptime_ms":-1}})",
        R"({"link":{"unconfirmed_bytes":1e300},"buffer":{"used_bytes":0.5,"gaps":"many"}})"}) {
    EXPECT_TRUE(print_report(odd, Format::table)) << odd;
    EXPECT_TRUE(print_report(odd, Format::csv)) << odd;
  }
}

}  // namespace
}  // namespace bornier::app
