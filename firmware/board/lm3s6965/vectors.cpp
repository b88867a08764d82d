// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "board/cortex_m/startup.hpp"
#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/handlers.hpp"

namespace bornier::board {

namespace {

constexpr std::size_t exceptions = 16;
constexpr std::size_t interrupts = 44;

constexpr auto make_vectors() noexcept -> std::array<Vector, exceptions + interrupts> {
  std::array<Vector, exceptions + interrupts> table{};
  for (auto& vector : table) {
    vector.handler = unexpected_handler;
  }
  table[0].stack = stack_top;
  table[1].handler = reset_handler;
  table[3].handler = fault_handler;
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
