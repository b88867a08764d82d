// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "node/event_log.hpp"
#include "node/queue.hpp"
#include "node/record_ring.hpp"
#include "node/settings.hpp"
#include "node/time.hpp"

namespace bornier::node {

/// What a record of the area `counters` holds.
struct Counters {
  std::array<std::uint64_t, pulse_inputs> counts{};  ///< 48 bits are kept: 500,000 years of S0
  std::uint32_t boots = 0;
  std::uint32_t next_event = 0;

  friend auto operator==(const Counters&, const Counters&) noexcept -> bool = default;
};

/// Sizes of a slot, which the board's stores have to have: whole pages of a 24C32 (32 bytes) and
/// whole double words of a flash.
inline constexpr std::size_t counters_slot = 64;
inline constexpr std::size_t settings_slot = 256;
inline constexpr std::size_t events_slot = 64;
static_assert(counters_slot - RecordRing::overhead == pulse_inputs * 6 + 4 + 4);
static_assert(settings_slot - RecordRing::overhead >= 2 * Settings::size);
/// Records of events that are read back at boot: together they may hold a whole log.
inline constexpr std::uint16_t most_event_records = 8;
static_assert(events_slot - RecordRing::overhead >= EventLog::packed_size);

/// Areas of one chip: at least 2 slots each, on a flash 2 pages.
struct Stores {
  Store& counters;
  Store& settings;
  Store& events;
};

/// Decides when what is saved. One write at a time: counters that are due, then settings, then
/// events.
class Journal {
 public:
  /// Settings and events are not worn out by whoever writes settings, or shakes a door, without
  /// end.
  static constexpr Micros settings_pause = seconds(5);
  static constexpr Micros events_pause = seconds(10);
  /// Early saves of a supply that flickers.
  static constexpr Micros early_pause = seconds(1);

  explicit Journal(const Stores& stores) noexcept;

  struct Opened {
    Counters counters;                       ///< zeros where there is no record
    std::array<std::uint16_t, 3> damaged{};  ///< by area
  };
  /// Fills settings and log from their newest records; leaves them as they are where there is none.
  /// Nothing where the chip cannot be read: to be tried again, and until then nothing is written.
  [[nodiscard]] auto open(Settings& settings, EventLog& log) noexcept -> std::optional<Opened>;
  [[nodiscard]] auto is_open() const noexcept -> bool { return open_; }

  /// A count changed: to be saved after `save_every`.
  auto counters_changed() noexcept -> void { counters_changed_ = true; }
  /// Counters, if they changed, and events at once: brown-out, mains lost, asked for.
  auto save_early() noexcept -> void {
    early_ = true;
    begun_[static_cast<std::size_t>(Area::events) - 1].reset();
  }
  auto settings_changed() noexcept -> void { settings_changed_ = true; }

  /// What is saved is what is given to the step in which its write begins.
  auto step(Instant now, Micros save_every, const Counters& counters, const Settings& settings,
            EventLog& log) noexcept -> void;

  /// Nothing waits and nothing is written.
  [[nodiscard]] auto settled() const noexcept -> bool;
  /// Records of counters that were saved, and read back, since boot.
  [[nodiscard]] auto saves() const noexcept -> std::uint32_t { return saves_; }
  [[nodiscard]] auto failures() const noexcept -> std::uint16_t { return failures_; }
  /// The area of the latest failure.
  [[nodiscard]] auto failed_area() const noexcept -> Area { return failed_area_; }

 private:
  [[nodiscard]] auto ring(Area area) noexcept -> RecordRing&;
  [[nodiscard]] auto due(Instant now, Micros save_every, const EventLog& log) const noexcept
      -> std::optional<Area>;
  auto begin(Area area, Instant now, const Counters& counters, const Settings& settings,
             const EventLog& log) noexcept -> void;
  auto finish(Area area, bool saved, EventLog& log) noexcept -> void;
  [[nodiscard]] auto paused(Area area, Instant now, Micros pause) const noexcept -> bool;

  RecordRing counters_;
  RecordRing settings_;
  RecordRing events_;
  std::array<std::byte, settings_slot> room_{};  // the record that is being written
  std::array<std::optional<Instant>, 3> begun_;  // by area
  std::optional<Instant> early_begun_;
  std::optional<Area> writing_;
  std::uint32_t events_end_ = 0;
  std::uint32_t saves_ = 0;
  std::uint16_t failures_ = 0;
  Area failed_area_{};
  bool open_ = false;
  bool counters_changed_ = false;
  bool settings_changed_ = false;
  bool early_ = false;
};

}  // namespace bornier::node
