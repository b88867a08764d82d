// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace bornier::wire {

/// Why bytes are not the frame, request or answer they should be, or why one cannot be written.
/// The numbers reach the logs: append, never renumber.
enum class Fault : std::uint8_t {
  truncated = 1,          ///< ends before its last field
  trailing_bytes,         ///< goes on after its last field
  bad_crc,                ///< RTU: the checksum does not hold
  bad_protocol_id,        ///< TCP: the protocol identifier is not 0
  bad_length,             ///< a frame longer or shorter than any can be
  unknown_function,       ///< a function, or MEI type, that this codec does not know
  quantity_out_of_range,  ///< none, or more than the function may move at once
  byte_count_mismatch,    ///< the byte count is not what the quantity makes it
  address_overflow,       ///< first address + quantity goes past 65536
  bad_value,              ///< a field holds what the specification does not allow
  other_function,         ///< an answer to another function than the one asked for
  other_echo,             ///< a write or an identification answered with other fields than sent
};

[[nodiscard]] constexpr auto to_text(Fault fault) noexcept -> std::string_view {
  switch (fault) {
    case Fault::truncated: return "truncated";
    case Fault::trailing_bytes: return "trailing bytes";
    case Fault::bad_crc: return "wrong checksum";
    case Fault::bad_protocol_id: return "protocol identifier is not 0";
    case Fault::bad_length: return "impossible frame length";
    case Fault::unknown_function: return "unknown function";
    case Fault::quantity_out_of_range: return "quantity out of range";
    case Fault::byte_count_mismatch: return "byte count does not match the quantity";
    case Fault::address_overflow: return "address range goes past 65536";
    case Fault::bad_value: return "value not allowed";
    case Fault::other_function: return "answer to another function";
    case Fault::other_echo: return "answer does not repeat the request";
  }
  return "unknown fault";
}

}  // namespace bornier::wire
