// SPDX-License-Identifier: Apache-2.0
#include "board/lm3s6965/watchdog.hpp"

#include "board/cortex_m/core.hpp"
#include "board/cortex_m/last_words.hpp"
#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/handlers.hpp"

namespace bornier::board {

namespace {

constexpr Register watchdog_load{0x40000000};
constexpr Register watchdog_control{0x40000008};
constexpr Register watchdog_clear{0x4000000C};

constexpr Register timer_mode{0x40030004};
constexpr Register timer_control{0x4003000C};
constexpr Register timer_interrupts{0x40030018};
constexpr Register timer_clear{0x40030024};
constexpr Register timer_load{0x40030028};
constexpr std::uint32_t periodic = 2;

}  // namespace

auto start_watchdog() noexcept -> void {
  watchdog_load.write(2 * core_hertz);
  watchdog_control.write(0b11);  // interrupt, then reset; cannot be taken back
  nvic_enable.write(bit(irq::watchdog));
}

auto feed_watchdog() noexcept -> void {
  watchdog_clear.write(1);
}

auto start_heartbeat() noexcept -> void {
  timer_mode.write(periodic);
  timer_load.write(core_hertz / 1'000 - 1);
  timer_interrupts.write(1);
  timer_control.write(1);
  nvic_enable.write(bit(irq::timer0a));
}

}  // namespace bornier::board

extern "C" {

auto heartbeat_handler() noexcept -> void {
  bornier::board::timer_clear.write(1);
}

/// Does not clear its cause: that would feed the watchdog.
auto watchdog_handler() noexcept -> void {
  bornier::board::leave_last_words({bornier::node::ResetCause::watchdog, {}});
  for (;;) {
  }
}
}
