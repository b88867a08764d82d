// SPDX-License-Identifier: Apache-2.0
#include "simulator/simulator.hpp"

#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <list>
#include <map>
#include <ostream>
#include <span>
#include <utility>

#include "io/spawn.hpp"
#include "simulator/served_log.hpp"
#include "wire/tcp_frame.hpp"

namespace bornier::simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

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

}  // namespace

/// Shared with the coroutines, which outlive a stopped simulator until their last handler has run.
struct Simulator::State : std::enable_shared_from_this<State> {
  struct Listener {
    tcp::acceptor acceptor;
    std::map<std::uint8_t, Meter> meters;  ///< by unit id
  };

  State(asio::any_io_executor its_executor, const io::Clock& its_clock)
      : executor{std::move(its_executor)}, clock{its_clock} {}

  auto listen(Endpoint endpoint) -> wire::Result<void, std::string>;
  auto accept(Listener& listener) -> asio::awaitable<void>;
  auto converse(Listener& listener, std::shared_ptr<tcp::socket> socket) -> asio::awaitable<void>;
  auto answer(Listener& listener, const wire::TcpFrame& frame, tcp::socket& socket)
      -> asio::awaitable<bool>;

  asio::any_io_executor executor;
  const io::Clock& clock;
  reading::Stamp start;
  ServedLog log;
  std::list<Listener> listeners;
  std::list<std::weak_ptr<tcp::socket>> connections;
};

auto Simulator::State::listen(Endpoint endpoint) -> wire::Result<void, std::string> {
  const auto name = endpoint.host + ":" + std::to_string(endpoint.port);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (error) {
    return endpoint.host + " is not an address: " + error.message();
  }
  const tcp::endpoint here{address, endpoint.port};
  Listener listener{tcp::acceptor{executor}, {}};
  listener.acceptor.open(here.protocol(), error);
  if (!error) {
    listener.acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  }
  if (!error) {
    listener.acceptor.bind(here, error);
  }
  if (!error) {
    listener.acceptor.listen(tcp::acceptor::max_listen_connections, error);
  }
  if (error) {
    return "cannot listen on " + name + ": " + error.message();
  }
  for (MeterDescription& description : endpoint.meters) {
    const auto unit = description.unit.value();
    auto meter = Meter::create(std::move(description));
    if (!meter) {
      return meter.error();
    }
    if (!listener.meters.emplace(unit, std::move(*meter)).second) {
      return "unit id " + std::to_string(unit) + " stands twice behind " + name;
    }
  }
  listeners.push_back(std::move(listener));
  return {};
}

auto Simulator::State::accept(Listener& listener) -> asio::awaitable<void> {
  const auto self = shared_from_this();
  while (listener.acceptor.is_open()) {
    auto socket = std::make_shared<tcp::socket>(executor);
    const auto [error] = co_await listener.acceptor.async_accept(*socket, quietly);
    if (error) {
      continue;
    }
    boost::system::error_code ignored;
    socket->set_option(tcp::no_delay{true}, ignored);
    connections.remove_if([](const auto& connection) { return connection.expired(); });
    connections.push_back(socket);
    io::spawn(executor, converse(listener, std::move(socket)), "simulated connection");
  }
}

auto Simulator::State::converse(Listener& listener, std::shared_ptr<tcp::socket> socket)
    -> asio::awaitable<void> {
  const auto self = shared_from_this();
  Inbox inbox;
  for (;;) {
    const auto length = wire::tcp_length(inbox.received());
    if (!length) {
      co_return;  // no frames any more (Implementation Guide 4.2.2): the connection is closed
    }
    if (*length > inbox.size) {
      const auto [error, count] = co_await socket->async_read_some(inbox.room(), quietly);
      if (error) {
        co_return;
      }
      inbox.size += count;
      continue;
    }
    const auto frame = wire::decode_tcp(inbox.received().first(*length));
    if (!frame) {
      co_return;
    }
    const bool goes_on = co_await answer(listener, *frame, *socket);
    if (!goes_on) {
      co_return;
    }
    inbox.drop(*length);
  }
}

