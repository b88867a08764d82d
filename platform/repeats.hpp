// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reading/time.hpp"

namespace bornier::platform {

/// Keeps the log small: the first of a kind is told, those that follow soon are counted.
class Repeats {
 public:
  static constexpr std::chrono::seconds quiet{60};
  static constexpr std::size_t subjects = 4096;

  /// Whether to tell this one now.
  [[nodiscard]] auto is_news(const std::string& subject, reading::Instant now) -> bool;
  /// Subjects whose quiet time is over, with how often they happened in it untold.
  [[nodiscard]] auto over(reading::Instant now)
      -> std::vector<std::pair<std::string, std::uint64_t>>;

 private:
  struct Count {
    reading::Instant until;
    std::uint64_t untold{};
  };
  std::unordered_map<std::string, Count> counts_;
};

}  // namespace bornier::platform
