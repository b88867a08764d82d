// SPDX-License-Identifier: Apache-2.0
#include "batch/crc32c.hpp"

#include <array>

namespace bornier::batch {
namespace {

/// tables[j][b]: checksum of byte b followed by j zero bytes, so that four bytes go at a time.
using Tables = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr auto make_tables() -> Tables {
  constexpr std::uint32_t reflected_polynomial = 0x82F63B78U;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? reflected_polynomial : 0U);
    }
    tables[0][byte] = crc;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t zeros = 1; zeros < 4; ++zeros) {
      const std::uint32_t before = tables[zeros - 1][byte];
      tables[zeros][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

auto crc32c(std::span<const std::byte> bytes) noexcept -> std::uint32_t {
  std::uint32_t crc = 0xFFFFFFFFU;
  const auto at = [&](std::size_t index) { return static_cast<std::uint32_t>(bytes[index]); };
  std::size_t index = 0;
  for (; index + 4 <= bytes.size(); index += 4) {
    crc ^= at(index) | (at(index + 1) << 8U) | (at(index + 2) << 16U) | (at(index + 3) << 24U);
    crc = tables[3][crc & 0xFFU] ^ tables[2][(crc >> 8U) & 0xFFU] ^
          tables[1][(crc >> 16U) & 0xFFU] ^ tables[0][crc >> 24U];
  }
  for (; index < bytes.size(); ++index) {
    crc = (crc >> 8U) ^ tables[0][(crc ^ at(index)) & 0xFFU];
  }
  return ~crc;
}

}  // namespace bornier::batch
