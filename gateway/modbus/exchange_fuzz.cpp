// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a line or connection brings, in pieces of any size, at any time: the exchange
// ends, at the latest at its deadline, and never asks to wait until a moment that has passed.
//
// Input: framing and unit (1), milliseconds of patience (1), request (length, bytes), then pieces:
// milliseconds since the last one (1), length (1), bytes.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include "modbus/exchange.hpp"

using namespace bornier;

namespace {

auto check_step(const modbus::Step& step, reading::Instant now, reading::Instant deadline) -> void {
  if (std::holds_alternative<modbus::Send>(step)) {
    std::abort();
  }
  const auto* await = std::get_if<modbus::AwaitBytes>(&step);
  if (await != nullptr && (await->until <= now || await->until != deadline)) {
    std::abort();
  }
  const auto* finished = std::get_if<modbus::Finished>(&step);
  if (now >= deadline && finished == nullptr) {
    std::abort();
  }
  if (finished != nullptr && finished->result) {
    std::array<std::uint16_t, wire::max_read_registers> registers{};
    static_cast<void>(finished->result->registers(registers));
    static_cast<void>(finished->result->bits(wire::max_read_bits));
  }
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  wire::ByteReader in{std::as_bytes(std::span{data, size})};
  const auto head = in.u8();
  const std::chrono::milliseconds timeout{in.u8()};
  wire::Pdu request;
  if (!request.append(in.take(in.u8())) || in.overran()) {
    return 0;
  }
  const auto framing = (head & 0x80U) != 0 ? modbus::Framing::tcp : modbus::Framing::rtu;
  const wire::UnitId unit{static_cast<std::uint8_t>(head & 0x7FU)};
  modbus::Exchange exchange{framing, unit, request, timeout};

  reading::Instant now{};
  if (!std::holds_alternative<modbus::Send>(exchange.step(now))) {
    std::abort();
  }
  const auto deadline = now + timeout;
  check_step(exchange.step(now), now, deadline);
  while (!in.rest().empty()) {
    now += std::chrono::milliseconds{in.u8()};
    exchange.receive(in.take(std::min<std::size_t>(in.u8(), in.rest().size())));
    check_step(exchange.step(now), now, deadline);
  }
  check_step(exchange.step(deadline), deadline, deadline);
  return 0;
}
