// SPDX-License-Identifier: Apache-2.0
#include "batch/compression.hpp"

#include <zstd.h>

namespace bornier::batch {
namespace {

/// The columns arrive as dense bit streams, so that only texts, states and events are left to
/// compress. Level 19 takes a hundred times as long and saves less than 0.5 % (DESIGN.md).
constexpr int level = 3;

}  // namespace

auto compress(std::span<const std::byte> body) -> std::optional<std::string> {
  std::string frame(ZSTD_compressBound(body.size()), '\0');
  const std::size_t size =
      ZSTD_compress(frame.data(), frame.size(), body.data(), body.size(), level);
  if (ZSTD_isError(size) != 0U || size >= body.size()) {
    return std::nullopt;
  }
  frame.resize(size);
  return frame;
}

auto decompress(std::span<const std::byte> frame, std::size_t size)
    -> std::optional<std::vector<std::byte>> {
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size ||
      ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) {
    return std::nullopt;
  }
  std::vector<std::byte> content(size);
  if (ZSTD_decompress(content.data(), size, frame.data(), frame.size()) != size) {
    return std::nullopt;
  }
  return content;
}

}  // namespace bornier::batch
