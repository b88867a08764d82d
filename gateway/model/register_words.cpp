// SPDX-License-Identifier: Apache-2.0
#include "model/register_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace bornier::model {
namespace {

constexpr auto swapped(std::uint16_t word) noexcept -> std::uint16_t {
  return static_cast<std::uint16_t>((word << 8U) | (word >> 8U));
}

/// Type F field of `width` bits from bit `first` on.
constexpr auto field(std::uint64_t bits, unsigned first, unsigned width) noexcept -> unsigned {
  return static_cast<unsigned>((bits >> first) & ((1U << width) - 1U));
}

constexpr auto days_in(unsigned year, unsigned month) noexcept -> unsigned {
  constexpr std::array<unsigned, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (leap && month == 2 ? 1U : 0U);
}

constexpr auto is_date(unsigned year, unsigned month, unsigned day, unsigned hour,
                       unsigned minute) noexcept -> bool {
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month) && hour < 24 &&
         minute < 60;
}

void append_digits(std::string& text, unsigned value, unsigned digits) {
  const std::string written = std::to_string(value);
  text.append(digits > written.size() ? digits - written.size() : 0, '0');
  text += written;
}

}  // namespace

auto raw_bits(std::span<const std::uint16_t> words, const Encoding& encoding) noexcept
    -> std::uint64_t {
  std::uint64_t bits = 0;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::uint16_t word =
        encoding.low_word_first ? words[words.size() - 1 - index] : words[index];
    bits = (bits << 16U) | (encoding.low_byte_first ? swapped(word) : word);
  }
  return bits;
}

auto words_of(std::uint64_t bits, const Encoding& encoding) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> words(encoding.registers);
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto word = static_cast<std::uint16_t>(bits & 0xFFFFU);
    words[encoding.low_word_first ? index : words.size() - 1 - index] =
        encoding.low_byte_first ? swapped(word) : word;
    bits >>= 16U;
  }
  return words;
}

auto integer_of(std::uint64_t bits, const Encoding& encoding) noexcept -> reading::Integer {
  const unsigned width = encoding.registers * 16U;
  if (!is_signed(encoding.type) || ((bits >> (width - 1U)) & 1U) == 0) {
    return {bits, false};
  }
  const std::uint64_t all = ~std::uint64_t{0} >> (64U - width);
  return {(~bits + 1U) & all, true};
}

auto bits_of(reading::Integer value, const Encoding& encoding) noexcept
    -> std::optional<std::uint64_t> {
  const unsigned width = encoding.registers * 16U;
  const std::uint64_t all = ~std::uint64_t{0} >> (64U - width);
  const std::uint64_t largest = is_signed(encoding.type) ? all >> 1U : all;
  if (!value.negative) {
    return value.magnitude <= largest ? std::optional{value.magnitude} : std::nullopt;
  }
  if (!is_signed(encoding.type) || value.magnitude > largest + 1U) {
    return std::nullopt;
  }
  return (~value.magnitude + 1U) & all;
}

auto text_of(std::span<const std::uint16_t> words, const Encoding& encoding) -> std::string {
  std::string text;
  for (const std::uint16_t word : words) {
    const std::uint16_t ordered = encoding.low_byte_first ? swapped(word) : word;
    text += static_cast<char>(ordered >> 8U);
    text += static_cast<char>(ordered & 0xFFU);
  }
  text.resize(std::min(text.find('\0'), text.size()));
  text.resize(text.find_last_not_of(' ') + 1);
  for (char& character : text) {
    if (character < ' ' || character > '~') {
      character = '?';
    }
  }
  return text;
}

auto words_of(std::string_view text, const Encoding& encoding)
    -> std::optional<std::vector<std::uint16_t>> {
  if (text.size() > std::size_t{encoding.registers} * 2) {
    return std::nullopt;
  }
  std::vector<std::uint16_t> words(encoding.registers);
  for (std::size_t index = 0; index < text.size(); ++index) {
    const auto byte = static_cast<std::uint16_t>(static_cast<unsigned char>(text[index]));
    const bool high = (index % 2 == 0) != encoding.low_byte_first;
    words[index / 2] = static_cast<std::uint16_t>(words[index / 2] | (high ? byte << 8U : byte));
  }
  return words;
}

auto date_of_mbus_f(std::uint64_t bits) -> std::optional<std::string> {
  const bool invalid = field(bits, 7, 1) != 0;
  const unsigned minute = field(bits, 0, 6);
  const unsigned hour = field(bits, 8, 5);
  const unsigned century = field(bits, 13, 2);
  const unsigned day = field(bits, 16, 5);
  const unsigned month = field(bits, 24, 4);
  const unsigned year_of_century = field(bits, 21, 3) | (field(bits, 28, 4) << 3U);
  // Old meters leave the century at 0; their years 0 to 80 are 2000 to 2080.
  const unsigned years = century == 0 && year_of_century <= 80 ? 2000 : 1900 + 100 * century;
  const unsigned year = years + year_of_century;
  if (invalid || year_of_century > 99 || !is_date(year, month, day, hour, minute)) {
    return std::nullopt;
  }
  std::string text;
  append_digits(text, year, 4);
  for (const auto& [separator, value] :
       {std::pair{'-', month}, {'-', day}, {'T', hour}, {':', minute}}) {
    text += separator;
    append_digits(text, value, 2);
  }
  return text;
}

auto mbus_f_of_date(std::string_view text) noexcept -> std::optional<std::uint64_t> {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd";
  if (text.size() != form.size()) {
    return std::nullopt;
  }
  std::array<unsigned, 5> numbers{};
  std::size_t number = 0;
  for (std::size_t index = 0; index < form.size(); ++index) {
    const bool digit = text[index] >= '0' && text[index] <= '9';
    if (form[index] == 'd' ? !digit : text[index] != form[index]) {
      return std::nullopt;
    }
    if (form[index] == 'd') {
      numbers[number] = numbers[number] * 10 + static_cast<unsigned>(text[index] - '0');
    } else {
      ++number;
    }
  }
  const auto [year, month, day, hour, minute] = numbers;
  if (year < 1981 || year > 2299 || !is_date(year, month, day, hour, minute)) {
    return std::nullopt;
  }
  const unsigned century = (year - 1900) / 100;
  const unsigned year_of_century = year % 100;
  return std::uint64_t{minute} | (std::uint64_t{hour} << 8U) | (std::uint64_t{century} << 13U) |
         (std::uint64_t{day} << 16U) | (std::uint64_t{year_of_century & 7U} << 21U) |
         (std::uint64_t{month} << 24U) | (std::uint64_t{year_of_century >> 3U} << 28U);
}

}  // namespace bornier::model
