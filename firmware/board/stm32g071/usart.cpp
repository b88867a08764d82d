// SPDX-License-Identifier: Apache-2.0
#include "board/stm32g071/usart.hpp"

#include <atomic>

#include "board/cortex_m/core.hpp"
#include "board/stm32g071/chip.hpp"
#include "board/stm32g071/handlers.hpp"
#include "board/stm32g071/timers.hpp"

namespace bornier::board {

namespace {

constexpr Register control1{0x40013800};
constexpr Register control2{0x40013804};
constexpr Register control3{0x40013808};
constexpr Register divisor{0x4001380C};
constexpr Register status{0x4001381C};
constexpr Register clear{0x40013820};
constexpr Register received_data{0x40013824};
constexpr Register sent_data{0x40013828};

constexpr std::uint32_t on = bit(0) | bit(2) | bit(3);
constexpr std::uint32_t received_interrupt = bit(5);
constexpr std::uint32_t room_interrupt = bit(7);
constexpr std::uint32_t odd = bit(9);
constexpr std::uint32_t parity = bit(10) | bit(12);                   // which is the ninth bit
constexpr std::uint32_t driver_sixteenths = 16U << 21U | 16U << 16U;  // a bit before and after
constexpr std::uint32_t two_stops = 0b10U << 12U;
constexpr std::uint32_t driver_enable = bit(14);
constexpr std::uint32_t errors = 0b1111;  // parity, frame, noise, overrun
constexpr std::uint32_t received = bit(5);
constexpr std::uint32_t all_sent = bit(6);
constexpr std::uint32_t room = bit(7);

node::ByteQueue* queue;
const std::byte* next;            // the interrupt's while `left` is not 0
std::atomic<std::uint32_t> left;  // to be sent

}  // namespace

auto Usart::start(node::ByteQueue& bytes) noexcept -> void {
  queue = &bytes;
  rcc::apb2.set(bit(14));
  port_a.set_first_alternate(9);
  port_a.set_first_alternate(10);
  port_a.set_first_alternate(12);
  control3.write(driver_enable);
  nvic_enable.write(bit(irq::usart1));
}

auto Usart::set(const node::Line& line) noexcept -> void {
  if (is_set_ && line == line_) {
    return;
  }
  line_ = line;
  is_set_ = true;
  std::uint32_t format = 0;
  std::uint32_t stops = 0;
  switch (line.format) {
    case node::LineFormat::even: format = parity; break;
    case node::LineFormat::odd: format = parity | odd; break;
    case node::LineFormat::none_two_stops: stops = two_stops; break;
    case node::LineFormat::none_one_stop: break;
  }
  control1.write(0);
  divisor.write((core_hertz + line.baud / 2) / line.baud);
  control2.write(stops);
  // Without FIFOs: each character has its own interrupt, and so its own time.
  control1.write(on | format | driver_sixteenths | received_interrupt);
}

auto Usart::send(std::span<const std::byte> bytes) noexcept -> void {
  next = bytes.data();
  left.store(static_cast<std::uint32_t>(bytes.size()), std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  control1.set(room_interrupt);
}

auto Usart::transmitting() const noexcept -> bool {
  return left.load(std::memory_order_relaxed) != 0 || !status.has(all_sent);
}

}  // namespace bornier::board

extern "C" auto usart1_handler() noexcept -> void {
  using namespace bornier::board;
  const auto flags = status.read();
  clear.write(flags & errors);
  if ((flags & received) != 0) {
    queue->push(static_cast<std::byte>(received_data.read()), (flags & errors) != 0, ticks());
  }
  if (const auto count = left.load(std::memory_order_relaxed); count != 0 && (flags & room) != 0) {
    // Data first: all_sent falls with it, before nothing is left.
    sent_data.write(std::to_integer<std::uint32_t>(*next++));
    left.store(count - 1, std::memory_order_relaxed);
    if (count == 1) {
      control1.clear(room_interrupt);
    }
  }
}
