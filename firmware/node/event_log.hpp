// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/bytes.hpp"

namespace bornier::node {

/// The numbers stand in stores and on the wire: append, never renumber.
enum class EventKind : std::uint8_t {
  boot = 1,  ///< source: ResetCause
  brown_out,
  storm_begin,  ///< source: input, as in the five that follow
  storm_end,
  stuck_begin,
  stuck_end,
  index_set,
  edges_lost,  ///< value: how many
  door_open,
  door_closed,
  mains_lost,
  mains_back,
  settings_changed,  ///< value: first address written
  line_on_trial,     ///< communication settings changed, not confirmed yet
  line_confirmed,
  line_reverted,
  record_damaged,  ///< found at boot; source: Area, value: how many
  store_failed,    ///< source: Area; value: writes that failed since boot
  fault_record,    ///< a hard fault ended the boot before; its registers are input registers
};

/// Why the node started.
enum class ResetCause : std::uint8_t {
  unknown,
  power_on,
  brown_out,
  watchdog,
  pin,
  software,
  fault
};

struct Event {
  std::uint32_t uptime = 0;  ///< seconds
  std::uint16_t boot = 0;    ///< the low half of the boot's number
  std::uint16_t value = 0;
  EventKind kind{};
  std::uint8_t source = 0;

  friend constexpr auto operator==(const Event&, const Event&) noexcept -> bool = default;
};
static_assert(sizeof(Event) == 12);

/// The latest events. Each has a number one higher than the one before; numbers wrap after 2^32.
class EventLog {
 public:
  static constexpr std::size_t capacity = 32;
  /// Events in one record of the store.
  static constexpr std::size_t packed = 5;
  static constexpr std::size_t packed_size = 4 + packed * 10;

  auto add(EventKind kind, std::uint8_t source = 0, std::uint16_t value = 0) noexcept -> void;
  /// Of the events that are added from now on.
  auto set_time(std::uint32_t boot, std::uint32_t uptime) noexcept -> void {
    boot_ = static_cast<std::uint16_t>(boot);
    uptime_ = uptime;
  }

  /// The number that the next event gets.
  [[nodiscard]] auto next() const noexcept -> std::uint32_t { return next_; }
  [[nodiscard]] auto size() const noexcept -> std::size_t { return size_; }
  /// The oldest that is still here; next() where there is none.
  [[nodiscard]] auto oldest() const noexcept -> std::uint32_t {
    return next_ - static_cast<std::uint32_t>(size_);
  }
  [[nodiscard]] auto holds(std::uint32_t number) const noexcept -> bool {
    return number - oldest() < size_;
  }
  /// holds(number).
  [[nodiscard]] auto operator[](std::uint32_t number) const noexcept -> const Event& {
    return events_[number % capacity];
  }
  /// The event that stands at this place of the ring: a number that is `slot` modulo `capacity`.
  [[nodiscard]] auto number_at(std::size_t slot) const noexcept -> std::uint32_t {
    return next_ - 1U - ((next_ - 1U - static_cast<std::uint32_t>(slot)) % capacity);
  }

  /// The first event that no record holds yet; next() where all are kept.
  [[nodiscard]] auto unsaved() const noexcept -> std::uint32_t;
  /// Writes a record that ends with the newest event, or where too many are unsaved, begins with
  /// the first of those: up to five events that ended up in a store are in it again, so that the
  /// last records hold more history. The number after its last event; mark_saved() of it once it is
  /// kept.
  [[nodiscard]] auto pack(std::span<std::byte, packed_size> room) const noexcept -> std::uint32_t;
  auto mark_saved(std::uint32_t end) noexcept -> void { saved_ = end; }

  /// A record of an earlier boot; records are given oldest first, before the first add().
  auto restore(std::span<const std::byte, packed_size> record) noexcept -> void;
  /// Numbers below were given before, even if their events are lost.
  auto continue_from(std::uint32_t number) noexcept -> void;

 private:
  std::array<Event, capacity> events_{};
  std::size_t size_ = 0;
  std::uint32_t next_ = 1;
  std::uint32_t saved_ = 1;
  std::uint32_t uptime_ = 0;
  std::uint16_t boot_ = 0;
};

}  // namespace bornier::node
