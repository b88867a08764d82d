// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "wire/tagged.hpp"

namespace bornier::wire {

/// Modbus unit identifier ("slave address"). 0 is broadcast on a serial line.
using UnitId = Tagged<struct UnitIdTag, std::uint8_t>;

/// As on the wire, counted from 0: a manual's "40001" is holding register 0.
using RegisterAddress = Tagged<struct RegisterAddressTag, std::uint16_t>;

/// The four tables of the Modbus data model (MODBUS Application Protocol V1.1b3, section 4.3).
enum class Table : std::uint8_t { coil, discrete_input, input_register, holding_register };

/// Whether an address of the table holds one bit, not a register of sixteen.
[[nodiscard]] constexpr auto is_bits(Table table) noexcept -> bool {
  return table == Table::coil || table == Table::discrete_input;
}

}  // namespace bornier::wire
