// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "app/node_image.hpp"

namespace bornier::app {

/// What a node answers to image_reads(): the frames of the tests in
/// config/models/bornier-node.toml, all else 0, and no events.
[[nodiscard]] inline auto node_words() -> std::vector<std::vector<std::uint16_t>> {
  std::vector<std::vector<std::uint16_t>> words;
  for (const auto& read : image_reads()) {
    words.emplace_back(read.count);
  }
  words[0] = {0x424E, 1, 1, 8, 0x0123, 0x4567, 0x89AB, 0xCDEF, 0,  3, 0, 1, 1, 0, 0,
              0,      0, 1, 0, 1,      0,      7,      0,      57, 0, 0, 0, 0, 0, 0};
  words[1][3] = 1;                // count of input 1
  words[1][0x1F] = 2;             // of input 8
  words[1][0x2F] = 60'000;        // interval of input 8
  words[1][0x35] = 1;             // rejected of input 3
  words[2][8] = words[2][9] = 1;  // door, mains
  words[3] = {1, 96, 0, 60, 1, 50, 2, 20};
  for (std::size_t input = 0; input < 8; ++input) {
    words[4 + input] = {1, 20, 200, 43'200, 0, 1, 0, 0, 0, 0, 0, 0};
  }
  words[11] = {1, 20, 200, 43'200, 0, 10, 0xFFFD, 3, 0, 0, 1, 0xE240};
  return words;
}

}  // namespace bornier::app
