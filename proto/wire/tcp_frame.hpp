// SPDX-License-Identifier: Apache-2.0
// Frames of Modbus TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3):
//   transaction (2) | protocol, 0 (2) | length of what follows (2) | unit (1) | PDU (1..253)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/bytes.hpp"
#include "wire/fault.hpp"
#include "wire/registers.hpp"
#include "wire/result.hpp"

namespace bornier::wire {

inline constexpr std::size_t min_tcp_size = 8;
inline constexpr std::size_t max_tcp_size = 260;
using TcpAdu = ByteBuffer<max_tcp_size>;

/// Chosen by the client and repeated by the server.
using TransactionId = Tagged<struct TransactionIdTag, std::uint16_t>;

/// `pdu` looks into the bytes given to decode_tcp() and dies with them.
struct TcpFrame {
  TransactionId transaction;
  UnitId unit;
  std::span<const std::byte> pdu;
};

/// Refuses a PDU that is empty or longer than 253 (bad_length).
[[nodiscard]] auto encode_tcp(TransactionId transaction, UnitId unit,
                              std::span<const std::byte> pdu) noexcept -> Result<TcpAdu, Fault>;

/// `adu` is one whole frame. Faults: truncated, trailing_bytes, bad_protocol_id, bad_length.
[[nodiscard]] auto decode_tcp(std::span<const std::byte> adu) noexcept -> Result<TcpFrame, Fault>;

/// How long the frame is that begins with `received`, request or answer: its length once `received`
/// holds all of it; before that the least it can have, which is more than `received` holds. After a
/// fault (bad_protocol_id, bad_length) the stream has no frames any more: close the connection.
[[nodiscard]] auto tcp_length(std::span<const std::byte> received) noexcept
    -> Result<std::size_t, Fault>;

}  // namespace bornier::wire
