// SPDX-License-Identifier: Apache-2.0
#include "simulator/load.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "reading/unit.hpp"

namespace bornier::simulator {
namespace {

constexpr std::size_t cycle = 720;
constexpr std::int64_t hour = 3'600'000;

struct Usual {
  std::string_view unit;
  reading::Decimal nominal;
  bool follows_load;
};

/// A building's main supply; a phase has a third of powers and currents.
constexpr std::array usual{
    Usual{"W", {6'000, 0}, true},
    Usual{"V.A", {6'200, 0}, true},
    Usual{"V.A{reactive}", {1'500, 0}, true},
    Usual{"kW.h", {6'000, -3}, true},
    Usual{"kV.A.h", {6'200, -3}, true},
    Usual{"kV.A{reactive}.h", {1'500, -3}, true},
    Usual{"A", {26'400, -3}, true},
    Usual{"V", {231'000, -3}, false},
    Usual{"Hz", {50'000, -3}, false},
    Usual{"1", {970, -3}, false},
    Usual{"m3", {800, -3}, true},
    Usual{"m3/h", {800, -3}, true},
    Usual{"m3/min", {13, -3}, true},
    Usual{"[gal_us]", {211, 0}, true},
    Usual{"[gal_us]/min", {3'520, -3}, true},
    Usual{"[cft_i]", {28'250, -3}, true},
    Usual{"{pulse}", {800, 0}, true},
    Usual{"A.h", {26, 0}, true},
    Usual{"GJ", {22, -3}, true},
    Usual{"Cel", {62'000, -3}, false},
    Usual{"K", {24'000, -3}, false},
};

auto is_counter(reading::Kind kind) -> bool {
  return kind == reading::Kind::counter || kind == reading::Kind::net_counter;
}

/// States and settings do not follow a load, nor does a battery.
auto varies(const reading::Quantity& quantity) -> bool {
  const auto kind = quantity.kind;
  return quantity.name != "battery_voltage" &&
         (is_counter(kind) || kind == reading::Kind::gauge || kind == reading::Kind::max_gauge);
}

auto scrambled(std::uint64_t number, std::uint32_t seed) -> std::uint64_t {
  std::uint64_t z = (number + 1) * 0x9e3779b97f4a7c15U + seed;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  return (z ^ (z >> 27U)) * 0x94d049bb133111ebU >> 33U;
}

/// 200 to 1000: up and down within the cycle, with noise on it.
auto load_of(std::size_t row, std::uint32_t seed) -> std::int64_t {
  const auto shifted = (row + seed * 97U) % cycle;
  const auto rising = std::min(shifted, cycle - shifted);  // 0 to cycle / 2
  return static_cast<std::int64_t>(200 + rising * 600 / (cycle / 2) + scrambled(row, seed) % 201);
}

/// Of a whole supply, in three-thousandths: a phase has a third of its load, and between two phases
/// there is √3 times the voltage.
auto share_of(const model::Point& point, bool follows_load) -> std::int64_t {
  constexpr std::array<std::string_view, 4> lines{"l1_l2", "l2_l3", "l3_l1", "ll_avg"};
  if (follows_load) {
    return point.phase.starts_with('l') ? 1'000 : 3'000;
  }
  const bool between = std::ranges::find(lines, point.phase) != lines.end() &&
                       std::string_view{point.quantity->name} == "voltage";
  return between ? 5'196 : 3'000;
}

/// × thousandths, rounded down: enough digits, whatever the unit.
auto share(reading::Decimal nominal, std::int64_t thousandths) -> reading::Decimal {
  return {nominal.mantissa * thousandths, static_cast<std::int8_t>(nominal.exponent - 3)};
}

}  // namespace

Load::Load(const model::Model& model, const model::Settings& settings,
           const std::vector<bool>& wanted, std::uint32_t seed, std::chrono::milliseconds row_every)
    : row_every_{row_every}, before_{0} {
  for (std::size_t row = 0; row < cycle; ++row) {
    load_.push_back(load_of(row, seed));
    before_.push_back(before_.back() + load_.back());
  }
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    const model::Point& point = model.points[index];
    const auto* unit = reading::find_unit(model::unit_of(point, settings));
    if (!wanted[index] || unit == nullptr || point.quantity == nullptr ||
        !varies(*point.quantity)) {
      continue;
    }
    for (const Usual& each : usual) {
      const auto* reference = reading::find_unit(each.unit);
      const auto shift =
          reference == nullptr ? std::nullopt : reading::decimal_shift(*reference, *unit);
      if (!shift) {
        continue;
      }
      const auto nominal = each.nominal.mantissa * share_of(point, each.follows_load) / 3'000;
      rules_.push_back({index,
                        {nominal, static_cast<std::int8_t>(each.nominal.exponent + *shift)},
                        is_counter(point.quantity->kind),
                        each.follows_load});
      break;
    }
  }
}

auto Load::at(std::uint64_t row) const -> Row {
  const auto within = static_cast<std::size_t>(row % cycle);
  const auto cycles = static_cast<std::int64_t>(row / cycle);
  const auto sum = cycles * before_.back() + before_[within];
  // Thousandths of an hour at full load; the clock of row_every is in milliseconds.
  const auto hours = sum / hour * row_every_.count() + sum % hour * row_every_.count() / hour;
  Row values;
  for (const Rule& rule : rules_) {
    const auto thousandths = rule.counter        ? 1'000'000 + hours
                             : rule.follows_load ? load_[within]
                                                 : 980 + load_[within] / 25;
    values.emplace_back(rule.point, share(rule.nominal, thousandths));
  }
  return values;
}

}  // namespace bornier::simulator
