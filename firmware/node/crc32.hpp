// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bornier::node {

namespace crc32_detail {

constexpr auto remainders() noexcept -> std::array<std::uint32_t, 16> {
  std::array<std::uint32_t, 16> table{};
  for (std::uint32_t nibble = 0; nibble < table.size(); ++nibble) {
    auto crc = nibble;
    for (int bit = 0; bit < 4; ++bit) {
      crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xEDB88320U : crc >> 1U;
    }
    table[nibble] = crc;
  }
  return table;
}

/// 64 bytes of flash, where a table by bytes has 1,024.
inline constexpr auto table = remainders();

}  // namespace crc32_detail

/// The checksum of IEEE 802.3, continued from `crc` (0 at the beginning). Up to 2,974 bits it
/// detects every error of four bits or fewer (P. Koopman, "32-bit cyclic redundancy codes for
/// Internet applications", 2002).
[[nodiscard]] constexpr auto crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0) noexcept
    -> std::uint32_t {
  crc = ~crc;
  for (const auto byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    crc = crc >> 4U ^ crc32_detail::table[crc & 0xFU];
    crc = crc >> 4U ^ crc32_detail::table[crc & 0xFU];
  }
  return ~crc;
}

static_assert(crc32(std::array{std::byte{'1'}, std::byte{'2'}, std::byte{'3'}, std::byte{'4'},
                               std::byte{'5'}, std::byte{'6'}, std::byte{'7'}, std::byte{'8'},
                               std::byte{'9'}}) == 0xCBF43926U);

}  // namespace bornier::node
