// SPDX-License-Identifier: Apache-2.0
// The registers used of the STM32G071 (reference manual RM0444, STMicroelectronics).
#pragma once

#include "board/cortex_m/register.hpp"

namespace bornier::board {

/// HSI16, which runs after a reset: 1 % from 0 to 85 °C, enough for a UART.
inline constexpr std::uint32_t core_hertz = 16'000'000;

namespace rcc {
inline constexpr Register io_ports{0x40021034};
inline constexpr Register apb1{0x4002103C};
inline constexpr Register apb2{0x40021040};
inline constexpr Register status{0x40021060};
}  // namespace rcc

struct Gpio {
  std::uint32_t base;

  [[nodiscard]] auto levels() const noexcept -> std::uint32_t {
    return Register{base + 0x10}.read();
  }
  /// Inputs with pull-up: pins `first` to `last`.
  auto set_inputs(unsigned first, unsigned last) const noexcept -> void {
    for (auto pin = first; pin <= last; ++pin) {
      Register{base}.clear(0b11U << 2 * pin);
      Register{base + 0x0C}.set(0b01U << 2 * pin);
    }
  }
  /// A pin above 7, with its first alternate function.
  auto set_first_alternate(unsigned pin) const noexcept -> void {
    const Register alternates{base + 0x24};
    alternates.clear(0xFU << 4 * (pin - 8));
    alternates.set(1U << 4 * (pin - 8));
    const Register modes{base};
    modes.write((modes.read() & ~(0b11U << 2 * pin)) | 0b10U << 2 * pin);
  }
};

inline constexpr Gpio port_a{0x50000000};
inline constexpr Gpio port_c{0x50000800};

/// Numbers of interrupts.
namespace irq {
inline constexpr unsigned pins_0_1 = 5;
inline constexpr unsigned pins_2_3 = 6;
inline constexpr unsigned pins_4_15 = 7;
inline constexpr unsigned usart1 = 27;
}  // namespace irq

}  // namespace bornier::board
