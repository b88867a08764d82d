// SPDX-License-Identifier: Apache-2.0
#include "model/decode.hpp"

#include <algorithm>
#include <optional>

#include "model/register_words.hpp"

namespace bornier::model {
namespace {

using reading::Acquisition;
using reading::Decimal;
using reading::Quality;
using Value = std::variant<Decimal, std::string, Acquisition>;

struct Measured {
  Value value;
  Quality quality;
};

/// The words of a point; empty if no block holds all of them.
auto words_of_point(const Point& point, std::span<const RegisterBlock> blocks) noexcept
    -> std::span<const std::uint16_t> {
  for (const RegisterBlock& block : blocks) {
    if (block.table != point.table || point.address < block.first) {
      continue;
    }
    const std::size_t offset = std::size_t{point.address} - block.first;
    if (offset + point.encoding.registers <= block.words.size()) {
      return block.words.subspan(offset, point.encoding.registers);
    }
  }
  return {};
}

/// Vendor rule of four-quadrant power factors (Schneider iEM3000): beyond ±1 they count back from
/// ±2.
auto fold_quadrants(Decimal value) noexcept -> std::optional<Decimal> {
  // Within ±2 and with at most 18 places, the digits of 2 - x fit.
  if (compare(value, {2, 0}) > 0 || compare(value, {-2, 0}) < 0 || value.exponent < -18) {
    return std::nullopt;
  }
  std::int64_t two = 2;
  for (int place = value.exponent; place < 0; ++place) {
    two *= 10;
  }
  if (compare(value, {1, 0}) > 0) {
    return Decimal{two - value.mantissa, value.exponent};
  }
  if (compare(value, {-1, 0}) < 0) {
    return Decimal{-two - value.mantissa, value.exponent};
  }
  return value;
}

auto not_a_value(reading::ValueFault fault) noexcept -> Acquisition {
  return fault == reading::ValueFault::not_a_number ? Acquisition::not_available
                                                    : Acquisition::out_of_range;
}

auto number(const Point& point, const Conversion& conversion, std::uint64_t bits) -> Measured {
  std::optional<Decimal> value;
  Quality quality;
  if (is_float(point.encoding.type)) {
    const auto rounded = point.encoding.type == RegisterType::float32
                             ? round_float32(static_cast<std::uint32_t>(bits), conversion.weight,
                                             conversion.resolution)
                             : round_float64(bits, conversion.weight, conversion.resolution);
    if (!rounded) {
      return {not_a_value(rounded.error()), {}};
    }
    value = rounded->value;
    quality = rounded->coarse ? quality.with(reading::QualityFlag::coarse) : quality;
  } else {
    const auto scaled =
        scale(integer_of(bits, point.encoding), conversion.weight, conversion.resolution);
    if (!scaled) {
      return {not_a_value(scaled.error()), {}};
    }
    value = *scaled;
  }
  if (point.transform == Transform::fold_quadrants) {
    value = fold_quadrants(*value);
  }
  if (!value) {
    return {Acquisition::out_of_range, {}};
  }
  return {*value, quality};
}

auto text(const Point& point, std::span<const std::uint16_t> words) -> Value {
  const Encoding& encoding = point.encoding;
  if (encoding.type == RegisterType::text) {
    std::string characters = text_of(words, encoding);
    return characters.empty() ? Value{Acquisition::not_available} : Value{std::move(characters)};
  }
  const std::uint64_t bits = raw_bits(words, encoding);
  if (std::ranges::find(point.absent, bits) != point.absent.end()) {
    return Acquisition::not_available;
  }
  if (encoding.type == RegisterType::mbus_f) {
    auto date = date_of_mbus_f(bits);
    return date ? Value{*std::move(date)} : Value{Acquisition::not_available};
  }
  const reading::Integer whole = integer_of(bits, encoding);
  return (whole.negative ? "-" : "") + std::to_string(whole.magnitude);
}

auto measure(const Model& model, const Settings& settings, const Point& point,
             std::span<const RegisterBlock> blocks) -> Measured {
  const auto words = words_of_point(point, blocks);
  if (words.empty()) {
    return {Acquisition::not_polled_yet, {}};
  }
  if (point.conversions.empty()) {
    return {text(point, words), {}};
  }
  const std::uint64_t bits = raw_bits(words, point.encoding);
  if (std::ranges::find(point.absent, bits) != point.absent.end()) {
    return {Acquisition::not_available, {}};
  }
  std::size_t index = point.setting ? settings.choice(*point.setting) : 0;
  if (point.code) {
    const Code& code = model.codes[*point.code];
    const Point& teller = model.points[code.point];
    const auto told = words_of_point(teller, blocks);
    if (told.empty()) {
      return {Acquisition::not_polled_yet, {}};
    }
    const auto option = option_of(code, raw_bits(told, teller.encoding));
    if (!option) {
      return {Acquisition::out_of_range, {}};
    }
    index = index * code.values.size() + *option;
  }
  const Conversion& conversion = point.conversions[index];
  if (conversion.contradicts) {
    return {Acquisition::out_of_range, {}};
  }
  return number(point, conversion, bits);
}

}  // namespace

auto option_of(const Code& code, std::uint64_t bits) noexcept -> std::optional<std::size_t> {
  const unsigned width = code.last_bit - code.first_bit + 1U;
  const std::uint64_t value = (bits >> code.first_bit) & (~std::uint64_t{0} >> (64U - width));
  const auto found = std::ranges::find(code.values, value);
  if (found == code.values.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - code.values.begin());
}

auto decode(const Model& model, const Settings& settings, std::span<const std::size_t> points,
            std::span<const RegisterBlock> blocks) -> std::vector<Decoded> {
  std::vector<Decoded> decoded;
  decoded.reserve(points.size());
  for (const std::size_t point : points) {
    Measured measured = measure(model, settings, model.points[point], blocks);
    decoded.push_back({point, std::move(measured.value), measured.quality});
  }
  return decoded;
}

auto to_text(const Model& model, const Settings& settings, const Decoded& decoded) -> std::string {
  if (const auto* state = std::get_if<Acquisition>(&decoded.value)) {
    return std::string{reading::to_text(*state)};
  }
  if (const auto* characters = std::get_if<std::string>(&decoded.value)) {
    return *characters;
  }
  std::string written;
  if (const auto* value = std::get_if<Decimal>(&decoded.value)) {
    written = reading::to_text(*value);
  }
  const std::string_view unit = unit_of(model.points[decoded.point], settings);
  if (unit != "1") {
    written += ' ';
    written += unit;
  }
  if (decoded.quality.has(reading::QualityFlag::coarse)) {
    written += " coarse";
  }
  return written;
}

}  // namespace bornier::model
