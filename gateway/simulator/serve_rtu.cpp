// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

#include "io/deadline.hpp"
#include "io/spawn.hpp"
#include "modbus/serial_format.hpp"
#include "simulator/simulator_state.hpp"
#include "wire/rtu_frame.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;

/// The rest of a frame that does not come within this never comes: clients write frames whole.
constexpr auto longest_gap = 50ms;
constexpr auto for_ever = std::chrono::hours{24};
/// So many characters are written at once.
constexpr std::size_t chunk = 8;
constexpr std::size_t longest_noise = 20;

}  // namespace

auto Simulator::State::serve_rtu(Station& station, std::shared_ptr<Line> line)
    -> asio::awaitable<void> {
  const auto self = shared_from_this();
  Inbox inbox;
  for (;;) {
    const auto length = wire::rtu_request_length(inbox.received());
    if (length && *length > inbox.size) {
      const auto patience = inbox.size == 0 ? reading::Instant::duration{for_ever}
                                            : reading::Instant::duration{longest_gap};
      auto reading = line->async_read_some(inbox.room(), asio::deferred);
      const auto count = co_await io::with_deadline<std::size_t>(
          std::move(reading), clock.now().instant + patience, clock);
      if (count) {
        inbox.size += *count;
      } else if (count.error() == asio::error::timed_out) {
        inbox.drop(inbox.size == 0 ? 0 : 1);
      } else {
        co_return;
      }
      continue;
    }
    const auto frame = length ? wire::decode_rtu(inbox.received().first(*length))
                              : wire::Result<wire::RtuFrame, wire::Fault>{length.error()};
    if (!frame) {
      inbox.drop(1);
      continue;
    }
    const auto found = station.meters.find(frame->unit.value());
    wire::Pdu request;
    if (found != station.meters.end() && request.append(frame->pdu)) {
      // A slow meter does not keep the others from answering, nor from being talked into.
      io::spawn(executor, answer_rtu(station, found->second, request, line), "simulated meter");
    }
    inbox.drop(*length);
  }
}

auto Simulator::State::answer_rtu(Station& station, Meter& meter, wire::Pdu request,
                                  std::shared_ptr<Line> line) -> asio::awaitable<void> {
  const auto self = shared_from_this();
  if (meter.description().latency.count() > 0) {
    asio::steady_timer timer{executor, meter.description().latency};
    co_await timer.async_wait(quietly);
  }
  const reading::Now now = clock.now();
  const auto unit = meter.description().unit;  // whoever moves answers from where he was asked
  const Served served = meter.serve(request.bytes(), now.stamp - start_of_rows, now.instant);
  station.follow(unit);
  if (!served.answer) {
    log.add(now.stamp, meter.description(), served);
    co_return;
  }
  const auto adu = wire::encode_rtu(unit, served.answer->bytes());
  if (!adu) {
    co_return;
  }
  const bool written = co_await write_paced(station, *line, adu->bytes());
  if (written) {
    log.add(now.stamp, meter.description(), served);
  }
}

auto Simulator::State::babble(Station& station, std::shared_ptr<Line> line)
    -> asio::awaitable<void> {
  const auto self = shared_from_this();
  while (line->is_open()) {
    asio::steady_timer timer{executor, station.endpoint.babble};
    co_await timer.async_wait(quietly);
    std::array<std::byte, longest_noise> noise{};
    for (auto& byte : noise) {
      byte = static_cast<std::byte>(random() & 0xFFU);
    }
    const auto bytes = std::span<const std::byte>{noise}.first(1 + random() % longest_noise);
    static_cast<void>(co_await write_paced(station, *line, bytes));
  }
}

auto Simulator::State::write_paced(const Station& station, Line& line,
                                   std::span<const std::byte> bytes) -> asio::awaitable<bool> {
  const auto baud = station.endpoint.baud;
  asio::steady_timer sending{executor, std::chrono::steady_clock::now()};
  while (!bytes.empty()) {
    const auto part = bytes.first(baud == 0 ? bytes.size() : std::min(chunk, bytes.size()));
    if (baud != 0) {
      const modbus::SerialFormat format{.baud = baud};
      sending.expires_at(sending.expiry() + modbus::transmission_time(format, part.size()));
      co_await sending.async_wait(quietly);
    }
    const auto buffer = asio::buffer(part.data(), part.size());
    const auto [error, count] = co_await asio::async_write(line, buffer, quietly);
    if (error) {
      co_return false;
    }
    bytes = bytes.subspan(part.size());
  }
  co_return true;
}

}  // namespace bornier::simulator
