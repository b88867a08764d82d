// SPDX-License-Identifier: Apache-2.0
#include "model/point_conversions.hpp"

#include <algorithm>
#include <utility>

#include "model/register_words.hpp"
#include "model/scale_expression.hpp"

namespace bornier::model {
namespace {

using reading::Unit;
using reading::Weight;

/// Further apart, a weight or resolution is a mistake: the largest counters have 20 digits.
constexpr int largest_exponent = 18;

/// What the keys of a point say, before every choice and code is worked out.
struct Wanted {
  ScaleExpression scale;
  std::string unit_setting;  ///< name in `unit = "setting(NAME)"`
  const Unit* unit{};  ///< null: each choice of the setting has its own, or there is a mistake
  std::optional<std::int8_t> resolution;
};

template <class Named>
auto index_of(TableReader& reader, std::string_view key, std::string_view name,
              const std::vector<Named>& all, std::string_view kind) -> std::optional<std::size_t> {
  const auto found = std::ranges::find(all, name, &Named::name);
  if (found != all.end()) {
    return static_cast<std::size_t>(found - all.begin());
  }
  std::vector<std::string_view> names;
  for (const Named& one : all) {
    names.push_back(one.name);
  }
  reader.complain(key, "the model has no " + std::string{kind} + " " + quoted(name) +
                           did_you_mean(name, names));
  return std::nullopt;
}

auto read_scale(TableReader& reader) -> ScaleExpression {
  const toml::node* node = reader.node("scale");
  if (node == nullptr) {
    return {};
  }
  std::string written;
  if (const auto* text = node->as_string()) {
    written = text->get();
  } else if (const auto* whole = node->as_integer()) {
    written = std::to_string(whole->get());
  } else {
    reader.complain(
        "scale",
        "`scale` takes a text (\"0.01\", \"1/16\", \"code(NAME)\"): without quotes TOML "
        "makes it a binary fraction");
    return {};
  }
  auto scale = parse_scale(written);
  if (!scale) {
    reader.complain("scale", scale.error());
    return {};
  }
  return *scale;
}

auto read_resolution(TableReader& reader) -> std::optional<std::int8_t> {
  auto step = reader.decimal("resolution");
  if (!step) {
    return std::nullopt;
  }
  int exponent = step->exponent;
  std::int64_t digits = step->mantissa;
  for (; digits != 0 && digits % 10 == 0; digits /= 10) {
    ++exponent;
  }
  if (digits != 1 || exponent < -largest_exponent || exponent > largest_exponent) {
    reader.complain("resolution", "a resolution is a power of ten, like \"0.001\" or 10");
    return std::nullopt;
  }
  return static_cast<std::int8_t>(exponent);
}

/// The dictionary's unit of the quantity, for points that state none.
auto read_unit(TableReader& reader, const Point& point, Wanted& wanted) -> bool {
  const auto written = reader.text("unit");
  if (!written) {
    const Unit* own = reading::find_unit(point.quantity->unit);
    const bool dimensionless = own->dimension == reading::Dimension::number ||
                               own->dimension == reading::Dimension::pulse ||
                               own->dimension == reading::Dimension::count;
    if (!dimensionless) {
      reader.require("unit");
    }
    wanted.unit = own;
    return dimensionless;
  }
  wanted.unit_setting = argument_of("setting", *written);
  if (!wanted.unit_setting.empty()) {
    return true;
  }
  wanted.unit = resolve_unit(reader, "unit", *written);
  return wanted.unit != nullptr;
}

/// Setting and code by index; false if one is named that the model lacks.
auto find_selectors(Draft& draft, TableReader& reader, const Wanted& wanted, Point& point) -> bool {
  const std::string& from_scale = wanted.scale.setting;
  const std::string& from_unit = wanted.unit_setting;
  if (!from_scale.empty() && !from_unit.empty() && from_scale != from_unit) {
    reader.complain("scale", "scale and unit of a point follow one setting, not two");
    return false;
  }
  if (!from_scale.empty() || !from_unit.empty()) {
    const bool by_unit = from_scale.empty();
    point.setting = index_of(reader, by_unit ? "unit" : "scale", by_unit ? from_unit : from_scale,
                             draft.model.settings, "setting");
    if (!point.setting) {
      return false;
    }
  }
  if (!wanted.scale.code.empty()) {
    point.code = index_of(reader, "scale", wanted.scale.code, draft.model.codes, "code");
    return point.code.has_value();
  }
  return true;
}

auto dimension_fits(const Unit& unit, const reading::Quantity& quantity) -> bool {
  const Unit* own = reading::find_unit(quantity.unit);
  return own != nullptr && own->dimension == unit.dimension;
}

/// The power of ten at which values of this weight are kept; nothing (and reported) if it must be
/// stated.
auto resolution_of(TableReader& reader, const Point& point, const Wanted& wanted,
                   const Weight& weight) -> std::optional<std::int8_t> {
  int exponent = weight.exponent;
  if (wanted.resolution) {
    exponent = *wanted.resolution;
  } else if (is_float(point.encoding.type) || point.resolution_floats || !is_power_of_ten(weight)) {
    exponent = point.quantity->resolution;
  }
  if (exponent < -largest_exponent || exponent > largest_exponent) {
    reader.complain("scale", "values of 10^" + std::to_string(exponent) +
                                 " steps are no measurement; check scale and unit");
    return std::nullopt;
  }
  return static_cast<std::int8_t>(exponent);
}

auto conversion(TableReader& reader, const Point& point, const Wanted& wanted,
                const Option& setting, const Option& code, const Unit& declared, const Unit& stored)
    -> std::optional<Conversion> {
  const Unit& raw = code.unit != nullptr ? *code.unit : declared;
  const auto shift = decimal_shift(raw, stored);
  if (!shift) {
    return Conversion{{}, 0, true};
  }
  auto weight = multiply(wanted.scale.constant, code.weight);
  if (weight && !wanted.scale.setting.empty()) {
    weight = multiply(*weight, setting.weight);
  }
  if (weight) {
    weight = multiply(*weight, Weight{1, 1, *shift});
  }
  if (!weight) {
    reader.complain("scale", "scale, setting and code multiply to more than 63 bits");
    return std::nullopt;
  }
  *weight = in_powers_of_ten(*weight);
  const auto resolution = resolution_of(reader, point, wanted, *weight);
  if (!resolution) {
    return std::nullopt;
  }
  return Conversion{*weight, *resolution, false};
}

/// A fall of a counter is told from a wrap by where it wraps, so that has to be one value.
void check_rollover(TableReader& reader, const Wanted& wanted, const Point& point) {
  if (!point.rollover) {
    return;
  }
  if (point.quantity->kind != reading::Kind::counter) {
    reader.complain("rollover", quoted(point.quantity->name) +
                                    " is no counter that only rises; remove the key");
  } else if (point.rollover->mantissa <= 0) {
    reader.complain("rollover",
                    "a counter wraps at a value above 0: one that shows 999 at the most at 1000");
  } else if (!wanted.scale.setting.empty() || point.code || !point.factors.empty() ||
             !wanted.scale.factors.empty()) {
    reader.complain("rollover",
                    "what the counter shows last depends on its scale; state a wrap only where "
                    "that is fixed");
  } else if (point.most && compare(*point.most, *point.rollover) > 0) {
    reader.complain("rollover", "the counter wraps below `max`; correct one of the two");
  }
}

/// `min`, `max` and `rollover`, from the point's unit to the stored one.
void read_plausible(TableReader& reader, const Wanted& wanted, Point& point) {
  for (const auto& [key, limit] : {std::pair{"min", &point.least}, std::pair{"max", &point.most},
                                   std::pair{"rollover", &point.rollover}}) {
    auto value = reader.decimal(key);
    if (!value) {
      continue;
    }
    const auto shift =
        wanted.unit != nullptr ? decimal_shift(*wanted.unit, *point.units.front()) : std::nullopt;
    if (!shift) {
      reader.complain(key,
                      "the unit is chosen by a setting; state plausible values only where it "
                      "is fixed");
      continue;
    }
    const int exponent = value->exponent + *shift;
    if (exponent < -3 * largest_exponent || exponent > 3 * largest_exponent) {
      reader.complain(key, "no measurement comes near this value; check its exponent");
      continue;
    }
    value->exponent = static_cast<std::int8_t>(exponent);
    *limit = *value;
  }
  check_rollover(reader, wanted, point);
  if (point.least && point.most && compare(*point.least, *point.most) > 0) {
    reader.complain("min", "`min` is above `max`; swap them");
  }
}

void work_out(Draft& draft, TableReader& reader, const Wanted& wanted, Point& point) {
  const std::vector<Option> none{Option{}};
  const auto& settings = point.setting ? draft.setting_options[*point.setting] : none;
  const auto& codes = point.code ? draft.code_options[*point.code] : none;
  for (const Option& setting : settings) {
    const Unit* declared = wanted.unit_setting.empty() ? wanted.unit : setting.unit;
    if (declared == nullptr) {
      return reader.complain(
          "unit", "the options of setting " + quoted(wanted.unit_setting) + " state no unit");
    }
    for (const Option& code : codes) {
      const Unit& raw = code.unit != nullptr ? *code.unit : *declared;
      for (const Unit* unit : {declared, &raw}) {
        if (!dimension_fits(*unit, *point.quantity)) {
          return reader.complain("unit", quoted(unit->code) + " cannot measure " +
                                             quoted(point.quantity->name) + ", which is kept in " +
                                             std::string{point.quantity->unit});
        }
      }
    }
    const Unit* dictionary = reading::find_unit(point.quantity->unit);
    const Unit& stored = decimal_shift(*declared, *dictionary) ? *dictionary : *declared;
    point.units.push_back(&stored);
    for (const Option& code : codes) {
      const auto one = conversion(reader, point, wanted, setting, code, *declared, stored);
      if (!one) {
        return;
      }
      point.conversions.push_back(*one);
    }
  }
}

}  // namespace

void read_conversions(Draft& draft, TableReader& reader, Point& point, Links& links) {
  Wanted wanted;
  wanted.scale = read_scale(reader);
  wanted.resolution = read_resolution(reader);
  if (point.quantity == nullptr) {
    static_cast<void>(reader.text("unit"));
    return;
  }
  const bool wants_text = point.quantity->kind == reading::Kind::text;
  const bool holds_text = is_text(point.encoding.type);
  if (wants_text || holds_text) {
    for (const std::string_view key : {"unit", "scale", "resolution", "min", "max", "rollover"}) {
      if (reader.node(key) != nullptr) {
        reader.complain(key, "a text has no " + quoted(key) + "; remove it");
      }
    }
    if (holds_text && !wants_text) {
      reader.complain("type", "a text cannot measure " + quoted(point.quantity->name));
    }
    if (wants_text && is_float(point.encoding.type)) {
      reader.complain("type", quoted(point.quantity->name) +
                                  " is a text; a float register cannot hold one. Use the quantity "
                                  "`device_setting` for its number");
    }
    return;
  }
  links.factors = wanted.scale.factors;
  point.resolution_floats = (!links.factors.empty() || is_decimal_float(point.encoding.type)) &&
                            !wanted.resolution && !is_float(point.encoding.type);
  if (read_unit(reader, point, wanted) && find_selectors(draft, reader, wanted, point)) {
    work_out(draft, reader, wanted, point);
    if (!point.units.empty()) {
      read_plausible(reader, wanted, point);
    }
  }
}

}  // namespace bornier::model
