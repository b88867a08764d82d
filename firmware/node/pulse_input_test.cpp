// SPDX-License-Identifier: Apache-2.0
#include "node/pulse_input.hpp"

#include <gtest/gtest.h>

namespace bornier::node {
namespace {

constexpr Micros ms = 1'000;

/// Active high, 2 ms of bounce, 20 ms of width; ready.
class PulseInputTest : public testing::Test {
 protected:
  PulseInputTest() {
    settings.active_low = false;
    settings.stuck_after = seconds(10);
    input.start(settings, false, now);
    pass(settings.debounce);
  }

  void pass(Micros time) {
    now = now + time;
    input.step(now);
  }
  void hold(bool level, Micros time) {
    input.edge(level, now);
    pass(time);
  }
  void pulse(Micros width, Micros pause) {
    hold(true, width);
    hold(false, pause);
  }

  PulseSettings settings;
  Instant now{seconds(5'000)};
  PulseInput input;
};

TEST_F(PulseInputTest, CountsAPulseOnceAtItsMinimumWidth) {
  hold(true, 20 * ms - 1);
  EXPECT_EQ(input.count(), 0U);
  pass(1);
  EXPECT_EQ(input.count(), 1U);
  pass(seconds(5));
  EXPECT_EQ(input.count(), 1U);
}

TEST_F(PulseInputTest, RejectsAPulseOneMicrosecondTooShort) {
  pulse(20 * ms - 1, 2 * ms);
  EXPECT_EQ(input.count(), 0U);
  EXPECT_EQ(input.rejected(), 1U);
  pulse(20 * ms, 2 * ms);
  EXPECT_EQ(input.count(), 1U);
  EXPECT_EQ(input.rejected(), 1U);
}

TEST_F(PulseInputTest, CountsTheNextPulseOnlyAfterAPauseOfDebounce) {
  pulse(20 * ms, 2 * ms - 1);
  pulse(20 * ms, 2 * ms);
  EXPECT_EQ(input.count(), 1U) << "a shorter pause is bounce within one pulse";
  pulse(20 * ms, 2 * ms);
  EXPECT_EQ(input.count(), 2U);
}

TEST_F(PulseInputTest, CountsABouncingContactOnceItWasActiveLongEnoughInSum) {
  for (int bounce = 0; bounce < 5; ++bounce) {
    pulse(300, 200);
  }
  hold(true, 20 * ms - 5 * 300 - 1);
  EXPECT_EQ(input.count(), 0U);
  pass(1);
  EXPECT_EQ(input.count(), 1U);
  for (int bounce = 0; bounce < 5; ++bounce) {
    pulse(300, 200);
  }
  pass(2 * ms);
  EXPECT_EQ(input.count(), 1U);
  EXPECT_EQ(input.rejected(), 0U);
}

TEST_F(PulseInputTest, TakesATrainOfSpikesForNoPulse) {
  for (int spike = 0; spike < 50; ++spike) {
    pulse(10, 1'900);
  }
  EXPECT_EQ(input.count(), 0U);
}

TEST_F(PulseInputTest, DecidesAsOfTheEdgesHoweverLateItIsStepped) {
  input.edge(true, now);
  input.edge(false, now + 20 * ms);
  input.edge(true, now + 22 * ms);
  input.edge(false, now + 42 * ms);
  input.edge(true, now + 44 * ms);
  input.edge(false, now + (64 * ms - 1));
  pass(seconds(3));
  EXPECT_EQ(input.count(), 2U);
  EXPECT_EQ(input.rejected(), 1U);
}

TEST_F(PulseInputTest, DoesNotCountAPulseThatIsUnderWayAtItsStart) {
  PulseInput started;
  started.start(settings, true, now);
  started.step(now + seconds(1));
  EXPECT_EQ(started.count(), 0U);
  started.edge(false, now + seconds(1));
  started.edge(true, now + (seconds(1) + 2 * ms - 1));
  started.step(now + seconds(2));
  EXPECT_EQ(started.count(), 0U) << "it was never ready";
  started.edge(false, now + seconds(2));
  started.edge(true, now + seconds(2) + 2 * ms);
  started.step(now + seconds(3));
  EXPECT_EQ(started.count(), 1U);
}

TEST_F(PulseInputTest, ActiveLowTurnsTheLevelsRound) {
  settings.active_low = true;
  input.start(settings, true, now);
  pass(2 * ms);
  hold(false, 20 * ms);
  EXPECT_EQ(input.count(), 1U);
  EXPECT_TRUE(input.active());
}

TEST_F(PulseInputTest, CountsNothingWhileItIsOff) {
  settings.enabled = false;
  input.configure(settings, now);
  for (int edge = 0; edge < 1'000; ++edge) {
    pulse(30 * ms, 30 * ms);
  }
  EXPECT_EQ(input.count(), 0U);
  EXPECT_FALSE(input.active());
  EXPECT_FALSE(input.storm());
}

TEST_F(PulseInputTest, MeasuresFromOneBeginningToTheNext) {
  pulse(25 * ms, 75 * ms);
  EXPECT_EQ(input.interval(), 0U) << "after one pulse there is none";
  pulse(40 * ms, 160 * ms);
  EXPECT_EQ(input.interval(), 100'000U);
  pulse(25 * ms, 75 * ms);
  EXPECT_EQ(input.interval(), 200'000U);
}

TEST_F(PulseInputTest, SaturatesAnIntervalThatDoesNotFit) {
  pulse(20 * ms, 0xFFFF'FFFEU - 20 * ms);
  hold(true, 20 * ms);
  EXPECT_EQ(input.interval(), 0xFFFF'FFFEU);
  hold(false, 0x1'0000'0005U);
  hold(true, 20 * ms);
  EXPECT_EQ(input.interval(), 0xFFFF'FFFFU);
}

TEST_F(PulseInputTest, IsStuckOnceActiveForTheTimeAllowedUntilItIsReadyAgain) {
  hold(true, seconds(10) - 1);
  EXPECT_FALSE(input.stuck());
  pass(1);
  EXPECT_TRUE(input.stuck());
  hold(false, 2 * ms - 1);
  EXPECT_TRUE(input.stuck());
  pass(1);
  EXPECT_FALSE(input.stuck());
}

TEST_F(PulseInputTest, IsNeverStuckWithoutALimit) {
  settings.stuck_after = 0;
  input.configure(settings, now);
  pass(2 * ms);
  hold(true, seconds(100'000));
  EXPECT_FALSE(input.stuck());
}

TEST_F(PulseInputTest, IsInAStormWithOneEdgeTooManyInASecondUntilAQuietSecond) {
  pass(seconds(1));
  for (std::uint32_t edge = 0; edge < storm_edges; ++edge) {
    hold(edge % 2 == 0, ms);
  }
  EXPECT_FALSE(input.storm());
  hold(true, ms);
  EXPECT_TRUE(input.storm());
  hold(false, seconds(1) - (storm_edges + 1) * ms);
  EXPECT_TRUE(input.storm()) << "the second with too many has ended";
  pass(seconds(1) - 1);
  EXPECT_TRUE(input.storm());
  pass(1);
  EXPECT_FALSE(input.storm());
}

TEST_F(PulseInputTest, IsInAStormNoMoreAfterASecondWithAsManyEdgesAsAreAllowed) {
  pass(seconds(1));
  for (std::uint32_t edge = 0; edge <= storm_edges; ++edge) {
    hold(edge % 2 == 0, ms);
  }
  pass(seconds(1) - (storm_edges + 1) * ms);
  for (std::uint32_t edge = 0; edge < storm_edges; ++edge) {
    hold(edge % 2 == 1, ms);
  }
  EXPECT_TRUE(input.storm());
  pass(seconds(1) - storm_edges * ms);
  EXPECT_FALSE(input.storm());
}

TEST_F(PulseInputTest, CountsOnInAStorm) {
  for (int edge = 0; edge < 1'000; ++edge) {
    pulse(100, 100);
  }
  EXPECT_TRUE(input.storm());
  pass(2 * ms);
  pulse(20 * ms, 2 * ms);
  EXPECT_GE(input.count(), 1U);
}

TEST_F(PulseInputTest, GoesOnFromTheCountOfBefore) {
  input.add(0xFFFF'FFFFU);
  pulse(20 * ms, 2 * ms);
  EXPECT_EQ(input.count(), 0x1'0000'0000U);
}

TEST_F(PulseInputTest, ABlindSpotDoesNotMakeTwoOfOne) {
  hold(true, 10 * ms);
  input.edge(true, now);  // the queue had no room for the edge between
  pass(10 * ms);
  EXPECT_EQ(input.count(), 1U);
}

}  // namespace
}  // namespace bornier::node
