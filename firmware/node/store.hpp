// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bornier::node {

enum class StoreState : std::uint8_t { idle, busy, failed };

/// An area of non-volatile memory as a ring of slots of one size, for an I2C EEPROM and for the
/// pages of a flash alike. The areas of one chip share its state: one is written at a time.
///
/// EEPROM: every slot can be written at any time; a write is page writes, each followed by polling
/// for its end. Slots begin on pages. Flash: erases the page when its first slot is written, and
/// refuses any other slot that is not blank.
class Store {
 public:
  [[nodiscard]] virtual auto slot_count() const noexcept -> std::uint16_t = 0;

  /// A part of a slot; false where the chip does not answer. Waits for the bus: 64 bytes take 1.5
  /// ms at 400 kHz.
  [[nodiscard]] virtual auto read(std::uint16_t slot, std::size_t offset,
                                  std::span<std::byte> into) noexcept -> bool = 0;

  /// How many slots, counted from this one, lose their contents when this one is written: 1 in an
  /// EEPROM; 0 where it cannot be written now.
  [[nodiscard]] virtual auto destroys(std::uint16_t slot) noexcept -> std::uint16_t = 0;

  /// Begins to write a whole slot. `record` stays as it is until state() is not busy any more. Only
  /// when not busy.
  virtual auto begin_write(std::uint16_t slot, std::span<const std::byte> record) noexcept
      -> void = 0;

  /// Advances what was begun, without waiting. A write that takes too long has failed: it is the
  /// store that gives up, after freeing its bus.
  [[nodiscard]] virtual auto state() noexcept -> StoreState = 0;

 protected:
  Store() = default;
  Store(const Store&) = default;
  auto operator=(const Store&) -> Store& = default;
  ~Store() = default;
};

}  // namespace bornier::node
