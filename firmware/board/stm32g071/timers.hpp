// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/time.hpp"

namespace bornier::board {

/// TIM2: 32 bits of microseconds.
auto start_ticks() noexcept -> void;
[[nodiscard]] auto ticks() noexcept -> node::Tick;

/// SysTick wakes the loop every millisecond.
auto start_heartbeat() noexcept -> void;

/// IWDG, on its own oscillator: not fed for 2 s, the chip is reset.
auto start_watchdog() noexcept -> void;
auto feed_watchdog() noexcept -> void;

}  // namespace bornier::board
