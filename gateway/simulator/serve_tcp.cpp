// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "simulator/simulator_state.hpp"

namespace bornier::simulator {

auto Simulator::State::serve_tcp(Station& station, std::shared_ptr<Socket> socket)
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
    const bool goes_on = co_await answer_tcp(station, *frame, *socket);
    if (!goes_on) {
      co_return;
    }
    inbox.drop(*length);
  }
}

auto Simulator::State::answer_tcp(Station& station, const wire::TcpFrame& frame, Socket& socket)
    -> asio::awaitable<bool> {
  const auto found = station.meters.find(frame.unit.value());
  if (found == station.meters.end()) {
    co_return true;
  }
  Meter& meter = found->second;
  if (meter.description().latency.count() > 0) {
    asio::steady_timer timer{executor, meter.description().latency};
    co_await timer.async_wait(quietly);
  }
  const reading::Now now = clock.now();
  const Served served = meter.serve(frame.pdu, now.stamp - start_of_rows, now.instant);
  station.follow(frame.unit);
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

}  // namespace bornier::simulator
