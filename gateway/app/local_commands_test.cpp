// SPDX-License-Identifier: Apache-2.0
#include "app/local_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <chrono>

#include "app/testing.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// A gateway with one meter behind a scripted line: "a" in holding register 0, read once a day, and
/// a setting in 20.
class LocalCommandsTest : public testing::Test {
 protected:
  LocalCommandsTest() {
    configuration.buses.emplace_back();
    configuration.meters.push_back(two_point_meter({}));
    auto& meter = configuration.meters.front();
    meter.model = std::make_shared<const model::Model>(model::model_with_points(
        "a = { quantity = \"power_factor\", address = 0, type = \"uint16\" }\n"
        "ratio = { quantity = \"device_setting\", address = 20, type = \"uint16\", writable = true "
        "}\n"));
    meter.settings = model::Settings{*meter.model};
    collector.add_meter(reading::MeterNumber{1}, {{0, reading::PointNumber{1}}});
    make_bus({});
  }
  ~LocalCommandsTest() override {
    buses.front()->stop();
    run_until([this] { return !polling || buses.front()->has_ended(); });
  }

  /// The meter is known to refuse this.
  void make_bus(const modbus::Refusals& known) {
    auto its_line = std::make_unique<ScriptedLine>(clock.clock());
    line = its_line.get();
    line->answers("03 02 002A");  // the poll of the start
    std::vector<BusPoller::Meter> meters{
        {.number = 0,
         .settings = std::make_shared<const MeterSettings>(configuration.meters.front()),
         .known_refusals = known}};
    buses.clear();
    buses.push_back(std::make_unique<BusPoller>(loop.get_executor(), configuration.buses.front(),
                                                std::move(meters), std::move(its_line), clock,
                                                collector));
  }
  void poll() {
    polling = true;
    io::spawn(loop.get_executor(), buses.front()->poll_until_stopped(), "bus");
    run_until([this] { return collector.readings_taken() > 0; });
  }
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition() && loop.run_one_until(limit) > 0) {
    }
  }
  /// The answers, once all have come.
  auto ask(const std::vector<std::string>& requests) -> std::vector<boost::json::object> {
    std::vector<std::string> answers;
    const auto keep = [&](std::string request) -> boost::asio::awaitable<void> {
      auto answer = co_await commands.answer(std::move(request));
      answers.push_back(std::move(answer));
    };
    for (const auto& request : requests) {
      io::spawn(loop.get_executor(), keep(request), "request");
    }
    run_until([&] { return answers.size() == requests.size(); });
    std::vector<boost::json::object> objects;
    for (const auto& answer : answers) {
      objects.push_back(answer == "the report" ? boost::json::object{{"report", true}}
                                               : boost::json::parse(answer).as_object());
    }
    return objects;
  }
  auto ask(const std::string& request) -> boost::json::object {
    return ask(std::vector{request}).at(0);
  }
  auto error(const std::string& request) -> std::string {
    return ask(request).at("error").as_string().c_str();
  }
  static auto write_of(int value) -> std::string {
    return R"({"command":"write","meter":"main","setting":"ratio","value":")" +
           std::to_string(value) + "\"}";
  }
  auto events() -> std::vector<reading::Event> {
    std::vector<reading::Event> all;
    while (auto chunk = pending.begin_commit()) {
      all.insert(all.end(), chunk->entries->events.begin(), chunk->entries->events.end());
      pending.committed();
    }
    return all;
  }

  boost::asio::io_context loop;
  Configuration configuration;
  TrustedClock clock{io::ClockTrust::system};
  buffer::Pending pending{1U << 20U};
  Collector collector{pending, [] {}};
  ScriptedLine* line = nullptr;
  std::vector<std::unique_ptr<BusPoller>> buses;
  LocalCommands commands{loop.get_executor(), configuration, clock, buses, collector, [] {
                           return std::string{"the report"};
                         }};
  bool polling = false;
};

TEST_F(LocalCommandsTest, TellTheStatus) {
  EXPECT_TRUE(ask(R"({"command":"status"})").contains("report"));
}

TEST_F(LocalCommandsTest, RefuseWhatTheyDoNotKnow) {
  EXPECT_EQ(error(R"({"command":"stop"})"),
            R"(unknown command "stop"; known: "status", "read", "look", "write", "node")");
  EXPECT_THAT(error(R"({"command":7})"), HasSubstr("unknown command 7"));
  EXPECT_THAT(error("{}"), HasSubstr("unknown command null"));
  EXPECT_THAT(error("status"), HasSubstr("a request is one JSON object"));
  EXPECT_THAT(error(R"({"command":"read","meter":"nobody"})"), HasSubstr("reload the gateway"));
  EXPECT_THAT(error(R"({"command":"look","meter":"main","setting":"a"})"),
              HasSubstr("does not say that \"a\" may be written"));
}

TEST_F(LocalCommandsTest, ReadAMeterOutOfTurn) {
  poll();
  line->answers("03 02 0007");
  const auto answer = ask(R"({"command":"read","meter":"main"})");
  EXPECT_TRUE(answer.at("read").as_bool());
  const auto& row = answer.at("rows").as_array().at(0).as_array();
  EXPECT_EQ(row.at(0), "a");
  EXPECT_EQ(row.at(1), "7");
  EXPECT_EQ(collector.readings_taken(), 1U) << "it is no sample of the schedule";
}

