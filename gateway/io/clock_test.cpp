// SPDX-License-Identifier: Apache-2.0
#include "io/clock.hpp"

#include <gtest/gtest.h>

namespace bornier::io {
namespace {

using namespace std::chrono_literals;

const auto start = reading::Now{reading::Instant{100s}, reading::stamp_at(1'700'000'000'000)};

auto after(std::chrono::microseconds steady, std::chrono::milliseconds utc) -> reading::Now {
  return {start.instant + steady, start.stamp + utc};
}

TEST(Clock, BothTimesGoForward) {
  const SystemClock clock;
  const auto first = clock.now();
  const auto second = clock.now();
  EXPECT_GE(second.instant, first.instant);
  EXPECT_GT(first.instant.time_since_epoch().count(), 0);
  EXPECT_GT(first.stamp, reading::stamp_at(1'700'000'000'000));
}

TEST(Clock, KnowsItsBoot) {
  EXPECT_EQ(boot_id().size(), 36U);
  EXPECT_EQ(boot_id(), boot_id());
}

TEST(ClockStep, IsReportedFromTheThresholdOnInBothDirections) {
  EXPECT_FALSE(clock_step(start, after(10s, 10s), 500ms));
  EXPECT_FALSE(clock_step(start, after(10s, 10'499ms), 500ms));
  EXPECT_EQ(clock_step(start, after(10s, 10'500ms), 500ms), 500ms);
  EXPECT_FALSE(clock_step(start, after(10s, 9'501ms), 500ms));
  EXPECT_EQ(clock_step(start, after(10s, 9'500ms), 500ms), -500ms);
  EXPECT_EQ(clock_step(start, after(1s, -3'599s), 500ms), -1h);
}

TEST(ClockStep, IsNotSeenInTheRoundingOfTheSteadyTime) {
  EXPECT_FALSE(clock_step(start, after(1'499us, 1ms), 1ms));
  EXPECT_FALSE(clock_step(start, after(1'500us, 2ms), 1ms));
}

class ClockTrustTest : public ::testing::Test {
 protected:
  static auto trusted(ClockTrust trust, bool synchronised, bool has_rtc,
                      std::chrono::milliseconds since_built) -> bool {
    const auto built = start.stamp;
    return is_trusted(trust, {synchronised, has_rtc, built + since_built, built});
  }
};

TEST_F(ClockTrustTest, NeedsSynchronisationOrAnRtc) {
  EXPECT_FALSE(trusted(ClockTrust::automatic, false, false, 1h));
  EXPECT_TRUE(trusted(ClockTrust::automatic, true, false, 1h));
  EXPECT_TRUE(trusted(ClockTrust::automatic, false, true, 1h));
}

TEST_F(ClockTrustTest, RefusesATimeBeforeTheProgramWasBuilt) {
  EXPECT_TRUE(trusted(ClockTrust::automatic, true, true, 0ms));
  EXPECT_FALSE(trusted(ClockTrust::automatic, true, true, -1ms));
}

TEST_F(ClockTrustTest, TakesTheOperatorsWord) {
  EXPECT_TRUE(trusted(ClockTrust::system, false, false, -1h));
}

TEST_F(ClockTrustTest, FindsEvidenceThatThisProgramIsNotFromTheFuture) {
  const auto evidence = clock_evidence();
  EXPECT_GT(evidence.built, reading::stamp_at(1'700'000'000'000));
  EXPECT_LE(evidence.built, evidence.now + 24h);
}

}  // namespace
}  // namespace bornier::io
