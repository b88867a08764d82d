// SPDX-License-Identifier: Apache-2.0
#include "io/local_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstring>
#include <fstream>
#include <thread>

#include "io/spawn.hpp"
#include "io/testing.hpp"

namespace bornier::io {
namespace {

namespace errc = boost::system::errc;
using namespace std::chrono_literals;

class LocalSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path = folder.file("bornier.sock");
    limits.request_bytes = 100;
    limits.timeout = 300ms;
  }
  void TearDown() override { stop(); }

  static auto echo(std::string line) -> boost::asio::awaitable<std::string> {
    co_return "echo " + line;
  }

  void serve(LocalHandler handler = echo) {
    socket = LocalSocket::open(loop.get_executor(), path, limits).value();
    spawn(loop.get_executor(), socket->serve(std::move(handler)), "socket under test");
    thread = std::thread{[this] { loop.run(); }};
  }
  void stop() {
    if (!thread.joinable())
      return;
    boost::asio::post(loop, [this] { socket.reset(); });
    thread.join();
  }
  auto ask(std::string_view request) -> wire::Result<std::string> {
    return ask_local(path, request, 10s);
  }
  /// Sends these bytes as they are and returns all that comes back.
  auto say(std::string_view bytes, bool finish) -> std::string {
    const int raw = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::connect(raw, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::send(raw, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    if (finish)
      ::shutdown(raw, SHUT_WR);
    std::string answer;
    char piece[256];
    for (ssize_t got = 0; (got = ::recv(raw, piece, sizeof(piece), 0)) > 0;) {
      answer.append(piece, static_cast<std::size_t>(got));
    }
    ::close(raw);
    return answer;
  }

  io::testing::TemporaryFolder folder;
  std::string path;
  LocalSocketLimits limits;
  boost::asio::io_context loop;
  std::unique_ptr<LocalSocket> socket;
  std::thread thread;
};

TEST_F(LocalSocketTest, AnswersOneLineWithOneLine) {
  serve();
  EXPECT_EQ(ask(R"({"ask":"status"})").value(), R"(echo {"ask":"status"})");
  EXPECT_EQ(ask("").value(), "echo ");
  EXPECT_EQ(say("a\nb\n", false), "echo a\n");
}

TEST_F(LocalSocketTest, CarriesALongAnswer) {
  serve([](std::string) -> boost::asio::awaitable<std::string> {
    co_return std::string(1'000'000, 'x');
  });
  EXPECT_EQ(ask("all").value(), std::string(1'000'000, 'x'));
}

TEST_F(LocalSocketTest, IsForOwnerAndGroupOnly) {
  serve();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST_F(LocalSocketTest, Promise7_RefusesALineLongerThanAllowed) {
  serve();
  EXPECT_EQ(ask(std::string(100, 'x')).value(), "echo " + std::string(100, 'x'));
  EXPECT_EQ(ask(std::string(101, 'x')).value(),
            R"({"error":"the request is longer than allowed"})");
}

TEST_F(LocalSocketTest, Promise7_GivesUpOnASlowOrHalfRequest) {
  serve();
  EXPECT_EQ(say("half", false), "{\"error\":\"no request came in time\"}\n");
  EXPECT_EQ(say("half", true), "{\"error\":\"the request is not one line\"}\n");
  EXPECT_EQ(ask("still there").value(), "echo still there");
}

TEST_F(LocalSocketTest, Promise7_BoundsTheConnections) {
  limits.connections = 1;
  limits.timeout = 10s;
  serve();
  const int first = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::connect(first, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_TRUE(ask("second").has_error());
  ::close(first);
  auto third = ask("third");
  for (int attempt = 0; attempt < 100 && !third; ++attempt)
    third = ask("third");
  EXPECT_EQ(third.value(), "echo third");
}

TEST_F(LocalSocketTest, ReplacesTheFileOfADeadDaemonAndRemovesItsOwn) {
  serve();
  const auto aside = folder.file("aside");
  ASSERT_EQ(::rename(path.c_str(), aside.c_str()), 0);
  stop();
  ASSERT_EQ(::rename(aside.c_str(), path.c_str()), 0);
  EXPECT_EQ(ask("anyone?").error(), errc::connection_refused);
  loop.restart();
  serve();
  EXPECT_EQ(ask("again").value(), "echo again");
  stop();
  EXPECT_EQ(ask("gone").error(), errc::no_such_file_or_directory);
}

TEST_F(LocalSocketTest, TouchesNeitherALiveSocketNorAnotherFile) {
  serve();
  const auto second = LocalSocket::open(loop.get_executor(), path, limits);
  EXPECT_EQ(second.error(), errc::address_in_use);
  EXPECT_EQ(ask("still me").value(), "echo still me");

  const auto file = folder.file("precious");
  std::ofstream{file} << "data";
  EXPECT_EQ(LocalSocket::open(loop.get_executor(), file, limits).error(), errc::file_exists);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(LocalSocketTest, RefusesAPathTooLongForASocket) {
  const auto open = LocalSocket::open(loop.get_executor(), "/tmp/" + std::string(200, 'x'), limits);
  EXPECT_EQ(open.error(), errc::filename_too_long);
  EXPECT_EQ(ask_local(std::string(200, 'x'), "", 1s).error(), errc::filename_too_long);
}

}  // namespace
}  // namespace bornier::io
