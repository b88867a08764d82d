// SPDX-License-Identifier: Apache-2.0
#include "intake/number.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "intake/payload_parts.hpp"

namespace bornier::intake {
namespace {

using reading::Acquisition;

/// Of a Decimal's mantissa: every number of 18 digits fits.
constexpr int most_digits = 18;
/// Above that an exponent is beyond any Decimal, whatever the digits.
constexpr std::int64_t absurd = 100'000;

auto is_digit(char letter) -> bool {
  return letter >= '0' && letter <= '9';
}

auto in_lower_case(std::string_view text) -> std::string {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return lower;
}

/// Texts that stand for numbers which are none.
auto special(std::string_view text) -> std::optional<Acquisition> {
  constexpr std::size_t longest = 9;
  if (text.empty()) {
    return Acquisition::not_available;
  }
  if (text.size() > longest) {
    return std::nullopt;
  }
  auto word = in_lower_case(text);
  if (word.front() == '-' || word.front() == '+') {
    word.erase(0, 1);
  }
  if (word == "nan" || word == "null") {
    return Acquisition::not_available;
  }
  return word == "inf" || word == "infinity" ? std::optional{Acquisition::out_of_range}
                                             : std::nullopt;
}

/// The digits before an exponent, as far as they matter.
struct Significand {
  std::int64_t digits{};
  std::int64_t exponent{};
  bool cut{};
};

auto read_significand(std::string_view text) -> std::optional<Significand> {
  Significand found;
  int kept = 0;
  bool any = false;
  bool point = false;
  for (const char letter : text) {
    if (letter == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(letter)) {
      return std::nullopt;
    }
    any = true;
    found.exponent -= point ? 1 : 0;
    if (kept == most_digits) {
      found.cut = found.cut || letter != '0';
      ++found.exponent;
      continue;
    }
    found.digits = found.digits * 10 + (letter - '0');
    kept += found.digits != 0 ? 1 : 0;
  }
  return any ? std::optional{found} : std::nullopt;
}

auto read_exponent(std::string_view text) -> std::optional<std::int64_t> {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (text.empty() || !std::ranges::all_of(text, is_digit)) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char digit : text) {
    value = std::min(value * 10 + (digit - '0'), absurd);
  }
  return negative ? -value : value;
}

}  // namespace

auto read_number(std::string_view text) -> std::optional<std::variant<Digits, Acquisition>> {
  text = trimmed(text);
  if (const auto reason = special(text)) {
    return *reason;
  }
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') {
    text.remove_prefix(1);
  }
  const auto mark = text.find_first_of("eE");
  auto number = read_significand(text.substr(0, mark));
  const auto exponent = mark == std::string_view::npos ? std::optional{std::int64_t{0}}
                                                       : read_exponent(text.substr(mark + 1));
  if (!number || !exponent) {
    return std::nullopt;
  }
  number->exponent += *exponent;
  if (number->exponent < std::numeric_limits<std::int8_t>::min() ||
      number->exponent > std::numeric_limits<std::int8_t>::max()) {
    return Acquisition::out_of_range;
  }
  if (number->cut && number->digits % 5 == 0) {
    ++number->digits;
  }
  return Digits{
      {negative ? -number->digits : number->digits, static_cast<std::int8_t>(number->exponent)},
      number->cut};
}

}  // namespace bornier::intake
