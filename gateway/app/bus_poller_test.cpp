// SPDX-License-Identifier: Apache-2.0
#include "app/bus_poller.hpp"

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
  explicit BusPollerTest(model::Timing timing = {}) : meter{two_point_meter(timing)} {
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
                   {{.number = 0, .settings = &meter}},
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

}  // namespace
}  // namespace bornier::app
