// SPDX-License-Identifier: Apache-2.0
#include "io/signals.hpp"

#include <systemd/sd-daemon.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdint>
#include <string>

namespace bornier::io {

auto stop_requested() -> boost::asio::awaitable<int> {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::signal_set signals{executor, SIGTERM, SIGINT};
  const int signal = co_await signals.async_wait(boost::asio::use_awaitable);
  co_return signal;
}

void notify_ready() {
  sd_notify(0, "READY=1");
}
void notify_stopping() {
  sd_notify(0, "STOPPING=1");
}
void notify_status(std::string_view text) {
  const auto line = "STATUS=" + std::string{text};
  sd_notify(0, line.c_str());
}
void notify_watchdog() {
  sd_notify(0, "WATCHDOG=1");
}

auto watchdog_interval() -> std::optional<std::chrono::microseconds> {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0)
    return std::nullopt;
  return std::chrono::microseconds{static_cast<std::int64_t>(microseconds / 2)};
}

}  // namespace bornier::io
