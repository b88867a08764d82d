// SPDX-License-Identifier: Apache-2.0
#include "app/node_values.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "reading/unit.hpp"

namespace bornier::app {
namespace {

using reading::Decimal;

struct NodeUnit {
  std::string_view code;
  std::string_view shown;  ///< as people read it
  int shift;               ///< 1 `shown` is 10^shift `code`
  std::string_view rate;
  int rate_shift;
  std::uint64_t rate_microseconds;  ///< the span in which the unit is 10^-rate_shift of its rate
  std::string_view quantity;
};

constexpr std::uint64_t hour_us = 3'600'000'000;
constexpr std::uint64_t second_us = 1'000'000;
constexpr std::array<NodeUnit, 5> node_units{{
    {"{pulse}", "{pulse}", 0, "{pulse}/h", 0, hour_us, "pulse_count"},
    {"W.h", "kWh", 3, "kW", 3, hour_us, "energy_active_import"},
    {"V.A{reactive}.h", "kvarh", 3, "kvar", 3, hour_us, "energy_reactive_import"},
    {"m3", "m3", 0, "m3/h", 0, hour_us, "volume"},
    {"J", "MJ", 6, "kW", 3, second_us, "energy_heat"},
}};
constexpr int least_exponent = -12;
constexpr int most_exponent = 12;
constexpr std::int64_t most_mantissa = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view known_units = "{pulse}, Wh, kWh, varh, kvarh, L, m3, J, kJ, MJ or GJ";

auto trimmed(std::string_view text) -> std::string_view {
  const auto first = text.find_first_not_of(' ');
  const auto last = text.find_last_not_of(' ');
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, last - first + 1);
}

/// "10 L" → "10" and "L"; "10L" too.
auto split_measure(std::string_view text) -> std::pair<std::string_view, std::string_view> {
  text = trimmed(text);
  const auto end = std::min(text.find_first_not_of("+-.0123456789"), text.size());
  return {text.substr(0, end), trimmed(text.substr(end))};
}

auto without_zeros(Decimal value) -> Decimal {
  while (value.mantissa != 0 && value.mantissa % 10 == 0 &&
         value.exponent < std::numeric_limits<std::int8_t>::max()) {
    value.mantissa /= 10;
    ++value.exponent;
  }
  return value;
}

/// The whole number of 10^exponent that `value` is; nothing if it is none or does not fit.
auto in_steps(Decimal value, int exponent) -> std::optional<std::int64_t> {
  value = without_zeros(value);
  if (value.mantissa == 0) {
    return 0;
  }
  if (value.exponent < exponent) {
    return std::nullopt;
  }
  for (; value.exponent > exponent; --value.exponent) {
    if (__builtin_mul_overflow(value.mantissa, 10, &value.mantissa)) {
      return std::nullopt;
    }
  }
  return value.mantissa;
}

/// Which of the node's units it can be turned into, and by which power of ten.
auto node_unit_of(std::string_view spelling) -> std::optional<std::pair<std::uint16_t, int>> {
  if (spelling == "pulse" || spelling == "pulses" || spelling == "imp") {
    return std::pair{std::uint16_t{0}, 0};
  }
  const auto* unit = reading::find_unit(spelling);
  for (std::uint16_t code = 0; unit != nullptr && code < node_units.size(); ++code) {
    const auto* own = reading::find_unit(node_units.at(code).code);
    if (const auto shift = own == nullptr ? std::nullopt : reading::decimal_shift(*unit, *own)) {
      return std::pair{code, int{*shift}};
    }
  }
  return std::nullopt;
}

auto no_measure(std::string_view text, std::string_view example) -> std::string {
  return "\"" + std::string{text} + "\" is no number with a unit; write " + std::string{example} +
         ", in " + std::string{known_units};
}

auto shown_as(Decimal value, std::uint16_t unit) -> std::string {
  const auto& known = node_units.at(unit);
  value.exponent = static_cast<std::int8_t>(value.exponent - known.shift);
  return reading::to_text(value) + " " + std::string{known.shown};
}

auto measure_of(Decimal value, std::string_view unit) -> std::optional<NodeMeasure> {
  const auto known = node_unit_of(unit);
  const auto exponent = known ? value.exponent + known->second : 0;
  if (!known || exponent < -60 || exponent > 60) {
    return std::nullopt;
  }
  value.exponent = static_cast<std::int8_t>(exponent);
  return NodeMeasure{value, known->first};
}

/// 1 / (mantissa × 10^exponent): exact, or else with nine digits.
struct Reciprocal {
  Decimal value;
  bool exact{};
};
auto reciprocal(Decimal value) -> Reciprocal {
  constexpr int most_digits = 18;
  constexpr std::int64_t nine_digits = 1'000'000'000;
  value = without_zeros(value);
  std::int64_t power = 1;
  Reciprocal nearest;
  for (int digits = 0; digits <= most_digits; ++digits, power *= 10) {
    const auto quotient = power / value.mantissa;
    const auto exponent = static_cast<std::int8_t>(-digits - value.exponent);
    if (power % value.mantissa == 0) {
      return {{quotient, exponent}, true};
    }
    if (quotient < nine_digits) {
      const bool up = power % value.mantissa >= value.mantissa - power % value.mantissa;
      nearest.value = {quotient + (up ? 1 : 0), exponent};
    }
    if (digits == most_digits) {
      break;
    }
  }
  return nearest;
}

/// With fewer digits until the node can hold it.
auto rounded(Decimal value) -> Decimal {
  while (value.mantissa > most_mantissa || value.exponent < least_exponent) {
    const auto rest = value.mantissa % 10;
    value.mantissa = value.mantissa / 10 + (rest >= 5 ? 1 : 0);
    ++value.exponent;
  }
  return value;
}

auto keep_pulses(std::string_view text) -> std::string {
  return "; or leave the input at \"1 {pulse}\" and state value = \"" + std::string{text} +
         "\" in the gateway's configuration, which reckons with the ratio itself";
}

/// Value and index as whole numbers of one power of ten.
auto scale_of(Decimal value, Decimal start, int exponent, std::uint16_t unit)
    -> std::optional<NodeScale> {
  const auto mantissa = in_steps(value, exponent);
  const auto steps = in_steps(start, exponent);
  if (exponent < least_exponent || exponent > most_exponent || !mantissa || !steps ||
      *mantissa < 1 || *mantissa > most_mantissa || *steps < 0) {
    return std::nullopt;
  }
  return NodeScale{static_cast<std::uint32_t>(*mantissa), static_cast<std::int16_t>(exponent), unit,
                   static_cast<std::uint64_t>(*steps)};
}

/// As it is written if the node can hold that, else with another power of ten.
auto scale_of(Decimal value, Decimal start, std::uint16_t unit) -> std::optional<NodeScale> {
  const auto has_start = start.mantissa != 0;
  const int written =
      has_start ? std::min<int>(value.exponent, start.exponent) : int{value.exponent};
  if (const auto scale = scale_of(value, start, written, unit)) {
    return scale;
  }
  const int coarsest =
      has_start ? std::min<int>(without_zeros(value).exponent, without_zeros(start).exponent)
                : int{without_zeros(value).exponent};
  return scale_of(value, start, std::min(coarsest, most_exponent), unit);
}

auto is_sound(const NodeScale& scale) -> bool {
  return scale.mantissa > 0 && is_known_unit(scale.unit) && scale.exponent >= least_exponent &&
         scale.exponent <= most_exponent &&
         scale.start_index <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

auto value_of(const NodeScale& scale) -> Decimal {
  return {std::int64_t{scale.mantissa}, static_cast<std::int8_t>(scale.exponent)};
}

auto start_of(const NodeScale& scale) -> Decimal {
  return {static_cast<std::int64_t>(scale.start_index), static_cast<std::int8_t>(scale.exponent)};
}

/// What so many pulses are worth.
auto worth_of(const NodeScale& scale, std::uint64_t count) -> std::optional<Decimal> {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(count, std::uint64_t{scale.mantissa}, &product)) {
    return std::nullopt;
  }
  return Decimal{product, static_cast<std::int8_t>(scale.exponent)};
}

}  // namespace

