// SPDX-License-Identifier: Apache-2.0
#include "app/polling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <utility>

#include "app/testing.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using reading::MeterNumber;
using reading::PointNumber;
using testing::ElementsAre;
using testing::SizeIs;
using namespace std::chrono_literals;

/// Buses "cellar" with meter "main" and "roof" with "solar": point "a", once a day and at the
/// start. Every line answers 42, and they are told apart by the order in which they were made.
class PollingTest : public testing::Test {
 protected:
  PollingTest() {
    for (const auto* name : {"cellar", "roof"}) {
      auto& bus = wanted.buses.emplace_back();
      bus.name = name;
      bus.host = name;
    }
    add_meter("main", 0);
    add_meter("solar", 1);
  }
  ~PollingTest() override {
    polling.stop();
    run_until([this] { return polling.has_ended(); });
    EXPECT_TRUE(polling.has_ended());
  }

  void add_meter(const std::string& id, std::size_t bus) {
    auto meter = two_point_meter({});
    meter.id = id;
    meter.bus = bus;
    wanted.meters.push_back(std::move(meter));
  }
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition() && loop.run_one_until(limit) > 0) {
    }
  }
  auto make_line() -> std::unique_ptr<io::Line> {
    auto line = std::make_unique<ScriptedLine>(clock.clock());
    lines.push_back(line.get());
    for (const auto answer : std::exchange(first_answers, {})) {
      line->answers(answer);
    }
    for (int answer = 0; answer < 300; ++answer) {
      line->answers("03 02 002A");
    }
    return line;
  }
  /// From what runs to `wanted`, as the daemon does it; the meters have the numbers from `first`
  /// on.
  void change(std::uint32_t first = 1) {
    const auto plan = plan_reload(running, wanted);
    Polling::Numbers numbers;
    for (std::uint32_t meter = 0; meter < wanted.meters.size(); ++meter) {
      numbers.push_back(
          {.meter = MeterNumber{first + meter}, .points = {PointNumber{first + meter}}});
    }
    bool ended = false;
    const auto end = [&]() -> boost::asio::awaitable<void> {
      co_await polling.end(plan.ended);
      ended = true;
    };
    io::spawn(loop.get_executor(), end(), "end");
    run_until([&] { return ended; });
    polling.change(plan, wanted, numbers, std::exchange(known_refusals, {}),
                   std::exchange(memos, {}));
    running = wanted;
    polling.start();
  }
  void run_until_taken(std::uint64_t readings) {
    run_until([&] { return collector.readings_taken() >= readings; });
    loop.poll();
    EXPECT_EQ(collector.readings_taken(), readings);
  }
  /// What was told of counters that fell.
  auto falls() -> std::vector<std::string> {
    std::vector<std::string> texts;
    while (const auto chunk = pending.begin_commit()) {
      for (const auto& event : chunk->entries->events) {
        if (event.kind == reading::EventKind::meter_restarted) {
          texts.push_back(event.text);
        }
      }
      pending.committed();
    }
    return texts;
  }
  auto states_since_last_time() -> std::vector<reading::StateChange> {
    std::vector<reading::StateChange> states;
    while (const auto chunk = pending.begin_commit()) {
      states.insert(states.end(), chunk->entries->states.begin(), chunk->entries->states.end());
      pending.committed();
    }
    return states;
  }

  boost::asio::io_context loop;
  TrustedClock clock{io::ClockTrust::system};
  buffer::Pending pending{1U << 20U};
  Collector collector{pending, [] {}};
  std::vector<std::string_view> first_answers;  ///< of the next line
  std::vector<ScriptedLine*> lines;             ///< those of buses that have gone may be gone
  Polling polling{loop.get_executor(), clock, collector,
                  [this](const BusSettings&) { return make_line(); }};
  RefusalsByMeter known_refusals;   ///< of an earlier run
  std::vector<buffer::Memo> memos;  ///< likewise
  Configuration running;
  Configuration wanted;
};

TEST_F(PollingTest, DoesNotDisturbABusThatDidNotChange) {
  change();
  run_until_taken(2);
  const auto* cellar = polling.buses()[0].get();
  wanted.buses[1].host = "elsewhere";
  wanted.meters[1].unit_id = wire::UnitId{9};
  change();
  run_until_taken(3);
  EXPECT_EQ(polling.buses()[0].get(), cellar);
  EXPECT_FALSE(cellar->has_ended());
  EXPECT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0]->asked(), SizeIs(1));
  EXPECT_EQ(lines[0]->connections(), 1);
}

TEST_F(PollingTest, ReadsANewMeterOnTheOldConnectionAndItsNeighbourAtItsMarksOnly) {
  change();
  run_until_taken(2);
  add_meter("heat", 0);
  wanted.meters[2].unit_id = wire::UnitId{9};
  change();
  run_until_taken(3);
  EXPECT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0]->units(), ElementsAre(7, 9));
  EXPECT_EQ(lines[0]->connections(), 1);
  EXPECT_EQ(polling.buses()[0]->reader().figures().requests, 2U) << "counted since the start";
  EXPECT_THAT(lines[1]->asked(), SizeIs(1));
}

TEST_F(PollingTest, ForgetsARemovedMeterAndEndsItsBus) {
  change();
  run_until_taken(2);
  wanted.meters.pop_back();
  wanted.buses.pop_back();
  change();
  EXPECT_THAT(polling.buses(), SizeIs(1));
  EXPECT_THAT(collector.meters(), SizeIs(1));
  EXPECT_FALSE(polling.buses()[0]->has_ended());
}

