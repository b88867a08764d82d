// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "buffer/faulty_disk.hpp"
#include "buffer/store.hpp"
#include "buffer/store_fixture.hpp"

/// Power cuts, failing disks and kill -9, against what the store has acknowledged.
namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
using batch::Sequence;
using batch::SequenceRange;
using Payload = std::vector<std::byte>;

/// What the caller was told is safe.
struct Acknowledged {
  std::set<std::int64_t> readings;
  std::map<std::uint64_t, Payload> batches;
  std::uint64_t newest = 0;
};

/// Written with each chunk of readings: the greatest value that has been taken.
auto taken_up_to(std::int64_t value) -> std::vector<Memo> {
  return {{"taken", std::to_string(value)}};
}

auto settings_on(const TemporaryDirectory& directory, const FaultyDisk& disk) -> Settings {
  auto settings = settings_in(directory);
  settings.vfs = disk.vfs();
  return settings;
}

auto order_at_one() -> SealOrder {
  SealOrder order;
  order.now = clock_at(new_year + 1h).now;
  order.clock_trusted = true;
  return order;
}

/// A short life of a store: commits small and large, seals, a confirmation, a restart. With
/// `persistent` every call is repeated until it succeeds, else the first failure ends it.
class History {
 public:
  History(Settings settings, bool persistent)
      : settings_{std::move(settings)}, persistent_{persistent} {}

  auto run() -> Acknowledged {
    if (live()) {
      store_.reset();
    }
    return std::move(acknowledged_);
  }

 private:
  auto live() -> bool {
    return open() && append(1, 1) && append(2, 400) && seal() && append(500, 1) && seal() &&
           confirm() && append(600, 1) && reopen() && append(700, 1) && seal();
  }

  template <class Call>
  auto insist(Call call) -> bool {
    for (int attempt = 0; attempt < 10; ++attempt) {
      if (call()) {
        return true;
      }
      if (!persistent_) {
        return false;
      }
    }
    ADD_FAILURE() << "does not recover";
    return false;
  }

  auto open() -> bool {
    return insist([this] {
             auto opened = Store::open(settings_, clock_at(new_year), 1);
             if (!opened) {
               return false;
             }
             EXPECT_NE(opened->opened().how, Opened::How::salvaged);
             store_.emplace(std::move(*opened));
             return true;
           }) &&
           insist([this] { return store_->save_catalog(three_points()).has_value(); });
  }

  auto reopen() -> bool {
    store_.reset();
    return open();
  }

  auto append(std::int64_t first, int count) -> bool {
    reading::Entries readings;
    for (std::int64_t value = first; value < first + count; ++value) {
      readings.answers.push_back(
          answer(new_year + std::chrono::milliseconds{value}, {number(gauge, value)}));
    }
    const auto memos = taken_up_to(first + count - 1);
    const bool done =
        insist([&] { return store_->append(readings, clock_at(new_year), memos).has_value(); });
    for (std::int64_t value = first; done && value < first + count; ++value) {
      acknowledged_.readings.insert(value);
    }
    return done;
  }

  auto seal() -> bool {
    return insist([this] {
      const auto sealed = store_->seal(order_at_one());
      if (!sealed) {
        return false;
      }
      for (const auto& info : sealed->batches) {
        EXPECT_EQ(info.sequence.value(), ++acknowledged_.newest) << "a number is left out";
        const auto payload = store_->payload(info.sequence);
        if (payload && *payload) {
          acknowledged_.batches[info.sequence.value()] = **payload;
        }
      }
      return true;
    });
  }

  auto confirm() -> bool {
    const std::vector ranges{SequenceRange{Sequence{1}, Sequence{1}}};
    return insist(
        [&] { return store_->confirm(store_->stream(), ranges, new_year + 1h).has_value(); });
  }

  Settings settings_;
  bool persistent_;
  std::optional<Store> store_;
  Acknowledged acknowledged_;
};

/// Opens what is left and seals it; then everything acknowledged must be there, once, under the
/// numbers and in the bytes that were told. The memo tells of exactly the readings that are there.
void expect_kept(const TemporaryDirectory& directory, const Acknowledged& acknowledged) {
  std::vector<Memo> memos;
  {
    auto store = Store::open(settings_in(directory), clock_at(new_year + 2h), 2);
    ASSERT_TRUE(store) << to_text(store.error());
    ASSERT_NE(store->opened().how, Opened::How::salvaged) << store->opened().explanation;
    if (!store->catalog().value()) {
      ASSERT_TRUE(store->save_catalog(three_points()));
    }
    memos = store->memos().value();
    ASSERT_GE(store->newest().value(), acknowledged.newest);
    ASSERT_TRUE(store->seal(order_at_one()));
    EXPECT_EQ(batches_of(*store).size(), store->newest().value()) << "numbers have a hole";
    for (const auto& [sequence, bytes] : acknowledged.batches) {
      EXPECT_EQ(store->payload(Sequence{sequence}).value(), bytes) << "batch " << sequence;
    }
  }
  const auto found = values_in(directory.path());
  for (const std::int64_t value : acknowledged.readings) {
    EXPECT_TRUE(found.contains(value)) << "reading " << value << " was accepted and is gone";
  }
  for (const auto& [value, count] : found) {
    EXPECT_EQ(count, 1) << "reading " << value;
  }
  EXPECT_EQ(memos, found.empty() ? std::vector<Memo>{} : taken_up_to(found.rbegin()->first));
}

