// SPDX-License-Identifier: Apache-2.0
#include "reading/unit.hpp"

#include <algorithm>
#include <array>

namespace bornier::reading {
namespace {

using D = Dimension;

// Family numbers only have to differ within a dimension.
constexpr std::array table{
    Unit{"1", "", D::number, 0, 0},
    Unit{"%", "", D::number, 0, -2},
    Unit{"[ppth]", "", D::number, 0, -3},
    Unit{"[ppm]", "ppm", D::number, 0, -6},
    Unit{"[ppb]", "ppb", D::number, 0, -9},
    Unit{"W.h", "Wh", D::energy, 0, 0},
    Unit{"kW.h", "kWh", D::energy, 0, 3},
    Unit{"MW.h", "MWh", D::energy, 0, 6},
    Unit{"GW.h", "GWh", D::energy, 0, 9},
    Unit{"J", "", D::energy, 1, 0},
    Unit{"kJ", "", D::energy, 1, 3},
    Unit{"MJ", "", D::energy, 1, 6},
    Unit{"GJ", "", D::energy, 1, 9},
    Unit{"kcal_IT", "kcal", D::energy, 2, 3},
    Unit{"Mcal_IT", "Mcal", D::energy, 2, 6},
    Unit{"Gcal_IT", "Gcal", D::energy, 2, 9},
    Unit{"V.A{reactive}.h", "varh", D::energy_reactive, 0, 0},
    Unit{"kV.A{reactive}.h", "kvarh", D::energy_reactive, 0, 3},
    Unit{"MV.A{reactive}.h", "Mvarh", D::energy_reactive, 0, 6},
    Unit{"V.A.h", "VAh", D::energy_apparent, 0, 0},
    Unit{"kV.A.h", "kVAh", D::energy_apparent, 0, 3},
    Unit{"MV.A.h", "MVAh", D::energy_apparent, 0, 6},
    Unit{"mW", "", D::power, 0, -3},
    Unit{"W", "", D::power, 0, 0},
    Unit{"kW", "", D::power, 0, 3},
    Unit{"MW", "", D::power, 0, 6},
    Unit{"V.A{reactive}", "var", D::power_reactive, 0, 0},
    Unit{"kV.A{reactive}", "kvar", D::power_reactive, 0, 3},
    Unit{"MV.A{reactive}", "Mvar", D::power_reactive, 0, 6},
    Unit{"V.A", "VA", D::power_apparent, 0, 0},
    Unit{"kV.A", "kVA", D::power_apparent, 0, 3},
    Unit{"MV.A", "MVA", D::power_apparent, 0, 6},
    Unit{"mV", "", D::voltage, 0, -3},
    Unit{"V", "", D::voltage, 0, 0},
    Unit{"kV", "", D::voltage, 0, 3},
    Unit{"mA", "", D::current, 0, -3},
    Unit{"A", "", D::current, 0, 0},
    Unit{"kA", "", D::current, 0, 3},
    Unit{"A.h", "Ah", D::charge, 0, 0},
    Unit{"kA.h", "kAh", D::charge, 0, 3},
    Unit{"Hz", "", D::frequency, 0, 0},
    Unit{"mHz", "", D::frequency, 0, -3},
    Unit{"deg", "°", D::angle, 0, 0},
    Unit{"rad", "", D::angle, 1, 0},
    Unit{"mL", "ml", D::volume, 0, -3},
    Unit{"L", "l", D::volume, 0, 0},
    Unit{"m3", "m³", D::volume, 0, 3},
    Unit{"[gal_us]", "gal", D::volume, 1, 0},
    Unit{"[cft_i]", "ft3", D::volume, 2, 0},
    Unit{"kg", "", D::mass, 0, 0},
    Unit{"t", "", D::mass, 0, 3},
    Unit{"L/h", "l/h", D::flow, 0, 0},
    Unit{"m3/h", "m³/h", D::flow, 0, 3},
    Unit{"L/min", "l/min", D::flow, 1, 0},
    Unit{"m3/min", "m³/min", D::flow, 1, 3},
    Unit{"L/s", "l/s", D::flow, 2, 0},
    Unit{"m3/s", "m³/s", D::flow, 2, 3},
    Unit{"m3/d", "m³/d", D::flow, 3, 3},
    Unit{"[gal_us]/min", "gpm", D::flow, 4, 0},
    Unit{"mm/s", "", D::velocity, 0, -3},
    Unit{"m/s", "", D::velocity, 0, 0},
    Unit{"Cel", "degC", D::temperature, 0, 0},
    Unit{"K", "", D::temperature_difference, 0, 0},
    Unit{"Pa", "", D::pressure, 0, 0},
    Unit{"mbar", "", D::pressure, 0, 2},
    Unit{"kPa", "", D::pressure, 0, 3},
    Unit{"bar", "", D::pressure, 0, 5},
    Unit{"MPa", "", D::pressure, 0, 6},
    Unit{"[psi]", "psi", D::pressure, 1, 0},
    Unit{"m[H2O]", "mH2O", D::pressure, 2, 0},
    Unit{"ms", "", D::time, 0, -3},
    Unit{"s", "", D::time, 0, 0},
    Unit{"min", "", D::time, 1, 0},
    Unit{"h", "", D::time, 2, 0},
    Unit{"d", "", D::time, 3, 0},
    Unit{"kW.h/m3", "kWh/m3", D::calorific_value, 0, 0},
    Unit{"MJ/m3", "MJ/m³", D::calorific_value, 1, 0},
    Unit{"{pulse}", "", D::pulse, 0, 0},
    Unit{"{count}", "", D::count, 0, 0},
    Unit{"g/m3", "g/m³", D::density, 0, 0},
    Unit{"dB[SPL]", "dB", D::sound_level, 0, 0},
    Unit{"lx", "", D::illuminance, 0, 0},
};

}  // namespace

auto units() noexcept -> std::span<const Unit> {
  return table;
}

auto find_unit(std::string_view spelling) noexcept -> const Unit* {
  const auto found = std::ranges::find_if(table, [spelling](const Unit& unit) {
    return unit.code == spelling || (!unit.common.empty() && unit.common == spelling);
  });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace bornier::reading
