// SPDX-License-Identifier: Apache-2.0
#include "board/lm3s6965/uart.hpp"

#include <atomic>

#include "board/cortex_m/core.hpp"
#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/handlers.hpp"
#include "board/lm3s6965/ticks.hpp"

namespace bornier::board {

namespace {

constexpr Register data{0x4000C000};
constexpr Register flags{0x4000C018};
constexpr Register divisor{0x4000C024};
constexpr Register fraction{0x4000C028};
constexpr Register format{0x4000C02C};
constexpr Register control{0x4000C030};
constexpr Register interrupts{0x4000C038};
constexpr Register pending{0x4000C040};
constexpr Register clear{0x4000C044};

constexpr std::uint32_t flag_busy = bit(3);
constexpr std::uint32_t flag_receiver_empty = bit(4);
constexpr std::uint32_t on = bit(0) | bit(8) | bit(9);
constexpr std::uint32_t eight_bits = bit(5) | bit(6);
constexpr std::uint32_t parity = bit(1);
constexpr std::uint32_t even = bit(2);
constexpr std::uint32_t two_stops = bit(3);
constexpr std::uint32_t received_interrupt = bit(4);
constexpr std::uint32_t sent_interrupt = bit(5);
constexpr std::uint32_t data_errors = 0xF00;
constexpr std::uint32_t driver_pin = bit(0);

node::ByteQueue* queue;
const std::byte* next;            // the interrupt's while `left` is not 0
std::atomic<std::uint32_t> left;  // to be sent

auto bits(node::LineFormat line_format) noexcept -> std::uint32_t {
  switch (line_format) {
    case node::LineFormat::even: return eight_bits | parity | even;
    case node::LineFormat::odd: return eight_bits | parity;
    case node::LineFormat::none_two_stops: return eight_bits | two_stops;
    case node::LineFormat::none_one_stop: return eight_bits;
  }
  return eight_bits;
}

}  // namespace

auto Uart::start(node::ByteQueue& received) noexcept -> void {
  queue = &received;
  port_a.at(gpio::alternate).set(bit(0) | bit(1));
  port_a.at(gpio::digital).set(bit(0) | bit(1));
  port_b.write(driver_pin, false);
  port_b.at(gpio::dir).set(driver_pin);
  port_b.at(gpio::digital).set(driver_pin);
  // What came before the queue was there; an emulated one keeps it through a reset.
  while (!flags.has(flag_receiver_empty)) {
    static_cast<void>(data.read());
  }
  interrupts.write(received_interrupt | sent_interrupt);
  nvic_enable.write(bit(irq::uart0));
}

auto Uart::set(const node::Line& line) noexcept -> void {
  if (is_set_ && line == line_) {
    return;
  }
  line_ = line;
  is_set_ = true;
  control.write(0);
  const auto divisor_64ths = (core_hertz * 4 + line.baud / 2) / line.baud;
  divisor.write(divisor_64ths >> 6U);
  fraction.write(divisor_64ths & 63U);
  // Without FIFOs: each character has its own interrupt, and so its own time.
  format.write(bits(line.format));
  control.write(on);
}

auto Uart::send(std::span<const std::byte> bytes) noexcept -> void {
  port_b.write(driver_pin, true);
  driving_ = true;
  next = bytes.data() + 1;
  left.store(static_cast<std::uint32_t>(bytes.size()) - 1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  data.write(std::to_integer<std::uint32_t>(bytes.front()));
}

auto Uart::transmitting() noexcept -> bool {
  if (left.load(std::memory_order_relaxed) != 0 || flags.has(flag_busy)) {
    return true;
  }
  if (driving_) {
    port_b.write(driver_pin, false);
    driving_ = false;
  }
  return false;
}

}  // namespace bornier::board

extern "C" auto uart0_handler() noexcept -> void {
  using namespace bornier::board;
  while (!flags.has(flag_receiver_empty)) {
    const auto character = data.read();
    queue->push(static_cast<std::byte>(character), (character & data_errors) != 0, ticks());
  }
  if (pending.has(sent_interrupt)) {
    clear.write(sent_interrupt);
    if (const auto count = left.load(std::memory_order_relaxed); count != 0) {
      left.store(count - 1, std::memory_order_relaxed);
      data.write(std::to_integer<std::uint32_t>(*next++));
    }
  }
}
