// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "buffer/disk_times.hpp"

namespace bornier::buffer {

/// One thread for what may stall: fsync on an SD card takes up to seconds.
class DiskThread {
 public:
  DiskThread() : pool_{1} {}
  /// Finishes what was asked for, then ends the thread. The caller's io_context must still exist.
  ~DiskThread() { pool_.join(); }
  DiskThread(const DiskThread&) = delete;
  auto operator=(const DiskThread&) -> DiskThread& = delete;

  /// Runs `work` on the disk thread, in the order of the calls; the caller goes on where it was.
  /// `work` returns its errors: an exception out of it ends the process.
  template <class Work>
  [[nodiscard]] auto run(Work work) -> boost::asio::awaitable<decltype(work())> {
    using Outcome = decltype(work());
    // A named function object: g++ 12 destroys a capturing lambda in an awaiting statement twice.
    Start<Outcome> start{this};
    auto started = boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
        start, boost::asio::use_awaitable, std::move(work));
    co_return co_await std::move(started);
  }

  /// Of the calls that have come back. For the caller's thread.
  [[nodiscard]] auto times() const noexcept -> DiskTimes { return times_; }

 private:
  template <class Outcome>
  struct Start {
    DiskThread* self;

    template <class Handler, class Work>
    void operator()(Handler&& handler, Work work) const {
      auto executor = boost::asio::get_associated_executor(handler);
      auto awaited = boost::asio::make_work_guard(executor);
      boost::asio::post(self->pool_, [self = self, handler = std::forward<Handler>(handler),
                                      work = std::move(work), executor,
                                      awaited = std::move(awaited)]() mutable noexcept {
        const auto start = std::chrono::steady_clock::now();
        auto outcome = work();
        const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - start);
        boost::asio::post(executor,
                          [self, spent, handler = std::move(handler), outcome = std::move(outcome),
                           awaited = std::move(awaited)]() mutable {
                            self->note(spent);
                            std::move(handler)(std::move(outcome));
                          });
      });
    }
  };

  void note(std::chrono::microseconds spent) noexcept {
    times_.longest = std::max(times_.longest, spent);
    times_.total += spent;
    ++times_.calls;
  }

  boost::asio::thread_pool pool_;
  DiskTimes times_;
};

}  // namespace bornier::buffer
