// SPDX-License-Identifier: Apache-2.0
#include "board/stm32g071/flash.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "board/stm32g071/chip.hpp"
#include "board/stm32g071/handlers.hpp"
#include "board/stm32g071/timers.hpp"

namespace bornier::board {

namespace {

constexpr Register key{0x40022008};
constexpr Register status{0x40022010};
constexpr Register control{0x40022014};
constexpr Register ecc{0x40022018};

constexpr std::uint32_t flash_begin = 0x0800'0000;
constexpr std::uint32_t busy = bit(16) | bit(18);
constexpr std::uint32_t errors = 0x3FA;
constexpr std::uint32_t write = bit(0);
constexpr std::uint32_t erase_page = bit(1);
constexpr unsigned page_number = 3;
constexpr std::uint32_t go = bit(16);

constexpr std::uint32_t two_bits_wrong = bit(31);
constexpr std::uint32_t longest = 100'000;  // µs

auto words_at(std::uint32_t address, std::size_t count) noexcept -> std::span<const std::uint32_t> {
  return {reinterpret_cast<const std::uint32_t*>(address), count};
}

auto word_of(std::span<const std::byte> bytes) noexcept -> std::uint32_t {
  std::array<std::byte, 4> word{};
  std::copy_n(bytes.begin(), word.size(), word.begin());
  return std::bit_cast<std::uint32_t>(word);
}

}  // namespace

auto Flash::start() noexcept -> void {
  key.write(0x4567'0123);
  key.write(0xCDEF'89AB);
}

auto Flash::begin(std::uint32_t address, std::span<const std::byte> record, bool erase) noexcept
    -> void {
  rest_ = record;
  address_ = address;
  begun_ = ticks();
  status.write(errors);
  if (erase) {
    phase_ = Phase::erasing;
    control.write(erase_page | (address - flash_begin) / flash_page << page_number);
    control.set(go);
  } else {
    phase_ = Phase::writing;
    control.write(write);
  }
}

auto Flash::write_next() noexcept -> void {
  // Two words, one right after the other; records are whole double words.
  const Register low{address_};
  const Register high{address_ + 4};
  const auto first = word_of(rest_);
  const auto second = word_of(rest_.subspan(4));
  low.write(first);
  high.write(second);
  rest_ = rest_.subspan(8);
  address_ += 8;
}

auto Flash::end(Phase phase) noexcept -> void {
  control.write(0);
  phase_ = phase;
}

auto Flash::state() noexcept -> node::StoreState {
  if (phase_ == Phase::erasing || phase_ == Phase::writing) {
    if (status.has(busy) && ticks().value() - begun_.value() <= longest) {
      return node::StoreState::busy;
    }
    if (status.has(busy | errors)) {
      end(Phase::failed);
    } else if (phase_ == Phase::erasing) {
      phase_ = Phase::writing;
      control.write(write);
      return node::StoreState::busy;
    } else if (rest_.empty()) {
      end(Phase::idle);
    } else {
      write_next();
      return node::StoreState::busy;
    }
  }
  return phase_ == Phase::failed ? node::StoreState::failed : node::StoreState::idle;
}

auto FlashArea::read(std::uint16_t slot, std::size_t offset, std::span<std::byte> into) noexcept
    -> bool {
  const auto* from =
      reinterpret_cast<const std::byte*>(address(slot) + static_cast<std::uint32_t>(offset));
  std::copy_n(from, into.size(), into.begin());
  return true;
}

auto FlashArea::is_blank(std::uint16_t slot) const noexcept -> bool {
  const auto words = words_at(address(slot), slot_size_ / 4);
  return std::all_of(words.begin(), words.end(),
                     [](std::uint32_t word) { return word == 0xFFFF'FFFF; });
}

auto FlashArea::destroys(std::uint16_t slot) noexcept -> std::uint16_t {
  if (is_blank(slot)) {
    return 1;
  }
  return static_cast<std::uint16_t>(slot % slots_in_page() == 0 ? slots_in_page() : 0);
}

auto FlashArea::begin_write(std::uint16_t slot, std::span<const std::byte> record) noexcept
    -> void {
  flash_.begin(address(slot), record, !is_blank(slot));
}

}  // namespace bornier::board

/// A double word whose writing was cut off may not satisfy its ECC, which is an NMI when it is
/// read. What was read is wrong then, and the record's checksum says so.
extern "C" auto flash_error_handler() noexcept -> void {
  bornier::board::ecc.set(bornier::board::two_bits_wrong);
}
