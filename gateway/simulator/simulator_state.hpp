// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "simulator/pseudo_terminal.hpp"
#include "simulator/published_log.hpp"
#include "simulator/publisher.hpp"
#include "simulator/served_log.hpp"
#include "simulator/simulator.hpp"
#include "wire/tcp_frame.hpp"

/// What simulator.cpp, serve_tcp.cpp and serve_rtu.cpp share; for nobody else.
namespace bornier::simulator {

namespace asio = boost::asio;

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

/// The bytes of one connection that are not yet a whole frame, or not yet served.
struct Inbox {
  std::array<std::byte, 2 * wire::max_tcp_size> bytes{};
  std::size_t size{};

  [[nodiscard]] auto received() const -> std::span<const std::byte> {
    return std::span{bytes}.first(size);
  }
  [[nodiscard]] auto room() -> asio::mutable_buffer {
    return asio::buffer(bytes.data() + size, bytes.size() - size);
  }
  void drop(std::size_t count) {
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(count),
              bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.begin());
    size -= count;
  }
};

/// Shared with the coroutines, which outlive a stopped simulator until their last handler has run.
struct Simulator::State : std::enable_shared_from_this<State> {
  using Socket = asio::ip::tcp::socket;
  using Line = asio::posix::stream_descriptor;

  /// One endpoint at work.
  struct Station {
    Endpoint endpoint;                                ///< its meters have moved
    std::optional<asio::ip::tcp::acceptor> acceptor;  ///< without a pseudo-terminal
    std::optional<PseudoTerminal> terminal;
    std::map<std::uint8_t, Meter> meters;  ///< by unit id

    /// The meter that was found there may have got another unit id. One that is taken already stays
    /// the other's: two meters do not answer at once here.
    void follow(wire::UnitId unit);
  };

  State(asio::any_io_executor its_executor, const io::Clock& its_clock)
      : executor{std::move(its_executor)}, clock{its_clock} {}

  auto open(Endpoint endpoint) -> wire::Result<void, std::string>;
  void start(Station& station);
  auto accept(Station& station) -> asio::awaitable<void>;

  auto serve_tcp(Station& station, std::shared_ptr<Socket> socket) -> asio::awaitable<void>;
  /// False once the connection is gone.
  auto answer_tcp(Station& station, const wire::TcpFrame& frame, Socket& socket)
      -> asio::awaitable<bool>;

  auto serve_rtu(Station& station, std::shared_ptr<Line> line) -> asio::awaitable<void>;
  auto answer_rtu(Station& station, Meter& meter, wire::Pdu request, std::shared_ptr<Line> line)
      -> asio::awaitable<void>;
  auto babble(Station& station, std::shared_ptr<Line> line) -> asio::awaitable<void>;
  /// As fast as the endpoint's bit rate allows; false once the line is gone.
  auto write_paced(const Station& station, Line& line, std::span<const std::byte> bytes)
      -> asio::awaitable<bool>;

  asio::any_io_executor executor;
  const io::Clock& clock;
  reading::Stamp start_of_rows;
  ServedLog log;
  PublishedLog published;
  std::list<Station> stations;
  std::vector<std::shared_ptr<Publisher>> publishers;
  std::list<std::weak_ptr<Socket>> sockets;
  std::list<std::weak_ptr<Line>> lines;
  std::minstd_rand random;  ///< the same noise each time
};

}  // namespace bornier::simulator
