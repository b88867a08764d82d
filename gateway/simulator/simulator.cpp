// SPDX-License-Identifier: Apache-2.0
#include "simulator/simulator.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <ostream>
#include <utility>

#include "io/spawn.hpp"
#include "simulator/simulator_state.hpp"

namespace bornier::simulator {
namespace {

using asio::ip::tcp;

auto bind(tcp::acceptor& acceptor, const Endpoint& endpoint) -> wire::Result<void, std::string> {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (error) {
    return endpoint.host + " is not an address: " + error.message();
  }
  const tcp::endpoint here{address, endpoint.port};
  acceptor.open(here.protocol(), error);
  if (!error) {
    acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  }
  if (!error) {
    acceptor.bind(here, error);
  }
  if (!error) {
    acceptor.listen(tcp::acceptor::max_listen_connections, error);
  }
  if (error) {
    return "cannot listen on " + name_of(endpoint) + ": " + error.message();
  }
  return {};
}

template <class Descriptions>
void print_names(const Descriptions& meters, std::ostream& out) {
  for (const auto& meter : meters) {
    out << ' ' << meter.name;
  }
  out << std::endl;
}

}  // namespace

auto Simulator::State::open(Endpoint endpoint) -> wire::Result<void, std::string> {
  auto& station = stations.emplace_back();
  for (MeterDescription& description : std::exchange(endpoint.meters, {})) {
    const auto unit = description.unit.value();
    auto meter = Meter::create(std::move(description));
    if (!meter) {
      return meter.error();
    }
    if (!station.meters.emplace(unit, std::move(*meter)).second) {
      return "unit id " + std::to_string(unit) + " stands twice behind " + name_of(endpoint);
    }
  }
  station.endpoint = std::move(endpoint);
  if (!station.endpoint.pty.empty()) {
    auto terminal = PseudoTerminal::open(station.endpoint.pty);
    if (!terminal) {
      return terminal.error();
    }
    station.terminal.emplace(std::move(*terminal));
    return {};
  }
  station.acceptor.emplace(executor);
  return bind(*station.acceptor, station.endpoint);
}

void Simulator::State::start(Station& station) {
  if (station.acceptor) {
    io::spawn(executor, accept(station), "simulated endpoint");
    return;
  }
  const auto line = std::make_shared<Line>(executor, station.terminal->take_descriptor());
  lines.push_back(line);
  io::spawn(executor, serve_rtu(station, line), "simulated line");
  if (station.endpoint.babble.count() > 0) {
    io::spawn(executor, babble(station, line), "simulated noise");
  }
}

void Simulator::State::Station::follow(wire::UnitId unit) {
  const auto found = meters.find(unit.value());
  if (found == meters.end()) {
    return;
  }
  const auto now = found->second.description().unit;
  if (now != unit && !meters.contains(now.value())) {
    auto node = meters.extract(found);
    node.key() = now.value();
    meters.insert(std::move(node));
  }
}

auto Simulator::State::accept(Station& station) -> asio::awaitable<void> {
  const auto self = shared_from_this();
  while (station.acceptor->is_open()) {
    auto socket = std::make_shared<tcp::socket>(executor);
    const auto [error] = co_await station.acceptor->async_accept(*socket, quietly);
    if (error) {
      continue;
    }
    boost::system::error_code ignored;
    socket->set_option(tcp::no_delay{true}, ignored);
    if (station.endpoint.rtu) {
      const auto descriptor = socket->release(ignored);
      auto line = std::make_shared<Line>(executor, descriptor);
      lines.remove_if([](const auto& known) { return known.expired(); });
      lines.push_back(line);
      io::spawn(executor, serve_rtu(station, std::move(line)), "simulated connection");
      continue;
    }
    sockets.remove_if([](const auto& known) { return known.expired(); });
    sockets.push_back(socket);
    io::spawn(executor, serve_tcp(station, std::move(socket)), "simulated connection");
  }
}

Simulator::Simulator(asio::any_io_executor executor, const io::Clock& clock)
    : state_{std::make_shared<State>(std::move(executor), clock)} {}

Simulator::~Simulator() {
  stop();
}

auto Simulator::start(Description description) -> wire::Result<void, std::string> {
  state_->start_of_rows = description.start.value_or(state_->clock.now().stamp);
  if (!description.log.empty() && !state_->log.open(description.log)) {
    return "cannot open the log " + description.log;
  }
  if (!description.published.empty() && !state_->published.open(description.published)) {
    return "cannot open the log " + description.published;
  }
  for (Endpoint& endpoint : description.endpoints) {
    if (auto opened = state_->open(std::move(endpoint)); !opened) {
      return opened;
    }
  }
  for (auto& station : state_->stations) {
    state_->start(station);
  }
  for (auto& broker : description.brokers) {
    const auto publisher =
        std::make_shared<Publisher>(state_->executor, state_->clock, std::move(broker),
                                    state_->start_of_rows, state_->published);
    state_->publishers.push_back(publisher);
    io::spawn(state_->executor, Publisher::publish_until_stopped(publisher), "simulated meters");
  }
  return {};
}

auto Simulator::ports() const -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> ports;
  for (const auto& station : state_->stations) {
    boost::system::error_code ignored;
    ports.push_back(station.acceptor ? station.acceptor->local_endpoint(ignored).port()
                                     : std::uint16_t{0});
  }
  return ports;
}

