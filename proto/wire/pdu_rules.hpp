// SPDX-License-Identifier: Apache-2.0
// What requests and answers have in common. For request.cpp and response.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "wire/pdu.hpp"

namespace bornier::wire {

/// MAP section 6.19: the one MEI type of function 43 that this codec knows.
inline constexpr std::uint8_t mei_read_device_identification = 0x0E;

[[nodiscard]] constexpr auto max_quantity(Table table) noexcept -> std::uint16_t {
  return is_bits(table) ? max_read_bits : max_read_registers;
}

[[nodiscard]] constexpr auto packed_size(std::size_t bits) noexcept -> std::size_t {
  return (bits + 7) / 8;
}

[[nodiscard]] constexpr auto is_identification_code(std::uint8_t code) noexcept -> bool {
  return code >= static_cast<std::uint8_t>(DeviceIdentificationCode::basic) &&
         code <= static_cast<std::uint8_t>(DeviceIdentificationCode::individual);
}

/// In the order in which the diagrams of MAP section 6 ask: quantity, then address.
[[nodiscard]] constexpr auto check_range(RegisterAddress first, std::size_t quantity,
                                         std::size_t most) noexcept -> std::optional<Fault> {
  if (quantity < 1 || quantity > most) {
    return Fault::quantity_out_of_range;
  }
  if (first.value() + quantity > 0x10000U) {
    return Fault::address_overflow;
  }
  return std::nullopt;
}

/// Set where the fields read so far are not the whole PDU.
[[nodiscard]] constexpr auto ending_fault(const ByteReader& in) noexcept -> std::optional<Fault> {
  if (in.ended()) {
    return std::nullopt;
  }
  return in.overran() ? Fault::truncated : Fault::trailing_bytes;
}

/// Byte count and packed bits, the last byte filled up with zeros.
constexpr auto write_bits(ByteWriter& out, BitsView bits) noexcept -> void {
  out.u8(static_cast<std::uint8_t>(packed_size(bits.size())));
  for (std::size_t first = 0; first < bits.size(); first += 8) {
    unsigned packed = 0;
    for (std::size_t bit = 0; bit < 8 && first + bit < bits.size(); ++bit) {
      packed |= static_cast<unsigned>(bits[first + bit]) << bit;
    }
    out.u8(static_cast<std::uint8_t>(packed));
  }
}

/// Byte count and values.
constexpr auto write_registers(ByteWriter& out, RegistersView registers) noexcept -> void {
  out.u8(static_cast<std::uint8_t>(registers.bytes().size()));
  out.append(registers.bytes());
}

/// The PDU that `write(ByteWriter&)` writes, or the fault that it gives.
template <class Write>
[[nodiscard]] auto written_pdu(Write write) noexcept -> Result<Pdu, Fault> {
  Result<Pdu, Fault> result{boost::system::in_place_value};
  std::optional<Fault> fault;
  if (!result->fill([&](ByteWriter& out) { fault = write(out); }) && !fault) {
    fault = Fault::bad_length;
  }
  if (fault) {
    result = *fault;
  }
  return result;
}

}  // namespace bornier::wire
