// SPDX-License-Identifier: Apache-2.0
#include "intake/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "intake/number.hpp"

namespace bornier::intake {
namespace {

using reading::Stamp;
using std::chrono::milliseconds;

/// Takes text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_{text} {}

  /// Exactly so many digits.
  auto number(std::size_t count) -> std::optional<int> {
    int value = 0;
    if (rest_.size() < count) {
      return std::nullopt;
    }
    for (const char letter : rest_.substr(0, count)) {
      if (letter < '0' || letter > '9') {
        return std::nullopt;
      }
      value = value * 10 + (letter - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  auto one_of(std::string_view letters) -> char {
    if (rest_.empty() || letters.find(rest_.front()) == std::string_view::npos) {
      return '\0';
    }
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  /// The digits after a decimal point, as milliseconds.
  auto fraction() -> milliseconds {
    int value = 0;
    int place = 100;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value += (rest_.front() - '0') * place;
      place /= 10;
      rest_.remove_prefix(1);
    }
    return milliseconds{value};
  }
  [[nodiscard]] auto at_end() const -> bool { return rest_.empty(); }

 private:
  std::string_view rest_;
};

auto read_date(Cursor& cursor) -> std::optional<std::chrono::sys_days> {
  const auto year = cursor.number(4);
  const bool dashed = cursor.one_of("-") != '\0';
  const auto month = cursor.number(2);
  const bool dashed_again = cursor.one_of("-") != '\0';
  const auto day = cursor.number(2);
  if (!year || !month || !day || !dashed || !dashed_again) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional{std::chrono::sys_days{date}} : std::nullopt;
}

auto read_time_of_day(Cursor& cursor) -> std::optional<milliseconds> {
  const auto hour = cursor.number(2);
  const bool colon = cursor.one_of(":") != '\0';
  const auto minute = cursor.number(2);
  if (!hour || !minute || !colon || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  milliseconds time = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  if (cursor.one_of(":") != '\0') {
    const auto second = cursor.number(2);
    if (!second || *second > 59) {
      return std::nullopt;
    }
    time += std::chrono::seconds{*second};
    if (cursor.one_of(".,") != '\0') {
      time += cursor.fraction();
    }
  }
  return time;
}

/// What the text's time is ahead of UTC; nothing if it does not say so rightly.
auto read_zone(Cursor& cursor, bool utc_without_zone) -> std::optional<std::chrono::minutes> {
  if (cursor.at_end()) {
    return utc_without_zone ? std::optional{std::chrono::minutes{0}} : std::nullopt;
  }
  if (cursor.one_of("Zz") != '\0') {
    return std::chrono::minutes{0};
  }
  const char sign = cursor.one_of("+-");
  const auto hours = cursor.number(2);
  if (sign == '\0' || !hours || *hours > 14) {
    return std::nullopt;
  }
  static_cast<void>(cursor.one_of(":"));
  const auto minutes = cursor.at_end() ? std::optional{0} : cursor.number(2);
  if (!minutes || *minutes > 59) {
    return std::nullopt;
  }
  const std::chrono::minutes ahead = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return sign == '-' ? -ahead : ahead;
}

/// A meter's clock may be ahead of ours by so much.
constexpr milliseconds furthest_ahead = std::chrono::minutes{5};
/// Older than that it is a clock that was never set rather than history.
constexpr milliseconds longest_ago = std::chrono::days{30};
/// Whatever clock says otherwise is not set.
constexpr Stamp earliest{std::chrono::sys_days{std::chrono::year{2010} / 1 / 1}.time_since_epoch()};
constexpr Stamp latest{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}.time_since_epoch()};

}  // namespace

auto parse_iso_time(std::string_view text, bool utc_without_zone) -> std::optional<Stamp> {
  Cursor cursor{text};
  const auto day = read_date(cursor);
  const bool separated = cursor.one_of("Tt ") != '\0';
  const auto time = separated && day ? read_time_of_day(cursor) : std::nullopt;
  const auto ahead = time ? read_zone(cursor, utc_without_zone) : std::nullopt;
  if (!ahead || !cursor.at_end()) {
    return std::nullopt;
  }
  return Stamp{day->time_since_epoch() + *time - *ahead};
}

auto parse_epoch(std::string_view digits, model::TimeNotation notation) -> std::optional<Stamp> {
  const auto number = read_number(digits);
  const auto* found = number ? std::get_if<Digits>(&*number) : nullptr;
  if (found == nullptr) {
    return std::nullopt;
  }
  auto [mantissa, exponent] = found->value;
  int power = exponent + (notation == model::TimeNotation::seconds ? 3 : 0);
  for (; power < 0 && mantissa != 0; ++power) {
    mantissa /= 10;
  }
  for (; power > 0 && mantissa != 0; --power) {
    if (__builtin_mul_overflow(mantissa, 10, &mantissa)) {
      return std::nullopt;
    }
  }
  return reading::stamp_at(mantissa);
}

auto parse_time(std::string_view text, const model::TimeSource& source) -> std::optional<Stamp> {
  return source.notation == model::TimeNotation::iso ? parse_iso_time(text, source.utc)
                                                     : parse_epoch(text, source.notation);
}

auto is_believable(reading::Stamp time) -> bool {
  return time >= earliest && time < latest;
}

auto is_believable(reading::Stamp time, reading::Stamp now) -> bool {
  return is_believable(time) && time <= now + furthest_ahead && time >= now - longest_ago;
}

}  // namespace bornier::intake
