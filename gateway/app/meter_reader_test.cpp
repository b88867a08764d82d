// SPDX-License-Identifier: Apache-2.0
#include "app/meter_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "app/testing.hpp"
#include "io/testing.hpp"

namespace bornier::app {
namespace {

using io::testing::run_until_done;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// A meter behind a scripted line; time passes only while nothing comes.
class MeterReaderTest : public testing::Test {
 protected:
  explicit MeterReaderTest(model::Timing timing = {}) : meter{two_point_meter(timing)} {
    connect();
  }
  void connect() { EXPECT_TRUE(run_until_done(loop, reader.connect())); }

  auto read(bool once = false) -> modbus::Outcome {
    gathered.clear();
    const Arrived arrived = [this](const Gathered& one) { gathered.push_back(one); };
    return run_until_done(loop, reader.read(meter, requests, once, arrived));
  }

  boost::asio::io_context loop;
  ManualClock clock;
  MeterSettings meter;
  std::vector<Request> requests{
      {.table = wire::Table::holding_register, .first = 0, .count = 1, .points = {0}}};
  ScriptedLine* line = new ScriptedLine{clock, &clock};  // owned by the reader
  MeterReader reader{loop.get_executor(), BusSettings{}, std::unique_ptr<io::Line>{line}, clock};
  std::vector<Gathered> gathered;
};

TEST_F(MeterReaderTest, GathersWhatTheMeterAnswers) {
  line->answers("03 02 002A");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_EQ(gathered.size(), 1U);
  EXPECT_THAT(gathered[0].words, ElementsAre(42));
  EXPECT_EQ(gathered[0].at.instant, line->asked().front());
}

TEST_F(MeterReaderTest, RepeatsARequestThatGotNoAnswer) {
  line->is_silent();
  line->answers("03 02 002A");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_EQ(gathered.size(), 1U);
  EXPECT_EQ(gathered[0].at.instant, line->asked().front() + 1s) << "the time of the answer";
  EXPECT_EQ(reader.figures().requests, 2U);
  EXPECT_EQ(reader.figures().timeouts, 1U);
}

TEST_F(MeterReaderTest, GivesUpAfterTwoRequestsWithoutAnAnswer) {
  for (const std::uint16_t first : std::initializer_list<std::uint16_t>{100, 200}) {
    requests.push_back(
        {.table = wire::Table::holding_register, .first = first, .count = 1, .points = {1}});
  }
  EXPECT_EQ(read(), modbus::Outcome::silent);
  EXPECT_EQ(line->asked().size(), 3U) << "two attempts, one at the second request, then no more";
  EXPECT_THAT(gathered, IsEmpty());
}

// The UH50 never sends exceptions: registers that it does not have are silence (promise 8).
TEST_F(MeterReaderTest, Promise8_TellsSilenceOnSomeRequestsFromASilentMeter) {
  requests.push_back(
      {.table = wire::Table::holding_register, .first = 100, .count = 1, .points = {1}});
  for (int poll = 1; poll <= 3; ++poll) {
    line->is_silent();
    line->answers("03 02 002A");
    clock.move_by(1s);
    EXPECT_EQ(read(true), modbus::Outcome::answered);
    const std::size_t told = poll < 3 ? 1 : 2;
    ASSERT_EQ(gathered.size(), told) << "silence is told after three times";
  }
  EXPECT_TRUE(gathered[0].is_silent());
  EXPECT_EQ(gathered[0].request, &requests[0]);
  EXPECT_FALSE(gathered[1].is_silent());

  const auto before = line->asked().size();
  for (int poll = 0; poll < 12; ++poll) {
    line->answers("03 02 002A");
    EXPECT_EQ(read(true), modbus::Outcome::answered);
  }
  EXPECT_EQ(line->asked().size(), before + 12) << "and asked rarely from then on";
  line->answers("03 02 0001");
  line->answers("03 02 0002");
  EXPECT_EQ(read(true), modbus::Outcome::answered);
  EXPECT_EQ(gathered.size(), 2U) << "but asked, and taken when it comes";
}

TEST_F(MeterReaderTest, RepeatsNothingWhenToldToAskOnce) {
  EXPECT_EQ(read(true), modbus::Outcome::silent);
  EXPECT_EQ(line->asked().size(), 1U);
}

TEST_F(MeterReaderTest, KeepsTheCodeOfARefusalAndGoesOn) {
  requests.push_back(
      {.table = wire::Table::holding_register, .first = 100, .count = 1, .points = {1}});
  line->answers("83 02");
  line->answers("03 02 002A");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_EQ(gathered.size(), 2U);
  EXPECT_THAT(gathered[0].words, IsEmpty());
  EXPECT_EQ(gathered[0].exception_code, 2);
  EXPECT_THAT(gathered[1].words, ElementsAre(42));
  EXPECT_EQ(reader.figures().exceptions, 1U);
}

TEST_F(MeterReaderTest, FailsWhenEveryRequestIsRefused) {
  line->answers("83 04");
  EXPECT_EQ(read(), modbus::Outcome::failed);
}

TEST_F(MeterReaderTest, HearsSilenceWhenAGatewayAnswersForTheMeter) {
  for (const auto* answer : {"83 0A", "83 0B"}) {
    line->answers(answer);
    EXPECT_EQ(read(true), modbus::Outcome::silent) << answer;
  }
  EXPECT_EQ(reader.figures().exceptions, 0U);
  EXPECT_EQ(reader.figures().timeouts, 2U);
}

TEST_F(MeterReaderTest, OpensAConnectionThatWasClosedWhileIdleOnceMore) {
  line->is_lost();
  line->answers("03 02 002A");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(line->connections(), 2);

  line->is_lost();
  line->is_lost();
  EXPECT_EQ(read(), modbus::Outcome::bus_down);
  EXPECT_EQ(line->connections(), 3);
  EXPECT_FALSE(line->is_open());
}

TEST_F(MeterReaderTest, PutsTheBitsOfCoilsIntoWords) {
  requests[0] = {.table = wire::Table::coil, .first = 0, .count = 3, .points = {0}};
  line->answers("01 01 05");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(gathered.at(0).words, ElementsAre(1, 0, 1));
}

class SleepyMeterTest : public MeterReaderTest {
 protected:
  SleepyMeterTest() : MeterReaderTest{model::Timing{.sleeps_after = 10s}} {}
};

TEST_F(SleepyMeterTest, IsAskedOnceMoreAfterALongSilence) {
  line->is_silent();
  line->answers("03 02 002A");
  EXPECT_EQ(read(true), modbus::Outcome::answered) << "never heard: the first request wakes it";

  clock.move_by(10s);
  EXPECT_EQ(read(true), modbus::Outcome::silent) << "still awake: one request";
  EXPECT_EQ(line->asked().size(), 3U);

  EXPECT_EQ(read(true), modbus::Outcome::silent) << "asleep since: two requests";
  EXPECT_EQ(line->asked().size(), 5U);
}

TEST(MeterReader, KeepsThePauseBetweenRequests) {
  const io::SystemClock clock;
  boost::asio::io_context loop;
  auto line = std::make_unique<ScriptedLine>(clock);
  line->answers("03 02 0001");
  line->answers("03 02 0002");
  const auto& script = *line;
  MeterReader reader{loop.get_executor(), BusSettings{}, std::move(line), clock};
  ASSERT_TRUE(run_until_done(loop, reader.connect()));
  const auto meter = two_point_meter(model::Timing{.pause = 20ms});
  const Request request{
      .table = wire::Table::holding_register, .first = 0, .count = 1, .points = {0}};
  std::vector<Gathered> gathered;
  const Arrived arrived = [&gathered](const Gathered& one) { gathered.push_back(one); };
  const std::vector<Request> both{request, request};
  EXPECT_EQ(run_until_done(loop, reader.read(meter, both, false, arrived)),
            modbus::Outcome::answered);
  ASSERT_EQ(gathered.size(), 2U);
  EXPECT_GE(script.asked().at(1), gathered[0].at.instant + 20ms);
}

}  // namespace
}  // namespace bornier::app
