// SPDX-License-Identifier: Apache-2.0
// The registers used of the LM3S6965 (data sheet DS-LM3S6965, Texas Instruments).
#pragma once

#include "board/cortex_m/register.hpp"

namespace bornier::board {

/// 8 MHz from the PLL, so that the 24 bits of SysTick are 2^21 µs.
inline constexpr std::uint32_t core_hertz = 8'000'000;

namespace sysctl {
inline constexpr Register ris{0x400FE050};
inline constexpr Register resc{0x400FE05C};
inline constexpr Register rcc{0x400FE060};
inline constexpr Register rcc2{0x400FE070};
inline constexpr Register rcgc0{0x400FE100};
inline constexpr Register rcgc1{0x400FE104};
inline constexpr Register rcgc2{0x400FE108};
inline constexpr Register user0{0x400FE1E0};
inline constexpr Register user1{0x400FE1E4};
}  // namespace sysctl

struct Gpio {
  std::uint32_t base;

  /// All eight pins.
  [[nodiscard]] auto levels() const noexcept -> std::uint32_t {
    return Register{base + 0x3FC}.read();
  }
  /// Only the pins in `mask`.
  auto write(std::uint32_t mask, bool level) const noexcept -> void {
    Register{base + (mask << 2U)}.write(level ? 0xFF : 0);
  }
  [[nodiscard]] constexpr auto at(std::uint32_t offset) const noexcept -> Register {
    return Register{base + offset};
  }
};

namespace gpio {
inline constexpr std::uint32_t dir = 0x400;
inline constexpr std::uint32_t both_edges = 0x408;
inline constexpr std::uint32_t mask = 0x410;
inline constexpr std::uint32_t masked = 0x418;
inline constexpr std::uint32_t clear = 0x41C;
inline constexpr std::uint32_t alternate = 0x420;
inline constexpr std::uint32_t open_drain = 0x50C;
inline constexpr std::uint32_t pull_up = 0x510;
inline constexpr std::uint32_t pull_down = 0x514;
inline constexpr std::uint32_t digital = 0x51C;
}  // namespace gpio

inline constexpr Gpio port_a{0x40004000};
inline constexpr Gpio port_b{0x40005000};
inline constexpr Gpio port_c{0x40006000};
inline constexpr Gpio port_d{0x40007000};
inline constexpr Gpio port_f{0x40025000};

/// Numbers of interrupts.
namespace irq {
inline constexpr unsigned port_c = 2;
inline constexpr unsigned port_d = 3;
inline constexpr unsigned uart0 = 5;
inline constexpr unsigned watchdog = 18;
inline constexpr unsigned timer0a = 19;
}  // namespace irq

}  // namespace bornier::board