auto Simulator::command(std::string_view line) -> wire::Result<void, std::string> {
  const auto blank = line.find(' ');
  const auto verb = line.substr(0, blank);
  const bool known = verb == "dead" || verb == "alive" || verb == "restart";
  if (blank == std::string_view::npos || !known) {
    return "`" + std::string{line} + "`: write dead NAME, alive NAME or restart NAME";
  }
  const auto name = line.substr(blank + 1);
  bool found = false;
  for (auto& station : state_->stations) {
    const auto meter = std::ranges::find_if(
        station.meters, [&](const auto& each) { return each.second.description().name == name; });
    if (meter == station.meters.end()) {
      continue;
    }
    found = true;
    if (verb == "restart") {
      meter->second.restart();
      station.follow(wire::UnitId{meter->first});
    } else {
      meter->second.set_dead(verb == "dead");
    }
  }
  for (const auto& publisher : state_->publishers) {
    auto* meter = publisher->find(name);
    if (meter != nullptr && verb == "restart") {
      return std::string{name} + " speaks MQTT: there is nothing that a restart would change";
    }
    if (meter != nullptr) {
      meter->set_dead(verb == "dead");
      found = true;
    }
  }
  if (!found) {
    return "there is no meter " + std::string{name};
  }
  return {};
}

void Simulator::stop() {
  for (const auto& publisher : state_->publishers) {
    publisher->stop();
  }
  boost::system::error_code ignored;
  for (auto& station : state_->stations) {
    if (station.acceptor) {
      station.acceptor->close(ignored);
    }
  }
  for (const auto& connection : state_->sockets) {
    if (const auto socket = connection.lock()) {
      socket->close(ignored);
    }
  }
  for (const auto& connection : state_->lines) {
    if (const auto line = connection.lock()) {
      line->close(ignored);
    }
  }
}

auto run(Simulator& simulator, Description description, std::ostream& out)
    -> asio::awaitable<wire::Result<void, std::string>> {
  const auto executor = co_await asio::this_coro::executor;
  auto endpoints = description.endpoints;
  const auto brokers = description.brokers;
  auto started = simulator.start(std::move(description));
  if (!started) {
    co_return started;
  }
  const auto ports = simulator.ports();
  for (std::size_t index = 0; index < ports.size(); ++index) {
    auto& endpoint = endpoints[index];
    endpoint.port = ports[index];
    out << "listening on " << name_of(endpoint) << ':';
    print_names(endpoint.meters, out);
  }
  for (const auto& broker : brokers) {
    out << "publishing to " << broker.mqtt.broker << ':';
    print_names(broker.meters, out);
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
