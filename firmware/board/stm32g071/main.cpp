// SPDX-License-Identifier: Apache-2.0
#include "board/cortex_m/core.hpp"
#include "board/cortex_m/last_words.hpp"
#include "board/cortex_m/startup.hpp"
#include "board/inputs.hpp"
#include "board/loop.hpp"
#include "board/stm32g071/chip.hpp"
#include "board/stm32g071/flash.hpp"
#include "board/stm32g071/timers.hpp"
#include "board/stm32g071/usart.hpp"

namespace bornier::board {

namespace {

constexpr std::uint32_t counter_pages = 40;
constexpr std::uint32_t other_pages = 2;
constexpr auto counters_begin = flash_end - (counter_pages + 2 * other_pages) * flash_page;
constexpr auto settings_begin = counters_begin + counter_pages * flash_page;
constexpr auto events_begin = settings_begin + other_pages * flash_page;

auto reset_cause(const std::optional<LastWords>& words) noexcept -> node::ResetCause {
  constexpr std::uint32_t forget = bit(23);
  constexpr std::uint32_t pin = bit(26);
  constexpr std::uint32_t power = bit(27);
  constexpr std::uint32_t software = bit(28);
  constexpr std::uint32_t watchdog = bit(29);
  const auto causes = rcc::status.read();
  rcc::status.set(forget);
  if ((causes & power) != 0) {
    return node::ResetCause::power_on;
  }
  if (words) {
    return words->cause;
  }
  if ((causes & watchdog) != 0) {
    return node::ResetCause::watchdog;
  }
  if ((causes & software) != 0) {
    return node::ResetCause::software;
  }
  // Every reset of the chip's own pulls the pin too.
  return (causes & pin) != 0 ? node::ResetCause::pin : node::ResetCause::unknown;
}

auto serial_number() noexcept -> std::uint64_t {
  constexpr std::uint32_t unique_id = 0x1FFF7590;  // 96 bits: place on the wafer, lot
  const Register place{unique_id};
  const Register lot{unique_id + 4};
  const Register more_of_lot{unique_id + 8};
  return std::uint64_t{lot.read() ^ more_of_lot.read()} << 32U | place.read();
}

class Board {
 public:
  /// Pages wear out sooner than an EEPROM.
  [[nodiscard]] static auto defaults() noexcept -> node::Defaults { return {.save_every_s = 60}; }

  [[nodiscard]] auto boot() noexcept -> node::Boot {
    start_watchdog();
    start_ticks();
    start_inputs();
    enable_interrupts();
    flash_.start();
    const auto words = take_last_words();
    return {ticks(), input_levels(), reset_cause(words), serial_number(),
            words ? words->fault : node::FaultRecord{}};
  }
  [[nodiscard]] auto stores() noexcept -> node::Stores { return {counters_, settings_, events_}; }

  auto start(node::EdgeQueue& edges, node::ByteQueue& bytes) noexcept -> void {
    watch_inputs(edges);
    usart_.start(bytes);
    start_heartbeat();
  }
  [[nodiscard]] auto inputs() noexcept -> node::Inputs {
    const auto now = ticks();
    transmitting_ = usart_.transmitting();
    return {now, input_levels(), supply_is_low(), transmitting_};
  }
  auto send(std::span<const std::byte> bytes) noexcept -> void {
    usart_.send(bytes);
    transmitting_ = true;
  }
  auto set_line(const node::Line& line) noexcept -> void {
    if (!transmitting_) {
      usart_.set(line);
    }
  }
  auto feed_watchdog() noexcept -> void { board::feed_watchdog(); }
  auto rest() noexcept -> void {
    allow_edges();
    if (flash_.state() != node::StoreState::busy) {
      sleep();
    }
  }

 private:
  Flash flash_;
  FlashArea counters_{flash_, counters_begin, counter_pages, node::counters_slot};
  FlashArea settings_{flash_, settings_begin, other_pages, node::settings_slot};
  FlashArea events_{flash_, events_begin, other_pages, node::events_slot};
  Usart usart_;
  bool transmitting_ = false;
};

}  // namespace

auto fault_status() noexcept -> std::uint32_t {
  return 0;  // a Cortex-M0+ does not say
}

}  // namespace bornier::board

auto run_board() noexcept -> void {
  static bornier::board::Board board;
  bornier::board::run(board);
}
