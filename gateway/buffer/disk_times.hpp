// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace bornier::buffer {

/// How long the disk keeps calls waiting.
struct DiskTimes {
  std::chrono::microseconds longest{};  ///< the slowest call so far, its wait in the queue excluded
  std::chrono::microseconds total{};    ///< spent in calls
  std::uint64_t calls{};
};

}  // namespace bornier::buffer
