// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace bornier::buffer {

/// One thread for what may stall: fsync on an SD card takes up to seconds.
class DiskThread {
 public:
  struct Stalls {
    std::chrono::microseconds
        longest{};                      ///< the slowest call so far, its wait in the queue excluded
    std::chrono::microseconds total{};  ///< time spent in calls
    std::uint64_t calls{};
  };

  DiskThread() : pool_{1} {}
  /// Finishes what was asked for, then ends the thread.
  ~DiskThread() { pool_.join(); }
  DiskThread(const DiskThread&) = delete;
  auto operator=(const DiskThread&) -> DiskThread& = delete;

  /// Runs `work` on the disk thread, in the order of the calls; the caller goes on where it was.
  /// `work` must not throw: errors are values (a throw ends the process).
  template <class Work>
  auto run(Work work) -> boost::asio::awaitable<decltype(work())>;

  /// Of the calls that have ended. Call it on the caller's thread.
  [[nodiscard]] auto stalls() const noexcept -> Stalls { return stalls_; }

 private:
  void note(std::chrono::microseconds spent) noexcept {
    stalls_.longest = std::max(stalls_.longest, spent);
    stalls_.total += spent;
    ++stalls_.calls;
  }

  boost::asio::thread_pool pool_;
  Stalls stalls_;
};

}  // namespace bornier::buffer
