// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board/cortex_m/register.hpp"
#include "board/lm3s6965/chip.hpp"

namespace bornier::board {

/// Only in the image for tests: PF0 makes the loop hang, PF2 runs it into a fault, PF3 overflows
/// its stack.
inline auto obey_test_pins() noexcept -> void {
#ifdef BORNIER_TEST_PINS
  const auto pins = port_f.levels();
  if ((pins & bit(0)) != 0) {
    for (;;) {
    }
  }
  if ((pins & bit(2)) != 0) {
    Register{0x6000'0000}.write(0);
  }
  if ((pins & bit(3)) != 0) {
    asm volatile("1: push {r0}\n b 1b\n");
  }
#endif
}

}  // namespace bornier::board
