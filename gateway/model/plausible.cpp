// SPDX-License-Identifier: Apache-2.0
#include "model/plausible.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

#include "model/register_words.hpp"
#include "reading/unit.hpp"

namespace bornier::model {
namespace {

/// Small numbers are more frequent in registers than large ones: a single register never tells as
/// much as the share of its contents that is plausible.
constexpr double most_of_one_register = 6;
constexpr double most_of_several = 9;
/// A text of letters; a date that there is.
constexpr double of_a_text = 9;
constexpr double of_a_date = 5;
constexpr double of_the_implausible = -6;
constexpr double of_a_zero_that_no_meter_shows = -1;

constexpr std::size_t most_points = 12;
constexpr std::size_t most_of_a_quantity = 3;

/// Where the values of installed meters lie, in this unit or what a power of ten makes of it. From
/// `most` to `possible` a value says nothing.
struct Window {
  std::string_view quantity;  ///< empty: any
  std::string_view unit;
  double least;
  double most;
  double possible;
  bool both_signs;
  bool never_zero;  ///< while the meter has what it measures
};

constexpr std::array windows{
    Window{"frequency", "Hz", 45, 65, 65, false, true},
    Window{"voltage", "V", 80, 600, 40'000, false, true},
    Window{"current", "A", 0.005, 6'000, 20'000, true, false},
    Window{"power_factor", "1", 0.05, 1, 1, true, false},
    Window{"", "W", 0.1, 10e6, 1e9, true, false},
    Window{"", "V.A", 0.1, 10e6, 1e9, false, false},
    Window{"", "V.A{reactive}", 0.1, 10e6, 1e9, true, false},
    Window{"", "kW.h", 0.001, 100e6, 1e10, false, false},
    Window{"", "kV.A.h", 0.001, 100e6, 1e10, false, false},
    Window{"", "kV.A{reactive}.h", 0.001, 100e6, 1e10, false, false},
    Window{"", "GJ", 0.001, 10e6, 1e9, false, false},
    Window{"", "m3", 0.001, 100e6, 1e10, false, false},
    Window{"", "m3/h", 0.001, 100e3, 1e6, true, false},
    Window{"", "m3/s", 1e-6, 100, 1e3, true, false},
    Window{"temperature_difference", "K", 0.1, 120, 180, true, false},
    Window{"", "Cel", 1, 180, 250, true, false},
    Window{"humidity", "%", 1, 100, 100, false, true},
    Window{"", "bar", 0.01, 100, 1'000, false, false},
};

auto power_of_ten(double exponent) -> double {
  constexpr double ten = 10;
  return std::pow(ten, exponent);
}

auto to_double(reading::Decimal value) -> double {
  return static_cast<double>(value.mantissa) * power_of_ten(value.exponent);
}

/// In the unit of the point.
auto window_of(const Point& point, const Settings& settings) -> std::optional<Window> {
  const auto* unit = reading::find_unit(unit_of(point, settings));
  const auto kind = point.quantity->kind;
  if (unit == nullptr || !point.parts.empty() || wire::is_bits(point.table) ||
      point.phase == "dc" || kind == reading::Kind::config || kind == reading::Kind::state ||
      kind == reading::Kind::text) {
    return std::nullopt;
  }
  for (const Window& window : windows) {
    const auto* known = reading::find_unit(window.unit);
    const auto shift = known == nullptr ? std::nullopt : reading::decimal_shift(*known, *unit);
    if (!shift || (!window.quantity.empty() && window.quantity != point.quantity->name)) {
      continue;
    }
    const double factor = power_of_ten(*shift);
    Window found = window;
    found.least *= factor;
    found.most *= factor;
    found.possible *= factor;
    found.both_signs = found.both_signs || kind == reading::Kind::net_counter;
    if (point.most) {
      found.most = std::min(found.most, to_double(*point.most));
    }
    return found;
  }
  return std::nullopt;
}

auto is_date(RegisterType type) -> bool {
  return is_packed_date(type) || type == RegisterType::bcd48_smhdmy;
}

auto is_letters(RegisterType type) -> bool {
  return type == RegisterType::text || type == RegisterType::text1;
}

/// Of all contents of the registers.
auto share_of(const Window& window, const Point& point) -> double {
  const double signs = window.both_signs ? 2 : 1;
  if (is_float(point.encoding.type)) {
    const double exponents = point.encoding.type == RegisterType::float32 ? 256 : 2048;
    return signs * std::log2(window.most / window.least) / (2 * exponents);
  }
  const auto& weight = point.conversions.front().weight;
  const double step = std::abs(static_cast<double>(weight.numerator)) /
                      static_cast<double>(weight.denominator) * power_of_ten(weight.exponent);
  const double bits = point.bit_count != 0 ? point.bit_count : point.encoding.registers * 16.0;
  return signs * (window.most - window.least) / step / std::exp2(bits);
}

auto words_of(const Point& point, std::span<const RegisterBlock> blocks)
    -> std::span<const std::uint16_t> {
  for (const RegisterBlock& block : blocks) {
    if (block.table == point.table && block.alone == point.alone && point.address >= block.first &&
        std::size_t{point.address} + point.encoding.registers <= block.first + block.words.size()) {
      return block.words.subspan(static_cast<std::size_t>(point.address - block.first),
                                 point.encoding.registers);
    }
  }
  return {};
}

/// Integers that are taken for floats mostly give numbers that no meter shows, which rounding would
/// turn into 0.
auto is_strange_float(const Point& point, std::span<const std::uint16_t> words) -> bool {
  constexpr double smallest = 1e-7;
  if (!is_float(point.encoding.type)) {
    return false;
  }
  const auto bits = raw_bits(words, point.encoding);
  const double value =
      point.encoding.type == RegisterType::float32
          ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
          : std::bit_cast<double>(bits);
  return std::isinf(value) || (value != 0 && std::abs(value) < smallest);
}

/// Letters up to the first NUL; what stands behind it, meters leave to chance.
auto is_readable(std::span<const std::uint16_t> words, const Encoding& encoding) -> bool {
  const bool one_a_register = encoding.type == RegisterType::text1;
  for (const auto word : words) {
    const auto ordered = in_byte_order(word, encoding);
    const auto high = static_cast<std::uint8_t>(ordered >> 8U);
    const auto low = static_cast<std::uint8_t>(ordered);
    if (one_a_register && high != 0) {
      return false;
    }
    for (const auto letter : {one_a_register ? low : high, low}) {
      if (letter == 0) {
        return true;
      }
      if (letter < ' ' || letter > '~') {
        return false;
      }
    }
  }
  return true;
}

auto judge_text(const Point& point, std::span<const std::uint16_t> words, const std::string& text)
    -> Evidence {
  constexpr std::size_t a_word = 2;
  if (is_date(point.encoding.type)) {
    return {Judgement::speaks_for, of_a_date};
  }
  if (!is_letters(point.encoding.type) || text.size() < a_word) {
    return {};
  }
  return is_readable(words, point.encoding)
             ? Evidence{Judgement::speaks_for, of_a_text}
             : Evidence{Judgement::speaks_against, of_the_implausible};
}

auto judge_number(const Window& window, double value, double bits) -> Evidence {
  if (value == 0) {
    return {Judgement::nothing, window.never_zero ? of_a_zero_that_no_meter_shows : 0};
  }
  if ((value < 0 && !window.both_signs) || std::abs(value) > window.possible) {
    return {Judgement::speaks_against, of_the_implausible};
  }
  const double size = std::abs(value);
  if (size > window.most) {
    return {};
  }
  if (size < window.least) {
    return window.never_zero ? Evidence{Judgement::speaks_against, of_the_implausible} : Evidence{};
  }
  return {Judgement::speaks_for, bits};
}

}  // namespace

auto telling_bits(const Point& point, const Settings& settings) -> double {
  if (point.parts.empty() && !wire::is_bits(point.table)) {
    if (is_date(point.encoding.type)) {
      return of_a_date;
    }
    if (is_letters(point.encoding.type)) {
      return of_a_text;
    }
  }
  const auto window = window_of(point, settings);
  if (!window || point.conversions.empty() || is_text(point.encoding.type)) {
    return 0;
  }
  return std::clamp(-std::log2(share_of(*window, point)), 0.0,
                    point.encoding.registers > 1 ? most_of_several : most_of_one_register);
}

auto telling_points(const Model& model, const Settings& settings) -> std::vector<std::size_t> {
  std::vector<std::pair<double, std::size_t>> ranked;
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    const double bits = telling_bits(model.points[index], settings);
    if (bits > 0 && model.points[index].tariff == 0) {
      ranked.emplace_back(bits, index);
    }
  }
  std::ranges::stable_sort(
      ranked, [](const auto& left, const auto& right) { return left.first > right.first; });
  std::map<std::string_view, std::size_t> taken;
  std::vector<std::size_t> points;
  for (const auto& [bits, index] : ranked) {
    if (points.size() < most_points &&
        ++taken[model.points[index].quantity->name] <= most_of_a_quantity) {
      points.push_back(index);
    }
  }
  std::ranges::sort(points);
  return points;
}

auto evidence_of(const Model& model, const Settings& settings, std::size_t point,
                 std::span<const RegisterBlock> blocks) -> Evidence {
  const Point& of_model = model.points[point];
  const auto words = words_of(of_model, blocks);
  if (words.empty()) {
    return {};
  }
  if (is_strange_float(of_model, words)) {
    return {Judgement::speaks_against, of_the_implausible};
  }
  const std::array points{point};
  const auto decoded = decode(model, settings, points, blocks).front();
  if (const auto* text = std::get_if<std::string>(&decoded.value)) {
    return judge_text(of_model, words, *text);
  }
  if (const auto* why = std::get_if<reading::Acquisition>(&decoded.value)) {
    return *why == reading::Acquisition::out_of_range
               ? Evidence{Judgement::speaks_against, of_the_implausible}
               : Evidence{};
  }
  const auto window = window_of(of_model, settings);
  return window ? judge_number(*window, to_double(std::get<reading::Decimal>(decoded.value)),
                               telling_bits(of_model, settings))
                : Evidence{};
}

}  // namespace bornier::model
