// SPDX-License-Identifier: Apache-2.0
#include "reading/time_text.hpp"

#include <charconv>
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

/// The number that these digits, and nothing else, stand for.
auto number_in(std::string_view text, std::size_t first, std::size_t count) noexcept
    -> std::optional<int> {
  int number = 0;
  const auto* begin = text.data() + first;
  const auto [end, error] = std::from_chars(begin, begin + count, number);
  const bool is_number = error == std::errc{} && end == begin + count && *begin != '-';
  return is_number ? std::optional{number} : std::nullopt;
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

auto parse_stamp(std::string_view text) noexcept -> std::optional<Stamp> {
  constexpr std::string_view pattern = "0000-00-00T00:00:00.000Z";
  if (text.size() != pattern.size()) {
    return std::nullopt;
  }
  for (std::size_t index = 0; index < pattern.size(); ++index) {
    if (pattern[index] != '0' && text[index] != pattern[index]) {
      return std::nullopt;
    }
  }
  const auto year = number_in(text, 0, 4);
  const auto month = number_in(text, 5, 2);
  const auto day = number_in(text, 8, 2);
  const auto hour = number_in(text, 11, 2);
  const auto minute = number_in(text, 14, 2);
  const auto second = number_in(text, 17, 2);
  const auto millisecond = number_in(text, 20, 3);
  if (!year || !month || !day || !hour || !minute || !second || !millisecond) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  return Stamp{std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{*hour} +
               std::chrono::minutes{*minute} + std::chrono::seconds{*second} +
               std::chrono::milliseconds{*millisecond}};
}

}  // namespace bornier::reading
