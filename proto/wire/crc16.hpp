// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bornier::wire {

namespace crc16_detail {

constexpr auto remainders() noexcept -> std::array<std::uint16_t, 256> {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xA001U : crc >> 1U;
    }
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

inline constexpr auto table = remainders();

}  // namespace crc16_detail

/// The checksum of an RTU frame (MODBUS over Serial Line V1.02, section 2.5.1.2 and appendix B):
/// polynomial 0xA001 reflected, start 0xFFFF, no final inversion. Sent low byte first.
[[nodiscard]] constexpr auto crc16(std::span<const std::byte> bytes) noexcept -> std::uint16_t {
  unsigned crc = 0xFFFFU;
  for (const auto byte : bytes) {
    crc = crc >> 8U ^ crc16_detail::table[(crc ^ std::to_integer<unsigned>(byte)) & 0xFFU];
  }
  return static_cast<std::uint16_t>(crc);
}

// The example of appendix B: the bytes 02 07 give 0x1241.
static_assert(crc16(std::array{std::byte{0x02}, std::byte{0x07}}) == 0x1241);

}  // namespace bornier::wire
