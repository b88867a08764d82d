// SPDX-License-Identifier: Apache-2.0
#include "model/register_texts.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "model/register_words.hpp"

namespace bornier::model {
namespace {

using Words = std::vector<std::uint16_t>;

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

/// What stands in the digits of `form`, of which each 'd' is a digit and all else is literal; a
/// number ends where the next literal is.
template <std::size_t N>
auto numbers_in(std::string_view text, std::string_view form) noexcept
    -> std::optional<std::array<unsigned, N>> {
  if (text.size() != form.size()) {
    return std::nullopt;
  }
  std::array<unsigned, N> numbers{};
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
  return numbers;
}

/// "2026-11-22T10:35", with the seconds if they are given.
auto date_text(std::initializer_list<unsigned> parts) -> std::string {
  constexpr std::string_view separators = "--T::";
  std::string text;
  std::size_t index = 0;
  for (const unsigned part : parts) {
    if (index > 0) {
      text += separators[index - 1];
    }
    append_digits(text, part, index == 0 ? 4 : 2);
    ++index;
  }
  return text;
}

/// In the meter's own time, whose zone the register does not say. CP32: EN 13757-3, annex A.
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
  return date_text({year, month, day, hour, minute});
}

auto mbus_f_of_date(std::string_view text) noexcept -> std::optional<std::uint64_t> {
  const auto numbers = numbers_in<5>(text, "dddd-dd-ddTdd:dd");
  if (!numbers) {
    return std::nullopt;
  }
  const auto [year, month, day, hour, minute] = *numbers;
  if (year < 1981 || year > 2299 || !is_date(year, month, day, hour, minute)) {
    return std::nullopt;
  }
  const unsigned century = (year - 1900) / 100;
  const unsigned year_of_century = year % 100;
  return std::uint64_t{minute} | (std::uint64_t{hour} << 8U) | (std::uint64_t{century} << 13U) |
         (std::uint64_t{day} << 16U) | (std::uint64_t{year_of_century & 7U} << 21U) |
         (std::uint64_t{month} << 24U) | (std::uint64_t{year_of_century >> 3U} << 28U);
}

/// The last second of the year 9999; later ones are no clock.
constexpr std::uint64_t last_second = 253'402'300'799;

/// A clock that was never set is 0, and many say so with ones in all bits.
auto date_of_seconds(std::uint64_t seconds, std::uint16_t registers) -> std::optional<std::string> {
  const std::uint64_t never = ~std::uint64_t{0} >> (64U - registers * 16U);
  if (seconds == 0 || seconds == never || seconds > last_second) {
    return std::nullopt;
  }
  const std::chrono::sys_seconds time{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return date_text({static_cast<unsigned>(static_cast<int>(date.year())),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<unsigned>(clock.hours().count()),
                    static_cast<unsigned>(clock.minutes().count()),
                    static_cast<unsigned>(clock.seconds().count())}) +
         "Z";
}

auto seconds_of_date(std::string_view text, std::uint16_t registers) noexcept
    -> std::optional<std::uint64_t> {
  const auto numbers = numbers_in<6>(text, "dddd-dd-ddTdd:dd:ddZ");
  if (!numbers) {
    return std::nullopt;
  }
  const auto [year, month, day, hour, minute, second] = *numbers;
  if (year < 1970 || second > 59 || !is_date(year, month, day, hour, minute)) {
    return std::nullopt;
  }
  const std::chrono::sys_days date{std::chrono::year{static_cast<int>(year)} /
                                   std::chrono::month{month} / std::chrono::day{day}};
  const auto seconds =
      static_cast<std::uint64_t>(std::chrono::sys_seconds{date}.time_since_epoch().count() +
                                 hour * 3'600 + minute * 60 + second);
  return registers < 4 && seconds >> 32U != 0 ? std::nullopt : std::optional{seconds};
}

auto bcd_byte(unsigned byte) noexcept -> std::optional<unsigned> {
  const unsigned high = byte >> 4U;
  const unsigned low = byte & 0xFU;
  return high > 9 || low > 9 ? std::nullopt : std::optional{high * 10 + low};
}

constexpr std::uint16_t byte_mask = 0xFF;

/// Bytes: second, minute, hour, day, month, year of this century; the low byte of a register first.
auto text_of_clock(std::span<const std::uint16_t> words) -> std::optional<std::string> {
  std::array<unsigned, 6> parts{};
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const unsigned word = words[index / 2];
    const auto part = bcd_byte(index % 2 == 0 ? word & byte_mask : word >> 8U);
    if (!part) {
      return std::nullopt;
    }
    parts[index] = *part;
  }
  const auto [second, minute, hour, day, month, year] = parts;
  if (second > 59 || !is_date(2000 + year, month, day, hour, minute)) {
    return std::nullopt;
  }
  return date_text({2000 + year, month, day, hour, minute, second});
}

auto clock_of_text(std::string_view text) -> std::optional<Words> {
  const auto numbers = numbers_in<6>(text, "dddd-dd-ddTdd:dd:dd");
  if (!numbers) {
    return std::nullopt;
  }
  const auto [year, month, day, hour, minute, second] = *numbers;
  if (year < 2000 || year > 2099 || second > 59 || !is_date(year, month, day, hour, minute)) {
    return std::nullopt;
  }
  Words words;
  for (const auto& [low, high] :
       {std::pair{second, minute}, std::pair{hour, day}, std::pair{month, year - 2000}}) {
    const auto bcd = [](unsigned value) { return value / 10 * 16 + value % 10; };
    words.push_back(static_cast<std::uint16_t>(bcd(low) | (bcd(high) << 8U)));
  }
  return words;
}

/// Ends at the first NUL, without trailing blanks; what is not printable ASCII becomes '?', since
/// the encoding is nowhere stated and the platform takes UTF-8 only.
auto text_of_characters(std::span<const std::uint16_t> words, bool one_a_register)
    -> std::optional<std::string> {
  std::string text;
  for (const std::uint16_t word : words) {
    if (!one_a_register) {
      text += static_cast<char>(word >> 8U);
    }
    text += static_cast<char>(word & byte_mask);
  }
  text.resize(std::min(text.find('\0'), text.size()));
  text.resize(text.find_last_not_of(' ') + 1);
  for (char& character : text) {
    if (character < ' ' || character > '~') {
      character = '?';
    }
  }
  return text.empty() ? std::nullopt : std::optional{std::move(text)};
}

/// Padded with NUL.
auto characters_of_text(std::string_view text, std::uint16_t registers, bool one_a_register)
    -> std::optional<Words> {
  const std::size_t in_each = one_a_register ? 1 : 2;
  if (text.size() > registers * in_each) {
    return std::nullopt;
  }
  Words words(registers);
  for (std::size_t index = 0; index < text.size(); ++index) {
    const auto byte = static_cast<std::uint16_t>(static_cast<unsigned char>(text[index]));
    const bool high = !one_a_register && index % 2 == 0;
    std::uint16_t& word = words[index / in_each];
    word = static_cast<std::uint16_t>(word | (high ? byte << 8U : byte));
  }
  return words;
}

constexpr std::string_view digits = "0123456789ABCDEF";

auto text_of_hex(std::span<const std::uint16_t> words) -> std::string {
  std::string text;
  for (const std::uint16_t word : words) {
    for (unsigned shift = 16; shift > 0; shift -= 4) {
      text += digits[(word >> (shift - 4U)) & 0xFU];
    }
  }
  return text;
}

auto hex_of_text(std::string_view text, std::uint16_t registers) -> std::optional<Words> {
  if (text.size() != std::size_t{registers} * 4) {
    return std::nullopt;
  }
  Words words(registers);
  for (std::size_t index = 0; index < text.size(); ++index) {
    const auto digit = digits.find(text[index]);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    std::uint16_t& word = words[index / 4];
    word = static_cast<std::uint16_t>((std::size_t{word} << 4U) | digit);
  }
  return words;
}

}  // namespace

auto text_of(std::span<const std::uint16_t> words, const Encoding& encoding)
    -> std::optional<std::string> {
  if (encoding.type == RegisterType::unix32 || encoding.type == RegisterType::unix64) {
    return date_of_seconds(raw_bits(words, encoding), encoding.registers);
  }
  if (encoding.type == RegisterType::mbus_f) {
    return date_of_mbus_f(raw_bits(words, encoding));
  }
  Words ordered{words.begin(), words.end()};
  for (std::uint16_t& word : ordered) {
    word = in_byte_order(word, encoding);
  }
  switch (encoding.type) {
    case RegisterType::bcd48_smhdmy: return text_of_clock(ordered);
    case RegisterType::hex: return text_of_hex(ordered);
    default: return text_of_characters(ordered, encoding.type == RegisterType::text1);
  }
}

auto words_of(std::string_view text, const Encoding& encoding) -> std::optional<Words> {
  if (encoding.type == RegisterType::unix32 || encoding.type == RegisterType::unix64) {
    const auto bits = seconds_of_date(text, encoding.registers);
    return bits ? std::optional{words_of(*bits, encoding)} : std::nullopt;
  }
  if (encoding.type == RegisterType::mbus_f) {
    const auto bits = mbus_f_of_date(text);
    return bits ? std::optional{words_of(*bits, encoding)} : std::nullopt;
  }
  std::optional<Words> words;
  switch (encoding.type) {
    case RegisterType::bcd48_smhdmy: words = clock_of_text(text); break;
    case RegisterType::hex: words = hex_of_text(text, encoding.registers); break;
    default:
      words = characters_of_text(text, encoding.registers, encoding.type == RegisterType::text1);
  }
  if (words) {
    for (std::uint16_t& word : *words) {
      word = in_byte_order(word, encoding);
    }
  }
  return words;
}

}  // namespace bornier::model
