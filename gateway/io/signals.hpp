// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <optional>
#include <string_view>

namespace bornier::io {

/// Returns the number of the signal once SIGTERM or SIGINT arrives.
[[nodiscard]] auto stop_requested() -> boost::asio::awaitable<int>;

/// SIGHUPs, from its construction on: before, one ends the process. None is lost, several may
/// become one.
class Hangups {
 public:
  explicit Hangups(const boost::asio::any_io_executor& executor) : signals_{executor, SIGHUP} {}

  /// Returns once another has come.
  [[nodiscard]] auto next() -> boost::asio::awaitable<void>;

 private:
  boost::asio::signal_set signals_;
};

/// To systemd, where it started us (NOTIFY_SOCKET); otherwise they do nothing.
void notify_ready();
void notify_stopping();
/// One line for `systemctl status`.
void notify_status(std::string_view text);
void notify_watchdog();
/// How often `notify_watchdog` is due (half of WatchdogSec); nothing if the unit has no watchdog.
[[nodiscard]] auto watchdog_interval() -> std::optional<std::chrono::microseconds>;

}  // namespace bornier::io
