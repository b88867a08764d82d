// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "io/clock.hpp"
#include "reading/time.hpp"

namespace bornier::app {

/// Lets one coroutine sleep until an instant, or until another calls `notify`. A notification that
/// nobody waits for is kept: the next wait returns at once.
class Wakeup {
 public:
  /// `clock` must outlive it.
  Wakeup(const boost::asio::any_io_executor& executor, const io::Clock& clock)
      : clock_{clock}, timer_{executor} {}

  [[nodiscard]] auto wait(reading::Instant until) -> boost::asio::awaitable<void> {
    if (!notified_) {
      const auto left = until - clock_.now().instant;
      timer_.expires_after(left.count() > 0 ? left : reading::Instant::duration::zero());
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    notified_ = false;
  }

  void notify() {
    notified_ = true;
    timer_.cancel();
  }

 private:
  const io::Clock& clock_;
  boost::asio::steady_timer timer_;
  bool notified_ = false;
};

}  // namespace bornier::app
