// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "node/store.hpp"

namespace bornier::node {

/// What a record is for. Goes into its checksum, so that no area is taken for another.
enum class Area : std::uint8_t { counters = 1, settings, events };

/// Records of one size, the newest of which counts. On the store:
///   sequence (4) | payload | CRC-32 of area, format and all before (4)       all big-endian
/// Sequences are compared by difference. A record is written into the slot after the newest one, so
/// a write that is cut off damages what is oldest.
class RecordRing {
 public:
  static constexpr std::size_t overhead = 8;
  /// In every checksum. Another number for another layout of payloads.
  static constexpr std::uint8_t format = 1;

  RecordRing(Store& store, Area area) noexcept : store_{&store}, area_{area} {}

  /// Of a look at all slots.
  struct Found {
    bool any = false;
    std::uint16_t damaged = 0;  ///< slots that are neither blank nor whole, a torn one among them
  };
  /// Reads all slots and leaves the newest record in `room`, one record large. Nothing where the
  /// store could not be read: nothing is known then, and nothing may be written.
  [[nodiscard]] auto open(std::span<std::byte> room) noexcept -> std::optional<Found>;

  /// The record that is `back` slots before the newest, if it is whole and older.
  [[nodiscard]] auto read_back(std::uint16_t back, std::span<std::byte> room) noexcept -> bool;

  [[nodiscard]] static auto payload(std::span<std::byte> record) noexcept -> std::span<std::byte> {
    return record.subspan(4, record.size() - overhead);
  }

  /// After open(). Numbers and seals `record` (its payload is filled in) and begins to write it. It
  /// belongs to the ring until step() says otherwise.
  auto begin(std::span<std::byte> record) noexcept -> void;

  enum class Progress : std::uint8_t { idle, writing, saved, failed };
  /// `saved` once, after the record was read back and is the same. A slot that cannot be written is
  /// left out, three times at most.
  auto step() noexcept -> Progress;

 private:
  [[nodiscard]] auto checksum(std::span<const std::byte> record) const noexcept -> std::uint32_t;
  [[nodiscard]] auto whole(std::span<const std::byte> record) const noexcept -> bool;
  [[nodiscard]] auto next_slot() noexcept -> bool;
  [[nodiscard]] auto reads_back() noexcept -> bool;

  Store* store_;
  std::span<std::byte> record_;
  std::optional<std::uint16_t> newest_slot_;
  std::uint32_t sequence_ = 0;  // of the record begun last
  std::uint32_t newest_sequence_ = 0;
  std::uint16_t slot_ = 0;  // written last, with or without success
  std::uint8_t tries_ = 0;
  Area area_;
  bool writing_ = false;
};

}  // namespace bornier::node
