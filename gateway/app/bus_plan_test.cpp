// SPDX-License-Identifier: Apache-2.0
#include "app/bus_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/meter_plan.hpp"
#include "app/testing.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A line at 9600 8N1 with one meter of two registers, 100 apart, that may be read over.
class BusPlanTest : public testing::Test {
 protected:
  BusPlanTest() {
    auto meter = two_point_meter({});
    auto model = *meter.model;
    model.limits.holes_readable = true;
    meter.model = std::make_shared<const model::Model>(std::move(model));
    meter.polls = {{.every = 1s, .points = {0, 1}}};
    BusSettings bus;
    bus.name = "line";
    bus.transport = Transport::rtu;
    bus.serial = {.baud = 9'600, .parity = modbus::Parity::none, .stop_bits = 1};
    configuration.buses.push_back(bus);
    configuration.meters.push_back(meter);
  }

  [[nodiscard]] auto plan() const -> Plan { return *plan_of(configuration); }

  Configuration configuration;
};

// A register is 2 characters of 10 bits, 2.083 ms at 9600 baud; a request 13 characters, a silence
// of 3.5 and 20 ms, 37.19 ms.
TEST_F(BusPlanTest, CountsTheCharactersOfALine) {
  const auto cost = cost_of(configuration.buses[0], configuration.meters[0].model->timing);
  EXPECT_NEAR(cost.word, 2'084, 1);
  EXPECT_NEAR(cost.request, 37'190, 10);
}

TEST_F(BusPlanTest, ReadsOverAHoleOnlyWhereThatIsCheaper) {
  const auto on_the_line = plan();
  EXPECT_EQ(on_the_line.buses[0].polls[0].requests, 2U);
  EXPECT_EQ(on_the_line.buses[0].polls[0].registers, 2U);
  configuration.buses[0].transport = Transport::tcp;
  const auto over_tcp = plan();
  EXPECT_EQ(over_tcp.buses[0].polls[0].requests, 1U);
  EXPECT_EQ(over_tcp.buses[0].polls[0].registers, 101U);
}

TEST_F(BusPlanTest, WaitsOnceForRequestsThatGoOutTogether) {
  auto model = *configuration.meters[0].model;
  model.limits.holes_readable = false;
  model.timing.in_flight = 2;
  configuration.meters[0].model = std::make_shared<const model::Model>(model);
  const auto on_the_line = plan().buses[0].polls[0];
  EXPECT_EQ(on_the_line.requests, 2U);
  EXPECT_NEAR(static_cast<double>(on_the_line.takes.count()), 2 * 37'190 + 2 * 2'084, 50);
  configuration.buses[0].transport = Transport::tcp;
  EXPECT_EQ(plan().buses[0].polls[0].takes, 20'000us + 20us);
}

TEST_F(BusPlanTest, CountsAReadingForEachCountOfAMeterWhosePulsesAreCounted) {
  const auto before = plan().readings_a_day;
  configuration.pulse_meters.emplace_back().count = 1;
  EXPECT_NEAR(plan().readings_a_day - before, 86'400, 0.5);
}

TEST_F(BusPlanTest, TellsHowBusyABusIsAndHowLongItsLastPollWaits) {
  auto second = configuration.meters[0];
  second.polls[0].every = 500ms;
  configuration.meters.push_back(second);
  const auto bus = plan().buses[0];
  EXPECT_NEAR(bus.occupancy, 3 * 0.0785, 0.001);
  EXPECT_NEAR(static_cast<double>(bus.longest_wait.count()), 157'000, 500);
}

TEST_F(BusPlanTest, WarnsOfWhatCannotWork) {
  EXPECT_THAT(plan().warnings, IsEmpty());
  configuration.meters[0].polls[0].every = 90ms;
  EXPECT_THAT(plan().warnings, ElementsAre(HasSubstr("it is busy 87 %")));
  configuration.meters[0].polls[0].every = 50ms;
  EXPECT_THAT(plan().warnings, ElementsAre(HasSubstr("it would be busy 157 %")));
  configuration.meters.clear();
  EXPECT_THAT(plan().warnings, ElementsAre(HasSubstr("no meter is on it")));
}

TEST_F(BusPlanTest, ReadsMetersWithOldDataTwice) {
  const auto once = plan().buses[0].polls[0].takes;
  auto model = *configuration.meters[0].model;
  model.timing.refresh = 5s;
  configuration.meters[0].model = std::make_shared<const model::Model>(std::move(model));
  EXPECT_EQ(plan().buses[0].polls[0].takes, 2 * once);
}

// The cabinet of the README: 12 meters with 25 points at 10 s write 516 MB a day with commits of a
// second and 41 MB with commits of a minute; a reading of a 15-minute batch takes 0.84 bytes where
// a point is read once a minute.
TEST_F(BusPlanTest, ComesNearWhatWasMeasured) {
  configuration.meters[0].polls = {{.every = 10s, .points = std::vector<std::size_t>(300, 0)}};
  EXPECT_NEAR(plan().readings_a_day, 2'592'000, 1);
  EXPECT_NEAR(plan().written_a_day, 516e6, 10e6);
  configuration.buffer.commit_every = 60s;
  EXPECT_NEAR(plan().written_a_day, 41e6, 12e6);

  configuration.meters[0].polls[0].every = 60s;
  configuration.platform.emplace();
  configuration.platform->batch_every = 15min;
  EXPECT_NEAR(plan().sent_a_day / plan().readings_a_day, 0.84, 0.01);
  configuration.platform->batch_every = 1min;
  EXPECT_NEAR(plan().sent_a_day / plan().readings_a_day, 3.18, 0.02);
}

TEST_F(BusPlanTest, KeepsAnOutageAsLongAsBytesAndAgeAllow) {
  EXPECT_DOUBLE_EQ(plan().days_kept, 30);
  configuration.buffer.max_bytes = 1;
  EXPECT_LT(plan().days_kept, 0.1);
}

}  // namespace
}  // namespace bornier::app
