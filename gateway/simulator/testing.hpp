// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "model/model.hpp"
#include "reading/quantity.hpp"
#include "reading/unit.hpp"

namespace bornier::simulator {

inline auto a_point(std::string name, std::string_view quantity, std::uint16_t address,
                    model::RegisterType type, std::uint16_t registers) -> model::Point {
  model::Point point;
  point.name = std::move(name);
  point.quantity = reading::find_quantity(quantity);
  EXPECT_NE(point.quantity, nullptr) << quantity;
  point.table = wire::Table::holding_register;
  point.address = address;
  point.encoding = model::Encoding{type, registers, false, false};
  if (const auto* unit = reading::find_unit(point.quantity->unit);
      unit != nullptr && !point.quantity->unit.empty()) {
    point.units = {unit};
  }
  return point;
}

/// A meter with power (int32 at 0, 8000'0000h absent), a counter (uint32 at 2, 0.001 kW.h), a
/// voltage (uint16 at 6, 0.1 V) and a serial number (four characters at 7).
inline auto small_model() -> model::Model {
  using model::RegisterType;
  model::Model model;
  model.id = "small-meter";
  model.version = "3";
  model.manufacturer = "Small";
  model.limits.registers_per_request = 20;
  auto power = a_point("power_active", "power_active", 0, RegisterType::int32, 2);
  power.absent = {0x80000000U};
  power.conversions = {model::Conversion{{1, 1, 0}, 0, false}};
  auto energy = a_point("energy_active_import", "energy_active_import", 2, RegisterType::uint32, 2);
  energy.conversions = {model::Conversion{{1, 1, -3}, -3, false}};
  auto voltage = a_point("voltage_l1_n", "voltage", 6, RegisterType::uint16, 1);
  voltage.conversions = {model::Conversion{{1, 1, -1}, -1, false}};
  const auto serial = a_point("serial_number", "serial_number", 7, RegisterType::text, 2);
  model.points = {power, energy, voltage, serial};
  return model;
}

}  // namespace bornier::simulator
