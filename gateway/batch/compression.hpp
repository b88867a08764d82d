// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bornier::batch {

/// One zstd frame with its content size, or nothing where that would not be smaller.
[[nodiscard]] auto compress(std::span<const std::byte> body) -> std::optional<std::string>;

/// The content of `frame`, which must be one whole frame of exactly `size` bytes.
[[nodiscard]] auto decompress(std::span<const std::byte> frame, std::size_t size)
    -> std::optional<std::vector<std::byte>>;

}  // namespace bornier::batch
