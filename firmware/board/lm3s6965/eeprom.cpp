// SPDX-License-Identifier: Apache-2.0
#include "board/lm3s6965/eeprom.hpp"

#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/ticks.hpp"

namespace bornier::board {

namespace {

constexpr Register slave{0x40020000};
constexpr Register control{0x40020004};  // state when read
constexpr Register data{0x40020008};
constexpr Register period{0x4002000C};
constexpr Register configuration{0x40020020};

constexpr std::uint32_t run = bit(0);
constexpr std::uint32_t start_bit = bit(1);
constexpr std::uint32_t stop = bit(2);
constexpr std::uint32_t acknowledge = bit(3);
constexpr std::uint32_t busy = bit(0);
constexpr std::uint32_t refused = bit(1) | bit(4);  // no acknowledge, or arbitration lost

constexpr std::uint32_t to_chip = 0xA0;
constexpr std::uint32_t from_chip = 0xA1;
constexpr std::uint16_t page = 32;
/// The chip takes at most 10 ms for a page; before that the loop turns once for each byte.
constexpr std::uint32_t longest_page = 100'000;
/// A byte takes 45 µs.
constexpr std::uint32_t longest_byte = 1'000;

constexpr std::uint32_t clock_pin = bit(2);
constexpr std::uint32_t data_pin = bit(3);

auto since(node::Tick begun) noexcept -> std::uint32_t {
  return ticks().value() - begun.value();
}

/// Waits; for the bus and for its clock only.
auto wait(std::uint32_t micros) noexcept -> void {
  const auto begun = ticks();
  while (since(begun) < micros) {
  }
}

/// One byte, or what `command` says else. False where it was not acknowledged.
auto transfer(std::uint32_t command) noexcept -> bool {
  const auto begun = ticks();
  control.write(command);
  while (control.has(busy)) {
    if (since(begun) > longest_byte) {
      return false;
    }
  }
  return !control.has(refused);
}

/// A reset may have come in the middle of a byte of the chip's, which then holds the data line: it
/// gets the clocks it waits for, and a stop (NXP UM10204, 3.1.16).
auto free_bus() noexcept -> void {
  constexpr std::uint32_t half_period = 5;
  port_b.at(gpio::alternate).clear(clock_pin | data_pin);
  port_b.write(clock_pin | data_pin, true);
  port_b.at(gpio::dir).set(clock_pin | data_pin);
  for (int clock = 0; clock < 9; ++clock) {
    port_b.write(clock_pin, false);
    wait(half_period);
    port_b.write(clock_pin, true);
    wait(half_period);
  }
  port_b.write(clock_pin, false);
  port_b.write(data_pin, false);
  wait(half_period);
  port_b.write(clock_pin, true);
  wait(half_period);
  port_b.write(data_pin, true);
  wait(half_period);
  port_b.at(gpio::dir).clear(clock_pin | data_pin);
  port_b.at(gpio::alternate).set(clock_pin | data_pin);
}

}  // namespace

auto Eeprom::start() noexcept -> void {
  port_b.at(gpio::open_drain).set(clock_pin | data_pin);
  port_b.at(gpio::digital).set(clock_pin | data_pin);
  free_bus();
  configuration.write(bit(4));
  period.write(core_hertz / (20 * 200'000) - 1);
}

auto Eeprom::read(std::uint16_t address, std::span<std::byte> into) noexcept -> bool {
  // The address goes out in a transfer of its own, which leaves the chip's pointer there: the
  // emulated controller knows no repeated start.
  slave.write(to_chip);
  data.write(address >> 8U);
  bool fine = transfer(start_bit | run);
  data.write(address & 0xFFU);
  fine = fine && transfer(run | stop);
  slave.write(from_chip);
  for (std::size_t at = 0; fine && at < into.size(); ++at) {
    const bool last = at + 1 == into.size();
    fine = transfer((at == 0 ? start_bit : 0) | run | (last ? stop : acknowledge));
    into[at] = static_cast<std::byte>(data.read());
  }
  if (!fine) {
    control.write(stop);
    free_bus();
  }
  return fine;
}

auto Eeprom::begin_write(std::uint16_t address, std::span<const std::byte> bytes) noexcept -> void {
  rest_ = bytes;
  address_ = address;
  address_bytes_ = 0;
  page_begun_ = ticks();
  phase_ = Phase::sending;
  slave.write(to_chip);
  send_next();
}

auto Eeprom::send_next() noexcept -> void {
  if (address_bytes_ < 2) {
    data.write(address_bytes_ == 0 ? address_ >> 8U : address_ & 0xFFU);
    control.write(address_bytes_ == 0 ? start_bit | run : run);
    ++address_bytes_;
    return;
  }
  data.write(std::to_integer<std::uint32_t>(rest_.front()));
  rest_ = rest_.subspan(1);
  ++address_;
  const bool ends = rest_.empty() || address_ % page == 0;
  control.write(ends ? run | stop : run);
  if (ends) {
    phase_ = Phase::polling;
  }
}

/// A chip that writes does not acknowledge its address; a byte is read, which does no harm.
auto Eeprom::poll() noexcept -> void {
  slave.write(from_chip);
  control.write(start_bit | run | stop);
}

auto Eeprom::fail() noexcept -> void {
  control.write(stop);
  free_bus();
  phase_ = Phase::failed;
}

auto Eeprom::state() noexcept -> node::StoreState {
  // What is ready is never late, however long nobody looked.
  for (bool polled = false; phase_ == Phase::sending || phase_ == Phase::polling;) {
    const bool late = since(page_begun_) > longest_page;
    const bool bus_busy = control.has(busy);
    const bool was_refused = !bus_busy && control.has(refused);
    if ((bus_busy && !late) || (was_refused && polled)) {
      return node::StoreState::busy;
    }
    const bool chip_writes = phase_ == Phase::polling && slave.read() == from_chip;
    if (bus_busy || (was_refused && (!chip_writes || late))) {
      fail();
    } else if (phase_ == Phase::sending) {
      send_next();
    } else if (!chip_writes || was_refused) {
      poll();
      polled = true;
    } else if (rest_.empty()) {
      phase_ = Phase::idle;
    } else {
      begin_write(address_, rest_);
    }
  }
  return phase_ == Phase::failed ? node::StoreState::failed : node::StoreState::idle;
}

}  // namespace bornier::board
