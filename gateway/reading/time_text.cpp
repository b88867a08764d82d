// SPDX-License-Identifier: Apache-2.0
#include "reading/time_text.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace bornier::reading {
namespace {

/// With zeros in front, as many digits as asked for or more.
auto digits(long long number, std::size_t least) -> std::string {
  const bool negative = number < 0;
  const auto text = std::to_string(negative ? -number : number);
  const std::string zeros(text.size() < least ? least - text.size() : 0, '0');
  return (negative ? "-" : "") + zeros + text;
}

}  // namespace

auto to_text(Stamp stamp) -> std::string {
  using std::chrono::floor;
  const auto since_1970 = stamp.time_since_epoch();
  const auto day = floor<std::chrono::days>(since_1970);
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss time{since_1970 - day};
  return digits(static_cast<int>(date.year()), 4) + '-' +
         digits(static_cast<unsigned>(date.month()), 2) + '-' +
         digits(static_cast<unsigned>(date.day()), 2) + 'T' + digits(time.hours().count(), 2) +
         ':' + digits(time.minutes().count(), 2) + ':' + digits(time.seconds().count(), 2) + '.' +
         digits(time.subseconds().count(), 3) + 'Z';
}

}  // namespace bornier::reading
