// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "node/store.hpp"
#include "node/time.hpp"

namespace bornier::board {

inline constexpr std::uint32_t flash_page = 2'048;
inline constexpr std::uint32_t flash_end = 0x0802'0000;

/// The chip's own flash, of which pages behind the program are stores. Written by double words,
/// which are checked by an ECC and so can be written once. While it erases (22 to 40 ms) or writes
/// (0.1 ms a double word) the core waits for its next instruction, interrupts included.
class Flash {
 public:
  auto start() noexcept -> void;
  auto begin(std::uint32_t address, std::span<const std::byte> record, bool erase) noexcept -> void;
  [[nodiscard]] auto state() noexcept -> node::StoreState;

 private:
  enum class Phase : std::uint8_t { idle, erasing, writing, failed };

  auto write_next() noexcept -> void;
  auto end(Phase phase) noexcept -> void;

  std::span<const std::byte> rest_;
  node::Tick begun_{0};
  std::uint32_t address_ = 0;
  Phase phase_ = Phase::idle;
};

class FlashArea final : public node::Store {
 public:
  constexpr FlashArea(Flash& flash, std::uint32_t first, std::uint32_t pages,
                      std::uint32_t slot_size) noexcept
      : flash_{flash}, first_{first}, pages_{pages}, slot_size_{slot_size} {}

  [[nodiscard]] auto slot_count() const noexcept -> std::uint16_t override {
    return static_cast<std::uint16_t>(pages_ * slots_in_page());
  }
  [[nodiscard]] auto read(std::uint16_t slot, std::size_t offset,
                          std::span<std::byte> into) noexcept -> bool override;
  [[nodiscard]] auto destroys(std::uint16_t slot) noexcept -> std::uint16_t override;
  auto begin_write(std::uint16_t slot, std::span<const std::byte> record) noexcept -> void override;
  [[nodiscard]] auto state() noexcept -> node::StoreState override { return flash_.state(); }

 private:
  [[nodiscard]] auto slots_in_page() const noexcept -> std::uint32_t {
    return flash_page / slot_size_;
  }
  [[nodiscard]] auto address(std::uint16_t slot) const noexcept -> std::uint32_t {
    return first_ + slot * slot_size_;
  }
  [[nodiscard]] auto is_blank(std::uint16_t slot) const noexcept -> bool;

  Flash& flash_;
  std::uint32_t first_;
  std::uint32_t pages_;
  std::uint32_t slot_size_;
};

}  // namespace bornier::board
