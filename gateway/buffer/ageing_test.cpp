// SPDX-License-Identifier: Apache-2.0
#include "buffer/ageing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "buffer/store.hpp"
#include "buffer/store_fixture.hpp"

namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
using batch::Sequence;
using reading::Stamp;

constexpr auto day = 24h;

auto saved_at(const Clock& clock) -> Lifetime {
  auto lifetime = resumed(std::nullopt, clock);
  lifetime.age = 5h;
  return lifetime;
}

TEST(LifetimeTest, CountsTimeSinceBootWithinOneBoot) {
  const auto saved = saved_at(clock_at(new_year));
  EXPECT_EQ(resumed(saved, clock_at(new_year + 40 * day)).age, 5h + 40 * day);
  auto stepped = clock_at(new_year + 1h);
  stepped.now.stamp += 31 * day;
  EXPECT_EQ(resumed(saved, stepped).age, 6h);
  EXPECT_EQ(later(saved, stepped.now).age, 6h);
  EXPECT_EQ(later(saved, clock_at(new_year - 1min).now).age, 5h) << "never falls";
}

TEST(LifetimeTest, CountsAPauseBetweenTwoBootsUpToADay) {
  const auto saved = saved_at(clock_at(new_year));
  EXPECT_EQ(resumed(saved, clock_at(new_year + day, "boot-b")).age, 5h + day);
  EXPECT_EQ(resumed(saved, clock_at(new_year + day + 1ms, "boot-b")).age, 5h + day);
  EXPECT_EQ(resumed(saved, clock_at(new_year - day, "boot-b")).age, 5h);
  EXPECT_EQ(resumed(saved, untrusted_clock_at(new_year + day, "boot-b")).age, 5h);
}

TEST(LifetimeTest, StartNumberGrowsWhateverTheClockDoes) {
  const auto first = resumed(std::nullopt, clock_at(new_year));
  EXPECT_EQ(first.start, reading::milliseconds_since_1970(new_year) / 1000);
  EXPECT_EQ(resumed(first, clock_at(new_year - 400 * day, "boot-b")).start, first.start + 1);
  EXPECT_EQ(resumed(first, untrusted_clock_at(new_year + day, "boot-b")).start, first.start + 1);
  EXPECT_EQ(resumed(std::nullopt, untrusted_clock_at(new_year)).start, 1);
  EXPECT_GT(resumed(std::nullopt, clock_at(new_year + 1s)).start, first.start)
      << "also when the file was lost";
}

class AgeingTest : public testing::Test {
 protected:
  void SetUp() override { open(clock_at(new_year)); }

  void open(const Clock& clock) {
    store.reset();
    auto settings = settings_in(directory);
    settings.max_age = 30 * day;
    settings.keep_confirmed = 7 * day;
    store.emplace(Store::open(settings, clock, 1).value());
    if (!store->catalog().value()) {
      ASSERT_TRUE(store->save_catalog(three_points()));
    }
  }

  void append(Stamp time, std::int64_t value) {
    ASSERT_TRUE(store->append(entries(time, value), clock_at(time)));
  }

  /// At the time since boot of `clock`, while UTC shows `step` more.
  auto seal(const Clock& clock, std::chrono::milliseconds step = 0ms) -> Sealed {
    SealOrder order;
    order.now = clock.now;
    order.now.stamp += step;
    order.clock_trusted = true;
    return store->seal(order).value();
  }

  TemporaryDirectory directory;
  std::optional<Store> store;
};

TEST_F(AgeingTest, Promise5_AStepOfTheClockEvictsNothing) {
  append(new_year, 1);
  seal(clock_at(new_year));
  append(new_year + 1min, 2);
  seal(clock_at(new_year + 1min));
  const batch::SequenceRange second{Sequence{2}, Sequence{2}};
  ASSERT_TRUE(store->confirm(store->stream(), {&second, 1}, new_year + 2min));
  EXPECT_TRUE(seal(clock_at(new_year + 2h), 31 * day).replaced.empty());
  EXPECT_TRUE(seal(clock_at(new_year + 3h), 3650 * day).replaced.empty());
  EXPECT_TRUE(store->payload(Sequence{2}).value().has_value()) << "confirmed ones stay as well";
}

TEST_F(AgeingTest, Promise5_AClockThatIsWrongAtTheStartEvictsNothing) {
  append(new_year, 1);
  seal(clock_at(new_year));
  open(clock_at(new_year + 31 * day, "boot-b"));
  EXPECT_TRUE(seal(clock_at(new_year + 31 * day, "boot-b")).replaced.empty());
}

TEST_F(AgeingTest, EvictsWhatIsOldWhateverTheClockShows) {
  append(new_year, 1);
  seal(clock_at(new_year));
  EXPECT_TRUE(seal(clock_at(new_year + 30 * day - 1ms), -365 * day).replaced.empty());
  EXPECT_EQ(seal(clock_at(new_year + 30 * day), -365 * day).replaced.size(), 1U);
}

TEST_F(AgeingTest, EvictsWhatGrewOldThroughManyRestarts) {
  append(new_year, 1);
  seal(clock_at(new_year));
  for (int passed = 1; passed < 30; ++passed) {
    const auto clock = clock_at(new_year + passed * day, "boot-" + std::to_string(passed));
    open(clock);
    ASSERT_TRUE(seal(clock).replaced.empty()) << passed;
  }
  const auto clock = clock_at(new_year + 30 * day, "boot-30");
  open(clock);
  EXPECT_EQ(seal(clock).replaced.size(), 1U);
}

TEST_F(AgeingTest, EvictsWithinAnHourWhatWasSealedBetweenTwoMarks) {
  append(new_year, 1);
  seal(clock_at(new_year));
  append(new_year + 1min, 2);
  seal(clock_at(new_year + 1min));
  seal(clock_at(new_year + 1h));
  EXPECT_EQ(seal(clock_at(new_year + 30 * day + 1h - 1ms)).replaced.size(), 1U);
  EXPECT_EQ(seal(clock_at(new_year + 30 * day + 1h)).replaced.size(), 1U);
}

TEST_F(AgeingTest, GivesEachStartAGreaterNumber) {
  const auto first = store->start_number();
  open(clock_at(new_year - 400 * day, "boot-b"));
  EXPECT_EQ(store->start_number(), first + 1);
  open(clock_at(new_year - 300 * day, "boot-c"));
  EXPECT_EQ(store->start_number(), first + 2);
}

}  // namespace
}  // namespace bornier::buffer
