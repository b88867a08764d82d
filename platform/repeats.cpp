// SPDX-License-Identifier: Apache-2.0
#include "platform/repeats.hpp"

namespace bornier::platform {

auto Repeats::is_news(const std::string& subject, reading::Instant now) -> bool {
  const auto known = counts_.find(subject);
  if (known != counts_.end()) {
    ++known->second.untold;
    return false;
  }
  if (counts_.size() >= subjects) {
    return false;
  }
  counts_.emplace(subject, Count{now + quiet});
  return true;
}

auto Repeats::over(reading::Instant now) -> std::vector<std::pair<std::string, std::uint64_t>> {
  std::vector<std::pair<std::string, std::uint64_t>> untold;
  std::erase_if(counts_, [&](const auto& entry) {
    const auto& [subject, count] = entry;
    if (now < count.until) {
      return false;
    }
    if (count.untold > 0) {
      untold.emplace_back(subject, count.untold);
    }
    return true;
  });
  return untold;
}

}  // namespace bornier::platform
