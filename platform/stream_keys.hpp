// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>

namespace bornier::platform {

/// The integer keys behind the numbers of one stream's catalog.
struct StreamKeys {
  struct Definition {
    std::int64_t id{};
    std::int64_t point{};
  };
  std::int64_t id{};
  std::int64_t gateway{};
  std::unordered_map<std::uint32_t, Definition> definitions;  ///< by point number
  std::unordered_map<std::uint32_t, std::int64_t> meters;     ///< by meter number
};

}  // namespace bornier::platform
