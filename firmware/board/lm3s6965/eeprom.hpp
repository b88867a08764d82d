// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "node/journal.hpp"
#include "node/store.hpp"
#include "node/time.hpp"

namespace bornier::board {

/// An AT24C32 at I2C0 (PB2, PB3): 4,096 bytes in pages of 32. Each byte is 9 bits of 200 kHz.
class Eeprom {
 public:
  auto start() noexcept -> void;

  [[nodiscard]] auto read(std::uint16_t address, std::span<std::byte> into) noexcept -> bool;
  /// `address` begins a page.
  auto begin_write(std::uint16_t address, std::span<const std::byte> bytes) noexcept -> void;
  [[nodiscard]] auto state() noexcept -> node::StoreState;

 private:
  enum class Phase : std::uint8_t { idle, sending, polling, failed };

  auto send_next() noexcept -> void;
  auto poll() noexcept -> void;
  auto fail() noexcept -> void;

  std::span<const std::byte> rest_;  // not sent yet
  node::Tick page_begun_{0};
  std::uint16_t address_ = 0;       // of the next byte
  std::uint8_t address_bytes_ = 0;  // of it that were sent
  Phase phase_ = Phase::idle;
};

class EepromArea final : public node::Store {
 public:
  constexpr EepromArea(Eeprom& chip, std::uint16_t first, std::uint16_t slot_size,
                       std::uint16_t slots) noexcept
      : chip_{chip}, first_{first}, slot_size_{slot_size}, slots_{slots} {}

  [[nodiscard]] auto slot_count() const noexcept -> std::uint16_t override { return slots_; }
  [[nodiscard]] auto read(std::uint16_t slot, std::size_t offset,
                          std::span<std::byte> into) noexcept -> bool override {
    return chip_.read(static_cast<std::uint16_t>(address(slot) + offset), into);
  }
  [[nodiscard]] auto destroys(std::uint16_t) noexcept -> std::uint16_t override { return 1; }
  auto begin_write(std::uint16_t slot, std::span<const std::byte> record) noexcept
      -> void override {
    chip_.begin_write(address(slot), record);
  }
  [[nodiscard]] auto state() noexcept -> node::StoreState override { return chip_.state(); }

 private:
  [[nodiscard]] auto address(std::uint16_t slot) const noexcept -> std::uint16_t {
    return static_cast<std::uint16_t>(first_ + slot * slot_size_);
  }

  Eeprom& chip_;
  std::uint16_t first_;
  std::uint16_t slot_size_;
  std::uint16_t slots_;
};

}  // namespace bornier::board
