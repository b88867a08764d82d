// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board/cortex_m/core.hpp"
#include "node/time.hpp"

namespace bornier::board {

/// The microseconds of the node: SysTick, extended by its interrupt. Not a general-purpose timer:
/// this chip's have no prescaler with 32 bits, and qemu 7.2 does not let them be read.
auto start_ticks() noexcept -> void;

/// From the loop and from interrupts; right unless interrupts are held up for a second.
[[nodiscard]] auto ticks() noexcept -> node::Tick;

}  // namespace bornier::board
