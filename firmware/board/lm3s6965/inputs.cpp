// SPDX-License-Identifier: Apache-2.0
// Pulse inputs 0 to 7 at PD0 to PD7, door at PC4, mains at PC5, and the supply's comparator at PC6,
// which is high while the supply is low.
#include "board/inputs.hpp"

#include <atomic>

#include "board/cortex_m/core.hpp"
#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/handlers.hpp"
#include "board/lm3s6965/ticks.hpp"

namespace bornier::board {

namespace {

constexpr std::uint32_t pulse_pins = 0xFF;
constexpr unsigned contacts_shift = 4;  // of port C
constexpr std::uint32_t contact_pins = 0b11U << contacts_shift;
constexpr std::uint32_t supply_pin = bit(6);
constexpr std::uint32_t both_ports = bit(irq::port_c) | bit(irq::port_d);
/// Interrupts in one turn of the loop: as many as the queue holds edges.
constexpr std::uint32_t most_in_a_turn = 64;

node::EdgeQueue* queue;
std::atomic<std::uint32_t> in_this_turn;

auto take_edges(const Gpio& port, unsigned shift, unsigned first_input) noexcept -> void {
  const auto now = ticks();
  const auto edges = port.at(gpio::masked).read();
  port.at(gpio::clear).write(edges);
  const auto levels = port.levels();  // after the clear: what comes now is another interrupt
  for (unsigned pin = shift; edges >> pin != 0; ++pin) {
    if ((edges >> pin & 1U) != 0) {
      queue->push(
          {now, static_cast<std::uint8_t>(first_input + pin - shift), (levels >> pin & 1U) != 0});
    }
  }
  const auto count = in_this_turn.load(std::memory_order_relaxed) + 1;
  in_this_turn.store(count, std::memory_order_relaxed);
  if (count >= most_in_a_turn) {
    nvic_disable.write(both_ports);
  }
}

}  // namespace

auto start_inputs() noexcept -> void {
  port_d.at(gpio::pull_up).set(pulse_pins);
  port_d.at(gpio::digital).set(pulse_pins);
  port_c.at(gpio::pull_up).set(contact_pins);
  port_c.at(gpio::pull_down).set(supply_pin);
  port_c.at(gpio::digital).set(contact_pins | supply_pin);
}

auto watch_inputs(node::EdgeQueue& edges) noexcept -> void {
  queue = &edges;
  port_d.at(gpio::both_edges).set(pulse_pins);
  port_c.at(gpio::both_edges).set(contact_pins);
  port_d.at(gpio::clear).write(pulse_pins);
  port_c.at(gpio::clear).write(contact_pins);
  port_d.at(gpio::mask).set(pulse_pins);
  port_c.at(gpio::mask).set(contact_pins);
  nvic_enable.write(both_ports);
}

auto input_levels() noexcept -> std::uint16_t {
  const auto contacts = (port_c.levels() & contact_pins) >> contacts_shift;
  return static_cast<std::uint16_t>(port_d.levels() | contacts << node::pulse_inputs);
}

auto supply_is_low() noexcept -> bool {
  return (port_c.levels() & supply_pin) != 0;
}

auto allow_edges() noexcept -> void {
  if (in_this_turn.load(std::memory_order_relaxed) != 0) {
    in_this_turn.store(0, std::memory_order_relaxed);
    nvic_enable.write(both_ports);
  }
}

}  // namespace bornier::board

extern "C" {
auto port_c_handler() noexcept -> void {
  using namespace bornier::board;
  take_edges(port_c, contacts_shift, bornier::node::door_input);
}
auto port_d_handler() noexcept -> void {
  using namespace bornier::board;
  take_edges(port_d, 0, 0);
}
}
