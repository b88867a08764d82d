// SPDX-License-Identifier: Apache-2.0
#include "io/tcp_line.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "io/deadline.hpp"

namespace bornier::io {
namespace {

using asio::ip::tcp;

constexpr int keep_alive_after_s = 30;
constexpr int keep_alive_every_s = 10;
constexpr int keep_alive_probes = 3;
/// More than a meter can be late with: whoever sends that much unasked does not stop.
constexpr std::size_t most_discarded_from_tcp = std::size_t{64} * 1024;

void set_option(tcp::socket& socket, int level, int name, int value) {
  // Comfort: a kernel that refuses one of them still has a usable connection.
  static_cast<void>(::setsockopt(socket.native_handle(), level, name, &value, sizeof(value)));
}

}  // namespace

struct TcpLine::State {
  State(const asio::any_io_executor& executor, const Clock& the_clock, TcpSettings the_settings)
      : clock{the_clock}, settings{std::move(the_settings)}, socket{executor}, resolver{executor} {}

  const Clock& clock;
  TcpSettings settings;
  tcp::socket socket;
  tcp::resolver resolver;
  std::array<std::byte, 264> inbox{};  ///< the longest frame has 260; there are hundreds

  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  /// Late bytes are thrown away. A connection that the server closed meanwhile (many close idle
  /// ones) is given up here, before a request is wasted on it.
  void discard_arrived() {
    if (!socket.is_open())
      return;
    boost::system::error_code failure;
    socket.non_blocking(true, failure);
    std::size_t discarded = 0;
    while (!failure && discarded < most_discarded_from_tcp)
      discarded += socket.read_some(asio::buffer(inbox), failure);
    if (failure != asio::error::would_block)
      close();
  }

  void prepare() {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.set_option(asio::socket_base::keep_alive{true}, ignored);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_after_s);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, keep_alive_every_s);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, keep_alive_probes);
  }
};

TcpLine::TcpLine(const asio::any_io_executor& executor, const Clock& clock, TcpSettings settings)
    : state_{std::make_unique<State>(executor, clock, std::move(settings))} {}

TcpLine::~TcpLine() = default;

auto TcpLine::connect(reading::Instant until) -> asio::awaitable<wire::Result<void>> {
  auto& state = *state_;
  state.discard_arrived();
  if (is_open())
    co_return wire::ok();

  auto resolution = state.resolver.async_resolve(
      state.settings.host, std::to_string(state.settings.port), asio::deferred);
  const auto endpoints = co_await with_deadline<tcp::resolver::results_type>(std::move(resolution),
                                                                             until, state.clock);
  if (!endpoints)
    co_return endpoints.error();

  auto connection = asio::async_connect(state.socket, *endpoints, asio::deferred);
  const auto connected =
      co_await with_deadline<tcp::endpoint>(std::move(connection), until, state.clock);
  if (!connected) {
    state.close();
    co_return connected.error();
  }
  state.prepare();
  co_return wire::ok();
}

auto TcpLine::write(std::span<const std::byte> bytes) -> asio::awaitable<wire::Result<void>> {
  auto& state = *state_;
  if (!is_open()) {
    const boost::system::error_code not_connected = asio::error::not_connected;
    co_return not_connected;
  }
  const auto until = state.clock.now().instant + state.settings.write_timeout;
  auto writing =
      asio::async_write(state.socket, asio::buffer(bytes.data(), bytes.size()), asio::deferred);
  const auto written = co_await with_deadline<std::size_t>(std::move(writing), until, state.clock);
  if (!written) {
    state.close();
    co_return written.error();
  }
  co_return wire::ok();
}

auto TcpLine::read_some(reading::Instant until)
    -> asio::awaitable<wire::Result<std::span<const std::byte>>> {
  auto& state = *state_;
  if (!is_open()) {
    const boost::system::error_code not_connected = asio::error::not_connected;
    co_return not_connected;
  }
  auto reading = state.socket.async_read_some(asio::buffer(state.inbox), asio::deferred);
  const auto got = co_await with_deadline<std::size_t>(std::move(reading), until, state.clock);
  if (got)
    co_return std::span<const std::byte>{state.inbox}.first(*got);
  if (got.error() == asio::error::timed_out && state.clock.now().instant >= until) {
    co_return std::span<const std::byte>{};
  }
  state.close();
  co_return got.error();
}

void TcpLine::drain() {
  state_->discard_arrived();
}

void TcpLine::close() {
  state_->close();
}

auto TcpLine::is_open() const -> bool {
  return state_->socket.is_open();
}

auto TcpLine::name() const -> std::string {
  return state_->settings.host + ':' + std::to_string(state_->settings.port);
}

}  // namespace bornier::io
