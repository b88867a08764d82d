// SPDX-License-Identifier: Apache-2.0
#include "model/model.hpp"

#include <algorithm>

namespace bornier::model {

auto find_point(const Model& model, std::string_view name) -> std::optional<std::size_t> {
  const auto found = std::ranges::find(model.points, name, &Point::name);
  if (found == model.points.end()) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - model.points.begin());
}

auto to_text(Protocol protocol) noexcept -> std::string_view {
  return protocol == Protocol::mqtt ? "mqtt" : "modbus";
}

auto message_names(const Model& model, std::size_t point) -> std::string {
  std::string names;
  for (const auto message : model.places[point].messages) {
    names += (names.empty() ? "" : ", ") + model.messages[message].name;
  }
  return names;
}

auto place_text(const Model& model, std::size_t point) -> std::string {
  const auto& [messages, place, where, absent] = model.places[point];
  if (messages.empty()) {
    return "derived";
  }
  std::string text;
  switch (model.messages[messages.front()].format) {
    case PayloadFormat::plain: break;
    case PayloadFormat::json: text = to_text(place.pointers.front()); break;
    case PayloadFormat::fields:
      text = place.field_name.empty() ? "field " + std::to_string(place.field) : place.field_name;
      break;
    case PayloadFormat::bytes: text = "byte " + std::to_string(place.byte); break;
  }
  for (const auto& requirement : where) {
    text += (text.empty() ? "" : " ") + std::string{"where "};
    text += requirement.capture.empty() ? to_text(requirement.pointer)
                                        : "{" + requirement.capture + "}";
    text += " = " + requirement.values.front();
  }
  return text;
}

auto tells_a_setting(const Model& model, std::size_t point) noexcept -> bool {
  return std::ranges::any_of(model.settings,
                             [point](const Setting& setting) { return setting.point == point; });
}

auto needs(const Model& model, std::size_t point, std::size_t other) -> bool {
  return std::ranges::any_of(model.points[point].together, [&](std::size_t needed) {
    return needed == other || needs(model, needed, other);
  });
}

Settings::Settings(const Model& model) {
  choices_.reserve(model.settings.size());
  chosen_.resize(model.settings.size());
  for (const Setting& setting : model.settings) {
    choices_.push_back(setting.initial);
  }
}

auto Settings::choose(const Model& model, std::string_view setting, std::string_view choice)
    -> bool {
  const auto found = std::ranges::find(model.settings, setting, &Setting::name);
  if (found == model.settings.end()) {
    return false;
  }
  const auto chosen = std::ranges::find(found->choices, choice);
  if (chosen == found->choices.end()) {
    return false;
  }
  const auto index = static_cast<std::size_t>(found - model.settings.begin());
  choices_[index] = static_cast<std::size_t>(chosen - found->choices.begin());
  chosen_[index] = true;
  return true;
}

auto Settings::set_ratios(const reading::Weight& ct, const reading::Weight& vt) -> bool {
  const auto product = multiply(ct, vt);
  if (!product) {
    return false;
  }
  ct_ = ct;
  vt_ = vt;
  product_ = *product;
  return true;
}

auto transformed_by(const Point& point) noexcept -> TransformedBy {
  if (point.units.empty() || point.medium != reading::Medium::electricity ||
      point.quantity->kind == reading::Kind::config) {
    return TransformedBy::none;
  }
  using D = reading::Dimension;
  switch (point.units.front()->dimension) {
    case D::current:
    case D::charge: return TransformedBy::ct;
    case D::voltage: return TransformedBy::vt;
    case D::energy:
    case D::energy_reactive:
    case D::energy_apparent:
    case D::power:
    case D::power_reactive:
    case D::power_apparent: return TransformedBy::both;
    default: return TransformedBy::none;
  }
}

auto Settings::ratio(const Point& point) const noexcept -> reading::Weight {
  switch (transformed_by(point)) {
    case TransformedBy::none: break;
    case TransformedBy::ct: return ct_;
    case TransformedBy::vt: return vt_;
    case TransformedBy::both: return product_;
  }
  return {};
}

auto primary_limit(const Point& point, const Settings& settings, reading::Decimal limit)
    -> std::optional<reading::Decimal> {
  auto ratio = settings.ratio(point);
  ratio.exponent = static_cast<std::int16_t>(ratio.exponent + limit.exponent);
  const auto scaled = scale(reading::integer(limit.mantissa), ratio, limit.exponent);
  return scaled ? std::optional{*scaled} : std::nullopt;
}

auto unit_of(const Point& point, const Settings& settings) noexcept -> std::string_view {
  if (point.units.empty()) {
    return {};
  }
  const std::size_t choice = point.setting ? settings.choice(*point.setting) : 0;
  return point.units[choice]->code;
}

}  // namespace bornier::model
