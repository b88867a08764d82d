// SPDX-License-Identifier: Apache-2.0
#include "app/keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "buffer/faulty_disk.hpp"
#include "buffer/store_fixture.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using testing::ElementsAre;
using testing::Pair;
using namespace std::chrono_literals;

/// A real store in a folder of its own, on a disk that can fail, and the real clock.
class KeeperTest : public testing::Test {
 protected:
  void take(std::int64_t value) {
    const auto now = clock.clock().now();
    static_cast<void>(keeper.pending().add(buffer::entries(now.stamp, value), true, now.instant));
    keeper.wake();
  }
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition() && loop.run_one_until(limit) > 0) {
    }
  }
  void commit_for_ever() { io::spawn(loop.get_executor(), keeper.commit_for_ever(), "commit"); }
  void flush() {
    bool done = false;
    boost::asio::co_spawn(loop, keeper.flush(),
                          [&done](const std::exception_ptr&) { done = true; });
    run_until([&done] { return done; });
    EXPECT_TRUE(done);
  }
  auto memos() -> std::vector<buffer::Memo> {
    std::vector<buffer::Memo> found;
    bool done = false;
    boost::asio::co_spawn(loop, keeper.buffer().memos(),
                          [&](const std::exception_ptr&, const auto& remembered) {
                            found = remembered.value();
                            done = true;
                          });
    run_until([&done] { return done; });
    return found;
  }
  auto on_disk() const -> std::map<std::int64_t, int> {
    return buffer::values_in(directory.path());
  }
  auto open() -> buffer::Store {
    auto settings = buffer::settings_in(directory);
    settings.vfs = disk.vfs();
    auto store = buffer::Store::open(settings, clock.for_buffer(), 42).value();
    store.save_catalog(buffer::three_points()).value();
    return store;
  }

  static constexpr std::size_t memory = 1U << 20U;
  buffer::FaultyDisk disk;
  buffer::TemporaryDirectory directory;
  TrustedClock clock{io::ClockTrust::system};
  boost::asio::io_context loop;
  Keeper keeper{loop.get_executor(),
                {.commit_every = 200ms, .batch_every = 1h, .batch_max = 65'536, .memory = memory},
                clock,
                open()};
};

TEST_F(KeeperTest, Promise1_WhatWasTakenIsOnDiskWithinCommitEvery) {
  commit_for_ever();
  take(1);
  take(2);
  const auto taken = clock.clock().now().instant;
  run_until([this] { return keeper.figures().accepted == 2; });
  const auto waited = clock.clock().now().instant - taken;
  EXPECT_THAT(on_disk(), ElementsAre(Pair(1, 1), Pair(2, 1)));
  EXPECT_EQ(keeper.figures().commits, 1U) << "small commits wear the flash out";
  EXPECT_GE(waited, 100ms);
}

TEST_F(KeeperTest, CommitsAtOnceWhenAQuarterOfItsMemoryIsFull) {
  commit_for_ever();
  const auto begun = clock.clock().now().instant;
  for (std::int64_t value = 1; keeper.waiting_bytes() <= memory / 4; ++value) {
    take(value);
  }
  const auto filled = clock.clock().now().instant;
  run_until([this] { return keeper.figures().commits == 1; });
  EXPECT_EQ(keeper.waiting_bytes(), 0U);
  EXPECT_FALSE(keeper.is_behind());
  if (filled < begun + 20ms) {  // otherwise the machine has been slow, and the time proves nothing
    EXPECT_LT(clock.clock().now().instant, begun + 150ms);
  }
}

TEST_F(KeeperTest, Promise1_AFailedCommitIsRepeatedUntilTheDiskTakesIt) {
  disk.fail_once_at(disk.operations() + 1);
  commit_for_ever();
  take(1);
  run_until([this] { return keeper.figures().commit_failures == 1; });
  EXPECT_EQ(keeper.figures().accepted, 0U);
  EXPECT_FALSE(keeper.figures().last_failure.empty());
  take(2);
  run_until([this] { return keeper.figures().accepted == 2; });
  EXPECT_EQ(keeper.figures().last_failure, "") << "and says that it is over";
  EXPECT_THAT(on_disk(), ElementsAre(Pair(1, 1), Pair(2, 1)));
}

TEST_F(KeeperTest, CommitsAMemoThatHasNoReadings) {
  const std::vector<buffer::Memo> taken{{"water", "1"}};
  commit_for_ever();
  static_cast<void>(keeper.pending().add({}, true, clock.clock().now().instant, taken));
  keeper.wake();
  run_until([this] { return keeper.figures().commits == 1; });
  EXPECT_EQ(memos(), taken);
  EXPECT_EQ(keeper.waiting_bytes(), 0U);
}

TEST_F(KeeperTest, TellsWhatIsAcceptedOnlyOnceItIsOnDisk) {
  std::vector<std::int64_t> told;
  std::vector<bool> there;
  keeper.set_outlet({.accepted =
                         [&](const reading::Entries& entries, bool trusted) {
                           EXPECT_TRUE(trusted);
                           const auto value = entries.answers.at(0).numbers.at(0).value.mantissa;
                           told.push_back(value);
                           there.push_back(on_disk().contains(value));
                         },
                     .sealed = {},
                     .backlog = {}});
  disk.fail_once_at(disk.operations() + 1);
  commit_for_ever();
  take(1);
  run_until([this] { return keeper.figures().commit_failures == 1; });
  EXPECT_THAT(told, ElementsAre()) << "the disk refused it";
  run_until([this] { return keeper.figures().accepted == 1; });
  EXPECT_THAT(told, ElementsAre(1));
  EXPECT_THAT(there, ElementsAre(true));
}

TEST_F(KeeperTest, FlushesWhatWaitsWhenTheProgramStops) {
  take(1);
  flush();
  EXPECT_THAT(on_disk(), ElementsAre(Pair(1, 1)));
  EXPECT_EQ(keeper.waiting_bytes(), 0U);
}

TEST_F(KeeperTest, FlushGivesUpWhenTheDiskRefuses) {
  take(1);
  disk.cut_power_at(disk.operations() + 1);
  flush();
  EXPECT_EQ(keeper.pending().waiting_readings(), 1U);
  disk.come_back();
}

TEST_F(KeeperTest, SealsWhatAnEarlierRunLeftAtOnce) {
  take(1);
  flush();
  std::vector<buffer::BatchInfo> sealed;
  keeper.set_outlet({.accepted = {},
                     .sealed =
                         [&sealed](const buffer::Sealed& batches) {
                           sealed.insert(sealed.end(), batches.batches.begin(),
                                         batches.batches.end());
                         },
                     .backlog = {}});
  keeper.seal_soon();
  io::spawn(loop.get_executor(), keeper.seal_for_ever(), "seal");
  run_until([&sealed] { return !sealed.empty(); });
  ASSERT_EQ(sealed.size(), 1U);
  EXPECT_EQ(sealed[0].sequence, batch::Sequence{1});
  EXPECT_EQ(sealed[0].readings, 1U);
  EXPECT_EQ(keeper.figures().sealed, 1U);
}

TEST(EndIfUnusable, ThrowsOnlyWhereAskingAgainDoesNotHelp) {
  EXPECT_NO_THROW(end_if_unusable({.fault = buffer::Fault::disk_full, .detail = ""}));
  EXPECT_NO_THROW(end_if_unusable({.fault = buffer::Fault::input_output, .detail = ""}));
  EXPECT_THROW(end_if_unusable({.fault = buffer::Fault::damaged, .detail = ""}),
               std::runtime_error);
}

}  // namespace
}  // namespace bornier::app
