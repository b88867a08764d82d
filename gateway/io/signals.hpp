// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string_view>

namespace bornier::io {

/// Returns the number of the signal once SIGTERM or SIGINT arrives.
[[nodiscard]] auto stop_requested() -> boost::asio::awaitable<int>;

/// To systemd, where it started us (NOTIFY_SOCKET); otherwise they do nothing.
void notify_ready();
void notify_stopping();
/// One line for `systemctl status`.
void notify_status(std::string_view text);
void notify_watchdog();
/// How often `notify_watchdog` is due (half of WatchdogSec); nothing if the unit has no watchdog.
[[nodiscard]] auto watchdog_interval() -> std::optional<std::chrono::microseconds>;

}  // namespace bornier::io
