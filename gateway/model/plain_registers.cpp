// SPDX-License-Identifier: Apache-2.0
#include "model/plain_registers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "model/register_texts.hpp"
#include "model/register_words.hpp"
#include "reading/decimal.hpp"

namespace bornier::model {
namespace {

constexpr unsigned addresses_of_a_table = 65'536;

auto leading_digit(wire::Table table) -> unsigned {
  switch (table) {
    case wire::Table::coil: return 0;
    case wire::Table::discrete_input: return 1;
    case wire::Table::input_register: return 3;
    case wire::Table::holding_register: return 4;
  }
  return 0;
}

/// The fewest digits that give the same number back.
template <class Float>
auto shortest(Float value) -> std::string {
  std::array<char, 32> room{};
  const auto [end, fault] = std::to_chars(room.data(), room.data() + room.size(), value);
  return fault == std::errc{} ? std::string{room.data(), end} : "?";
}

auto float_of(std::span<const std::uint16_t> words, const Encoding& encoding) -> double {
  const auto bits = raw_bits(words, encoding);
  return encoding.type == RegisterType::float32
             ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
             : std::bit_cast<double>(bits);
}

/// How far a value is from what meters show: 0 for the usual, more for the unlikely.
auto strangeness(std::span<const std::uint16_t> words, const Encoding& encoding) -> double {
  constexpr double worst = 400;
  if (is_float(encoding.type)) {
    const auto value = std::abs(float_of(words, encoding));
    if (!std::isfinite(value)) {
      return worst;
    }
    constexpr double least = 1e-3;
    constexpr double most = 1e7;
    if (value != 0 && (value < least || value > most)) {
      return std::abs(std::log10(value));
    }
    // Most meters compute with few digits, and show what is positive.
    const auto text = plain_value(words, encoding);
    constexpr double a_digit = 0.3;
    return a_digit * static_cast<double>(std::ranges::count_if(
                         text, [](char letter) { return letter >= '1' && letter <= '9'; })) +
           (text.starts_with('-') ? 1 : 0);
  }
  const auto number = number_of(raw_bits(words, encoding), encoding);
  if (!number) {
    return worst;
  }
  // A counter is small beside what its registers can hold.
  return std::log2(static_cast<double>(number->whole.magnitude) + 1) / 2;
}

}  // namespace

auto parse_register(std::string_view text, wire::Table table) -> std::optional<std::uint16_t> {
  const bool is_address = text.starts_with('@');
  if (is_address) {
    text.remove_prefix(1);
  }
  unsigned number = 0;
  const auto* last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, number);
  if (fault != std::errc{} || end != last) {
    return std::nullopt;
  }
  if (!is_address && !wire::is_bits(table)) {
    for (const unsigned first :
         {leading_digit(table) * 10'000 + 1, leading_digit(table) * 100'000 + 1}) {
      const unsigned most = first > 100'000 ? addresses_of_a_table : 9'999;
      if (number >= first && number < first + most && text.size() == std::to_string(first).size()) {
        return static_cast<std::uint16_t>(number - first);
      }
    }
  }
  return number < addresses_of_a_table ? std::optional{static_cast<std::uint16_t>(number)}
                                       : std::nullopt;
}

auto reference_of(std::uint16_t address, wire::Table table) -> std::string {
  const unsigned number = address + 1U;
  const std::size_t digits = number > 9'999 ? 5 : 4;
  auto text = std::to_string(number);
  text.insert(0, digits - text.size(), '0');
  return std::to_string(leading_digit(table)) + text;
}

auto plain_value(std::span<const std::uint16_t> words, const Encoding& encoding) -> std::string {
  if (is_text(encoding.type)) {
    return text_of(words, encoding).value_or("?");
  }
  if (encoding.type == RegisterType::float32) {
    return shortest(static_cast<float>(float_of(words, encoding)));
  }
  if (encoding.type == RegisterType::float64) {
    return shortest(float_of(words, encoding));
  }
  const auto number = number_of(raw_bits(words, encoding), encoding);
  if (!number) {
    return "?";
  }
  auto text = std::to_string(number->whole.magnitude);
  if (number->whole.negative) {
    text.insert(0, "-");
  }
  return number->exponent == 0 ? text : text + "e" + std::to_string(number->exponent);
}

auto try_orders(std::span<const std::uint16_t> words, const Encoding& encoding)
    -> std::vector<OrderTrial> {
  std::vector<OrderTrial> trials;
  std::vector<double> strange;
  const bool words_matter =
      encoding.registers > 1 && (!is_text(encoding.type) || is_packed_date(encoding.type));
  for (const bool low_word_first : {false, true}) {
    for (const bool low_byte_first : {false, true}) {
      if (low_word_first && !words_matter) {
        continue;
      }
      OrderTrial trial{encoding, {}, false};
      trial.encoding.low_word_first = low_word_first;
      trial.encoding.low_byte_first = low_byte_first;
      double sum = 0;
      for (std::size_t at = 0; at + encoding.registers <= words.size(); at += encoding.registers) {
        const auto value = words.subspan(at, encoding.registers);
        trial.values.push_back(plain_value(value, trial.encoding));
        sum += is_text(encoding.type) ? 0 : strangeness(value, trial.encoding);
      }
      trials.push_back(std::move(trial));
      strange.push_back(sum);
    }
  }
  const auto best = std::min_element(strange.begin(), strange.end());
  const auto margin = 0.8 * static_cast<double>(trials.front().values.size());
  const auto near = std::count_if(strange.begin(), strange.end(),
                                  [&](double other) { return other < *best + margin; });
  if (near == 1) {
    trials[static_cast<std::size_t>(best - strange.begin())].plausible = true;
  }
  return trials;
}

}  // namespace bornier::model
