// SPDX-License-Identifier: Apache-2.0
#include "app/meter_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <optional>
#include <random>

#include "app/meter_reader_fixture.hpp"
#include "io/testing.hpp"
#include "wire/rtu_frame.hpp"

namespace bornier::app {
namespace {

using io::testing::run_until_done;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

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
    EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::answered);
    const std::size_t told = poll < 3 ? 1 : 2;
    ASSERT_EQ(gathered.size(), told) << "silence is told after three times";
  }
  EXPECT_FALSE(gathered[0].is_silent());
  EXPECT_TRUE(gathered[1].is_silent());
  EXPECT_EQ(gathered[1].request, &requests[0]);

  const auto before = line->asked().size();
  for (int poll = 0; poll < 12; ++poll) {
    line->answers("03 02 002A");
    EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::answered);
  }
  EXPECT_EQ(line->asked().size(), before + 12) << "and asked rarely from then on";
  line->answers("03 02 0001");
  line->answers("03 02 0002");
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::answered);
  EXPECT_EQ(gathered.size(), 2U) << "but asked, and taken when it comes";
}

TEST_F(MeterReaderTest, RepeatsNothingWhenToldToAskOnce) {
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent);
  EXPECT_EQ(line->asked().size(), 1U);
}

// Promise 8: after an outage nothing is missing without a reason.
TEST_F(MeterReaderTest, Promise8_AsksEverythingAgainAfterAnOutage) {
  requests.push_back(
      {.table = wire::Table::holding_register, .first = 100, .count = 1, .points = {1}});
  for (int poll = 0; poll < 5; ++poll) {
    EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent);
  }
  for (int poll = 0; poll < 2; ++poll) {
    line->answers("03 02 002A");
    line->answers("03 02 002B");
    EXPECT_EQ(read(), modbus::Outcome::answered);
    EXPECT_EQ(gathered.size(), 2U);
  }
}

TEST_F(MeterReaderTest, ProbesWithOneRequestAndTheNextTimeWithTheNext) {
  requests.push_back(
      {.table = wire::Table::holding_register, .first = 100, .count = 1, .points = {1}});
  EXPECT_EQ(read(MeterReader::Effort::probe), modbus::Outcome::silent);
  EXPECT_EQ(line->asked().size(), 1U);
  line->answers("03 02 002A");
  line->answers("03 02 002B");
  EXPECT_EQ(read(MeterReader::Effort::probe), modbus::Outcome::answered);
  ASSERT_EQ(gathered.size(), 2U) << "a meter that is back is read whole";
  EXPECT_EQ(gathered[0].request, &requests[1]);
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
    EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent) << answer;
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
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::answered)
      << "never heard: the first request wakes it";

  clock.move_by(10s);
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent) << "still awake: one request";
  EXPECT_EQ(line->asked().size(), 3U);

  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent)
      << "asleep since: two requests";
  EXPECT_EQ(line->asked().size(), 5U);
}

/// A serial line at whose end meters answer every request, each after the next of its latencies,
/// the last one for ever: register n holds n. Time passes only while nothing comes.
class LateMetersLine final : public io::Line {
 public:
  explicit LateMetersLine(ManualClock& clock) : clock_{clock} {}

  std::map<wire::UnitId, std::deque<std::chrono::milliseconds>> latencies;  ///< absent: dead
  std::optional<std::uint16_t> lacking;  ///< a register that no meter has: silence
  std::vector<std::pair<wire::UnitId, std::uint16_t>> asked;  ///< first register

  auto connect(reading::Instant /*until*/) -> io::asio::awaitable<wire::Result<void>> override {
    co_return wire::Result<void>{};
  }
  auto write(std::span<const std::byte> bytes) -> io::asio::awaitable<wire::Result<void>> override {
    const auto frame = wire::decode_rtu(bytes);
    const auto request = wire::decode_request(frame.value().pdu);
    const auto& read = std::get<wire::Read>(request.value());
    asked.emplace_back(frame->unit, read.first.value());
    const auto meter = latencies.find(frame->unit);
    if (meter != latencies.end() && lacking != read.first.value()) {
      auto answer = wire::bytes("03");
      answer.push_back(std::byte(2 * read.quantity));
      for (unsigned word = 0; word < read.quantity; ++word) {
        const unsigned value = read.first.value() + word;
        answer.push_back(std::byte(value >> 8U));
        answer.push_back(std::byte(value & 0xFFU));
      }
      const auto adu = wire::encode_rtu(frame->unit, answer);
      arriving_.emplace(clock_.now().instant + meter->second.front(),
                        wire::copy(adu.value().bytes()));
      if (meter->second.size() > 1) {
        meter->second.pop_front();
      }
    }
    co_return wire::Result<void>{};
  }
  auto read_some(reading::Instant until)
      -> io::asio::awaitable<wire::Result<std::span<const std::byte>>> override {
    given_.clear();
    if (arriving_.empty() || arriving_.begin()->first > until) {
      clock_.move_to(until);
    } else {
      clock_.move_to(std::max(arriving_.begin()->first, clock_.now().instant));
      given_ = arriving_.begin()->second;
      arriving_.erase(arriving_.begin());
    }
    co_return std::span<const std::byte>{given_};
  }
  void drain() override {
    arriving_.erase(arriving_.begin(), arriving_.upper_bound(clock_.now().instant));
  }
  void close() override {}
  [[nodiscard]] auto is_open() const -> bool override { return true; }
  [[nodiscard]] auto name() const -> std::string override { return "late meters"; }

 private:
  ManualClock& clock_;
  std::multimap<reading::Instant, std::vector<std::byte>> arriving_;
  std::vector<std::byte> given_;
};

