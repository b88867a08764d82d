// SPDX-License-Identifier: Apache-2.0
#include "app/bus_health_points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using reading::PointNumber;
using testing::Pair;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

/// Meter "main", unit id 7, on bus "cellar".
class BusHealthPointsTest : public testing::Test {
 protected:
  BusHealthPointsTest() {
    configuration.gateway.bus_health_every = 15min;
    configuration.buses.emplace_back().name = "cellar";
    add_meter("main", 7);
  }

  void add_meter(const std::string& id, std::uint8_t unit_id) {
    auto meter = two_point_meter({});
    meter.id = id;
    meter.unit_id = wire::UnitId{unit_id};
    configuration.meters.push_back(std::move(meter));
  }
  /// Numbers the points from 1 on, a meter's own before its health points.
  void change() {
    BusHealthPoints::Numbers numbers;
    names.clear();
    for (const auto& meter : configuration.meters) {
      auto& of_meter = numbers.emplace_back().points;
      of_meter.push_back(number("voltage", meter.id));
      for (const auto& point : health_points_of_meters()) {
        of_meter.push_back(number(point.name, meter.id));
      }
    }
    for (const auto& bus : configuration.buses) {
      numbers.emplace_back().points.push_back(
          number(registration_of(bus).points.front().name, bus.name));
    }
    points.change(configuration, numbers, buses());
  }
  auto number(const std::string& point, const std::string& of) -> PointNumber {
    const PointNumber next{static_cast<std::uint32_t>(names.size() + 1)};
    names[next] = of + " " + point;
    return next;
  }
  auto buses() -> BusHealthPoints::Buses { return {{occupancy_permille, &units}}; }
  /// Those that are not 0, by name.
  auto take() -> std::map<std::string, std::string> {
    std::map<std::string, std::string> list;
    for (const auto& number : points.take(buses())) {
      if (number.value.mantissa != 0) {
        list[names.at(number.point)] = to_text(number.value);
      }
    }
    return list;
  }

  Configuration configuration;
  std::uint32_t occupancy_permille{};
  modbus::UnitsHealth units;
  std::map<PointNumber, std::string> names;
  BusHealthPoints points;
};

TEST_F(BusHealthPointsTest, TellTheFiguresOfABusAndOfItsMeters) {
  change();
  occupancy_permille = 378;
  auto& unit = units[7];
  unit.requests = 100;
  unit.answers = 90;
  unit.timeouts = 4;
  unit.damaged = 3;
  unit.foreign = 2;
  unit.late = 1;
  unit.exceptions = {{2, 6}, {11, 5}};
  unit.latencies.add(20ms);
  units[9].requests = 50;  // an order's
  EXPECT_THAT(take(), UnorderedElementsAre(
                          Pair("cellar bus_occupancy", "37.8"), Pair("main bus_requests", "100"),
                          Pair("main bus_timeouts", "4"), Pair("main bus_damaged", "3"),
                          Pair("main bus_foreign", "2"), Pair("main bus_late", "1"),
                          Pair("main bus_exceptions_2", "6"), Pair("main bus_exceptions_11", "5"),
                          Pair("main bus_latency_50", testing::_),
                          Pair("main bus_latency_99", testing::_)));
}

TEST_F(BusHealthPointsTest, CountSinceTheReportBefore) {
  change();
  units[7].requests = 100;
  EXPECT_THAT(take(), UnorderedElementsAre(Pair("main bus_requests", "100")));
  units[7].requests = 103;
  EXPECT_THAT(take(), UnorderedElementsAre(Pair("main bus_requests", "3")));
  EXPECT_TRUE(take().empty());
}

TEST_F(BusHealthPointsTest, BeginAnewWithAnotherBus) {
  change();
  units[7].requests = 100;
  static_cast<void>(take());
  units[7].requests = 8;
  EXPECT_THAT(take(), UnorderedElementsAre(Pair("main bus_requests", "8")));
}

TEST_F(BusHealthPointsTest, TellANewMeterOnlyWhatCameAfterIt) {
  change();
  units[7].requests = 100;
  units[8].requests = 500;  // before the meter was configured
  add_meter("side", 8);
  change();
  units[8].requests = 501;
  EXPECT_THAT(take(), UnorderedElementsAre(Pair("main bus_requests", "100"),
                                           Pair("side bus_requests", "1")));
}

TEST_F(BusHealthPointsTest, GiveNoLatencyUnlessThereWasAnAnswer) {
  change();
  const auto all = health_points_of_meters().size() + 1;
  EXPECT_EQ(points.take(buses()).size(), all - 2);
  units[7].answers = 1;
  units[7].latencies.add(20ms);
  EXPECT_EQ(points.take(buses()).size(), all);
  EXPECT_EQ(points.take(buses()).size(), all - 2) << "the meter has fallen silent";
}

TEST_F(BusHealthPointsTest, BeginAnewForAMeterAtAnotherUnitId) {
  change();
  units[7].requests = 100;
  units[8].requests = 500;
  configuration.meters[0].unit_id = wire::UnitId{8};
  change();
  units[8].requests = 502;
  EXPECT_THAT(take(), UnorderedElementsAre(Pair("main bus_requests", "2")));
}

TEST_F(BusHealthPointsTest, AreNoneUnlessConfigured) {
  configuration.gateway.bus_health_every = 0ms;
  points.change(configuration, {}, buses());
  EXPECT_TRUE(points.take(buses()).empty());
}

}  // namespace
}  // namespace bornier::app
