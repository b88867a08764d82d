// SPDX-License-Identifier: Apache-2.0
#include "app/pulse_configuration.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "reading/time_text.hpp"
#include "reading/unit.hpp"

namespace bornier::app {
namespace {

using model::TableReader;
using reading::Decimal;
using reading::Unit;
using reading::Weight;

/// Beyond that an exponent is a slip of the pen.
constexpr int largest_exponent = 18;
constexpr std::array<std::string_view, 5> words_for_pulse{"{pulse}", "imp", "Imp", "pulses",
                                                          "pulse"};

/// "1234.56 m3": a number, blanks, the rest.
struct Amount {
  Decimal number;
  std::string_view rest;
};

auto amount_of(std::string_view text) -> std::optional<Amount> {
  const auto blank = text.find(' ');
  const auto number = reading::parse_decimal(text.substr(0, blank));
  const auto rest = blank == std::string_view::npos ? blank : text.find_first_not_of(' ', blank);
  if (!number || rest == std::string_view::npos || number->exponent > largest_exponent ||
      number->exponent < -largest_exponent) {
    return std::nullopt;
  }
  return Amount{*number, text.substr(rest)};
}

/// So much of a unit.
struct Worth {
  Weight weight;
  const Unit* unit{};
};

/// "10 L/{pulse}" or "10 L", and a nameplate's "1000 imp/kWh".
auto worth_of(std::string_view text) -> std::optional<Worth> {
  const auto amount = amount_of(text);
  if (!amount || amount->number.mantissa <= 0) {
    return std::nullopt;
  }
  const auto& [mantissa, exponent] = amount->number;
  Worth worth{.weight = {mantissa, 1, exponent}, .unit = nullptr};
  auto unit = amount->rest;
  for (const auto word : words_for_pulse) {
    if (unit.starts_with(word) && unit.substr(word.size()).starts_with('/')) {
      worth.weight = {1, static_cast<std::uint64_t>(mantissa),
                      static_cast<std::int16_t>(-exponent)};
      unit.remove_prefix(word.size() + 1);
      break;
    }
    if (unit.ends_with(word) && unit.substr(0, unit.size() - word.size()).ends_with('/')) {
      unit.remove_suffix(word.size() + 1);
      break;
    }
  }
  worth.unit = reading::find_unit(unit);
  return worth.unit == nullptr ? std::nullopt : std::optional{worth};
}

/// 1/800 is 0.00125; 1/3 stays as it is.
auto as_decimal(Weight weight) -> Weight {
  const auto decimal = [&weight] {
    auto tenths = weight;
    for (const std::uint64_t factor : {2U, 5U}) {
      for (; tenths.denominator % factor == 0; tenths.denominator /= factor, --tenths.exponent) {
        if (__builtin_mul_overflow(tenths.numerator, static_cast<std::int64_t>(10 / factor),
                                   &tenths.numerator)) {
          return weight;
        }
      }
    }
    return tenths;
  }();
  return decimal.denominator == 1 ? reading::in_powers_of_ten(decimal) : weight;
}

auto stamp_of(const toml::date_time& moment) -> reading::Stamp {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  const std::chrono::sys_days date{year{moment.date.year} / month{moment.date.month} /
                                   day{moment.date.day}};
  const auto since_1970 = date.time_since_epoch() + std::chrono::hours{moment.time.hour} +
                          std::chrono::minutes{moment.time.minute - moment.offset->minutes} +
                          std::chrono::seconds{moment.time.second} +
                          std::chrono::milliseconds{moment.time.nanosecond / 1'000'000};
  return reading::Stamp{std::chrono::duration_cast<milliseconds>(since_1970)};
}

/// Without the fraction of a second, where there is none.
auto short_text(reading::Stamp moment) -> std::string {
  auto text = to_text(moment);
  constexpr std::string_view whole = ".000Z";
  if (text.ends_with(whole)) {
    text.replace(text.size() - whole.size(), whole.size(), "Z");
  }
  return text;
}

/// Reads one period of a meter.
class PeriodReader {
 public:
  PeriodReader(const toml::table& table, const reading::Quantity& quantity, model::Report& report)
      : settings_{table, "a period", report}, quantity_{quantity} {}