/// How many writes, truncations and syncs the history takes on a healthy disk.
auto operations_of_history() -> std::uint64_t {
  const TemporaryDirectory directory;
  const FaultyDisk disk;
  const auto acknowledged = History{settings_on(directory, disk), false}.run();
  EXPECT_EQ(acknowledged.readings.size(), 404U);
  EXPECT_EQ(acknowledged.newest, 3U);
  return disk.operations();
}

void cut_at_every_operation(FaultyDisk::Unsynced unsynced) {
  const std::uint64_t operations = operations_of_history();
  ASSERT_GT(operations, 50U);
  for (std::uint64_t cut = 1; cut <= operations; ++cut) {
    SCOPED_TRACE("power cut at operation " + std::to_string(cut));
    const TemporaryDirectory directory;
    FaultyDisk disk;
    disk.cut_power_at(cut);
    const auto acknowledged = History{settings_on(directory, disk), false}.run();
    disk.restore_power(unsynced, cut);
    expect_kept(directory, acknowledged);
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

TEST(PowerCut, Promise1_LosesNothingAcceptedWhenUnsyncedWritesAreLost) {
  cut_at_every_operation(FaultyDisk::Unsynced::lost);
}

TEST(PowerCut, Promise1_LosesNothingAcceptedWhenUnsyncedWritesAreThere) {
  cut_at_every_operation(FaultyDisk::Unsynced::kept);
}

TEST(PowerCut, Promise3_LeavesNoHoleWhenSomeUnsyncedWritesAreThere) {
  cut_at_every_operation(FaultyDisk::Unsynced::some);
}

TEST(FailingDisk, Promise2_StoresOnceWhateverOperationFails) {
  const std::uint64_t operations = operations_of_history();
  for (std::uint64_t failing = 1; failing <= operations; ++failing) {
    SCOPED_TRACE("operation " + std::to_string(failing) + " fails once");
    const TemporaryDirectory directory;
    FaultyDisk disk;
    disk.fail_once_at(failing);
    const auto acknowledged = History{settings_on(directory, disk), true}.run();
    EXPECT_EQ(acknowledged.readings.size(), 404U);
    expect_kept(directory, acknowledged);
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

TEST(FailingDisk, Promise2_DoesNotSealAnAppendThatItReportedAsFailed) {
  for (std::uint64_t later = 1; later <= 40; ++later) {
    SCOPED_TRACE("the disk goes at operation " + std::to_string(later) + " of the append");
    const TemporaryDirectory directory;
    FaultyDisk disk;
    {
      auto store = Store::open(settings_on(directory, disk), clock_at(new_year), 1).value();
      ASSERT_TRUE(store.save_catalog(three_points()));
      disk.cut_power_at(disk.operations() + later);
      const bool accepted = store.append(entries(new_year, 1), clock_at(new_year)).has_value();
      if (accepted) {
        EXPECT_GT(later, 2U);  // every operation of the append was tried
        return;
      }
      // It is away for a while: the log then still holds the commit that failed.
      EXPECT_FALSE(store.seal(order_at_one()));
      disk.come_back();
      ASSERT_TRUE(store.seal(order_at_one()));  // comes before the caller's second attempt
      ASSERT_TRUE(store.append(entries(new_year, 1), clock_at(new_year)));
    }
    EXPECT_THAT(values_in(directory.path()), testing::ElementsAre(testing::Pair(1, 1)));
  }
  FAIL() << "an append of more than 40 operations";
}

/// The disk goes at operation `failing` of an append of value 2 and stays away for a while, so that
/// the log may still hold that commit; `later` operations after its return the power is cut. False
/// if the append does not fail.
auto cut_after_a_failed_append(std::uint64_t failing, std::uint64_t later,
                               FaultyDisk::Unsynced unsynced) -> bool {
  SCOPED_TRACE("the disk goes at operation " + std::to_string(failing) +
               " of the append, the power " + std::to_string(later) + " after its return");
  const TemporaryDirectory directory;
  FaultyDisk disk;
  Acknowledged acknowledged;
  acknowledged.readings.insert(1);
  {
    auto store = Store::open(settings_on(directory, disk), clock_at(new_year), 1).value();
    EXPECT_TRUE(store.save_catalog(three_points()));
    EXPECT_TRUE(store.append(entries(new_year, 1), clock_at(new_year), taken_up_to(1)));
    disk.cut_power_at(disk.operations() + failing);
    if (store.append(entries(new_year, 2), clock_at(new_year), taken_up_to(2))) {
      return false;
    }
    EXPECT_FALSE(store.figures());
    disk.come_back();
    disk.cut_power_at(disk.operations() + later);
    if (store.append(entries(new_year, 2), clock_at(new_year), taken_up_to(2))) {
      acknowledged.readings.insert(2);
    }
  }
  disk.restore_power(unsynced, 10 * failing + later);
  expect_kept(directory, acknowledged);
  return true;
}

TEST(PowerCut, Promise2_RecoveryTakesBackAChunkAndItsMemosOrNeither) {
  using enum FaultyDisk::Unsynced;
  for (const auto unsynced : {lost, kept, some}) {
    std::uint64_t failing = 1;
    for (bool fails = true; fails && !testing::Test::HasFailure(); ++failing) {
      for (std::uint64_t later = 1; fails && later <= 40; ++later) {
        fails = cut_after_a_failed_append(failing, later, unsynced);
      }
    }
    EXPECT_GT(failing, 3U);  // every operation of the append was tried
  }
}

TEST(FullDisk, RefusesWithoutHarmAndGoesOnWhenThereIsRoom) {
  const TemporaryDirectory directory;
  FaultyDisk disk;
  auto store = Store::open(settings_on(directory, disk), clock_at(new_year), 1).value();
  ASSERT_TRUE(store.save_catalog(three_points()));
  disk.limit_bytes(128U * 1024U);
  std::int64_t accepted = 0;
  auto appended = store.append(entries(new_year, accepted), clock_at(new_year));
  while (appended) {
    ASSERT_LT(++accepted, 10'000);
    appended = store.append(entries(new_year, accepted), clock_at(new_year));
  }
  EXPECT_EQ(appended.error().fault, Fault::disk_full) << to_text(appended.error());
  EXPECT_EQ(remedy(appended.error().fault), Remedy::try_again);
  EXPECT_EQ(store.figures().value().journal.readings, static_cast<std::uint64_t>(accepted));

  disk.lift_limit();
  EXPECT_TRUE(store.append(entries(new_year, accepted), clock_at(new_year)));
  const auto values = values_in(directory.path());
  EXPECT_EQ(values.size(), static_cast<std::size_t>(accepted) + 1);
}

/// Appends until it is killed; writes each value to the pipe once it is accepted.
[[noreturn]] void append_for_ever(const TemporaryDirectory& directory, int acknowledgements) {
  auto store = Store::open(settings_in(directory), clock_at(new_year), 1);
  if (!store || !store->save_catalog(three_points())) {
    ::_exit(1);
  }
  for (std::int64_t value = 1;; ++value) {
    const bool appended =
        store->append(entries(new_year, value), clock_at(new_year), taken_up_to(value)).has_value();
    const bool sealed = value % 7 != 0 || store->seal(order_at_one()).has_value();
    if (!appended || !sealed ||
        ::write(acknowledgements, &value, sizeof value) != ssize_t{sizeof value}) {
      ::_exit(1);
    }
  }
}

TEST(KilledProcess, Promise1_FindsEveryAcceptedReadingAgain) {
  std::mt19937_64 random{20'261'123};
  for (int round = 0; round < 6; ++round) {
    const TemporaryDirectory directory;
    int pipe[2] = {};
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      append_for_ever(directory, pipe[1]);
    }
    ::close(pipe[1]);
    const std::int64_t enough = 5 + static_cast<std::int64_t>(random() % 60);
    std::int64_t value = 0;
    std::int64_t newest = 0;
    while (::read(pipe[0], &value, sizeof value) == ssize_t{sizeof value}) {
      newest = value;
      if (newest == enough) {
        ::usleep(static_cast<useconds_t>(random() % 2000));  // anywhere within a commit
        ::kill(child, SIGKILL);
      }
    }
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    Acknowledged acknowledged;
    for (std::int64_t each = 1; each <= newest; ++each) {
      acknowledged.readings.insert(each);
    }
    acknowledged.newest = static_cast<std::uint64_t>(newest / 7);
    expect_kept(directory, acknowledged);
  }
}

}  // namespace
}  // namespace bornier::buffer
