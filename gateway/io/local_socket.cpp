// SPDX-License-Identifier: Apache-2.0
#include "io/local_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/deadline.hpp"
#include "io/descriptor.hpp"
#include "io/spawn.hpp"

namespace bornier::io {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::local::stream_protocol;
namespace errc = boost::system::errc;

constexpr ::mode_t mode = 0660;
constexpr std::size_t longest_answer = 16UL * 1024 * 1024;

auto address_of(const std::string& path) -> wire::Result<sockaddr_un> {
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path))
    return errc::make_error_code(errc::filename_too_long);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

auto connect_blocking(const Descriptor& socket, const std::string& path) -> error_code {
  const auto address = address_of(path);
  if (!address)
    return address.error();
  if (socket.value() < 0)
    return last_error();
  const int failed =
      ::connect(socket.value(), reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un));
  return failed != 0 ? last_error() : error_code{};
}

/// Takes a socket file away that nobody serves.
auto clear_stale(const std::string& path) -> error_code {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0)
    return {};
  if (!S_ISSOCK(status.st_mode))
    return errc::make_error_code(errc::file_exists);
  const Descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto failure = connect_blocking(probe, path);
  if (!failure)
    return errc::make_error_code(errc::address_in_use);
  if (failure != errc::connection_refused)
    return failure;
  return ::unlink(path.c_str()) == 0 ? error_code{} : last_error();
}

auto until_ready(int socket, short events, std::chrono::steady_clock::time_point until)
    -> error_code {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  if (left.count() <= 0)
    return asio::error::timed_out;
  pollfd waiting{socket, events, 0};
  const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
  if (ready == 0)
    return asio::error::timed_out;
  return ready < 0 && errno != EINTR ? last_error() : error_code{};
}

}  // namespace

struct LocalSocket::State {
  State(const asio::any_io_executor& executor, std::string the_path, LocalSocketLimits the_limits)
      : acceptor{executor}, path{std::move(the_path)}, limits{the_limits} {}

  Protocol::acceptor acceptor;
  std::string path;
  LocalSocketLimits limits;
  SystemClock clock;
  LocalHandler handler;
  std::size_t connections = 0;
  ::ino_t inode = 0;

  static auto talk(std::shared_ptr<State> state, Protocol::socket socket) -> asio::awaitable<void>;
  auto request(Protocol::socket& socket) -> asio::awaitable<wire::Result<std::string>>;
};

auto LocalSocket::State::request(Protocol::socket& socket)
    -> asio::awaitable<wire::Result<std::string>> {
  std::string line;
  const auto until = clock.now().instant + limits.timeout;
  auto reading = asio::async_read_until(
      socket, asio::dynamic_buffer(line, limits.request_bytes + 1), '\n', asio::deferred);
  const auto length = co_await with_deadline<std::size_t>(std::move(reading), until, clock);
  if (!length)
    co_return length.error();
  line.resize(*length - 1);
  co_return line;
}

auto LocalSocket::State::talk(std::shared_ptr<State> state, Protocol::socket socket)
    -> asio::awaitable<void> {
  auto request = co_await state->request(socket);
  std::string answer;
  if (request) {
    answer = co_await state->handler(std::move(*request));
  } else if (request.error() == asio::error::not_found) {
    answer = R"({"error":"the request is longer than allowed"})";
  } else if (request.error() == asio::error::timed_out) {
    answer = R"({"error":"no request came in time"})";
  } else {
    answer = R"({"error":"the request is not one line"})";
  }
  answer += '\n';
  const auto until = state->clock.now().instant + state->limits.timeout;
  auto writing = asio::async_write(socket, asio::buffer(answer), asio::deferred);
  // Whoever does not read his answer misses it.
  static_cast<void>(co_await with_deadline<std::size_t>(std::move(writing), until, state->clock));
  --state->connections;
}

LocalSocket::LocalSocket(std::shared_ptr<State> state) : state_{std::move(state)} {}

LocalSocket::~LocalSocket() {
  close();
  struct stat status {};
  const bool ours = ::lstat(state_->path.c_str(), &status) == 0 && status.st_ino == state_->inode;
  if (ours)
    ::unlink(state_->path.c_str());
}

auto LocalSocket::open(const asio::any_io_executor& executor, std::string path,
                       LocalSocketLimits limits) -> wire::Result<std::unique_ptr<LocalSocket>> {
  if (const auto address = address_of(path); !address)
    return address.error();
  if (const auto failure = clear_stale(path))
    return failure;
  auto state = std::make_shared<State>(executor, std::move(path), limits);
  error_code failure;
  auto& acceptor = state->acceptor;
  static_cast<void>(acceptor.open(Protocol{}, failure));
  if (!failure)
    static_cast<void>(acceptor.bind(Protocol::endpoint{state->path}, failure));
  if (failure)
    return failure;
  struct stat status {};
  // Nobody can connect before listen(), so nobody sees the mode of the umask.
  if (::chmod(state->path.c_str(), mode) != 0 || ::lstat(state->path.c_str(), &status) != 0) {
    return last_error();
  }
  state->inode = status.st_ino;
  static_cast<void>(acceptor.listen(asio::socket_base::max_listen_connections, failure));
  if (failure)
    return failure;
  return std::unique_ptr<LocalSocket>{new LocalSocket{std::move(state)}};
}

auto LocalSocket::serve(LocalHandler handler) -> asio::awaitable<void> {
  const auto state = state_;
  state->handler = std::move(handler);
  while (state->acceptor.is_open()) {
    auto [failure, socket] =
        co_await state->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (failure == asio::error::operation_aborted)
      co_return;
    if (failure || state->connections >= state->limits.connections)
      continue;
    ++state->connections;
    const auto executor = co_await asio::this_coro::executor;
    spawn(executor, State::talk(state, std::move(socket)), "local socket");
  }
}

void LocalSocket::close() {
  error_code ignored;
  static_cast<void>(state_->acceptor.close(ignored));
}

auto ask_local(const std::string& path, std::string_view request, std::chrono::milliseconds timeout)
    -> wire::Result<std::string> {
  const auto until = std::chrono::steady_clock::now() + timeout;
  const Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (const auto failure = connect_blocking(socket, path))
    return failure;
  ::fcntl(socket.value(), F_SETFL, O_NONBLOCK);

  auto line = std::string{request} + '\n';
  for (std::string_view rest = line; !rest.empty();) {
    if (const auto failure = until_ready(socket.value(), POLLOUT, until))
      return failure;
    const auto sent = ::send(socket.value(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      break;  // refused early: read why
    if (sent > 0)
      rest.remove_prefix(static_cast<std::size_t>(sent));
  }

  std::string answer;
  char piece[4096];
  while (answer.size() < longest_answer) {
    if (const auto failure = until_ready(socket.value(), POLLIN, until))
      return failure;
    const auto got = ::recv(socket.value(), piece, sizeof(piece), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (got < 0)
      return last_error();
    if (got == 0)
      return error_code{asio::error::eof};
    answer.append(piece, static_cast<std::size_t>(got));
    if (answer.back() == '\n') {
      answer.pop_back();
      return answer;
    }
  }
  return errc::make_error_code(errc::message_size);
}

}  // namespace bornier::io