  auto read(std::optional<reading::Stamp> after) -> std::optional<PulsePeriod> {
    PulsePeriod period;
    const auto from = read_from(after);
    const auto worth = read_value();
    const auto index = read_index();
    const auto count = settings_.whole("count", 0, std::numeric_limits<std::int64_t>::max());
    settings_.finish();
    if (!from || !worth || !index) {
      return std::nullopt;
    }
    const auto& usual = *reading::find_unit(quantity_.unit);
    const auto& unit = decimal_shift(*index->unit, usual) ? usual : *index->unit;
    const auto shift = decimal_shift(*worth->unit, unit);
    if (!shift) {
      settings_.complain("value", "`value` is in " + std::string{worth->unit->code} +
                                      " and `index` in " + std::string{index->unit->code} +
                                      ", which no power of ten leads to; write both in the unit "
                                      "of the meter's display");
      return std::nullopt;
    }
    auto weight = worth->weight;
    weight.exponent = static_cast<std::int16_t>(weight.exponent + *shift);
    weight = as_decimal(reading::in_powers_of_ten(*multiply(weight, {})));
    period.from = *from;
    period.rule.index = index->number;
    period.rule.index.exponent = static_cast<std::int8_t>(
        index->number.exponent + decimal_shift(*index->unit, unit).value_or(0));
    period.rule.count = count.value_or(0);
    period.rule.value = weight;
    const bool has_an_end = weight.denominator == 1 && weight.exponent >= -largest_exponent;
    const auto of_value = has_an_end ? weight.exponent : quantity_.resolution;
    period.rule.resolution =
        static_cast<std::int8_t>(std::min<int>(period.rule.index.exponent, of_value));
    if (!index_at(period.rule, {period.rule.count, 0})) {
      settings_.complain("index",
                         "with the digits of a pulse, `value`, it has more than 18 digits; "
                         "write what the display shows");
      return std::nullopt;
    }
    period.unit = unit.code;
    period.text = value_text_ + ", " + reading::to_text(index->number) + " " +
                  std::string{index->unit->code} + " at count " +
                  std::to_string(period.rule.count) + " from " + short_text(period.from);
    return period;
  }

 private:
  struct Index {
    Decimal number;
    const Unit* unit{};
  };

  auto read_from(std::optional<reading::Stamp> after) -> std::optional<reading::Stamp> {
    settings_.require("from");
    const auto* node = settings_.node("from");
    if (node == nullptr) {
      return std::nullopt;
    }
    const auto moment = node->value_exact<toml::date_time>();
    if (!moment || !moment->offset) {
      settings_.complain("from",
                         "`from` must be a date and time with its offset to UTC, without quotes, "
                         "such as 2026-11-28T10:15:00+01:00");
      return std::nullopt;
    }
    const auto from = stamp_of(*moment);
    if (after && from <= *after) {
      settings_.complain("from",
                         "`from` is not later than that of the period before; write the "
                         "periods in the order of time");
    }
    return from;
  }

  auto read_value() -> std::optional<Worth> {
    const auto text = settings_.required_text("value");
    if (text.empty()) {
      return std::nullopt;
    }
    const auto worth = worth_of(text);
    if (!worth) {
      settings_.complain("value", model::quoted(text) +
                                      " is not what a pulse is worth; write \"10 L/{pulse}\", or "
                                      "a constant such as \"1000 {pulse}/kW.h\"");
      return std::nullopt;
    }
    const bool has_word = std::ranges::any_of(words_for_pulse, [&text](std::string_view word) {
      return text.find(word) != std::string::npos;
    });
    value_text_ = text + (has_word ? "" : "/{pulse}");
    return is_of_quantity("value", *worth->unit) ? worth : std::nullopt;
  }

  auto read_index() -> std::optional<Index> {
    const auto text = settings_.required_text("index");
    if (text.empty()) {
      return std::nullopt;
    }
    const auto amount = amount_of(text);
    const auto* unit = amount ? reading::find_unit(amount->rest) : nullptr;
    if (unit == nullptr || amount->number.mantissa < 0) {
      settings_.complain("index", model::quoted(text) +
                                      " is not what a display shows; write digits and "
                                      "unit, such as \"1234.56 m3\"");
      return std::nullopt;
    }
    return is_of_quantity("index", *unit) ? std::optional{Index{amount->number, unit}}
                                          : std::nullopt;
  }

  auto is_of_quantity(std::string_view key, const Unit& unit) -> bool {
    if (unit.dimension == reading::find_unit(quantity_.unit)->dimension) {
      return true;
    }
    settings_.complain(key, model::quoted(key) + " is in " + std::string{unit.code} +
                                ", in which no " + std::string{quantity_.name} +
                                " is measured; write " + std::string{quantity_.unit} +
                                " or another unit of it");
    return false;
  }

