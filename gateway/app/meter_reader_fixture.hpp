// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "app/meter_reader.hpp"
#include "app/testing.hpp"
#include "io/testing.hpp"

namespace bornier::app {

/// A meter behind a scripted line; time passes only while nothing comes.
class MeterReaderTest : public testing::Test {
 protected:
  explicit MeterReaderTest(model::Timing timing = {}) : meter{two_point_meter(timing)} {
    connect();
  }
  void connect() { EXPECT_TRUE(io::testing::run_until_done(loop, reader.connect())); }

  auto read(MeterReader::Effort effort = MeterReader::Effort::full) -> modbus::Outcome {
    gathered.clear();
    const Arrived arrived = [this](const Gathered& one) { gathered.push_back(one); };
    return io::testing::run_until_done(loop, reader.read(meter, requests, effort, arrived));
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

}  // namespace bornier::app
