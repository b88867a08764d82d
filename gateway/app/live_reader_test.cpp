// SPDX-License-Identifier: Apache-2.0
#include "app/live_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "app/testing.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using model::Severity;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

/// Two meters behind a scripted line; time passes only while nothing comes.
class LiveReaderTest : public testing::Test {
 protected:
  LiveReaderTest() {
    second.id = "second";
    for (auto* each : {&first, &second}) {
      auto& meter = meters.emplace_back();
      meter.settings = each;
      meter.bus = &bus;
    }
  }
  void check() {
    const Progress progress = [this](const std::string& what) { told.push_back(what); };
    std::vector<LiveMeter*> all{&meters[0], &meters[1]};
    io::spawn(loop.get_executor(),
              check_bus(bus, std::move(all), std::unique_ptr<io::Line>{line}, clock, progress),
              "check");
    loop.run();
  }

  boost::asio::io_context loop;
  ManualClock clock;
  BusSettings bus;
  MeterSettings first = meter_with_serial("AB12");
  MeterSettings second = meter_with_serial("CD34");
  std::vector<LiveMeter> meters;
  std::vector<std::string> told;
  ScriptedLine* line = new ScriptedLine{clock, &clock};  // owned by the check
};

TEST_F(LiveReaderTest, ReadsPointsAndSerialNumberOfOneMeterAfterTheOther) {
  line->answers("03 02 0001");
  line->answers("03 04 4142 3132");
  line->answers("03 02 0001");
  line->answers("03 04 4142 3132");
  check();
  EXPECT_THAT(meters[0].findings, IsEmpty());
  EXPECT_EQ(meters[0].answers, true);
  EXPECT_EQ(meters[0].latencies.size(), 2U);
  EXPECT_EQ(meters[1].serial, "AB12");
  EXPECT_THAT(meters[1].findings, ElementsAre(Field(&LiveFinding::about, "serial")));
  EXPECT_THAT(told, ElementsAre("bus : reading main (1 of 2)", "bus : reading second (2 of 2)"));
}

TEST_F(LiveReaderTest, DeadMeterCostsItsOwnTimeoutsOnly) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    line->is_silent();  // twice the first request, once the next
  }
  line->answers("03 02 0001");
  line->answers("03 04 4344 3334");
  const auto begun = clock.now().instant;
  check();
  EXPECT_EQ(meters[0].answers, false);
  EXPECT_THAT(meters[0].findings, ElementsAre(Field(&LiveFinding::severity, Severity::error)));
  EXPECT_EQ(clock.now().instant - begun, std::chrono::seconds{3});
  EXPECT_EQ(meters[1].answers, true);
  EXPECT_THAT(meters[1].findings, IsEmpty());
}

TEST_F(LiveReaderTest, RefusedSerialNumberDoesNotTakePointsWithIt) {
  line->answers("03 02 0001");
  line->answers("83 02");
  line->answers("83 02");  // once more, to be sure of it
  line->answers("03 02 0001");
  line->answers("83 02");
  line->answers("83 02");
  check();
  EXPECT_EQ(meters[0].points_read, 1U);
  EXPECT_EQ(meters[0].serial_verdict, SerialVerdict::unknown);
  EXPECT_THAT(meters[0].findings, IsEmpty());
  ASSERT_THAT(meters[1].findings, ElementsAre(Field(&LiveFinding::about, "answer")));
  EXPECT_EQ(meters[1].findings[0].what, "the meter refuses every request");
}

TEST_F(LiveReaderTest, AnswerThatNeededARepetitionIsAHint) {
  line->is_silent();
  line->answers("03 02 0001");
  line->answers("03 04 4142 3132");
  line->answers("03 02 0001");
  line->answers("03 04 4344 3334");
  check();
  ASSERT_THAT(meters[0].findings, ElementsAre(Field(&LiveFinding::about, "line")));
  EXPECT_EQ(meters[0].findings[0].evidence, "of 3 requests 1 had no answer and 0 a damaged one");
  EXPECT_THAT(meters[1].findings, IsEmpty());
}

}  // namespace
}  // namespace bornier::app
