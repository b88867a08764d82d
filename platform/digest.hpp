// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace bornier::platform {

using Digest = std::array<std::byte, 32>;

/// SHA-256.
[[nodiscard]] auto digest_of(std::span<const std::byte> bytes) -> Digest;

}  // namespace bornier::platform