auto is_known_unit(std::uint16_t unit) noexcept -> bool {
  return unit < node_units.size();
}

auto parse_measure(std::string_view text) -> wire::Result<NodeMeasure, std::string> {
  const auto [digits, unit] = split_measure(text);
  const auto value = reading::parse_decimal(digits);
  const auto measure = value ? measure_of(*value, unit) : std::nullopt;
  if (!measure) {
    return no_measure(text, "\"1234.567 m3\"");
  }
  return *measure;
}

auto parse_pulse_value(std::string_view text) -> wire::Result<NodeMeasure, std::string> {
  constexpr std::string_view example = "\"10 L\" or \"1000 {pulse}/kWh\"";
  const auto slash = text.find('/');
  const auto [digits, unit] = split_measure(text.substr(0, slash));
  const auto number = reading::parse_decimal(digits);
  if (!number || (slash == std::string_view::npos && unit.empty())) {
    return no_measure(text, example);
  }
  if (number->mantissa <= 0) {
    return "a pulse that is worth \"" + std::string{text} + "\" would count nothing";
  }
  if (slash == std::string_view::npos) {
    const auto measure = measure_of(*number, unit);
    return measure ? wire::Result<NodeMeasure, std::string>{*measure} : no_measure(text, example);
  }
  const auto pulses =
      unit.empty() ? std::optional{std::pair{std::uint16_t{0}, 0}} : node_unit_of(unit);
  const auto inverse = reciprocal(*number);
  const auto measure = measure_of(inverse.value, trimmed(text.substr(slash + 1)));
  if (!pulses || pulses->first != 0 || !measure || measure->unit == 0) {
    return no_measure(text, example);
  }
  if (!inverse.exact) {
    const auto nearest = rounded(without_zeros(measure->value));
    return "\"" + std::string{text} +
           "\" is no decimal number a pulse; the nearest that the node can "
           "hold is \"" +
           shown_as(nearest, measure->unit) + "\"" + keep_pulses(text);
  }
  return *measure;
}

