// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <set>

#include "app/meter_reader.hpp"
#include "app/testing.hpp"
#include "io/testing.hpp"

namespace bornier::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// A meter that answers requests for one register with its address, 10 ms after each write, the
/// last request first.
class ServerThatTakesSeveral final : public io::Line {
 public:
  explicit ServerThatTakesSeveral(ManualClock& clock) : clock_{clock} {}

  auto connect(reading::Instant /*until*/) -> io::asio::awaitable<wire::Result<void>> override {
    open_ = true;
    co_return wire::Result<void>{};
  }
  auto write(std::span<const std::byte> bytes) -> io::asio::awaitable<wire::Result<void>> override {
    std::vector<int> addresses;
    while (!bytes.empty()) {
      const auto length = wire::tcp_length(bytes).value();
      const auto request = wire::decode_tcp(bytes.first(length)).value();
      bytes = bytes.subspan(length);
      addresses.push_back(std::to_integer<int>(request.pdu[2]));
      if (ignored.contains(addresses.back())) {
        continue;
      }
      if (closes_after_one && addresses.size() > 1) {
        closing_ = true;
        continue;
      }
      const auto busy = wire::bytes("83 06");
      const auto value = wire::join(wire::bytes("03 02 00"), wire::copy(request.pdu.subspan(2, 1)));
      const auto frame = wire::encode_tcp(request.transaction, request.unit,
                                          addresses.size() > most_at_once ? busy : value)
                             .value();
      answers_.insert(answers_.begin(), frame.bytes().begin(), frame.bytes().end());
    }
    writes.push_back(std::move(addresses));
    co_return wire::Result<void>{};
  }
  auto read_some(reading::Instant until)
      -> io::asio::awaitable<wire::Result<std::span<const std::byte>>> override {
    if (answers_.empty() && std::exchange(closing_, false)) {
      open_ = false;
      co_return make_error_code(boost::asio::error::eof);
    }
    if (answers_.empty()) {
      clock_.move_to(until);
    } else {
      clock_.move_by(10ms);
    }
    given_ = std::exchange(answers_, {});
    co_return std::span<const std::byte>{given_};
  }
  void drain() override { answers_.clear(); }
  void close() override { open_ = false; }
  [[nodiscard]] auto is_open() const -> bool override { return open_; }
  [[nodiscard]] auto name() const -> std::string override { return "several"; }

  std::set<int> ignored;  ///< addresses
  std::size_t most_at_once{16};
  bool closes_after_one = false;
  std::vector<std::vector<int>> writes;  ///< addresses that were asked for together

 private:
  ManualClock& clock_;
  std::vector<std::byte> answers_;
  std::vector<std::byte> given_;
  bool open_ = false;
  bool closing_ = false;
};

class MeterReaderTogetherTest : public testing::Test {
 protected:
  MeterReaderTogetherTest() {
    EXPECT_TRUE(io::testing::run_until_done(loop, reader.connect()));
    EXPECT_EQ(read(), modbus::Outcome::answered);
    EXPECT_THAT(line->writes,
                ElementsAre(ElementsAre(10), ElementsAre(20, 30, 40), ElementsAre(50)))
        << "it may not be there before it has answered";
    line->writes.clear();
  }

  static auto meter_of_three_in_flight() -> MeterSettings {
    model::Timing timing;
    timing.in_flight = 3;
    return two_point_meter(timing);
  }
  auto read(MeterReader::Effort effort = MeterReader::Effort::full, Between between = {})
      -> modbus::Outcome {
    values.clear();
    const Arrived arrived = [this](const Gathered& one) {
      values.push_back(one.words.empty() ? -1 : one.words[0]);
      times.push_back(one.at.instant);
    };
    return io::testing::run_until_done(
        loop, reader.read(meter, requests, effort, arrived, std::move(between)));
  }

  boost::asio::io_context loop;
  ManualClock clock;
  MeterSettings meter = meter_of_three_in_flight();
  std::vector<Request> requests{{wire::Table::holding_register, 10, 1, {0}},
                                {wire::Table::holding_register, 20, 1, {0}},
                                {wire::Table::holding_register, 30, 1, {0}},
                                {wire::Table::holding_register, 40, 1, {0}},
                                {wire::Table::holding_register, 50, 1, {0}}};
  ServerThatTakesSeveral* line = new ServerThatTakesSeveral{clock};  // owned by the reader
  MeterReader reader{loop.get_executor(), BusSettings{}, std::unique_ptr<io::Line>{line}, clock};
  std::vector<int> values;
  std::vector<reading::Instant> times;
};

