// SPDX-License-Identifier: Apache-2.0
#include "board/cortex_m/core.hpp"
#include "board/cortex_m/last_words.hpp"
#include "board/cortex_m/startup.hpp"
#include "board/inputs.hpp"
#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/eeprom.hpp"
#include "board/lm3s6965/fault_pins.hpp"
#include "board/lm3s6965/ticks.hpp"
#include "board/lm3s6965/uart.hpp"
#include "board/lm3s6965/watchdog.hpp"
#include "board/loop.hpp"

namespace bornier::board {

namespace {

/// Data sheet 6.3: the crystal of 8 MHz, the PLL's 200 MHz divided by 25.
auto start_clocks() noexcept -> void {
  constexpr std::uint32_t crystal_8_mhz = 0xEU << 6U;
  constexpr std::uint32_t bypass = bit(11);
  constexpr std::uint32_t divider_in_use = bit(22);
  constexpr std::uint32_t second_register_in_use = bit(31);
  constexpr std::uint32_t divided_by_25 = 24U << 23U;
  constexpr std::uint32_t pll_locked = bit(6);
  sysctl::rcc.write(divider_in_use | bypass | crystal_8_mhz);
  sysctl::rcc2.write(second_register_in_use | divided_by_25 | bypass);
  while (!sysctl::ris.has(pll_locked)) {
  }
  sysctl::rcc2.write(second_register_in_use | divided_by_25);

  sysctl::rcgc0.set(bit(3));                                      // watchdog
  sysctl::rcgc1.set(bit(0) | bit(12) | bit(16));                  // UART0, I2C0, timer 0
  sysctl::rcgc2.set(bit(0) | bit(1) | bit(2) | bit(3) | bit(5));  // ports A to D, F
  static_cast<void>(sysctl::rcgc2.read());  // three cycles before the first use
}

/// The emulator names no cause; there the last words do.
auto reset_cause(const std::optional<LastWords>& words) noexcept -> node::ResetCause {
  const auto causes = sysctl::resc.read();
  sysctl::resc.write(0);
  if (words) {
    return words->cause;
  }
  constexpr std::uint32_t pin = bit(0);
  constexpr std::uint32_t power_on = bit(1);
  constexpr std::uint32_t brown_out = bit(2);
  constexpr std::uint32_t watchdog = bit(3);
  constexpr std::uint32_t software = bit(4);
  if ((causes & power_on) != 0 || causes == 0) {
    return node::ResetCause::power_on;
  }
  if ((causes & brown_out) != 0) {
    return node::ResetCause::brown_out;
  }
  if ((causes & watchdog) != 0) {
    return node::ResetCause::watchdog;
  }
  if ((causes & software) != 0) {
    return node::ResetCause::software;
  }
  return (causes & pin) != 0 ? node::ResetCause::pin : node::ResetCause::unknown;
}

class Board {
 public:
  [[nodiscard]] static auto defaults() noexcept -> node::Defaults { return {}; }

  [[nodiscard]] auto boot() noexcept -> node::Boot {
    start_clocks();
    start_ticks();
    enable_interrupts();
    start_watchdog();
    start_inputs();
    eeprom_.start();
    const auto words = take_last_words();
    // The two words that hold the Ethernet address on other boards with this chip.
    const auto serial = std::uint64_t{sysctl::user1.read()} << 24U | sysctl::user0.read();
    return {ticks(), input_levels(), reset_cause(words), serial,
            words ? words->fault : node::FaultRecord{}};
  }
  [[nodiscard]] auto stores() noexcept -> node::Stores { return {counters_, settings_, events_}; }

  auto start(node::EdgeQueue& edges, node::ByteQueue& bytes) noexcept -> void {
    watch_inputs(edges);
    uart_.start(bytes);
    start_heartbeat();
  }
  [[nodiscard]] auto inputs() noexcept -> node::Inputs {
    const auto now = ticks();
    transmitting_ = uart_.transmitting();
    return {now, input_levels(), supply_is_low(), transmitting_};
  }
  auto send(std::span<const std::byte> bytes) noexcept -> void {
    uart_.send(bytes);
    transmitting_ = true;
  }
  auto set_line(const node::Line& line) noexcept -> void {
    if (!transmitting_) {
      uart_.set(line);
    }
  }
  auto feed_watchdog() noexcept -> void { board::feed_watchdog(); }
  auto rest() noexcept -> void {
    allow_edges();
    obey_fault_pins();
    // The bytes of a store are sent as fast as the loop turns.
    if (eeprom_.state() != node::StoreState::busy) {
      sleep();
    }
  }

 private:
  Eeprom eeprom_;
  EepromArea counters_{eeprom_, 0, node::counters_slot, 48};
  EepromArea settings_{eeprom_, 48 * node::counters_slot, node::settings_slot, 2};
  EepromArea events_{eeprom_, 48 * node::counters_slot + 2 * node::settings_slot, node::events_slot,
                     8};
  Uart uart_;
  bool transmitting_ = false;
};

}  // namespace

auto fault_status() noexcept -> std::uint32_t {
  return Register{0xE000ED28}.read();  // CFSR
}

}  // namespace bornier::board

auto run_board() noexcept -> void {
  static bornier::board::Board board;
  bornier::board::run(board);
}
