// SPDX-License-Identifier: Apache-2.0
#include "model/decode.hpp"

#include <algorithm>
#include <optional>

#include "model/register_texts.hpp"
#include "model/register_words.hpp"

namespace bornier::model {
namespace {

using reading::Acquisition;
using reading::Decimal;
using reading::Quality;
using reading::Weight;
using Value = std::variant<Decimal, std::string, Acquisition>;

/// What there is to decode.
struct Blocks {
  std::span<const RegisterBlock> registers;
  std::span<const Written> written;
};

/// More places are no measurement.
constexpr int largest_places = 18;

struct Measured {
  Value value;
  Quality quality;
};

/// The words of a point; empty if no block holds all of them.
auto words_of_point(const Point& point, const Blocks& blocks) noexcept
    -> std::span<const std::uint16_t> {
  if (point.alone) {
    for (const RegisterBlock& block : blocks.registers) {
      if (block.table == point.table && block.first == point.address &&
          block.words.size() == point.encoding.registers) {
        return block.words;
      }
    }
  }
  for (const RegisterBlock& block : blocks.registers) {
    if (block.table != point.table || point.address < block.first ||
        (block.alone && !point.alone)) {
      continue;
    }
    const std::size_t offset = std::size_t{point.address} - block.first;
    if (offset + point.encoding.registers <= block.words.size()) {
      return block.words.subspan(offset, point.encoding.registers);
    }
  }
  return {};
}

auto field_of(const Point& point, std::uint64_t bits) noexcept -> std::uint64_t {
  return point.bit_count == 0
             ? bits
             : (bits >> point.first_bit) & (~std::uint64_t{0} >> (64U - point.bit_count));
}

/// Why there is no value, by the raw values that the model names.
auto reason_of(const Point& point, std::uint64_t bits) noexcept -> std::optional<Acquisition> {
  if (std::ranges::find(point.absent, bits) != point.absent.end()) {
    return Acquisition::not_available;
  }
  if (std::ranges::find(point.unsupported, bits) != point.unsupported.end()) {
    return Acquisition::unsupported;
  }
  return std::nullopt;
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

/// raw + offset, in the range of an Integer.
auto add(reading::Integer raw, std::int64_t offset) noexcept -> std::optional<reading::Integer> {
  const reading::Integer other = reading::integer(offset);
  if (raw.negative == other.negative) {
    const std::uint64_t sum = raw.magnitude + other.magnitude;
    return sum < raw.magnitude ? std::nullopt
                               : std::optional{reading::Integer{sum, raw.negative && sum != 0}};
  }
  const bool raw_wins = raw.magnitude > other.magnitude;
  return reading::Integer{
      raw_wins ? raw.magnitude - other.magnitude : other.magnitude - raw.magnitude,
      raw.magnitude != other.magnitude && (raw_wins ? raw.negative : other.negative)};
}

/// Where the resolution follows the weight, it is known once the last factor is.
auto with_resolution(const Point& point, Conversion conversion) -> std::optional<Conversion> {
  conversion.weight = in_powers_of_ten(conversion.weight);
  if (point.resolution_floats && is_power_of_ten(conversion.weight)) {
    if (conversion.weight.exponent < -largest_places ||
        conversion.weight.exponent > largest_places) {
      return std::nullopt;
    }
    conversion.resolution = static_cast<std::int8_t>(conversion.weight.exponent);
  }
  return conversion;
}

/// Rounded where the resolution says so.
auto scaled(const Point& point, Conversion conversion, reading::Integer whole, std::int8_t exponent)
    -> Value {
  conversion.weight.exponent = static_cast<std::int16_t>(conversion.weight.exponent + exponent);
  const auto complete = with_resolution(point, conversion);
  if (!complete) {
    return Acquisition::out_of_range;
  }
  const auto value = scale(whole, complete->weight, complete->resolution);
  return value ? Value{*value} : Value{not_a_value(value.error())};
}

auto number(const Point& point, const Encoding& encoding, Conversion conversion, std::uint64_t bits)
    -> Measured {
  std::optional<Decimal> value;
  Quality quality;
  if (is_float(encoding.type)) {
    const auto rounded = encoding.type == RegisterType::float32
                             ? round_float32(static_cast<std::uint32_t>(bits), conversion.weight,
                                             conversion.resolution)
                             : round_float64(bits, conversion.weight, conversion.resolution);
    if (!rounded) {
      return {not_a_value(rounded.error()), {}};
    }
    value = rounded->value;
    quality = rounded->coarse ? quality.with(reading::QualityFlag::coarse) : quality;
  } else {
    const auto raw = number_of(bits, encoding);
    const auto whole = raw ? add(raw->whole, point.offset) : std::nullopt;
    if (!whole) {
      return {Acquisition::out_of_range, {}};
    }
    const auto rounded = scaled(point, conversion, *whole, raw->exponent);
    if (const auto* reason = std::get_if<Acquisition>(&rounded)) {
      return {*reason, {}};
    }
    value = std::get<Decimal>(rounded);
  }
  if (point.transform == Transform::fold_quadrants) {
    value = fold_quadrants(*value);
  }
  if (!value) {
    return {Acquisition::out_of_range, {}};
  }
  return {*value, quality};
}

auto text(const Point& point, const Encoding& encoding, std::span<const std::uint16_t> words)
    -> Value {
  if (is_text(encoding.type)) {
    auto characters = text_of(words, encoding);
    return characters ? Value{*std::move(characters)} : Value{Acquisition::not_available};
  }
  const std::uint64_t bits = field_of(point, raw_bits(words, encoding));
  if (const auto reason = reason_of(point, bits)) {
    return *reason;
  }
  const auto raw = number_of(bits, encoding);
  if (!raw || raw->exponent != 0) {
    return Acquisition::out_of_range;
  }
  const auto whole = add(raw->whole, point.offset);
  if (!whole) {
    return Acquisition::out_of_range;
  }
  return (whole->negative ? "-" : "") + std::to_string(whole->magnitude);
}

auto measure(const Model& model, const Settings& settings, const Point& point, const Blocks& blocks)
    -> Measured;

/// What the point of a factor says to multiply with.
auto weight_of(const Model& model, const Settings& settings, const Factor& factor,
               const Blocks& blocks) -> std::variant<Weight, Acquisition> {
  const Measured told = measure(model, settings, model.points[factor.point], blocks);
  if (const auto* reason = std::get_if<Acquisition>(&told.value)) {
    return *reason;
  }
  const auto* value = std::get_if<Decimal>(&told.value);
  if (value == nullptr) {
    return Acquisition::out_of_range;
  }
  switch (factor.kind) {
    case Factor::Kind::power_of_ten:
      if (value->exponent != 0 || value->mantissa < -largest_places ||
          value->mantissa > largest_places) {
        return Acquisition::out_of_range;
      }
      return Weight{1, 1, static_cast<std::int16_t>(value->mantissa)};
    case Factor::Kind::multiply:
      if (value->mantissa == 0) {
        return Acquisition::out_of_range;
      }
      return Weight{value->mantissa, 1, value->exponent};
    case Factor::Kind::divide:
      if (value->mantissa <= 0) {
        return Acquisition::out_of_range;
      }
      return Weight{1, static_cast<std::uint64_t>(value->mantissa),
                    static_cast<std::int16_t>(-value->exponent)};
  }
  return Acquisition::out_of_range;
}

auto derived(const Model& model, const Settings& settings, const Point& point, const Blocks& blocks)
    -> Measured {
  std::optional<Decimal> total;
  Quality quality;
  for (const Part& part : point.parts) {
    Measured measured = measure(model, settings, model.points[part.point], blocks);
    const auto* value = std::get_if<Decimal>(&measured.value);
    if (value == nullptr) {
      return measured;
    }
    total = total ? sum(*total, *value, part.negative) : *value;
    if (!total) {
      return {Acquisition::out_of_range, {}};
    }
    quality.flags = static_cast<std::uint16_t>(quality.flags | measured.quality.flags);
  }
  return {*total, quality.with(reading::QualityFlag::derived)};
}

auto conversion_in(const Model& model, const Settings& settings, const Point& point,
                   const Blocks& blocks) -> std::variant<Conversion, Acquisition>;
auto choice_in(const Model& model, const Settings& settings, std::size_t setting,
               const Blocks& blocks) -> std::variant<std::size_t, Acquisition>;
auto encoding_in(const Model& model, const Settings& settings, const Point& point,
                 const Blocks& blocks) -> std::variant<Encoding, Acquisition>;

/// The last digit of what was cut only tells how all of them round.
auto needs_all_digits(const Point& point, const Conversion& how, const Decimal& digits) -> bool {
  const auto weight = in_powers_of_ten(how.weight);
  return is_power_of_ten(weight) &&
         (point.resolution_floats || digits.exponent + weight.exponent >= how.resolution);
}

/// Of a point that a message writes in digits or letters.
auto measured_text(const Model& model, const Settings& settings, const Point& point,
                   const Blocks& blocks) -> Measured {
  const auto index = static_cast<std::size_t>(&point - model.points.data());
  const auto found = std::ranges::find(blocks.written, index, &Written::point);
  if (found == blocks.written.end()) {
    return {Acquisition::not_polled_yet, {}};
  }
  const auto* digits = std::get_if<Decimal>(&found->value);
  if (digits == nullptr || point.conversions.empty()) {
    return {found->value, {}};
  }
  const auto conversion = conversion_in(model, settings, point, blocks);
  if (const auto* reason = std::get_if<Acquisition>(&conversion)) {
    return {*reason, {}};
  }
  const auto& how = std::get<Conversion>(conversion);
  if (found->cut && needs_all_digits(point, how, *digits)) {
    return {Acquisition::out_of_range, {}};
  }
  return {scaled(point, how, reading::integer(digits->mantissa), digits->exponent), {}};
}

/// Of a point with registers of its own.
auto measured_registers(const Model& model, const Settings& settings, const Point& point,
                        const Blocks& blocks) -> Measured {
  const auto words = words_of_point(point, blocks);
  if (words.empty()) {
    return {Acquisition::not_polled_yet, {}};
  }
  const auto ordered = encoding_in(model, settings, point, blocks);
  if (const auto* reason = std::get_if<Acquisition>(&ordered)) {
    return {*reason, {}};
  }
  const auto& encoding = std::get<Encoding>(ordered);
  if (point.conversions.empty()) {
    return {text(point, encoding, words), {}};
  }
  const std::uint64_t bits = field_of(point, raw_bits(words, encoding));
  if (const auto reason = reason_of(point, bits)) {
    return {*reason, {}};
  }
  const auto conversion = conversion_in(model, settings, point, blocks);
  if (const auto* reason = std::get_if<Acquisition>(&conversion)) {
    return {*reason, {}};
  }
  return number(point, encoding, std::get<Conversion>(conversion), bits);
}

/// Why the point is not there under the settings.
auto hindrance(const Model& model, const Settings& settings, const Point& point,
               const Blocks& blocks) -> std::optional<Acquisition> {
  if (!point.when) {
    return std::nullopt;
  }
  const auto choice = choice_in(model, settings, point.when->setting, blocks);
  if (const auto* reason = std::get_if<Acquisition>(&choice)) {
    return *reason;
  }
  return std::get<std::size_t>(choice) == point.when->choice
             ? std::nullopt
             : std::optional{Acquisition::unsupported};
}

auto measure(const Model& model, const Settings& settings, const Point& point, const Blocks& blocks)
    -> Measured {
  if (const auto reason = hindrance(model, settings, point, blocks)) {
    return {*reason, {}};
  }
  Measured measured = !point.parts.empty() ? derived(model, settings, point, blocks)
                      : point.encoding.type == RegisterType::written
                          ? measured_text(model, settings, point, blocks)
                          : measured_registers(model, settings, point, blocks);
  if (const auto* value = std::get_if<Decimal>(&measured.value)) {
    const auto least = point.least ? primary_limit(point, settings, *point.least) : std::nullopt;
    const auto most = point.most ? primary_limit(point, settings, *point.most) : std::nullopt;
    if ((least && compare(*value, *least) < 0) || (most && compare(*value, *most) > 0)) {
      measured.quality = measured.quality.with(reading::QualityFlag::implausible);
    }
  }
  return measured;
}

auto choice_in(const Model& model, const Settings& settings, std::size_t setting,
               const Blocks& blocks) -> std::variant<std::size_t, Acquisition> {
  const Setting& chosen = model.settings[setting];
  if (!chosen.point) {
    return settings.choice(setting);
  }
  const Measured told = measure(model, settings, model.points[*chosen.point], blocks);
  const auto* shown = std::get_if<Decimal>(&told.value);
  if (shown == nullptr) {
    const auto* reason = std::get_if<Acquisition>(&told.value);
    return reason != nullptr && *reason == Acquisition::not_polled_yet ? *reason
                                                                       : Acquisition::out_of_range;
  }
  const auto found = std::ranges::find_if(chosen.values, [shown](std::int64_t value) {
    return compare(*shown, Decimal{value, 0}) == 0;
  });
  const auto choice = static_cast<std::size_t>(found - chosen.values.begin());
  if (found == chosen.values.end() ||
      (settings.is_chosen(setting) && settings.choice(setting) != choice)) {
    return Acquisition::out_of_range;
  }
  return choice;
}

auto encoding_in(const Model& model, const Settings& settings, const Point& point,
                 const Blocks& blocks) -> std::variant<Encoding, Acquisition> {
  Encoding encoding = point.encoding;
  if (point.word_order) {
    const auto choice = choice_in(model, settings, *point.word_order, blocks);
    if (const auto* reason = std::get_if<Acquisition>(&choice)) {
      return *reason;
    }
    encoding.low_word_first =
        model.settings[*point.word_order].low_word_first[std::get<std::size_t>(choice)];
  }
  if (point.byte_order) {
    const auto choice = choice_in(model, settings, *point.byte_order, blocks);
    if (const auto* reason = std::get_if<Acquisition>(&choice)) {
      return *reason;
    }
    encoding.low_byte_first =
        model.settings[*point.byte_order].low_byte_first[std::get<std::size_t>(choice)];
  }
  return encoding;
}

auto conversion_in(const Model& model, const Settings& settings, const Point& point,
                   const Blocks& blocks) -> std::variant<Conversion, Acquisition> {
  std::size_t index = 0;
  if (point.setting) {
    const auto choice = choice_in(model, settings, *point.setting, blocks);
    if (const auto* reason = std::get_if<Acquisition>(&choice)) {
      return *reason;
    }
    index = std::get<std::size_t>(choice);
  }
  if (point.code) {
    const Code& code = model.codes[*point.code];
    const Point& teller = model.points[code.point];
    const auto told = words_of_point(teller, blocks);
    if (told.empty()) {
      return Acquisition::not_polled_yet;
    }
    const auto ordered = encoding_in(model, settings, teller, blocks);
    if (const auto* reason = std::get_if<Acquisition>(&ordered)) {
      return *reason;
    }
    const auto option = option_of(code, raw_bits(told, std::get<Encoding>(ordered)));
    if (!option) {
      return Acquisition::out_of_range;
    }
    index = index * code.values.size() + *option;
  }
  Conversion conversion = point.conversions[index];
  if (conversion.contradicts) {
    return Acquisition::out_of_range;
  }
  for (const Factor& factor : point.factors) {
    const auto weight = weight_of(model, settings, factor, blocks);
    if (const auto* reason = std::get_if<Acquisition>(&weight)) {
      return *reason;
    }
    const auto product = multiply(conversion.weight, std::get<Weight>(weight));
    if (!product) {
      return Acquisition::out_of_range;
    }
    conversion.weight = *product;
  }
  const auto primary = multiply(conversion.weight, settings.ratio(point));
  if (!primary) {
    return Acquisition::out_of_range;
  }
  conversion.weight = *primary;
  return conversion;
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

auto choice_of(const Model& model, const Settings& settings, std::size_t setting,
               std::span<const RegisterBlock> blocks)
    -> std::variant<std::size_t, reading::Acquisition> {
  return choice_in(model, settings, setting, {blocks, {}});
}

auto encoding_of(const Model& model, const Settings& settings, const Point& point,
                 std::span<const RegisterBlock> blocks)
    -> std::variant<Encoding, reading::Acquisition> {
  return encoding_in(model, settings, point, {blocks, {}});
}

auto conversion_of(const Model& model, const Settings& settings, const Point& point,
                   std::span<const RegisterBlock> blocks)
    -> std::variant<Conversion, reading::Acquisition> {
  return conversion_in(model, settings, point, {blocks, {}});
}

auto decode(const Model& model, const Settings& settings, std::span<const std::size_t> points,
            std::span<const RegisterBlock> blocks) -> std::vector<Decoded> {
  return decode(model, settings, points, blocks, {});
}

auto decode(const Model& model, const Settings& settings, std::span<const std::size_t> points,
            std::span<const RegisterBlock> blocks, std::span<const Written> written)
    -> std::vector<Decoded> {
  std::vector<Decoded> decoded;
  decoded.reserve(points.size());
  for (const std::size_t point : points) {
    Measured measured = measure(model, settings, model.points[point], {blocks, written});
    decoded.push_back({point, std::move(measured.value), measured.quality});
  }
  return decoded;
}

}  // namespace bornier::model
