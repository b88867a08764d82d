// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bornier::reading {

enum class Dimension : std::uint8_t {
  none,  ///< text and clocks
  number,
  energy,
  energy_reactive,
  energy_apparent,
  power,
  power_reactive,
  power_apparent,
  voltage,
  current,
  charge,
  frequency,
  angle,
  volume,
  mass,
  flow,
  velocity,
  temperature,
  temperature_difference,
  pressure,
  time,
  calorific_value,
  pulse,
  count,
  density,
  sound_level,
  illuminance,
};

/// A unit of measurement by its UCUM code (https://ucum.org, version 2.1).
struct Unit {
  std::string_view code;    ///< "kW.h", "V.A{reactive}"
  std::string_view common;  ///< how people and makers write it: "kWh", "var"
  Dimension dimension{};
  /// Units of one family differ by a power of ten: W.h and kW.h do, J is another family.
  std::uint8_t family{};
  std::int8_t power{};  ///< 10^power of the family's base
};

[[nodiscard]] auto units() noexcept -> std::span<const Unit>;

/// By UCUM code or common spelling; nullptr if it is neither. Static lifetime.
[[nodiscard]] auto find_unit(std::string_view spelling) noexcept -> const Unit*;

/// n such that 1 `from` is exactly 10^n `to`; nothing where no power of ten leads from one to the
/// other (GJ to kW.h, L/s to m3/h).
[[nodiscard]] constexpr auto decimal_shift(const Unit& from, const Unit& to) noexcept
    -> std::optional<std::int8_t> {
  if (from.family != to.family || from.dimension != to.dimension) {
    return std::nullopt;
  }
  return static_cast<std::int8_t>(from.power - to.power);
}

}  // namespace bornier::reading
