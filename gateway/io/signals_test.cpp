// SPDX-License-Identifier: Apache-2.0
#include "io/signals.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include "io/testing.hpp"

namespace bornier::io {
namespace {

using namespace std::chrono_literals;

/// The end of systemd: a socket whose name stands in NOTIFY_SOCKET, '@' for a leading NUL.
class Listener {
 public:
  explicit Listener(const std::string& name) : socket_{::socket(AF_UNIX, SOCK_DGRAM, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path);
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    }
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Listener() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(socket_);
  }
  Listener(const Listener&) = delete;
  auto operator=(const Listener&) -> Listener& = delete;

  /// Empty if nothing has been said.
  [[nodiscard]] auto heard() const -> std::string {
    std::array<char, 100> text{};
    const auto size = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? std::string{} : std::string{text.data(), static_cast<std::size_t>(size)};
  }

 private:
  int socket_;
};

TEST(Notification, ReachesWhoeverStartedUs) {
  const testing::TemporaryFolder folder;
  for (const auto& name :
       {folder.file("notify"), "@bornier-signals-test-" + std::to_string(::getpid())}) {
    const Listener systemd{name};
    notify_ready();
    EXPECT_EQ(systemd.heard(), "READY=1");
    notify_status("all is well");
    EXPECT_EQ(systemd.heard(), "STATUS=all is well");
    notify_watchdog();
    EXPECT_EQ(systemd.heard(), "WATCHDOG=1");
    notify_stopping();
    EXPECT_EQ(systemd.heard(), "STOPPING=1");
  }
}

TEST(Notification, IsNotMissedByNobody) {
  notify_ready();
  for (const std::string& name : {std::string{"/no/such/folder/notify"},
                                  std::string{"vsock:2:1234"}, std::string(200, '/')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_ready();
  }
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(Watchdog, IsFedTwiceAsOftenAsItAsks) {
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_interval(), 15s);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_interval(), 15s);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdog_interval(), std::nullopt) << "it is somebody else's";
  ::unsetenv("WATCHDOG_PID");
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::unsetenv("WATCHDOG_USEC");
}

TEST(Hangups, AreHeardAlsoWhenNobodyListensYet) {
  boost::asio::io_context loop;
  Hangups hangups{loop.get_executor()};
  std::raise(SIGHUP);
  const auto listen = [&hangups]() -> boost::asio::awaitable<bool> {
    co_await hangups.next();
    co_return true;
  };
  EXPECT_TRUE(testing::run_until_done(loop, listen()));
  std::raise(SIGHUP);
  EXPECT_TRUE(testing::run_until_done(loop, listen()));
}

}  // namespace
}  // namespace bornier::io
