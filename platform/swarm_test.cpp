// SPDX-License-Identifier: Apache-2.0
#include "platform/swarm.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace bornier::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

auto printed(const SwarmReport& report) -> std::string {
  SwarmSettings settings;
  settings.mqtt.broker = "mqtt://broker";
  settings.gateways = 4;
  std::ostringstream out;
  print(out, settings, report);
  return out.str();
}

TEST(SwarmReport, OfABrokerThatWasNeverReachedSaysThatAndCountsNothingAsSent) {
  SwarmReport report;
  report.batches_sent = 4;
  report.attempts_failed = 7;
  EXPECT_FALSE(report.all_confirmed());
  EXPECT_THAT(printed(report), AllOf(HasSubstr("mqtt://broker was never reached"),
                                     HasSubstr("7 attempts"), Not(HasSubstr("4 sent"))));
}

TEST(SwarmReport, TellsLostConnectionsFromFailedAttempts) {
  SwarmReport report;
  report.connections_made = 5;
  report.connections_lost = 1;
  report.attempts_failed = 3;
  EXPECT_THAT(printed(report),
              HasSubstr("gateways    4, 1 connections lost, 3 attempts to connect failed\n"));
}

}  // namespace
}  // namespace bornier::platform
