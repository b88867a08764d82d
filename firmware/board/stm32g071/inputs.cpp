// SPDX-License-Identifier: Apache-2.0
// Pulse inputs 0 to 7 at PC0 to PC7, door at PC8, mains at PC9; the supply is watched by the PVD.
#include "board/inputs.hpp"

#include <atomic>

#include "board/cortex_m/core.hpp"
#include "board/stm32g071/chip.hpp"
#include "board/stm32g071/handlers.hpp"
#include "board/stm32g071/timers.hpp"

namespace bornier::board {

namespace {

constexpr Register exti_rising{0x40021800};
constexpr Register exti_falling{0x40021804};
constexpr Register exti_rising_pending{0x4002180C};
constexpr Register exti_falling_pending{0x40021810};
constexpr std::uint32_t exti_ports = 0x40021860;  // four lines in each register
constexpr Register exti_mask{0x40021880};
constexpr std::uint32_t four_of_port_c = 0x0202'0202;

constexpr Register supply_control{0x40007004};
constexpr Register supply_status{0x40007014};
/// The sixth of the seven thresholds, about 2.8 V: as early as a supply of 3.3 V lets one be.
constexpr std::uint32_t supply_watched = 5U << 4U | 5U << 1U | 1U;

constexpr std::uint32_t pins = (1U << node::all_inputs) - 1;
constexpr std::uint32_t all_pin_interrupts =
    bit(irq::pins_0_1) | bit(irq::pins_2_3) | bit(irq::pins_4_15);
/// Interrupts in one turn of the loop: as many as the queue holds edges.
constexpr std::uint32_t most_in_a_turn = 64;

node::EdgeQueue* queue;
std::atomic<std::uint32_t> in_this_turn;

}  // namespace

auto start_inputs() noexcept -> void {
  rcc::io_ports.set(bit(0) | bit(2));
  rcc::apb1.set(bit(28));
  supply_control.write(supply_watched);
  port_c.set_inputs(0, node::all_inputs - 1);
}

auto watch_inputs(node::EdgeQueue& edges) noexcept -> void {
  queue = &edges;
  for (std::uint32_t place = 0; place < 12; place += 4) {
    Register{exti_ports + place}.write(four_of_port_c);
  }
  exti_rising.set(pins);
  exti_falling.set(pins);
  exti_rising_pending.write(pins);
  exti_falling_pending.write(pins);
  exti_mask.set(pins);
  nvic_enable.write(all_pin_interrupts);
}

auto input_levels() noexcept -> std::uint16_t {
  return static_cast<std::uint16_t>(port_c.levels() & pins);
}

auto supply_is_low() noexcept -> bool {
  return supply_status.has(bit(11));
}

auto allow_edges() noexcept -> void {
  if (in_this_turn.load(std::memory_order_relaxed) != 0) {
    in_this_turn.store(0, std::memory_order_relaxed);
    nvic_enable.write(all_pin_interrupts);
  }
}

}  // namespace bornier::board

extern "C" auto pins_handler() noexcept -> void {
  using namespace bornier::board;
  const auto now = ticks();
  const auto edges = (exti_rising_pending.read() | exti_falling_pending.read()) & pins;
  exti_rising_pending.write(edges);
  exti_falling_pending.write(edges);
  const auto levels = port_c.levels();  // after the clear: what comes now is another interrupt
  for (unsigned pin = 0; edges >> pin != 0; ++pin) {
    if ((edges >> pin & 1U) != 0) {
      queue->push({now, static_cast<std::uint8_t>(pin), (levels >> pin & 1U) != 0});
    }
  }
  const auto count = in_this_turn.load(std::memory_order_relaxed) + 1;
  in_this_turn.store(count, std::memory_order_relaxed);
  if (count >= most_in_a_turn) {
    nvic_disable.write(all_pin_interrupts);
  }
}
