// SPDX-License-Identifier: Apache-2.0
#include "board/cortex_m/startup.hpp"
#include "board/stm32g071/chip.hpp"
#include "board/stm32g071/handlers.hpp"

namespace bornier::board {

namespace {

constexpr auto make_vectors() noexcept {
  auto table = core_vectors<32>();
  table[2].handler = flash_error_handler;
  table[15].handler = heartbeat_handler;
  table[exceptions + irq::pins_0_1].handler = pins_handler;
  table[exceptions + irq::pins_2_3].handler = pins_handler;
  table[exceptions + irq::pins_4_15].handler = pins_handler;
  table[exceptions + irq::usart1].handler = usart1_handler;
  return table;
}

[[gnu::section(".vectors"), gnu::used]] constinit const auto vectors = make_vectors();

}  // namespace

}  // namespace bornier::board
