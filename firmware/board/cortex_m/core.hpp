// SPDX-License-Identifier: Apache-2.0
// What every Cortex-M has (ARMv6-M Architecture Reference Manual, B3).
#pragma once

#include <cstdint>

#include "board/cortex_m/register.hpp"

namespace bornier::board {

inline constexpr Register nvic_enable{0xE000E100};  // interrupts 0 to 31
inline constexpr Register nvic_disable{0xE000E180};
inline constexpr Register scb_icsr{0xE000ED04};
inline constexpr Register scb_aircr{0xE000ED0C};

[[noreturn]] inline auto reset_chip() noexcept -> void {
  scb_aircr.write(0x05FA'0004);
  for (;;) {
  }
}

inline auto enable_interrupts() noexcept -> void {
  asm volatile("cpsie i" ::: "memory");
}

/// Until an interrupt comes.
inline auto sleep() noexcept -> void {
  asm volatile("wfi" ::: "memory");
}

}  // namespace bornier::board