TEST_F(LocalCommandsTest, ReadTheIndexAndTheCountOfAMeterWhosePulsesAnotherOneCounts) {
  auto& water = configuration.pulse_meters.emplace_back();
  water.id = "water";
  water.quantity = reading::find_quantity("volume");
  water.periods = {{.from = reading::stamp_at(0),
                    .rule = {.index = {50, -1}, .count = 5, .value = {1, 1, -2}, .resolution = -2},
                    .unit = "m3",
                    .text = ""}};
  poll();
  line->answers("03 02 0007");
  const auto answer = ask(R"({"command":"read","meter":"water"})");
  EXPECT_TRUE(answer.at("read").as_bool());
  const auto& rows = answer.at("rows").as_array();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.at(0).as_array().at(0), "volume");
  EXPECT_EQ(rows.at(0).as_array().at(1), "5.02");
  EXPECT_EQ(rows.at(0).as_array().at(2), "m3");
  EXPECT_EQ(rows.at(0).as_array().at(3), "ok, derived");
  EXPECT_EQ(rows.at(1).as_array().at(1), "7");
  EXPECT_THAT(error(R"({"command":"look","meter":"water","setting":"ratio"})"),
              HasSubstr("its pulses are counted by \"main\""));
}

TEST_F(LocalCommandsTest, ReadAroundWhatTheMeterIsKnownToRefuse) {
  make_bus({.boundaries = {}, .lacking = {{wire::Table::holding_register, 20, 1}}});
  line->answers("83 02");  // after the start it is asked once more for what it lacked
  poll();
  line->answers("03 02 0007");
  const auto answer = ask(R"({"command":"read","meter":"main","points":["a","ratio"]})");
  EXPECT_TRUE(answer.at("read").as_bool());
  const auto& rows = answer.at("rows").as_array();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.at(0).as_array().at(1), "7");
  EXPECT_EQ(rows.at(1).as_array().at(0), "ratio");
  EXPECT_EQ(rows.at(1).as_array().at(3), "exception 2");
}

TEST_F(LocalCommandsTest, WriteAndRecord) {
  poll();
  line->answers("03 02 0001");
  line->answers("06 0014 0005");
  line->answers("03 02 0005");
  const auto answer = ask(write_of(5));
  EXPECT_TRUE(answer.at("success").as_bool());
  EXPECT_EQ(answer.at("summary"), "ratio (holding register 40021): 1 -> 5, confirmed");
  const auto told = events();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, reading::EventKind::register_written);
  EXPECT_EQ(told[0].meter, reading::MeterNumber{1});
  EXPECT_EQ(told[0].number, 1);
  EXPECT_EQ(told[0].text, "ratio (holding register 40021): 1 -> 5, confirmed");
}

TEST_F(LocalCommandsTest, RecordARefusalAsOne) {
  poll();
  line->answers("03 02 0001");
  line->answers("86 04");
  EXPECT_FALSE(ask(write_of(5)).at("success").as_bool());
  const auto told = events();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].number, 0);
}

TEST_F(LocalCommandsTest, RecordNothingWhereNothingWasWritten) {
  poll();
  line->answers("83 02");
  EXPECT_EQ(ask(write_of(5)).at("end"), "not written");
  EXPECT_TRUE(events().empty());
}

TEST_F(LocalCommandsTest, AreAnsweredThoughSeveralAskAtOnce) {
  poll();
  for (const auto* word : {"0001", "0002", "0003"}) {
    line->answers(std::string{"03 02 "} + word);
  }
  const std::string look = R"({"command":"look","meter":"main","setting":"ratio"})";
  const auto answers = ask({look, look, look});
  EXPECT_EQ(answers.at(0).at("value"), "1");
  EXPECT_EQ(answers.at(1).at("value"), "2");
  EXPECT_EQ(answers.at(2).at("value"), "3");
}

TEST_F(LocalCommandsTest, CarryOutOrdersToANodeAndRecordWhatWasWritten) {
  auto model = *configuration.meters.front().model;
  model.id = "bornier-node";
  configuration.meters.front().model = std::make_shared<const model::Model>(std::move(model));
  make_bus({});
  poll();
  line->answers("10 0174 0004");
  line->answers("04 02 424E");
  const auto answer = ask(R"({"command":"node","meter":"main","writes":[{"table":"holding",)"
                          R"("first":372,"words":[0,10,65533,3]}],)"
                          R"("reads":[{"table":"input","first":0,"count":1}]})");
  EXPECT_EQ(answer.at("end").as_string(), "done");
  EXPECT_EQ(answer.at("words").at(0).at(0).as_int64(), 0x424E);
  const auto all = events();
  EXPECT_TRUE(std::ranges::any_of(all, [](const reading::Event& event) {
    return event.kind == reading::EventKind::register_written &&
           event.text == "holding register 372: 0 10 65533 3";
  }));
}

TEST_F(LocalCommandsTest, OrderOnlyNodesAboutAsNodes) {
  EXPECT_THAT(error(R"({"command":"node","meter":"main","reads":[]})"),
              HasSubstr("and no bornier-node"));
  EXPECT_THAT(error(R"({"command":"node","meter":"nobody"})"), HasSubstr("no meter \"nobody\""));
  EXPECT_THAT(error(R"({"command":"node","meter":"main","reads":1})"), HasSubstr("takes a list"));
}

}  // namespace
}  // namespace bornier::app
