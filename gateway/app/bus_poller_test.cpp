// SPDX-License-Identifier: Apache-2.0
#include "app/bus_poller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "app/testing.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using reading::Decimal;
using namespace std::chrono_literals;

/// One meter, polled at the start and then not for a day; the real clock, a scripted line.
class BusPollerTest : public testing::Test {
 protected:
  explicit BusPollerTest(model::Timing timing = {}) : BusPollerTest{two_point_meter(timing)} {}
  explicit BusPollerTest(MeterSettings of) : meter{std::move(of)} {
    collector.add_meter(reading::MeterNumber{1}, {{0, reading::PointNumber{1}}});
  }
  ~BusPollerTest() override {
    poller.stop();
    run_until([this] { return poller.has_ended(); });
    EXPECT_TRUE(poller.has_ended());
  }

  template <class Condition>
  void run_until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition() && loop.run_one_until(limit) > 0) {
    }
  }
  void poll_until_a_reading_is_taken() {
    io::spawn(loop.get_executor(), poller.poll_until_stopped(), "bus");
    run_until([this] { return collector.readings_taken() > 0; });
  }

  boost::asio::io_context loop;
  TrustedClock clock{io::ClockTrust::system};
  MeterSettings meter;
  buffer::Pending pending{1U << 20U};
  Collector collector{pending, [] {}};
  ScriptedLine* line = new ScriptedLine{clock.clock()};  // owned by the poller
  BusPoller poller{loop.get_executor(),
                   BusSettings{},
                   {{.number = 0, .settings = std::make_shared<const MeterSettings>(meter)}},
                   std::unique_ptr<io::Line>{line},
                   clock,
                   collector};
};

TEST_F(BusPollerTest, CollectsWhatAPollGives) {
  line->answers("03 02 002A");
  poll_until_a_reading_is_taken();
  EXPECT_EQ(std::get<Decimal>(collector.meter(0).views.at(0).value), (Decimal{42, 0}));
  EXPECT_EQ(line->asked().size(), 1U);
}

TEST_F(BusPollerTest, CountsARefusalThatIsRepeatedAsAState) {
  line->answers("83 02");
  line->answers("83 02");
  io::spawn(loop.get_executor(), poller.poll_until_stopped(), "bus");
  run_until([this] { return collector.meter(0).answered.has_value(); });
  const auto& point = collector.meter(0).views.at(0);
  EXPECT_EQ(point.state, reading::Acquisition::exception);
  EXPECT_EQ(point.exception_code, 2);
  EXPECT_EQ(collector.readings_taken(), 0U);
}

TEST_F(BusPollerTest, ReadsWhatAMeterRefusedAMomentBefore) {
  line->answers("83 02");
  line->answers("03 02 002A");
  line->answers("03 02 002B");
  poll_until_a_reading_is_taken();
  EXPECT_EQ(std::get<Decimal>(collector.meter(0).views.at(0).value), (Decimal{43, 0}));
}

TEST_F(BusPollerTest, EndsAfterTheOrderThatIsUnderWayAndRefusesThoseThatWait) {
  line->answers("03 02 002A");
  poll_until_a_reading_is_taken();
  bool begun = false;
  Wakeup go_on{loop.get_executor(), clock.clock()};
  const CommandLane::Work slow = [&](MeterReader&, const Between&) -> boost::asio::awaitable<void> {
    begun = true;
    co_await go_on.wait(clock.clock().now().instant + 1h);
  };
  std::vector<CommandLane::End> ends;
  const auto order = [&]() -> boost::asio::awaitable<void> {
    const auto end = co_await poller.lane().carry_out(slow, clock.clock().now().instant + 1h);
    ends.push_back(end);
  };
  io::spawn(loop.get_executor(), order(), "under way");
  run_until([&] { return begun; });
  io::spawn(loop.get_executor(), order(), "waiting");
  poller.stop(CommandLane::End::changing);
  loop.poll();
  EXPECT_FALSE(poller.has_ended());
  go_on.notify();
  run_until([&] { return ends.size() == 2; });
  EXPECT_THAT(ends,
              testing::UnorderedElementsAre(CommandLane::End::done, CommandLane::End::changing));
  EXPECT_TRUE(poller.has_ended());
}

/// The same meter with a serial number in registers that no poll reads: "AB12" is configured.
class MeterWithSerialTest : public BusPollerTest {
 protected:
  MeterWithSerialTest() : BusPollerTest{meter_with_serial("AB12")} {
    io::spawn(loop.get_executor(), poller.poll_until_stopped(), "bus");
  }
  auto events() -> std::vector<reading::Event> {
    const auto chunk = pending.begin_commit();
    return chunk ? chunk->entries->events : std::vector<reading::Event>{};
  }
};

TEST_F(MeterWithSerialTest, IsAskedForItsNumberAfterTheFirstPoll) {
  line->answers("03 02 0001");
  line->answers("03 04 4142 3132");
  run_until([this] { return !collector.meter(0).serial.empty(); });
  EXPECT_THAT(line->addresses(), testing::ElementsAre(0, 50));
  EXPECT_EQ(collector.meter(0).serial, "AB12");
  EXPECT_FALSE(collector.meter(0).exchanged);
  EXPECT_THAT(events(), testing::IsEmpty());
}

TEST_F(MeterWithSerialTest, ThatIsAnotherDeviceIsAnEvent) {
  line->answers("03 02 0001");
  line->answers("03 04 4344 3334");
  run_until([this] { return !collector.meter(0).serial.empty(); });
  EXPECT_TRUE(collector.meter(0).exchanged);
  const auto told = events();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, reading::EventKind::meter_exchanged);
  EXPECT_EQ(told[0].meter, reading::MeterNumber{1});
  EXPECT_EQ(told[0].text, "AB12 to CD34");
}

