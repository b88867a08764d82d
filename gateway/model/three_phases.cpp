// SPDX-License-Identifier: Apache-2.0
#include "model/three_phases.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace bornier::model {
namespace {

struct PhaseQuantity {
  std::string_view quantity;
  MaybeShown PhaseValues::*member;
};
constexpr std::array of_a_phase{
    PhaseQuantity{"voltage", &PhaseValues::voltage},
    PhaseQuantity{"current", &PhaseValues::current},
    PhaseQuantity{"power_active", &PhaseValues::active},
    PhaseQuantity{"power_reactive", &PhaseValues::reactive},
    PhaseQuantity{"power_apparent", &PhaseValues::apparent},
    PhaseQuantity{"power_factor", &PhaseValues::power_factor},
};
constexpr std::array<std::string_view, 3> phases{"l1", "l2", "l3"};
constexpr std::array<std::string_view, 3> against_neutral{"l1_n", "l2_n", "l3_n"};
constexpr std::array<std::string_view, 3> lines{"l1_l2", "l2_l3", "l3_l1"};

/// A code list that has a word for either direction of rotation.
auto tells_rotation(const Point& point) -> bool {
  return std::ranges::any_of(point.labels,
                             [](const auto& label) { return is_left_rotation(label.second); });
}

/// Where the point's value belongs; null if it is of no use here.
auto place_of(const Point& point, ThreePhases& values) -> MaybeShown* {
  if (point.tariff != 0) {
    return nullptr;
  }
  const std::string_view quantity = point.quantity->name;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto name = quantity == "voltage" ? against_neutral[phase] : phases[phase];
    for (const auto& each : of_a_phase) {
      if (each.quantity == quantity && point.phase == name) {
        return &(values.phases[phase].*each.member);
      }
    }
    if (quantity == "voltage" && point.phase == lines[phase]) {
      return &values.line_voltages[phase];
    }
  }
  if (quantity == "power_active" && (point.phase.empty() || point.phase == "total")) {
    return &values.active;
  }
  if (quantity == "ct_primary") {
    return &values.ct_primary;
  }
  return quantity == "ct_secondary" ? &values.ct_secondary : nullptr;
}

auto has_three_phases(const Model& model) -> bool {
  ThreePhases values;
  std::array<bool, 3> has{};
  for (const auto& point : model.points) {
    const auto* place = place_of(point, values);
    for (std::size_t phase = 0; phase < 3; ++phase) {
      has[phase] = has[phase] || place == &values.phases[phase].voltage ||
                   place == &values.phases[phase].current;
    }
  }
  return has[0] && has[1] && has[2];
}

auto shown(reading::Decimal value) -> Shown {
  const double step = std::pow(10.0, value.exponent);
  return {.value = static_cast<double>(value.mantissa) * step, .step = step};
}

}  // namespace

auto is_left_rotation(std::string_view label) -> bool {
  return label == "left" || label == "L1-L3-L2";
}

auto points_of_three_phases(const Model& model) -> std::vector<std::size_t> {
  std::vector<std::size_t> points;
  if (!has_three_phases(model)) {
    return points;
  }
  ThreePhases values;
  std::vector<const MaybeShown*> taken;
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    const auto& point = model.points[index];
    const auto* place = place_of(point, values);
    const bool is_first = place != nullptr && std::ranges::find(taken, place) == taken.end();
    if (is_first) {
      taken.push_back(place);
    }
    if (is_first || tells_rotation(point)) {
      points.push_back(index);
    }
  }
  return points;
}

auto three_phases(const Model& model, const Settings& settings, std::span<const Decoded> decoded)
    -> std::optional<ThreePhases> {
  if (!has_three_phases(model)) {
    return std::nullopt;
  }
  ThreePhases values;
  for (const auto index : points_of_three_phases(model)) {
    const auto& point = model.points[index];
    const auto found = std::ranges::find(decoded, index, &Decoded::point);
    const auto* number =
        found == decoded.end() ? nullptr : std::get_if<reading::Decimal>(&found->value);
    if (number == nullptr) {
      continue;
    }
    if (tells_rotation(point)) {
      const auto label = point.labels.find(number->mantissa);
      values.rotation = label == point.labels.end() ? std::string{} : label->second;
    } else if (unit_of(point, settings) == point.quantity->unit) {
      *place_of(point, values) = shown(*number);
    }
  }
  return values;
}

}  // namespace bornier::model
