// SPDX-License-Identifier: Apache-2.0
#include "board/stm32g071/timers.hpp"

#include "board/stm32g071/chip.hpp"
#include "board/stm32g071/handlers.hpp"

namespace bornier::board {

namespace {

constexpr Register timer_control{0x40000000};
constexpr Register timer_event{0x40000014};
constexpr Register timer_count{0x40000024};
constexpr Register timer_prescaler{0x40000028};
constexpr Register timer_last{0x4000002C};

constexpr Register systick_control{0xE000E010};
constexpr Register systick_reload{0xE000E014};
constexpr Register systick_current{0xE000E018};

constexpr Register watchdog_key{0x40003000};
constexpr Register watchdog_prescaler{0x40003004};
constexpr Register watchdog_reload{0x40003008};
constexpr Register watchdog_status{0x4000300C};
constexpr std::uint32_t key_start = 0xCCCC;
constexpr std::uint32_t key_write = 0x5555;
constexpr std::uint32_t key_feed = 0xAAAA;

}  // namespace

auto start_ticks() noexcept -> void {
  rcc::apb1.set(bit(0));
  timer_prescaler.write(core_hertz / 1'000'000 - 1);
  timer_last.write(0xFFFF'FFFF);
  timer_event.write(1);  // the prescaler is taken over
  timer_control.write(1);
}

auto ticks() noexcept -> node::Tick {
  return node::Tick{timer_count.read()};
}

auto start_heartbeat() noexcept -> void {
  systick_reload.write(core_hertz / 1'000 - 1);
  systick_current.write(0);
  systick_control.write(0b111);  // core clock, interrupt, on
}

auto start_watchdog() noexcept -> void {
  constexpr std::uint32_t divided_by_64 = 4;  // of 32 kHz
  watchdog_key.write(key_start);
  watchdog_key.write(key_write);
  watchdog_prescaler.write(divided_by_64);
  watchdog_reload.write(2 * 500);
  while (watchdog_status.read() != 0) {
  }
  watchdog_key.write(key_feed);
}

auto feed_watchdog() noexcept -> void {
  watchdog_key.write(key_feed);
}

}  // namespace bornier::board

extern "C" auto heartbeat_handler() noexcept -> void {}
