// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "node/time.hpp"

namespace bornier::node {

struct PulseSettings {
  bool enabled = true;
  bool active_low = true;  ///< a contact or open collector pulls the input down
  /// Interruptions shorter than this are bounce; the input is ready again after a pause as long.
  Micros debounce = milliseconds(2);
  /// IEC 62053-31: an S0 pulse is at least 30 ms long, with transitions of up to 5 ms.
  Micros min_width = milliseconds(20);
  Micros stuck_after = seconds(43'200);  ///< 0: never

  friend constexpr auto operator==(const PulseSettings&, const PulseSettings&) noexcept
      -> bool = default;
};

/// More edges than this in one second are no meter: S0 gives at most 16 pulses a second.
inline constexpr std::uint32_t storm_edges = 200;

/// Counts the pulses of one input.
///
/// A pulse is counted once, when the input has been active for min_width in sum, in a pulse whose
/// interruptions were all shorter than `debounce`. Interruptions do not count as width, so a train
/// of spikes is no pulse, and a bouncing contact is not cut into several. The next pulse begins
/// after the input was inactive for `debounce`.
///
/// Exact to the tick however seldom it is stepped: what time alone decides is decided before each
/// edge, as of that edge.
class PulseInput {
 public:
  /// Not ready until an inactive level was held for `debounce`: whether a pulse that is under way
  /// was counted before the boot, or under the old settings, is not known, and a count never jumps.
  auto start(const PulseSettings& settings, bool level, Instant now) noexcept -> void {
    level_ = level;
    configure(settings, now);
  }
  auto configure(const PulseSettings& settings, Instant now) noexcept -> void;

  /// The pin's level as of `at`. Instants do not fall.
  auto edge(bool level, Instant at) noexcept -> void;
  /// Time passed; all edges up to `now` have been given before.
  auto step(Instant now) noexcept -> void;

  /// What was counted before the boot.
  auto add(std::uint64_t counted) noexcept -> void { count_ += counted; }

  [[nodiscard]] auto settings() const noexcept -> const PulseSettings& { return settings_; }
  [[nodiscard]] auto count() const noexcept -> std::uint64_t { return count_; }
  /// µs between the beginnings of the last two pulses, at most 2^32 - 1 (which means "longer"); 0
  /// before the second pulse.
  [[nodiscard]] auto interval() const noexcept -> std::uint32_t { return interval_; }
  /// Pulses that ended before they were min_width long.
  [[nodiscard]] auto rejected() const noexcept -> std::uint32_t { return rejected_; }
  [[nodiscard]] auto level() const noexcept -> bool { return level_; }
  [[nodiscard]] auto active() const noexcept -> bool { return active_; }
  [[nodiscard]] auto storm() const noexcept -> bool { return storm_; }
  [[nodiscard]] auto stuck() const noexcept -> bool { return stuck_; }
  [[nodiscard]] auto last_edge() const noexcept -> Instant { return last_edge_; }

 private:
  enum class Phase : std::uint8_t { unknown, ready, rising, counted };

  auto settle(Instant now) noexcept -> void;
  auto count_one() noexcept -> void;
  auto settle_storm(Instant now) noexcept -> void;

  PulseSettings settings_;
  Instant last_edge_;
  Instant begun_;         // the pulse that is under way
  Instant last_begun_;    // the pulse counted last
  Instant second_begun_;  // the second in which edges are counted
  std::uint64_t count_ = 0;
  Micros held_ = 0;  // active so far, before last_edge_
  std::uint32_t interval_ = 0;
  std::uint32_t rejected_ = 0;
  std::uint32_t edges_ = 0;
  Phase phase_ = Phase::unknown;
  bool level_ = true;
  bool active_ = false;
  bool storm_ = false;
  bool stuck_ = false;
  bool has_counted_ = false;
};

}  // namespace bornier::node
