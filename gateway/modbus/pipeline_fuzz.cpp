// SPDX-License-Identifier: Apache-2.0
// Whatever a server sends, a pipeline ends in time and gives each request at most one answer.
// Input: how many requests, timeout in ms; then, until the end, milliseconds, a length, and that
// many bytes as they arrive.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "modbus/pipeline.hpp"

using namespace bornier;

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  wire::ByteReader in{std::as_bytes(std::span{data, size})};
  const std::size_t count = in.u8() % 17U;
  const std::chrono::milliseconds timeout{in.u8() + 1};
  const auto pdu = wire::encode_request(wire::Read{
      .table = wire::Table::holding_register, .first = wire::RegisterAddress{4}, .quantity = 2});
  const std::vector<wire::Pdu> requests(count, *pdu);
  modbus::Pipeline pipeline{wire::UnitId{1}, requests, wire::TransactionId{0}, timeout};

  reading::Instant now{};
  if (!std::holds_alternative<modbus::Send>(pipeline.step(now))) {
    std::abort();
  }
  auto step = pipeline.step(now);
  while (!in.rest().empty() && !std::holds_alternative<modbus::Pipeline::Ended>(step)) {
    now += std::chrono::milliseconds{in.u8()};
    pipeline.receive(in.take(std::min<std::size_t>(in.u8(), in.rest().size())), now);
    step = pipeline.step(now);
  }
  step = pipeline.step(now + timeout);
  std::size_t came = 0;
  for (std::size_t request = 0; request < count; ++request) {
    const auto& one = pipeline.came(request);
    came += one ? 1U : 0U;
    std::array<std::uint16_t, wire::max_read_registers> registers{};
    if (one && one->result && one->result->registers(registers) != 2) {
      std::abort();
    }
  }
  if (!std::holds_alternative<modbus::Pipeline::Ended>(step) ||
      came + pipeline.unanswered() != count) {
    std::abort();
  }
  return 0;
}
