// SPDX-License-Identifier: Apache-2.0
#include "reading/quantity.hpp"

#include <algorithm>
#include <array>

namespace bornier::reading {
namespace {

using K = Kind;
using R = IntervalRule;

constexpr std::string_view kWh = "kW.h";
constexpr std::string_view kvarh = "kV.A{reactive}.h";
constexpr std::string_view kVAh = "kV.A.h";
constexpr std::string_view var = "V.A{reactive}";

constexpr std::array dictionary{
    // Electricity
    Quantity{"energy_active_import", K::counter, R::delta, kWh, -3},
    Quantity{"energy_active_export", K::counter, R::delta, kWh, -3},
    Quantity{"energy_active_total", K::counter, R::delta, kWh, -3},
    Quantity{"energy_active_net", K::net_counter, R::net, kWh, -3},
    Quantity{"energy_reactive_import", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_export", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_import_q1", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_import_q2", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_export_q3", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_export_q4", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_total", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_net", K::net_counter, R::net, kvarh, -3},
    Quantity{"energy_reactive_inductive", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_reactive_capacitive", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_nonactive_import", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_nonactive_export", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_apparent_import", K::counter, R::delta, kVAh, -3},
    Quantity{"energy_apparent_export", K::counter, R::delta, kVAh, -3},
    Quantity{"energy_apparent_total", K::counter, R::delta, kVAh, -3},
    Quantity{"energy_active_import_partial", K::counter, R::delta, kWh, -3},
    Quantity{"energy_reactive_import_partial", K::counter, R::delta, kvarh, -3},
    Quantity{"energy_active_total_partial", K::counter, R::delta, kWh, -3},
    Quantity{"energy_reactive_total_partial", K::counter, R::delta, kvarh, -3},
    Quantity{"charge", K::counter, R::delta, "A.h", -3},
    Quantity{"power_active", K::gauge, R::mean, "W", -1},
    Quantity{"power_active_import", K::gauge, R::mean, "W", -1},
    Quantity{"power_active_export", K::gauge, R::mean, "W", -1},
    Quantity{"power_reactive", K::gauge, R::mean, var, -1},
    Quantity{"power_apparent", K::gauge, R::mean, "V.A", -1},
    Quantity{"power_nonactive", K::gauge, R::mean, var, -1},
    Quantity{"voltage", K::gauge, R::mean, "V", -2},
    Quantity{"current", K::gauge, R::mean, "A", -3},
    Quantity{"power_factor", K::gauge, R::special, "1", -3},
    Quantity{"frequency", K::gauge, R::mean, "Hz", -3},
    Quantity{"phase_angle", K::gauge, R::special, "deg", -1},
    Quantity{"voltage_angle", K::gauge, R::special, "deg", -1},
    Quantity{"voltage_peak", K::gauge, R::mean, "V", -2},
    Quantity{"voltage_peak_max", K::max_gauge, R::max, "V", -2},
    Quantity{"current_peak", K::gauge, R::mean, "A", -3},
    Quantity{"current_peak_max", K::max_gauge, R::max, "A", -3},
    Quantity{"voltage_thd", K::gauge, R::mean, "%", -2},
    Quantity{"current_thd", K::gauge, R::mean, "%", -2},
    Quantity{"power_active_demand", K::gauge, R::last, "W", -1},
    Quantity{"power_active_demand_last", K::gauge, R::last, "W", -1},
    Quantity{"power_active_demand_max", K::max_gauge, R::max, "W", -1},
    Quantity{"power_active_import_demand", K::gauge, R::last, "W", -1},
    Quantity{"power_active_import_demand_max", K::max_gauge, R::max, "W", -1},
    Quantity{"power_active_export_demand", K::gauge, R::last, "W", -1},
    Quantity{"power_active_export_demand_max", K::max_gauge, R::max, "W", -1},
    Quantity{"power_active_export_demand_last", K::gauge, R::last, "W", -1},
    Quantity{"power_reactive_import_demand_last", K::gauge, R::last, var, -1},
    Quantity{"power_reactive_export_demand_last", K::gauge, R::last, var, -1},
    Quantity{"power_active_period_max", K::gauge, R::last, "W", -1},
    Quantity{"power_active_period_min", K::gauge, R::last, "W", -1},
    Quantity{"power_apparent_demand", K::gauge, R::last, "V.A", -1},
    Quantity{"power_apparent_demand_max", K::max_gauge, R::max, "V.A", -1},
    Quantity{"current_demand", K::gauge, R::last, "A", -3},
    Quantity{"current_demand_max", K::max_gauge, R::max, "A", -3},
    Quantity{"demand_period", K::config, R::last, "s", 0},
    Quantity{"demand_period_elapsed", K::gauge, R::last, "s", 0},
    Quantity{"ct_primary", K::config, R::last, "A", -3},
    Quantity{"ct_secondary", K::config, R::last, "A", -3},
    Quantity{"vt_primary", K::config, R::last, "V", -2},
    Quantity{"vt_secondary", K::config, R::last, "V", -2},
    // Heat and cooling
    Quantity{"energy_heat", K::counter, R::delta, kWh, -3},
    Quantity{"energy_cooling", K::counter, R::delta, kWh, -3},
    Quantity{"energy_heat_set_day", K::gauge, R::last, kWh, -3},
    Quantity{"mass", K::counter, R::delta, "t", -3},
    Quantity{"volume_return", K::counter, R::delta, "m3", -3},
    Quantity{"power_heat", K::gauge, R::mean, "kW", -4},
    Quantity{"power_heat_max", K::max_gauge, R::max, "kW", -4},
    Quantity{"temperature_supply", K::gauge, R::special, "Cel", -2},
    Quantity{"temperature_return", K::gauge, R::special, "Cel", -2},
    Quantity{"temperature_difference", K::gauge, R::special, "K", -2},
    // Water, and what several media share
    Quantity{"volume", K::counter, R::delta, "m3", -3},
    Quantity{"volume_forward", K::counter, R::delta, "m3", -3},
    Quantity{"volume_reverse", K::counter, R::delta, "m3", -3},
    Quantity{"volume_net", K::net_counter, R::net, "m3", -3},
    Quantity{"volume_set_day", K::gauge, R::last, "m3", -3},
    Quantity{"flow", K::gauge, R::mean, "m3/h", -3},
    Quantity{"flow_relative", K::gauge, R::mean, "%", -2},
    Quantity{"velocity", K::gauge, R::mean, "m/s", -3},
    Quantity{"temperature", K::gauge, R::mean, "Cel", -2},
    Quantity{"pressure", K::gauge, R::mean, "bar", -3},
    // Gas
    Quantity{"volume_measured", K::counter, R::delta, "m3", -3},
    Quantity{"volume_corrected", K::counter, R::delta, "m3", -3},
    Quantity{"volume_base", K::counter, R::delta, "m3", -3},
    Quantity{"volume_measured_error", K::counter, R::delta, "m3", -3},
    Quantity{"volume_base_error", K::counter, R::delta, "m3", -3},
    Quantity{"flow_base", K::gauge, R::mean, "m3/h", -3},
    Quantity{"temperature_gas", K::gauge, R::mean, "Cel", -2},
    Quantity{"pressure_gauge", K::gauge, R::mean, "bar", -3},
    Quantity{"conversion_factor", K::gauge, R::last, "1", -4},
    Quantity{"compressibility", K::gauge, R::last, "1", -4},
    Quantity{"calorific_value", K::config, R::last, "kW.h/m3", -3},
    // Pulses, environment, device
    Quantity{"pulse_count", K::counter, R::delta, "{pulse}", 0},
    Quantity{"humidity", K::gauge, R::mean, "%", -2},
    Quantity{"air_pressure", K::gauge, R::mean, "kPa", -2},
    Quantity{"humidity_absolute", K::gauge, R::mean, "g/m3", -2},
    Quantity{"co2", K::gauge, R::mean, "[ppm]", 0},
    Quantity{"voc", K::gauge, R::mean, "[ppb]", 0},
    Quantity{"illuminance", K::gauge, R::mean, "lx", -2},
    Quantity{"sound_level", K::gauge, R::special, "dB[SPL]", -2},
    Quantity{"motion", K::gauge, R::mean, "1", 0},
    Quantity{"temperature_outdoor", K::gauge, R::mean, "Cel", -2},
    Quantity{"active_tariff", K::state, R::last, "1", 0},
    Quantity{"clock", K::text, R::last, "", 0},
    Quantity{"serial_number", K::text, R::last, "", 0},
    Quantity{"metering_point_id", K::text, R::last, "", 0},
    Quantity{"fw_version", K::text, R::last, "", 0},
    Quantity{"hw_version", K::text, R::last, "", 0},
    Quantity{"device_name", K::text, R::last, "", 0},
    Quantity{"device_model", K::text, R::last, "", 0},
    Quantity{"manufacturer", K::text, R::last, "", 0},
    Quantity{"device_setting", K::config, R::last, "1", 0},
    Quantity{"error_code", K::state, R::last, "1", 0},
    Quantity{"status", K::state, R::last, "1", 0},
    Quantity{"hour_counter", K::counter, R::delta, "h", 0},
    Quantity{"power_failures", K::counter, R::delta, "{count}", 0},
    Quantity{"battery_voltage", K::gauge, R::mean, "V", -3},
    // The gateway's own: how it gets at its meters. Counts are since the reading before.
    Quantity{"arrival_delay", K::gauge, R::mean, "s", -3},
    Quantity{"bus_occupancy", K::gauge, R::mean, "%", -1},
    Quantity{"bus_latency", K::gauge, R::mean, "ms", -1},
    Quantity{"bus_requests", K::gauge, R::mean, "{count}", 0},
    Quantity{"bus_timeouts", K::gauge, R::mean, "{count}", 0},
    Quantity{"bus_damaged", K::gauge, R::mean, "{count}", 0},
    Quantity{"bus_foreign", K::gauge, R::mean, "{count}", 0},
    Quantity{"bus_late", K::gauge, R::mean, "{count}", 0},
    Quantity{"bus_exceptions", K::gauge, R::mean, "{count}", 0},
};

constexpr std::array<std::string_view, 18> known_phases{
    "",   "total", "avg",  "ln_avg", "ll_avg", "sum",   "n",     "pe",    "l1",
    "l2", "l3",    "l1_n", "l2_n",   "l3_n",   "l1_l2", "l2_l3", "l3_l1", "dc"};

/// Which phases of a point an OBIS row speaks of.
enum class Phases : std::uint8_t {
  total,           ///< none, or "total"
  total_and_each,  ///< also l1, l2, l3: C + 20, + 40, + 60
  each,            ///< only l1, l2, l3
  neutral,
  sum,
};

struct ObisRow {
  std::string_view quantity;
  std::uint8_t a;  ///< the medium; 0 speaks of a device of any medium
  std::uint8_t c;
  std::uint8_t d;
  std::uint8_t e;
  Phases phases = Phases::total;
};

// What public extracts of the standards and meter software agree on. Codes that are uncertain, or
// the nearest of several, are left out: a model file may state them.
constexpr std::array obis_rows{
    ObisRow{"energy_active_import", 1, 1, 8, 0, Phases::total_and_each},
    ObisRow{"energy_active_export", 1, 2, 8, 0, Phases::total_and_each},
    ObisRow{"energy_active_total", 1, 15, 8, 0, Phases::total_and_each},
    ObisRow{"energy_active_net", 1, 16, 8, 0, Phases::total_and_each},
    ObisRow{"energy_reactive_import", 1, 3, 8, 0, Phases::total_and_each},
    ObisRow{"energy_reactive_export", 1, 4, 8, 0, Phases::total_and_each},
    ObisRow{"energy_reactive_import_q1", 1, 5, 8, 0, Phases::total_and_each},
    ObisRow{"energy_reactive_import_q2", 1, 6, 8, 0, Phases::total_and_each},
    ObisRow{"energy_reactive_export_q3", 1, 7, 8, 0, Phases::total_and_each},
    ObisRow{"energy_reactive_export_q4", 1, 8, 8, 0, Phases::total_and_each},
    ObisRow{"energy_apparent_import", 1, 9, 8, 0, Phases::total_and_each},
    ObisRow{"energy_apparent_export", 1, 10, 8, 0, Phases::total_and_each},
    ObisRow{"power_active", 1, 16, 7, 0, Phases::total_and_each},
    ObisRow{"power_active_import", 1, 1, 7, 0, Phases::total_and_each},
    ObisRow{"power_active_export", 1, 2, 7, 0, Phases::total_and_each},
    ObisRow{"power_apparent", 1, 9, 7, 0, Phases::total_and_each},
    ObisRow{"voltage", 1, 12, 7, 0, Phases::each},
    ObisRow{"current", 1, 11, 7, 0, Phases::each},
    ObisRow{"current", 1, 91, 7, 0, Phases::neutral},
    ObisRow{"current", 1, 90, 7, 0, Phases::sum},
    ObisRow{"power_factor", 1, 13, 7, 0, Phases::total_and_each},
    ObisRow{"frequency", 1, 14, 7, 0},
    ObisRow{"voltage_thd", 1, 12, 7, 124, Phases::each},
    ObisRow{"current_thd", 1, 11, 7, 124, Phases::each},
    ObisRow{"power_active_demand", 1, 1, 4, 0},
    ObisRow{"power_active_demand_last", 1, 1, 5, 0},
    ObisRow{"power_active_demand_max", 1, 1, 6, 0},
    ObisRow{"demand_period", 1, 0, 8, 0},
    ObisRow{"ct_primary", 1, 0, 4, 2},
    ObisRow{"ct_secondary", 1, 0, 4, 5},
    ObisRow{"vt_primary", 1, 0, 4, 3},
    ObisRow{"vt_secondary", 1, 0, 4, 6},
    ObisRow{"fw_version", 1, 0, 2, 0},
    ObisRow{"energy_heat", 6, 1, 0, 0},
    ObisRow{"energy_cooling", 5, 1, 0, 0},
    ObisRow{"energy_heat_set_day", 6, 1, 2, 0},
    ObisRow{"volume", 6, 2, 0, 0},
    ObisRow{"volume", 5, 2, 0, 0},
    ObisRow{"power_heat", 6, 8, 0, 0},
    ObisRow{"power_heat", 5, 8, 0, 0},
    ObisRow{"flow", 6, 9, 0, 0},
    ObisRow{"flow", 5, 9, 0, 0},
    ObisRow{"temperature_supply", 6, 10, 0, 0},
    ObisRow{"temperature_supply", 5, 10, 0, 0},
    ObisRow{"temperature_return", 6, 11, 0, 0},
    ObisRow{"temperature_return", 5, 11, 0, 0},
    ObisRow{"temperature_difference", 6, 12, 0, 0},
    ObisRow{"temperature_difference", 5, 12, 0, 0},
    ObisRow{"volume", 8, 1, 0, 0},
    ObisRow{"volume", 9, 1, 0, 0},
    ObisRow{"volume_set_day", 8, 1, 2, 0},
    ObisRow{"volume_set_day", 9, 1, 2, 0},
    ObisRow{"flow", 8, 2, 0, 0},
    ObisRow{"flow", 9, 2, 0, 0},
    ObisRow{"volume_measured", 7, 3, 0, 0},
    ObisRow{"volume_corrected", 7, 3, 1, 0},
    ObisRow{"volume_base", 7, 3, 2, 0},
    ObisRow{"temperature_gas", 7, 41, 0, 0},
    ObisRow{"pressure", 7, 42, 0, 0},
    ObisRow{"pressure_gauge", 7, 47, 0, 0},
    ObisRow{"conversion_factor", 7, 52, 0, 0},
    ObisRow{"compressibility", 7, 53, 0, 0},
    ObisRow{"calorific_value", 7, 54, 0, 0},
    ObisRow{"temperature", 0, 96, 9, 0},
    ObisRow{"humidity", 0, 96, 9, 2},
    ObisRow{"air_pressure", 0, 96, 9, 1},
    ObisRow{"active_tariff", 0, 96, 14, 0},
    ObisRow{"clock", 0, 1, 0, 0},
    ObisRow{"serial_number", 0, 96, 1, 0},
    ObisRow{"metering_point_id", 0, 96, 1, 10},
    ObisRow{"error_code", 0, 97, 97, 0},
    ObisRow{"hour_counter", 0, 96, 8, 0},
    ObisRow{"power_failures", 0, 96, 7, 21},
    ObisRow{"battery_voltage", 0, 96, 6, 3},
};

/// Value group A of OBIS; 0 where the medium has none of its own.
constexpr auto medium_group(Medium medium) noexcept -> std::uint8_t {
  switch (medium) {
    case Medium::electricity: return 1;
    case Medium::cooling: return 5;
    case Medium::heat: return 6;
    case Medium::gas: return 7;
    case Medium::water: return 8;
    case Medium::hot_water: return 9;
    case Medium::waste_water:
    case Medium::environment: return 0;
  }
  return 0;
}

/// What the phase adds to C, where the row speaks of that phase.
auto phase_shift(Phases phases, std::string_view phase) noexcept -> std::optional<int> {
  switch (phases) {
    case Phases::neutral: return phase == "n" ? std::optional{0} : std::nullopt;
    case Phases::sum: return phase == "sum" ? std::optional{0} : std::nullopt;
    case Phases::total:
    case Phases::total_and_each:
    case Phases::each: break;
  }
  if (phase.empty() || phase == "total") {
    return phases == Phases::each ? std::nullopt : std::optional{0};
  }
  if (phases == Phases::total || phase.front() != 'l' ||
      (phase.size() > 2 && !phase.ends_with("_n"))) {
    return std::nullopt;
  }
  return 20 * (phase[1] - '0');
}

}  // namespace

auto to_text(Medium medium) noexcept -> std::string_view {
  switch (medium) {
    case Medium::electricity: return "electricity";
    case Medium::heat: return "heat";
    case Medium::cooling: return "cooling";
    case Medium::water: return "water";
    case Medium::hot_water: return "hot_water";
    case Medium::waste_water: return "waste_water";
    case Medium::gas: return "gas";
    case Medium::environment: return "environment";
  }
  return "";
}

auto find_medium(std::string_view name) noexcept -> std::optional<Medium> {
  for (const Medium medium :
       {Medium::electricity, Medium::heat, Medium::cooling, Medium::water, Medium::hot_water,
        Medium::waste_water, Medium::gas, Medium::environment}) {
    if (to_text(medium) == name) {
      return medium;
    }
  }
  return std::nullopt;
}

auto to_text(Kind kind) noexcept -> std::string_view {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::net_counter: return "net_counter";
    case Kind::gauge: return "gauge";
    case Kind::max_gauge: return "max_gauge";
    case Kind::state: return "state";
    case Kind::config: return "config";
    case Kind::text: return "text";
  }
  return "";
}

auto to_text(IntervalRule rule) noexcept -> std::string_view {
  switch (rule) {
    case IntervalRule::delta: return "delta";
    case IntervalRule::net: return "net";
    case IntervalRule::mean: return "mean";
    case IntervalRule::max: return "max";
    case IntervalRule::last: return "last";
    case IntervalRule::special: return "special";
  }
  return "";
}

auto quantities() noexcept -> std::span<const Quantity> {
  return dictionary;
}

auto find_quantity(std::string_view name) noexcept -> const Quantity* {
  const auto found = std::ranges::find(dictionary, name, &Quantity::name);
  return found == dictionary.end() ? nullptr : &*found;
}

auto phases() noexcept -> std::span<const std::string_view> {
  return known_phases;
}

auto obis(const Quantity& quantity, Medium medium, std::string_view phase, std::uint8_t tariff)
    -> std::string {
  const bool has_tariffs = quantity.kind == Kind::counter || quantity.kind == Kind::net_counter ||
                           quantity.kind == Kind::max_gauge;
  if (tariff != 0 && !has_tariffs) {
    return {};
  }
  for (const ObisRow& row : obis_rows) {
    if (row.quantity != quantity.name || (row.a != 0 && row.a != medium_group(medium)) ||
        (row.quantity == "temperature" && medium != Medium::environment)) {
      continue;
    }
    const auto shift = phase_shift(row.phases, phase);
    if (!shift || (tariff != 0 && row.e != 0)) {
      continue;
    }
    std::string code = std::to_string(row.a) + "-0:" + std::to_string(row.c + *shift);
    code += '.' + std::to_string(row.d) + '.' + std::to_string(row.e + tariff);
    return code;
  }
  return {};
}

}  // namespace bornier::reading