TEST_F(MeterReaderTogetherTest, SendsAsManyRequestsAtOnceAsTheModelSays) {
  const auto before = clock.now().instant;
  const auto counted = reader.figures().requests;
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->writes, ElementsAre(ElementsAre(10, 20, 30), ElementsAre(40, 50)));
  EXPECT_THAT(values, ElementsAre(10, 20, 30, 40, 50)) << "in the order of the requests";
  EXPECT_EQ(clock.now().instant - before, 20ms);
  EXPECT_EQ(reader.figures().requests - counted, 5U);
  EXPECT_EQ(reader.figures().answers, 10U);
  EXPECT_EQ(reader.figures().foreign, 0U);
}

TEST_F(MeterReaderTogetherTest, GivesEachAnswerTheTimeAtWhichItCame) {
  times.clear();
  static_cast<void>(read());
  EXPECT_EQ(times.at(3) - times.at(0), 10ms);
  EXPECT_EQ(times.at(2), times.at(0));
}

TEST_F(MeterReaderTogetherTest, AsksOneByOneForWhatDidNotCome) {
  line->ignored = {20};
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(values, ElementsAre(10, 30, 40, 50));
  EXPECT_THAT(line->writes, ElementsAre(ElementsAre(10, 20, 30), ElementsAre(20), ElementsAre(20),
                                        ElementsAre(40), ElementsAre(50)));
}

TEST_F(MeterReaderTogetherTest, AsksOneByOneForAWhileOnceItHadToDoSo) {
  line->ignored = {20};
  static_cast<void>(read());
  EXPECT_EQ(reader.take_overtaxed(), nullptr) << "once may be chance";
  line->ignored.clear();
  line->writes.clear();
  static_cast<void>(read());
  EXPECT_EQ(line->writes.size(), 5U);
  clock.move_by(1min);
  line->ignored = {20};
  line->writes.clear();
  static_cast<void>(read());
  EXPECT_THAT(line->writes.front(), ElementsAre(10, 20, 30));
  EXPECT_EQ(reader.take_overtaxed(), &meter);
  clock.move_by(1min);
  line->writes.clear();
  static_cast<void>(read());
  EXPECT_THAT(line->writes.front(), ElementsAre(10)) << "for two minutes now";
}

TEST_F(MeterReaderTogetherTest, AsksAgainForWhatTheMeterWasTooBusyFor) {
  line->most_at_once = 1;
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(values, ElementsAre(10, 20, 30, 40, 50));
}

TEST_F(MeterReaderTogetherTest, LosesNothingToAServerThatClosesAtASecondRequest) {
  line->closes_after_one = true;
  const auto timeouts = reader.figures().timeouts;
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(values, ElementsAre(10, 20, 30, 40, 50));
  EXPECT_EQ(reader.figures().timeouts, timeouts) << "nobody let it wait";
}

// A setting's register tells what the values were that came before it.
TEST_F(MeterReaderTogetherTest, SendsWhatConfirmsTheValuesAfterThem) {
  requests[3].confirms = true;
  requests[4].confirms = true;
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->writes, ElementsAre(ElementsAre(10, 20, 30), ElementsAre(40, 50)));
  requests[2].confirms = true;
  line->writes.clear();
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->writes, ElementsAre(ElementsAre(10, 20), ElementsAre(30, 40, 50)));
}

TEST_F(MeterReaderTogetherTest, AsksAMeterThatMayBeGoneOneThingAtATime) {
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::answered);
  EXPECT_EQ(line->writes.size(), 5U);
  line->ignored = {10, 20, 30, 40, 50};
  line->writes.clear();
  EXPECT_EQ(read(MeterReader::Effort::probe), modbus::Outcome::silent);
  EXPECT_THAT(line->writes, ElementsAre(ElementsAre(10)));
}

TEST_F(MeterReaderTogetherTest, MakesWayBetweenGroupsOnly) {
  std::vector<std::size_t> written;
  const Between between = [&]() -> boost::asio::awaitable<void> {
    written.push_back(line->writes.size());
    co_return;
  };
  static_cast<void>(read(MeterReader::Effort::full, between));
  EXPECT_THAT(written, ElementsAre(1));
}

TEST_F(MeterReaderTogetherTest, AsksOneByOneThroughAConverter) {
  BusSettings bus;
  bus.transport = Transport::rtu_over_tcp;
  auto* converter = new ScriptedLine{clock, &clock};  // owned by the reader
  MeterReader through{loop.get_executor(), bus, std::unique_ptr<io::Line>{converter}, clock};
  EXPECT_TRUE(io::testing::run_until_done(loop, through.connect()));
  const Arrived arrived = [](const Gathered&) {};
  static_cast<void>(io::testing::run_until_done(
      loop, through.read(meter, requests, MeterReader::Effort::once, arrived)));
  EXPECT_THAT(converter->requests(), IsEmpty()) << "an RTU frame is no TCP frame";
  EXPECT_EQ(converter->asked().size(), 1U);
}

}  // namespace
}  // namespace bornier::app