TEST_F(PollingTest, GoesOnUnderNewNumbersOfTheCatalogWithoutDisturbingTheBus) {
  change();
  run_until_taken(2);
  EXPECT_THAT(states_since_last_time(), SizeIs(4)) << "two meters, two points";
  change(11);
  EXPECT_EQ(collector.meter(0).number, MeterNumber{11});
  EXPECT_EQ(collector.meter(0).views.at(0).number, PointNumber{11});
  EXPECT_TRUE(collector.meter(0).views.at(0).time) << "it is the same point";
  collector.meter_is(0, reading::Acquisition::ok, clock.moment());
  const auto states = states_since_last_time();
  ASSERT_THAT(states, SizeIs(1)) << "nobody knows the state of meter 11 yet";
  EXPECT_EQ(states[0].meter, MeterNumber{11});
  EXPECT_THAT(lines[0]->asked(), SizeIs(1));
}

TEST_F(PollingTest, KeepsWhatAMeterShowedWhileItsPeriodChanges) {
  change();
  run_until_taken(2);
  wanted.meters[0].polls[0].every = std::chrono::days{2};
  change();
  EXPECT_TRUE(collector.meter(0).views.at(0).time);
  run_until_taken(3);
  EXPECT_THAT(collector.meters(), SizeIs(2));
}

TEST_F(PollingTest, RemembersWhatAMeterRefusesAndWhoItIs) {
  const modbus::Refusals refusals{
      .boundaries = {{.table = wire::Table::holding_register, .first = 30, .count = 4}},
      .lacking = {}};
  known_refusals["main"] = refusals;
  wanted.meters[0] = meter_with_serial("AB12");
  first_answers = {"03 02 002A", "03 04 4344 3334"};
  change();
  run_until([this] { return !collector.meter(0).serial.empty(); });
  wanted.meters[0].polls[0].every = std::chrono::days{2};
  change();
  run_until_taken(3);
  EXPECT_EQ(polling.buses()[0]->refusals(0), refusals);
  EXPECT_EQ(collector.meter(0).serial, "CD34");
  EXPECT_TRUE(collector.meter(0).exchanged);
  EXPECT_THAT(lines[0]->addresses(), ElementsAre(0, 50, 0)) << "it is not asked again who it is";
}

/// Like meter_with_serial, but "a" counts pulses.
auto pulse_counter(std::string serial) -> MeterSettings {
  auto meter = meter_with_serial(std::move(serial));
  meter.model = std::make_shared<const model::Model>(model::model_with_points(
      "a = { quantity = \"pulse_count\", address = 0, type = \"uint16\" }\n"
      "b = { quantity = \"serial_number\", address = 50, type = \"string:2\" }\n"));
  meter.settings = model::Settings{*meter.model};
  return meter;
}

TEST_F(PollingTest, TellsACountThatFellWhileTheGatewayWasAway) {
  wanted.meters[0] = pulse_counter("AB12");
  CounterWatch earlier{wanted.meters[0]};
  std::vector<model::Decoded> counted{
      {.point = 0, .value = reading::Decimal{48'123, 0}, .quality = {}}};
  earlier.look_at(counted);
  memos = earlier.take_memos();
  first_answers = {"03 02 002A", "03 04 4142 3132"};
  change();
  run_until([this] { return !collector.meter(0).serial.empty(); });
  run_until_taken(2);
  EXPECT_THAT(falls(), ElementsAre("a fell from 48123 to 42"));
}

TEST_F(PollingTest, KnowsWhatADeviceCountedThoughItIsReadOtherwise) {
  wanted.meters[0] = pulse_counter("AB12");
  first_answers = {"03 02 0064", "03 04 4142 3132"};
  change();
  run_until([this] { return !collector.meter(0).serial.empty(); });
  wanted.meters[0].polls[0].every = std::chrono::days{2};
  change();
  run_until_taken(3);
  EXPECT_THAT(falls(), ElementsAre("a fell from 100 to 42"));
}

TEST_F(PollingTest, TakesAnotherDeviceForNoFall) {
  wanted.meters[0] = pulse_counter("AB12");
  first_answers = {"03 02 0064", "03 04 4142 3132", "03 02 002A", "03 04 4344 3334"};
  change();
  run_until([this] { return !collector.meter(0).serial.empty(); });
  wanted.meters[0].serial = "CD34";
  change();
  run_until_taken(3);
  EXPECT_THAT(falls(), testing::IsEmpty());
}

TEST_F(PollingTest, ForgetsWhatADeviceCountedOnceAnotherOneAnswers) {
  wanted.meters[0] = pulse_counter("AB12");
  first_answers = {"03 02 0064", "03 04 4344 3334"};
  change();
  run_until([this] { return collector.meter(0).exchanged; });
  wanted.meters[0].polls[0].every = std::chrono::days{2};
  change();
  run_until_taken(3);
  EXPECT_THAT(falls(), testing::IsEmpty());
}

TEST_F(PollingTest, TakesOverTheConnectionOfABusThatGotAnotherName) {
  change();
  run_until_taken(2);
  wanted.buses[1].name = "attic";
  change();
  run_until_taken(3);
  EXPECT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[1]->connections(), 1);
}

TEST_F(PollingTest, Promise7_HoldsNoMoreAfterManyChanges) {
  change();
  for (int round = 0; round < 100; ++round) {
    wanted.meters[0].serial = std::to_string(round);
    change(10 + 2 * static_cast<std::uint32_t>(round));
  }
  EXPECT_THAT(polling.buses(), SizeIs(2));
  EXPECT_THAT(collector.meters(), SizeIs(2));
}

}  // namespace
}  // namespace bornier::app
