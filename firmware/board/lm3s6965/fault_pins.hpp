// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board/cortex_m/register.hpp"
#include "board/lm3s6965/chip.hpp"

#ifdef BORNIER_FAULT_PINS
#include "board/cortex_m/startup.hpp"
#endif

namespace bornier::board {

#ifdef BORNIER_FAULT_PINS

/// Only in the image for tests of it: PF0 makes the loop hang, PF2 runs it into a fault, PF3
/// writes where an overflow of the stack would.
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
    stack_bottom[0] = 0;
  }
}

#else

inline auto obey_fault_pins() noexcept -> void {}

#endif

}  // namespace bornier::board
