// SPDX-License-Identifier: Apache-2.0
// Frames of a serial line (MODBUS over Serial Line V1.02, section 2.5.1):
//   unit (1) | PDU (1..253) | checksum (2, low byte first)
#pragma once

#include <cstddef>
#include <span>

#include "wire/bytes.hpp"
#include "wire/fault.hpp"
#include "wire/registers.hpp"
#include "wire/result.hpp"

namespace bornier::wire {

inline constexpr std::size_t min_rtu_size = 4;
inline constexpr std::size_t max_rtu_size = 256;
using RtuAdu = ByteBuffer<max_rtu_size>;

/// A frame whose length and checksum hold. `pdu` looks into the bytes given to decode_rtu() and
/// dies with them.
struct RtuFrame {
  UnitId unit;
  std::span<const std::byte> pdu;
};

/// Refuses a PDU that is empty or longer than 253 (bad_length).
[[nodiscard]] auto encode_rtu(UnitId unit, std::span<const std::byte> pdu) noexcept
    -> Result<RtuAdu, Fault>;

/// `adu` is one whole frame. Faults: truncated, bad_length, bad_crc.
[[nodiscard]] auto decode_rtu(std::span<const std::byte> adu) noexcept -> Result<RtuFrame, Fault>;

/// How long the frame is that begins with `received`: its length, checksum included, once
/// `received` holds all of it; before that the least it can have, which is more than `received`
/// holds. The end is found from function and byte count, not from a silence, which operating
/// systems and modems do not keep. Faults: unknown_function (a server then waits for the silence
/// of 3.5 characters), bad_length (no frame is longer than 256).
[[nodiscard]] auto rtu_request_length(std::span<const std::byte> received) noexcept
    -> Result<std::size_t, Fault>;
[[nodiscard]] auto rtu_response_length(std::span<const std::byte> received) noexcept
    -> Result<std::size_t, Fault>;

}  // namespace bornier::wire
