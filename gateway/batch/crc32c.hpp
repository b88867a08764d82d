// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bornier::batch {

/// CRC-32C (Castagnoli), as RFC 3720, B.4 defines it: of "123456789" 0xE3069283.
[[nodiscard]] auto crc32c(std::span<const std::byte> bytes) noexcept -> std::uint32_t;

}  // namespace bornier::batch
