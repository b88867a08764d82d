// SPDX-License-Identifier: Apache-2.0
#include "reading/time_text.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace bornier::reading {

auto to_text(Stamp stamp) -> std::string {
  using std::chrono::floor;
  const auto since_1970 = stamp.time_since_epoch();
  const auto day = floor<std::chrono::days>(since_1970);
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss time{since_1970 - day};
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace bornier::reading
