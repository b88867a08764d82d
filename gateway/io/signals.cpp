// SPDX-License-Identifier: Apache-2.0
#include "io/signals.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace bornier::io {
namespace {

auto environment(const char* name) -> std::string_view {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

/// The protocol of sd_notify(3), which is promised to stay. libsystemd would do no more, and brings
/// libraries for compression and encryption: 1 MiB of resident memory.
void notify(std::string_view state) {
  const auto path = environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  const bool is_path = path.starts_with('/') || path.starts_with('@');
  if (!is_path || path.size() >= sizeof address.sun_path) {
    return;
  }
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  if (path.front() == '@') {
    address.sun_path[0] = '\0';  // a name without a file
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    return;
  }
  // If it fails, systemd will miss us and act on that.
  static_cast<void>(::sendto(
      socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size())));
  ::close(socket);
}

/// 0 if it is not set, or not a number.
auto number_in(const char* name) -> std::int64_t {
  const auto text = environment(name);
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc{} && end == text.data() + text.size() ? number : 0;
}

}  // namespace

auto stop_requested() -> boost::asio::awaitable<int> {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::signal_set signals{executor, SIGTERM, SIGINT};
  const int signal = co_await signals.async_wait(boost::asio::use_awaitable);
  co_return signal;
}

auto Hangups::next() -> boost::asio::awaitable<void> {
  static_cast<void>(co_await signals_.async_wait(boost::asio::use_awaitable));
}

void notify_ready() {
  notify("READY=1");
}
void notify_stopping() {
  notify("STOPPING=1");
}
void notify_status(std::string_view text) {
  notify("STATUS=" + std::string{text});
}
void notify_watchdog() {
  notify("WATCHDOG=1");
}

auto watchdog_interval() -> std::optional<std::chrono::microseconds> {
  const auto microseconds = number_in("WATCHDOG_USEC");
  const bool is_for_us =
      environment("WATCHDOG_PID").empty() || number_in("WATCHDOG_PID") == ::getpid();
  if (microseconds <= 0 || !is_for_us)
    return std::nullopt;
  return std::chrono::microseconds{microseconds / 2};
}

}  // namespace bornier::io
