// SPDX-License-Identifier: Apache-2.0
#include "io/mosquitto_for_tests.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

namespace bornier::io::testing {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

auto loopback(std::uint16_t port) -> tcp::endpoint {
  return {boost::asio::ip::address_v4::loopback(), port};
}

}  // namespace

auto free_port() -> std::uint16_t {
  boost::asio::io_context loop;
  const tcp::acceptor acceptor{loop, loopback(0)};
  return acceptor.local_endpoint().port();
}

Mosquitto::Mosquitto(std::string configuration)
    : configuration_{std::move(configuration)}, port_{free_port()} {
  start();
}

Mosquitto::~Mosquitto() {
  kill();
}

auto Mosquitto::log() const -> std::string {
  std::ifstream file{folder_.file("log")};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void Mosquitto::kill() {
  if (process_ < 0)
    return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void Mosquitto::start() {
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto file = folder_.file("mosquitto.conf");
    std::ofstream{file} << "user root\nlistener " << port_ << " 127.0.0.1\n" << configuration_;
    const auto log = folder_.file("log");
    process_ = ::fork();
    if (process_ == 0) {
      const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(out, 1);
      ::dup2(out, 2);
      ::execlp("mosquitto", "mosquitto", "-v", "-c", file.c_str(), nullptr);
      ::_exit(127);
    }
    boost::asio::io_context loop;
    for (int look = 0; look < 400; ++look, std::this_thread::sleep_for(25ms)) {
      tcp::socket socket{loop};
      boost::system::error_code failure;
      socket.connect(loopback(port_), failure);
      if (!failure)
        return;
      if (::waitpid(process_, nullptr, WNOHANG) == process_)
        break;
    }
    kill();
    port_ = free_port();  // somebody was faster
  }
  throw std::runtime_error{"mosquitto does not start: " + log()};
}

}  // namespace bornier::io::testing
