// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board/cortex_m/register.hpp"
#include "board/lm3s6965/chip.hpp"

#ifdef BORNIER_FAULT_PINS
#include "board/cortex_m/startup.hpp"
#endif

namespace bornier::board {

#ifdef BORNIER_FAULT_PINS

/// Comes back, unless the chip knows that there is no memory below the stack.
[[gnu::noinline]] inline auto overflow_stack() noexcept -> void {
  volatile std::uint32_t frame[8]{};  // NOLINT(modernize-avoid-c-arrays)
  if (&frame[0] > stack_bottom) {
    overflow_stack();
  }
  frame[0] = 0;
}

/// Only in the image for tests of it: PF0 makes the loop hang, PF2 runs it into a fault, PF3
/// overflows its stack.
inline auto obey_fault_pins() noexcept -> void {
  const auto pins = port_f.levels();
  if ((pins & bit(0)) != 0) {
    for (;;) {
    }
  }
  if ((pins & bit(2)) != 0) {
    asm volatile("udf #0");
  }
  if ((pins & bit(3)) != 0) {
    overflow_stack();
  }
}

#else

inline auto obey_fault_pins() noexcept -> void {}

#endif

}  // namespace bornier::board
