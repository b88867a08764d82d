// SPDX-License-Identifier: Apache-2.0
#include "wire/rtu_frame.hpp"

#include <array>

#include "wire/crc16.hpp"
#include "wire/pdu.hpp"

namespace bornier::wire {

namespace {

constexpr std::size_t unit_size = 1;
constexpr std::size_t checksum_size = 2;

/// Low byte first, unlike every other number of Modbus.
auto checksum_bytes(std::span<const std::byte> checked) noexcept -> std::array<std::byte, 2> {
  const auto crc = crc16(checked);
  return {static_cast<std::byte>(crc), static_cast<std::byte>(crc >> 8U)};
}

/// A frame of `fixed` bytes that hold the byte count at `at`, then as many bytes as it says, then
/// the checksum.
auto counted_length(std::span<const std::byte> received, std::size_t at) noexcept
    -> Result<std::size_t, Fault> {
  const auto fixed = at + 1;
  if (received.size() < fixed) {
    return fixed + checksum_size;
  }
  const auto length = fixed + std::to_integer<std::size_t>(received[at]) + checksum_size;
  if (length > max_rtu_size) {
    return Fault::bad_length;
  }
  return length;
}

/// Unit, function, MEI type, code, conformity level, more follows, next object, number of objects;
/// then the objects, each with its own length.
auto identification_length(std::span<const std::byte> received) noexcept
    -> Result<std::size_t, Fault> {
  constexpr std::size_t count_at = 7;
  if (received.size() <= count_at) {
    return count_at + 1 + checksum_size;
  }
  auto objects = std::to_integer<unsigned>(received[count_at]);
  auto length = count_at + 1;
  for (; objects > 0; --objects) {
    const auto length_at = length + 1;
    if (received.size() <= length_at) {
      length = length_at + 1;
      break;
    }
    length = length_at + 1 + std::to_integer<std::size_t>(received[length_at]);
  }
  if (length + checksum_size > max_rtu_size) {
    return Fault::bad_length;
  }
  return length + checksum_size;
}

}  // namespace

auto encode_rtu(UnitId unit, std::span<const std::byte> pdu) noexcept -> Result<RtuAdu, Fault> {
  Result<RtuAdu, Fault> adu{boost::system::in_place_value};
  const bool fits = adu->fill([&](ByteWriter& out) {
    out.u8(unit.value());
    out.append(pdu);
    out.append(checksum_bytes(out.written()));
  });
  if (pdu.empty() || !fits) {
    adu = Fault::bad_length;
  }
  return adu;
}

auto decode_rtu(std::span<const std::byte> adu) noexcept -> Result<RtuFrame, Fault> {
  if (adu.size() < min_rtu_size) {
    return Fault::truncated;
  }
  if (adu.size() > max_rtu_size) {
    return Fault::bad_length;
  }
  const auto checked = adu.first(adu.size() - checksum_size);
  const auto expected = checksum_bytes(checked);
  const auto received = adu.last(checksum_size);
  if (received[0] != expected[0] || received[1] != expected[1]) {
    return Fault::bad_crc;
  }
  return RtuFrame{UnitId{std::to_integer<std::uint8_t>(adu[0])}, checked.subspan(unit_size)};
}

auto rtu_request_length(std::span<const std::byte> received) noexcept
    -> Result<std::size_t, Fault> {
  constexpr std::size_t function_at = 1;
  if (received.size() <= function_at) {
    return min_rtu_size;
  }
  switch (static_cast<Function>(received[function_at])) {
    case Function::read_coils:
    case Function::read_discrete_inputs:
    case Function::read_holding_registers:
    case Function::read_input_registers:
    case Function::write_single_coil:
    case Function::write_single_register:
    case Function::diagnostics: return 8;
    case Function::write_multiple_coils:
    case Function::write_multiple_registers: return counted_length(received, 6);
    case Function::mask_write_register: return 10;
    case Function::read_write_multiple_registers: return counted_length(received, 10);
    case Function::encapsulated_interface: return 7;
  }
  return Fault::unknown_function;
}

auto rtu_response_length(std::span<const std::byte> received) noexcept
    -> Result<std::size_t, Fault> {
  constexpr std::size_t function_at = 1;
  constexpr std::size_t exception_length = 5;
  if (received.size() <= function_at) {
    return min_rtu_size;
  }
  const auto function = received[function_at];
  if ((function & std::byte{0x80}) != std::byte{0}) {
    return exception_length;
  }
  switch (static_cast<Function>(function)) {
    case Function::read_coils:
    case Function::read_discrete_inputs:
    case Function::read_holding_registers:
    case Function::read_input_registers:
    case Function::read_write_multiple_registers: return counted_length(received, 2);
    case Function::write_single_coil:
    case Function::write_single_register:
    case Function::diagnostics:
    case Function::write_multiple_coils:
    case Function::write_multiple_registers: return 8;
    case Function::mask_write_register: return 10;
    case Function::encapsulated_interface: return identification_length(received);
  }
  return Fault::unknown_function;
}

}  // namespace bornier::wire