/// Four requests of the same length; an answer is waited for one second, and its bytes.
class LateAnswerTest : public testing::Test {
 protected:
  explicit LateAnswerTest(MeterReader::Neighbours neighbours = MeterReader::Neighbours::waiting)
      : reader{loop.get_executor(), serial_line(), std::unique_ptr<io::Line>{line}, clock,
               neighbours} {}
  auto read(MeterReader::Effort effort = MeterReader::Effort::full) -> modbus::Outcome {
    const Arrived arrived = [this](const Gathered& one) {
      if (!one.is_silent()) {
        EXPECT_THAT(one.words, ElementsAre(one.request->first)) << "another register's value";
        ++arrivals;
      }
    };
    return run_until_done(loop, reader.read(meter, requests, effort, arrived));
  }
  static auto serial_line() -> BusSettings {
    BusSettings bus;
    bus.transport = Transport::rtu;
    bus.serial.baud = 230'400;
    return bus;
  }

  boost::asio::io_context loop;
  ManualClock clock;
  MeterSettings meter = two_point_meter({});
  std::vector<Request> requests = [] {
    std::vector<Request> all;
    for (const int first : std::initializer_list<int>{0, 200, 400, 600}) {
      all.push_back({.table = wire::Table::holding_register,
                     .first = static_cast<std::uint16_t>(first),
                     .count = 1,
                     .points = {0}});
    }
    return all;
  }();
  LateMetersLine* line = new LateMetersLine{clock};  // owned by the reader
  MeterReader reader;
  int arrivals = 0;
};

TEST_F(LateAnswerTest, IsNotTakenForAnotherRequestsAfterAStall) {
  line->latencies[meter.unit_id] = {2'300ms, 50ms};
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(arrivals, 4);
}

TEST_F(LateAnswerTest, IsNotTakenForAnotherRequestsWhereEveryAnswerIsLate) {
  for (const auto latency : {1'100ms, 1'900ms, 2'100ms, 2'500ms, 2'800ms, 2'950ms}) {
    line->latencies[meter.unit_id] = {latency};
    arrivals = 0;
    for (int poll = 0; poll < 6; ++poll) {
      static_cast<void>(
          read(poll % 2 == 1 ? MeterReader::Effort::once : MeterReader::Effort::full));
      clock.move_by(std::chrono::milliseconds{poll * 500});
    }
    clock.move_by(10s);
    EXPECT_GE(arrivals, latency > 2s ? 3 : 0) << latency.count();
  }
}

TEST_F(LateAnswerTest, IsNotTakenForAnotherRequestsWhateverTheMeterTakes) {
  std::minstd_rand random{1};
  auto& latencies = line->latencies[meter.unit_id];
  for (int answer = 0; answer < 2'000; ++answer) {
    latencies.push_back(std::chrono::milliseconds{random() % (answer % 3 == 0 ? 2'900 : 300)});
  }
  for (int poll = 0; poll < 300; ++poll) {
    static_cast<void>(read(poll % 7 == 0 ? MeterReader::Effort::once : MeterReader::Effort::full));
    clock.move_by(std::chrono::milliseconds{random() % 3'000});
  }
  EXPECT_GE(arrivals, 700);
}

TEST_F(LateAnswerTest, IsNotWaitedForByNeighboursButTheNextPollBeginsElsewhere) {
  line->latencies[meter.unit_id] = {10ms};
  line->lacking = 0;
  EXPECT_EQ(read(), modbus::Outcome::silent);
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::answered);
  EXPECT_EQ(arrivals, 3);
}

/// As `bornier read` is.
class LateAnswerAloneTest : public LateAnswerTest {
 protected:
  LateAnswerAloneTest() : LateAnswerTest{MeterReader::Neighbours::none} {}
};

TEST_F(LateAnswerAloneTest, IsWaitedForBeforeTheMeterIsTakenForDead) {
  line->latencies[meter.unit_id] = {10ms};
  line->lacking = 0;
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(arrivals, 3);
}

TEST_F(LateAnswerTest, IsNotMadeUpForABroadcast) {
  meter.unit_id = wire::UnitId{0};
  EXPECT_EQ(read(), modbus::Outcome::silent);
  EXPECT_EQ(arrivals, 0);
  requests = {{.table = wire::Table::coil, .first = 0, .count = 3, .points = {0}}};
  EXPECT_EQ(read(), modbus::Outcome::silent);
  EXPECT_EQ(arrivals, 0);
}

TEST_F(LateAnswerTest, DoesNotKeepOtherUnitsWaiting) {
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent);
  const auto given_up = clock.now().instant;
  meter.unit_id = wire::UnitId{8};
  line->latencies[meter.unit_id] = {10ms};
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(clock.now().instant, given_up + 40ms);
}

TEST_F(LateAnswerTest, IsNotWaitedForWhereNothingIsHeard) {
  const auto begun = clock.now().instant;
  const wire::UnitId dead = meter.unit_id;
  for (int poll = 0; poll < 5; ++poll) {
    EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent);
    clock.move_by(10s);
  }
  EXPECT_LE(clock.now().instant - begun, 50s + 5 * 1'010ms) << "one timeout a probe";
  EXPECT_THAT(line->asked,
              ElementsAre(std::pair{dead, 0}, std::pair{dead, 200}, std::pair{dead, 400},
                          std::pair{dead, 600}, std::pair{dead, 0}))
      << "a request that is never answered must not hide the others";
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
  EXPECT_EQ(run_until_done(loop, reader.read(meter, both, MeterReader::Effort::full, arrived)),
            modbus::Outcome::answered);
  ASSERT_EQ(gathered.size(), 2U);
  EXPECT_GE(script.asked().at(1), gathered[0].at.instant + 20ms);
}

}  // namespace
}  // namespace bornier::app
