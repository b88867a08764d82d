// SPDX-License-Identifier: Apache-2.0
#include "board/cortex_m/startup.hpp"
#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/handlers.hpp"

namespace bornier::board {

namespace {

constexpr auto make_vectors() noexcept {
  auto table = core_vectors<44>();
  table[15].handler = tick_handler;
  table[exceptions + irq::port_c].handler = port_c_handler;
  table[exceptions + irq::port_d].handler = port_d_handler;
  table[exceptions + irq::uart0].handler = uart0_handler;
  table[exceptions + irq::watchdog].handler = watchdog_handler;
  table[exceptions + irq::timer0a].handler = heartbeat_handler;
  return table;
}

[[gnu::section(".vectors"), gnu::used]] constinit const auto vectors = make_vectors();

}  // namespace

}  // namespace bornier::board