auto with_pulse_value(const NodeScale& scale, const NodeMeasure& value)
    -> wire::Result<NodeScale, std::string> {
  auto start_of_old = scale;
  start_of_old.mantissa = std::max<std::uint32_t>(scale.mantissa, 1);  // a start needs no pulse
  const bool keeps = is_sound(start_of_old) && value.unit == scale.unit;
  const auto start = keeps ? start_of(scale) : Decimal{0, value.value.exponent};
  if (const auto found = scale_of(value.value, start, value.unit)) {
    return *found;
  }
  const auto nearest = rounded(without_zeros(value.value));
  const auto shown = shown_as(value.value, value.unit);
  if (compare(nearest, value.value) == 0) {
    return shown + " and a start index of " + shown_as(start, value.unit) +
           " need more digits than the node has in common for both; give the index again with "
           "fewer decimals (bornier node set-index)";
  }
  return shown + " has more digits than the node can hold; the nearest is \"" +
         shown_as(nearest, value.unit) + "\"" + keep_pulses(shown);
}

auto with_index(const NodeScale& scale, const NodeMeasure& index, std::uint64_t count)
    -> wire::Result<NodeScale, std::string> {
  if (!is_sound(scale)) {
    return "the input's pulse value makes no sense; set it first (bornier node set-pulse-value)";
  }
  if (index.unit != scale.unit) {
    return "a pulse of this input is worth " + pulse_value_text(scale) +
           ", which adds up to no such index; set the pulse value first (bornier node "
           "set-pulse-value)";
  }
  const auto counted = worth_of(scale, count);
  const auto start = counted ? sum(index.value, *counted, true) : std::nullopt;
  if (!start) {
    return shown_as(index.value, index.unit) + " has more digits than can be reckoned with";
  }
  if (start->mantissa < 0) {
    return "the node has counted " + std::to_string(count) + " pulses, which are " +
           shown_as(*counted, scale.unit) + " already, more than " +
           shown_as(index.value, index.unit) +
           ": the pulse value is wrong, or it counts since before this meter was there. Then "
           "keep the index in the gateway's configuration";
  }
  if (const auto found = scale_of(value_of(scale), *start, scale.unit)) {
    return *found;
  }
  return shown_as(index.value, index.unit) +
         " has more decimals than the node can hold beside its pulse value of " +
         pulse_value_text(scale) + "; give fewer";
}

auto pulse_value_text(const NodeScale& scale) -> std::string {
  return is_sound(scale) ? shown_as(value_of(scale), scale.unit) : std::string{};
}

auto index_text(const NodeScale& scale, std::uint64_t count) -> std::string {
  const auto counted = is_sound(scale) ? worth_of(scale, count) : std::nullopt;
  const auto index = counted ? sum(start_of(scale), *counted) : std::nullopt;
  return index ? shown_as(*index, scale.unit) : std::string{};
}

auto rate_text(const NodeScale& scale, std::uint32_t interval_us) -> std::string {
  constexpr auto longer = std::numeric_limits<std::uint32_t>::max();
  if (interval_us == 0 || interval_us == longer || !is_sound(scale)) {
    return {};
  }
  // Four digits at least: what people compare with a display.
  const auto& unit = node_units.at(scale.unit);
  std::uint64_t rate = scale.mantissa * unit.rate_microseconds;  // 32 bits and 32 bits
  int exponent = scale.exponent - unit.rate_shift;
  while (rate / interval_us < 1'000 && rate < std::numeric_limits<std::uint64_t>::max() / 20) {
    rate *= 10;
    --exponent;
  }
  auto rounded_rate = (rate + interval_us / 2) / interval_us;
  while (rounded_rate >= 10'000) {
    rounded_rate = (rounded_rate + 5) / 10;
    ++exponent;
  }
  const Decimal value{static_cast<std::int64_t>(rounded_rate), static_cast<std::int8_t>(exponent)};
  return reading::to_text(value) + " " + std::string{unit.rate};
}

auto quantity_of_unit(std::uint16_t unit) -> std::string_view {
  return is_known_unit(unit) ? node_units.at(unit).quantity : std::string_view{};
}

}  // namespace bornier::app
