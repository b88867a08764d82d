// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "platform/testing.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t batches = 400;

auto payload_of(const TestGateway& gateway, std::uint64_t sequence) -> Bytes {
  reading::Entries entries;
  for (int second = 0; second < 20; ++second) {
    entries.answers.push_back(
        {noon + std::chrono::seconds{sequence * 20} + std::chrono::seconds{second},
         {number(energy, static_cast<std::int64_t>(sequence), 0)},
         {}});
  }
  return gateway.payload(sequence, entries);
}

/// Stores batch after batch and writes each number to `confirm` once it is committed.
[[noreturn]] void store_until_killed(const std::filesystem::path& file, const TestGateway& gateway,
                                     int confirm) {
  auto database = open_sqlite(file);
  if (!database) {
    _exit(1);
  }
  for (std::uint64_t sequence = 1; sequence <= batches; ++sequence) {
    const std::vector<Arrival> arrivals{gateway.batch_arrival(payload_of(gateway, sequence))};
    if (!(*database)->store(arrivals) ||
        write(confirm, &sequence, sizeof sequence) != static_cast<ssize_t>(sizeof sequence)) {
      _exit(1);
    }
  }
  _exit(0);
}

class SqliteCrashTest : public SqliteTest {
 protected:
  /// Runs a receiver's database in a process of its own and kills it after `confirmed` batches.
  void kill_after(std::uint64_t confirmed) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const auto child = fork();
    if (child == 0) {
      close(ends[0]);
      store_until_killed(sqlite().file, gateway, ends[1]);
    }
    close(ends[1]);
    std::uint64_t sequence = 0;
    while (sequence < confirmed && read(ends[0], &sequence, sizeof sequence) > 0) {
    }
    kill(child, SIGKILL);
    while (read(ends[0], &sequence, sizeof sequence) > 0) {
      last_confirmed = std::max(last_confirmed, sequence);
    }
    last_confirmed = std::max(last_confirmed, sequence);
    close(ends[0]);
    waitpid(child, nullptr, 0);
  }

  std::uint64_t last_confirmed{};
};

TEST_F(SqliteCrashTest, Promise2_HasEveryConfirmedBatchOnceHoweverOftenItIsKilled) {
  store_catalog();
  database.reset();
  for (const std::uint64_t after : {3U, 11U, 40U, 41U, 90U}) {
    kill_after(after);
    const auto stored = query(
        "SELECT count(*), count(DISTINCT sequence), "
        "(SELECT count(*) FROM reading) FROM batch WHERE sequence <= " +
        std::to_string(last_confirmed));
    EXPECT_EQ(stored[0][0], std::to_string(last_confirmed));
    EXPECT_EQ(stored[0][0], stored[0][1]);
    // A batch and its readings come together.
    EXPECT_EQ(
        query("SELECT count(*) FROM batch b WHERE readings != (SELECT count(*) FROM reading r "
              "WHERE r.stream = b.stream AND r.sequence = b.sequence)"),
        (Rows{{"0"}}));
  }
}

}  // namespace
}  // namespace bornier::platform