TEST_F(MeterWithSerialTest, ThatDoesNotTellItIsReadAllTheSame) {
  line->answers("03 02 0001");
  line->answers("83 02");
  run_until([this] { return line->asked().size() == 2; });
  EXPECT_EQ(collector.readings_taken(), 1U);
  EXPECT_TRUE(collector.meter(0).serial.empty());
}

/// A meter whose log has two entries of four registers from 200 on.
auto logging_meter() -> MeterSettings {
  auto meter = two_point_meter({});
  meter.model = std::make_shared<const model::Model>(model::model_with_points(R"(
a = { quantity = "power_factor", address = 0, type = "uint16" }
next = { quantity = "status", address = 100, type = "uint32" }
boots = { quantity = "status", address = 102, type = "uint32" }
uptime = { quantity = "hour_counter", unit = "s", address = 104, type = "uint32" }
[event_log]
table = "holding"
address = 200
registers = 4
entries = 2
next = "next"
boots = "boots"
uptime = "uptime"
number = { register = 0, type = "uint32" }
boot = { register = 2, type = "uint16", bits = [8, 15] }
source = { register = 2, type = "uint16", bits = [4, 7] }
kind = { register = 2, type = "uint16", bits = [0, 3] }
time = { register = 3, type = "uint16" }
value = { register = 3, type = "uint16" }
kinds = { 3 = "storm on input {source+1}" }
)"));
  meter.settings = model::Settings{*meter.model};
  return meter;
}

class MeterWithLogTest : public BusPollerTest {
 protected:
  MeterWithLogTest() : BusPollerTest{logging_meter()} {}

  void poll_until_asked(std::size_t requests) {
    io::spawn(loop.get_executor(), poller.poll_until_stopped(), "bus");
    run_until([&] { return line->asked().size() == requests; });
    loop.poll();
  }
};

TEST_F(MeterWithLogTest, Promise5_HasItsEventsInTheStreamAtTheTimeThatTheyWere) {
  line->answers("03 02 0001");
  line->answers("03 0C 00000002 00000007 00000046");  // one event so far, boot 7, 70 s ago
  line->answers("03 08 00000001 0723 000A");  // number 1 at place 1, boot 7, 10 s after it began
  poll_until_asked(3);
  const auto chunk = pending.begin_commit();
  ASSERT_TRUE(chunk);
  ASSERT_EQ(chunk->entries->events.size(), 1U);
  const auto& event = chunk->entries->events[0];
  EXPECT_EQ(event.kind, reading::EventKind::meter_event);
  EXPECT_EQ(event.meter, reading::MeterNumber{1});
  EXPECT_EQ(event.number, 1);
  EXPECT_EQ(event.text, "boot 7, 10 s after it began: storm on input 3");
  const auto before_the_poll = chunk->entries->answers.at(0).time - event.time;
  EXPECT_LE(before_the_poll, 60s);
  EXPECT_GT(before_the_poll, 30s);
  ASSERT_EQ(chunk->memos.size(), 1U);
  EXPECT_EQ(chunk->memos[0], (buffer::Memo{"event-log/main", "2 7 "}));
}

TEST_F(MeterWithLogTest, IsPolledAllTheSameWhereItRefusesToShowItsLog) {
  line->answers("03 02 0001");
  line->answers("83 02");
  poll_until_asked(2);
  EXPECT_EQ(collector.readings_taken(), 1U);
}

TEST_F(MeterWithLogTest, RemembersNothingOfALookThatWasNotFinished) {
  line->answers("03 02 0001");
  line->answers("03 0C 00000002 00000007 00000046");
  line->answers("83 02");
  poll_until_asked(3);
  const auto chunk = pending.begin_commit();
  ASSERT_TRUE(chunk);
  EXPECT_TRUE(chunk->entries->events.empty());
  EXPECT_TRUE(chunk->memos.empty());
}

class RefreshedMeterTest : public BusPollerTest {
 protected:
  RefreshedMeterTest() : BusPollerTest{model::Timing{.refresh = 30ms}} {}
};

TEST_F(RefreshedMeterTest, Promise5_IsReadTwiceAndOnlyTheSecondReadIsASample) {
  line->answers("03 02 0001");
  line->answers("03 02 0002");
  poll_until_a_reading_is_taken();
  EXPECT_EQ(collector.readings_taken(), 1U);
  EXPECT_EQ(std::get<Decimal>(collector.meter(0).views.at(0).value), (Decimal{2, 0}));
  ASSERT_EQ(line->asked().size(), 2U);
  EXPECT_GE(line->asked()[1], line->asked()[0] + 30ms);
}

TEST_F(RefreshedMeterTest, LeavesTheMarkOfASampleThatWasNotTakenToThePollerAfterIt) {
  line->answers("03 02 0001");
  line->answers("03 02 0002");
  EXPECT_EQ(poller.first_open_marks(0).at(0), std::nullopt) << "it was not polled yet";
  io::spawn(loop.get_executor(), poller.poll_until_stopped(), "bus");
  run_until([this] { return line->asked().size() == 1; });
  loop.poll();
  const auto today = std::chrono::floor<std::chrono::days>(clock.clock().now().stamp);
  EXPECT_EQ(poller.first_open_marks(0).at(0), reading::Stamp{today});
  run_until([this] { return collector.readings_taken() > 0; });
  EXPECT_EQ(poller.first_open_marks(0).at(0), reading::Stamp{today + std::chrono::days{1}});
}

}  // namespace
}  // namespace bornier::app