/// False once the connection is gone.
auto Simulator::State::answer(Listener& listener, const wire::TcpFrame& frame, tcp::socket& socket)
    -> asio::awaitable<bool> {
  const auto found = listener.meters.find(frame.unit.value());
  if (found == listener.meters.end()) {
    co_return true;
  }
  Meter& meter = found->second;
  if (meter.description().latency.count() > 0) {
    asio::steady_timer timer{executor, meter.description().latency};
    co_await timer.async_wait(quietly);
  }
  const reading::Now now = clock.now();
  const Served served = meter.serve(frame.pdu, now.stamp - start, now.instant);
  if (!served.answer) {
    log.add(now.stamp, meter.description(), served);
    co_return true;
  }
  const auto adu = wire::encode_tcp(frame.transaction, frame.unit, served.answer->bytes());
  if (!adu) {
    co_return false;
  }
  const auto bytes = asio::buffer(adu->bytes().data(), adu->bytes().size());
  const auto [error, count] = co_await asio::async_write(socket, bytes, quietly);
  if (!error) {
    log.add(now.stamp, meter.description(), served);
  }
  co_return !error;
}

Simulator::Simulator(asio::any_io_executor executor, const io::Clock& clock)
    : state_{std::make_shared<State>(std::move(executor), clock)} {}

Simulator::~Simulator() {
  stop();
}

auto Simulator::start(Description description) -> wire::Result<void, std::string> {
  state_->start = description.start.value_or(state_->clock.now().stamp);
  if (!description.log.empty() && !state_->log.open(description.log)) {
    return "cannot open the log " + description.log;
  }
  for (Endpoint& endpoint : description.endpoints) {
    if (auto listens = state_->listen(std::move(endpoint)); !listens) {
      return listens;
    }
  }
  for (auto& listener : state_->listeners) {
    io::spawn(state_->executor, state_->accept(listener), "simulated endpoint");
  }
  return {};
}

auto Simulator::ports() const -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> ports;
  for (const auto& listener : state_->listeners) {
    boost::system::error_code ignored;
    ports.push_back(listener.acceptor.local_endpoint(ignored).port());
  }
  return ports;
}

auto Simulator::command(std::string_view line) -> wire::Result<void, std::string> {
  const auto blank = line.find(' ');
  const auto verb = line.substr(0, blank);
  if (blank == std::string_view::npos || (verb != "dead" && verb != "alive")) {
    return "`" + std::string{line} + "`: write dead NAME or alive NAME";
  }
  const auto name = line.substr(blank + 1);
  bool found = false;
  for (auto& listener : state_->listeners) {
    for (auto& [unit, meter] : listener.meters) {
      if (meter.description().name == name) {
        meter.set_dead(verb == "dead");
        found = true;
      }
    }
  }
  if (!found) {
    return "there is no meter " + std::string{name};
  }
  return {};
}

void Simulator::stop() {
  boost::system::error_code ignored;
  for (auto& listener : state_->listeners) {
    listener.acceptor.close(ignored);
  }
  for (const auto& connection : state_->connections) {
    if (const auto socket = connection.lock()) {
      socket->close(ignored);
    }
  }
}

auto run(Description description, const io::Clock& clock, std::ostream& out)
    -> asio::awaitable<wire::Result<void, std::string>> {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<std::string> titles;
  for (const Endpoint& endpoint : description.endpoints) {
    std::string title;
    for (const MeterDescription& meter : endpoint.meters) {
      title += " " + meter.name;
    }
    titles.push_back(std::move(title));
  }
  std::vector<std::string> hosts;
  for (const Endpoint& endpoint : description.endpoints) {
    hosts.push_back(endpoint.host);
  }
  Simulator simulator{executor, clock};
  auto started = simulator.start(std::move(description));
  if (!started) {
    co_return started;
  }
  const auto ports = simulator.ports();
  for (std::size_t index = 0; index < ports.size(); ++index) {
    out << "listening on " << hosts[index] << ':' << ports[index] << ':' << titles[index]
        << std::endl;
  }

  asio::posix::stream_descriptor input{executor, ::dup(STDIN_FILENO)};
  std::string typed;
  std::array<char, 256> chunk{};
  for (;;) {
    const auto room = asio::buffer(chunk);
    const auto [error, count] = co_await input.async_read_some(room, quietly);
    if (error) {
      break;
    }
    typed.append(chunk.data(), count);
    for (auto end = typed.find('\n'); end != std::string::npos; end = typed.find('\n')) {
      const auto obeyed = simulator.command(std::string_view{typed}.substr(0, end));
      out << (obeyed ? typed.substr(0, end) : obeyed.error()) << std::endl;
      typed.erase(0, end + 1);
    }
  }
  // Without standard input there is nothing to obey, but still to serve.
  asio::steady_timer forever{executor, asio::steady_timer::time_point::max()};
  co_await forever.async_wait(quietly);
  co_return started;
}

}  // namespace bornier::simulator
