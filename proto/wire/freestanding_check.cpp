// SPDX-License-Identifier: Apache-2.0
// A server as small as the firmware's: it only has to link (see CMakeLists.txt), nobody runs it.
#include <array>
#include <cstddef>

#include "wire/device_identification.hpp"
#include "wire/pdu.hpp"
#include "wire/rtu_frame.hpp"
#include "wire/tcp_frame.hpp"

namespace wire = bornier::wire;

namespace {

auto answer(std::span<const std::byte> pdu) noexcept -> wire::Result<wire::Pdu, wire::Fault> {
  const auto request = wire::decode_request(pdu);
  if (!request) {
    return wire::encode_exception(pdu, wire::exception_for(request.error()));
  }
  std::array<std::byte, wire::max_device_objects_size> room{};
  if (const auto* identify = std::get_if<wire::ReadDeviceIdentification>(&*request)) {
    return wire::encode_response(*request, wire::answer_identification(*identify, {}, room));
  }
  const std::array<std::uint16_t, 1> values{};
  return wire::encode_response(*request, wire::Registers{wire::pack(values, room)});
}

auto serve(std::span<const std::byte> received) noexcept -> std::size_t {
  const auto length = wire::rtu_request_length(received);
  if (!length || received.size() < *length) {
    return 0;
  }
  const auto frame = wire::decode_rtu(received.first(*length));
  if (!frame) {
    return 0;
  }
  const auto pdu = answer(frame->pdu);
  if (!pdu) {
    return 0;
  }
  const auto adu = wire::encode_rtu(frame->unit, pdu->bytes());
  return adu ? adu->size() : 0;
}

}  // namespace

// Visible from outside, or the compiler would know what is in them.
std::array<std::byte, wire::max_rtu_size> wire_line;
std::size_t wire_served;

extern "C" {

auto wire_entry() noexcept -> void {
  wire_served = serve(wire_line);
}
}
