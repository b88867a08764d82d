// SPDX-License-Identifier: Apache-2.0
#include "app/line_asker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "io/run_exchange.hpp"
#include "modbus/fault_error_code.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_connecting = 5s;
/// Fewer are what a transceiver makes of switching its direction.
constexpr std::uint32_t more_than_a_click = 3;

/// A late answer to this is not to be expected.
auto is_settled(const Reply& reply) -> bool {
  return reply.answer || reply.fault == modbus::Fault::bad_crc ||
         modbus::exception_code(reply.fault).has_value();
}

}  // namespace

auto Reply::is_refusal() const -> bool {
  return !answer && modbus::exception_code(fault).has_value() &&
         fault != modbus::Fault::gateway_path_unavailable &&
         fault != modbus::Fault::gateway_target_silent;
}

auto Reply::heard() const -> modbus::Heard {
  if (answer || is_refusal() || fault == modbus::Fault::unfitting_answer) {
    return modbus::Heard::answer;
  }
  if (fault == modbus::Fault::bad_crc || fault == modbus::Fault::truncated ||
      discarded.damaged > 0) {
    return modbus::Heard::damage;
  }
  if (discarded.foreign > 0) {
    return modbus::Heard::foreign;
  }
  return discarded.stray > more_than_a_click ? modbus::Heard::noise : modbus::Heard::nothing;
}

LineAsker::LineAsker(const boost::asio::any_io_executor& executor, const io::Clock& clock,
                     BusSettings bus, MakeLine make)
    : clock_{clock},
      bus_{std::move(bus)},
      make_{std::move(make)},
      line_{make_(bus_)},
      pause_{executor, clock} {}

auto LineAsker::open(modbus::SerialFormat format) -> boost::asio::awaitable<wire::Result<void>> {
  if (bus_.transport == Transport::rtu && format != bus_.serial) {
    line_->close();
    bus_.serial = format;
    line_ = make_(bus_);
    owed_ = {};
  }
  const auto until = clock_.now().instant + longest_connecting;
  auto connected = co_await line_->connect(until);
  co_return connected;
}

auto LineAsker::ask(wire::UnitId unit, wire::Request request, reading::Instant::duration patience,
                    reading::Instant::duration pause)
    -> boost::asio::awaitable<wire::Result<Reply>> {
  const auto pdu = wire::encode_request(request);
  if (!pdu) {
    Reply impossible;
    impossible.fault = modbus::Fault::illegal_value;
    co_return impossible;
  }
  const auto* read = std::get_if<wire::Read>(&request);
  const bool owes = read != nullptr && framing() == modbus::Framing::rtu;
  if (owes) {
    const auto heard_out = co_await hear_out(unit, *read);
    if (!heard_out) {
      co_return heard_out.error();
    }
  }
  if (quiet_since_ + pause > clock_.now().instant) {
    co_await pause_.wait(quiet_since_ + pause);
  }
  auto reply = co_await exchange(unit, *pdu, patience);
  if (!reply && !line_->is_open()) {
    const auto connected = co_await open(bus_.serial);
    if (!connected) {
      co_return connected.error();
    }
    reply = co_await exchange(unit, *pdu, patience);
  }
  if (reply && owes) {
    owed_.add(unit, *read, quiet_since_ - reply->took, patience, patience);
    if (is_settled(*reply)) {
      owed_.came(unit, *read, quiet_since_);
    }
  }
  co_return reply;
}

auto LineAsker::exchange(wire::UnitId unit, const wire::Pdu& pdu,
                         reading::Instant::duration patience)
    -> boost::asio::awaitable<wire::Result<Reply>> {
  const auto begun = clock_.now().instant;
  modbus::Exchange one{framing(), unit, pdu, patience, wire::TransactionId{++transaction_}};
  auto result = co_await io::run(one, *line_, clock_);
  quiet_since_ = clock_.now().instant;
  Reply reply;
  reply.discarded = one.discarded();
  reply.took = quiet_since_ - begun;
  if (result) {
    reply.answer = std::move(*result);
    co_return reply;
  }
  const auto fault = modbus::fault_of(result.error());
  if (!fault) {
    co_return result.error();
  }
  reply.fault = *fault;
  if (modbus::remedy(*fault) == modbus::Remedy::reconnect) {
    line_->close();
    const boost::system::error_code lost = boost::asio::error::connection_aborted;
    co_return lost;
  }
  co_return reply;
}

auto LineAsker::hear_out(wire::UnitId unit, const wire::Read& read)
    -> boost::asio::awaitable<wire::Result<void>> {
  for (;;) {
    const auto now = clock_.now().instant;
    const auto owed = owed_.before(unit, read, now);
    if (!owed) {
      co_return wire::ok();
    }
    const auto pdu = wire::encode_request(owed->read);  // it was one before
    modbus::Exchange one{modbus::Framing::rtu, unit, *pdu, owed->until - now};
    const auto result = co_await io::listen(one, *line_, clock_);
    Reply late;
    if (result) {
      late.answer = *result;
    } else if (const auto fault = modbus::fault_of(result.error())) {
      late.fault = *fault;
    } else {
      co_return result.error();
    }
    if (is_settled(late)) {
      quiet_since_ = clock_.now().instant;
      owed_.came(unit, owed->read, quiet_since_);
    }
  }
}

}  // namespace bornier::app
