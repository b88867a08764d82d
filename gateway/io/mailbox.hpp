// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "io/clock.hpp"

namespace bornier::io {

/// A place for one value that a coroutine waits for. On the executor's thread only.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(const boost::asio::any_io_executor& executor) : timer_{executor} {}

  void put(T value) {
    value_ = std::move(value);
    timer_.cancel();
  }
  void clear() { value_.reset(); }
  /// Wakes who waits, without a value.
  void wake() { timer_.cancel(); }

  /// Nothing once `until` has passed, or after `wake`.
  auto take(reading::Instant until, const Clock& clock)
      -> boost::asio::awaitable<std::optional<T>> {
    if (!value_) {
      timer_.expires_after(until - clock.now().instant);
      static_cast<void>(
          co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)));
    }
    co_return std::exchange(value_, std::nullopt);
  }

 private:
  std::optional<T> value_;
  boost::asio::steady_timer timer_;
};

}  // namespace bornier::io
