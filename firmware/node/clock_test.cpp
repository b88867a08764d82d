// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/digital_input.hpp"
#include "node/time.hpp"

namespace bornier::node {
namespace {

TEST(Clock, GoesOnWhereTheTickWraps) {
  Clock clock{Tick{0xFFFF'FFF0U}};
  const auto start = clock.now();
  EXPECT_EQ(elapsed(start, clock.step(Tick{0x0000'0010U})), 0x20U);
  EXPECT_EQ(elapsed(start, clock.step(Tick{0x7000'0010U})), 0x7000'0020U);
  EXPECT_EQ(elapsed(start, clock.step(Tick{0xE000'0010U})), 0xE000'0020U);
  EXPECT_EQ(elapsed(start, clock.step(Tick{0x1000'0010U})), 0x1'1000'0020U);
}

TEST(Clock, PlacesTicksAroundNow) {
  Clock clock{Tick{5}};
  EXPECT_EQ(elapsed(clock.at(Tick{0xFFFF'FFFBU}), clock.now()), 10U);
  EXPECT_EQ(elapsed(clock.now(), clock.at(Tick{15})), 10U);
  EXPECT_EQ(elapsed(clock.at(Tick{15}), clock.now()), 0U);
}

TEST(Clock, TakesAStepOf35MinutesAndNotOneOf36) {
  constexpr Micros minute = seconds(60);
  Clock clock{Tick{0}};
  const auto start = clock.now();
  EXPECT_EQ(elapsed(start, clock.step(Tick{static_cast<std::uint32_t>(35 * minute)})), 35 * minute);
  EXPECT_LT(clock.step(Tick{static_cast<std::uint32_t>(71 * minute)}), start + 71 * minute);
}

class DigitalInputTest : public testing::Test {
 protected:
  Instant now{seconds(5'000)};
  DigitalInput input;
};

TEST_F(DigitalInputTest, TakesWhatItFindsForItsState) {
  input.start({true, false, milliseconds(20)}, true, now);
  EXPECT_TRUE(input.active());
  input.start({true, true, milliseconds(20)}, true, now);
  EXPECT_FALSE(input.active());
  input.start({false, false, milliseconds(20)}, true, now);
  EXPECT_FALSE(input.active()) << "it is off";
}

TEST_F(DigitalInputTest, ChangesOnceALevelWasHeldForDebounce) {
  input.start({true, false, milliseconds(20)}, false, now);
  input.edge(true, now);
  input.step(now + (milliseconds(20) - 1));
  EXPECT_FALSE(input.active());
  input.step(now + milliseconds(20));
  EXPECT_TRUE(input.active());
}

TEST_F(DigitalInputTest, BounceStartsTheTimeAnew) {
  input.start({true, false, milliseconds(20)}, false, now);
  input.edge(true, now);
  input.edge(false, now + milliseconds(19));
  input.edge(true, now + milliseconds(19) + 5);
  input.step(now + milliseconds(39));
  EXPECT_FALSE(input.active());
  input.step(now + milliseconds(39) + 5);
  EXPECT_TRUE(input.active());
}

}  // namespace
}  // namespace bornier::node