  TableReader settings_;
  const reading::Quantity& quantity_;
  std::string value_text_;
};

/// A counter of something that a pulse can be worth.
auto read_quantity(TableReader& settings) -> const reading::Quantity* {
  std::vector<std::string_view> names;
  for (const auto& quantity : reading::quantities()) {
    const auto* unit = reading::find_unit(quantity.unit);
    if (quantity.kind == reading::Kind::counter && quantity.rule == reading::IntervalRule::delta &&
        unit != nullptr && unit->dimension != reading::Dimension::pulse &&
        unit->dimension != reading::Dimension::count &&
        unit->dimension != reading::Dimension::time) {
      names.push_back(quantity.name);
    }
  }
  const auto text = settings.required_text("quantity");
  if (std::ranges::find(names, text) != names.end()) {
    return reading::find_quantity(text);
  }
  if (!text.empty()) {
    settings.complain("quantity", model::quoted(text) + " is no quantity that pulses count" +
                                      (model::nearest(text, names)
                                           ? model::did_you_mean(text, names)
                                           : "; write \"volume\", \"energy_active_import\" …"));
  }
  return nullptr;
}

auto read_medium(TableReader& settings) -> std::optional<reading::Medium> {
  const auto text = settings.required_text("medium");
  const auto medium = reading::find_medium(text);
  if (!medium && !text.empty()) {
    settings.complain("medium", model::quoted(text) +
                                    " is no medium; write water, hot_water, gas, heat, cooling, "
                                    "electricity or waste_water");
  }
  return medium;
}

auto read_count(TableReader& settings, const MeteringPoint& device) -> std::optional<std::size_t> {
  const auto name = settings.required_text("count");
  if (name.empty() || !device.model) {
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const auto& point : device.model->points) {
    if (point.quantity->name == "pulse_count") {
      names.push_back(point.name);
    }
  }
  const auto found = model::find_point(*device.model, name);
  if (found && std::ranges::find(names, name) != names.end()) {
    return found;
  }
  settings.complain("count", "model \"" + device.model->id + "\" has no point " +
                                 model::quoted(name) + " that counts pulses" +
                                 (names.empty() ? "; wire the meter to a device that does"
                                                : model::did_you_mean(name, names)));
  return std::nullopt;
}

auto rollover_of(const model::Point& count, reading::PulseRule rule) -> std::string {
  rule.index = {0, 0};
  rule.count = 0;
  const bool is_exact = rule.value.denominator == 1;
  const auto rollover =
      count.rollover && is_exact
          ? index_at(rule, *count.rollover)
          : wire::Result<Decimal, reading::ValueFault>{reading::ValueFault::out_of_range};
  return rollover ? reading::to_text(*rollover) : "";
}

}  // namespace

auto read_pulse_meters(TableReader& device_table, std::string_view title,
                       const MeteringPoint& device, MeterConfiguration& meters,
                       model::Report& report) -> std::vector<PulseMeterSettings> {
  std::vector<PulseMeterSettings> list;
  for (const auto* table : device_table.tables("pulse")) {
    TableReader settings{*table, std::string{title}, report};
    PulseMeterSettings meter;
    meters.read_identity(settings, meter);
    const auto count = read_count(settings, device);
    meter.quantity = read_quantity(settings);
    const auto medium = read_medium(settings);
    const auto rival = std::ranges::find_if(
        list, [&count](const PulseMeterSettings& other) { return count && other.count == *count; });
    if (rival != list.end()) {
      settings.complain("count", "its pulses are those of meter \"" + rival->id +
                                     "\" already; an input has one meter: name the point of "
                                     "the other input");
    }
    const auto periods = settings.tables("periods");
    if (periods.empty()) {
      settings.complain("periods",
                        std::string{title} +
                            " needs `periods`, one at least: periods = [{ from = "
                            "2026-11-28T10:15:00+01:00, value = \"10 L/{pulse}\", index = "
                            "\"1234.56 m3\", count = 0 }]");
    }
    settings.finish();
    std::optional<reading::Stamp> before;
    for (const auto* row : periods) {
      if (meter.quantity == nullptr) {
        break;
      }
      if (auto period = PeriodReader{*row, *meter.quantity, report}.read(before)) {
        before = period->from;
        if (count) {
          period->rollover = rollover_of(device.model->points[*count], period->rule);
          period->text += ", " + device.model->points[*count].name + " of " + device.id;
        }
        meter.periods.push_back(std::move(*period));
      }
    }
    if (count && medium && !meter.periods.empty()) {
      meter.count = *count;
      meter.medium = *medium;
      list.push_back(std::move(meter));
    }
  }
  return list;
}

auto counts_of(const std::vector<PulseMeterSettings>& meters) -> std::vector<std::size_t> {
  std::vector<std::size_t> points;
  for (const auto& meter : meters) {
    points.push_back(meter.count);
  }
  return points;
}

}  // namespace bornier::app
