// SPDX-License-Identifier: Apache-2.0
#include "io/run_exchange.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

namespace bornier::io {
namespace {

enum class Sending : bool { now, earlier };

auto carry_out(modbus::Exchange& exchange, Line& line, const Clock& clock, Sending sending)
    -> asio::awaitable<wire::Result<modbus::Answer>> {
  for (;;) {
    const auto now = clock.now().instant;
    auto step = exchange.step(now);
    if (auto* finished = std::get_if<modbus::Finished>(&step)) {
      if (finished->result)
        co_return std::move(*finished->result);
      line.drain();
      co_return make_error_code(finished->result.error());
    }
    if (const auto* send = std::get_if<modbus::Send>(&step)) {
      if (sending == Sending::earlier)
        continue;
      // RTU frames carry no transaction: what lies here already is a late answer to an earlier
      // request, and would be taken for this one's, as would each answer for the next request's.
      if (exchange.framing() == modbus::Framing::rtu)
        line.drain();
      const auto written = co_await line.write(send->bytes);
      if (!written)
        co_return written.error();
      continue;
    }
    const auto until = std::get<modbus::AwaitBytes>(step).until;
    if (until <= now)
      throw std::logic_error{"an exchange waits for a time that has passed"};
    const auto got = co_await line.read_some(until);
    if (!got)
      co_return got.error();
    exchange.receive(*got);
  }
}

}  // namespace

auto run(modbus::Exchange& exchange, Line& line, const Clock& clock)
    -> asio::awaitable<wire::Result<modbus::Answer>> {
  return carry_out(exchange, line, clock, Sending::now);
}

auto listen(modbus::Exchange& exchange, Line& line, const Clock& clock)
    -> asio::awaitable<wire::Result<modbus::Answer>> {
  return carry_out(exchange, line, clock, Sending::earlier);
}

auto run(modbus::Pipeline& pipeline, Line& line, const Clock& clock)
    -> asio::awaitable<wire::Result<void>> {
  for (;;) {
    const auto step = pipeline.step(clock.now().instant);
    if (std::holds_alternative<modbus::Pipeline::Ended>(step))
      co_return wire::Result<void>{};
    if (const auto* send = std::get_if<modbus::Send>(&step)) {
      const auto written = co_await line.write(send->bytes);
      if (!written)
        co_return written.error();
      continue;
    }
    const auto got = co_await line.read_some(std::get<modbus::AwaitBytes>(step).until);
    if (!got)
      co_return got.error();
    pipeline.receive(*got, clock.now().instant);
  }
}

}  // namespace bornier::io
