// SPDX-License-Identifier: Apache-2.0
#include "wire/tcp_frame.hpp"

#include <array>

namespace bornier::wire {

namespace {

constexpr std::uint16_t modbus_protocol = 0;
constexpr std::size_t header_size = 6;  // without the unit, which the length field counts
constexpr std::uint16_t min_length_field = 2;
constexpr std::uint16_t max_length_field = 254;

}  // namespace

auto encode_tcp(TransactionId transaction, UnitId unit, std::span<const std::byte> pdu) noexcept
    -> Result<TcpAdu, Fault> {
  if (pdu.empty() || pdu.size() > max_length_field - 1) {
    return Fault::bad_length;
  }
  std::array<std::byte, header_size + 1> room{};
  ByteWriter header{room};
  header.u16(transaction.value());
  header.u16(modbus_protocol);
  header.u16(static_cast<std::uint16_t>(pdu.size() + 1));
  header.u8(unit.value());
  TcpAdu adu;
  if (!adu.append(header.written()) || !adu.append(pdu)) {
    return Fault::bad_length;
  }
  return adu;
}

auto decode_tcp(std::span<const std::byte> adu) noexcept -> Result<TcpFrame, Fault> {
  const auto length = tcp_length(adu);
  if (!length) {
    return length.error();
  }
  if (adu.size() < *length) {
    return Fault::truncated;
  }
  if (adu.size() > *length) {
    return Fault::trailing_bytes;
  }
  ByteReader in{adu};
  const TransactionId transaction{in.u16()};
  in.take(header_size - 2);
  const UnitId unit{in.u8()};
  return TcpFrame{transaction, unit, in.rest()};
}

auto tcp_length(std::span<const std::byte> received) noexcept -> Result<std::size_t, Fault> {
  if (received.size() < header_size) {
    return min_tcp_size;
  }
  ByteReader in{received};
  in.u16();
  if (in.u16() != modbus_protocol) {
    return Fault::bad_protocol_id;
  }
  const auto length = in.u16();
  if (length < min_length_field || length > max_length_field) {
    return Fault::bad_length;
  }
  return header_size + length;
}

}  // namespace bornier::wire
