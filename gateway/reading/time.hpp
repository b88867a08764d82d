// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace bornier::reading {

/// Time bases without a `now()`: only the shell reads clocks (io/clock.hpp).
struct BootTime {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootTime>;
  static constexpr bool is_steady = true;
};
struct Utc {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Utc>;
  static constexpr bool is_steady = false;
};

/// Steady time since boot (CLOCK_BOOTTIME), microseconds. For deadlines, and to date samples while
/// the clock is wrong.
using Instant = BootTime::time_point;

/// UTC, milliseconds since 1970-01-01. For readings.
using Stamp = Utc::time_point;

/// One look at both clocks, taken once per turn of the shell.
struct Now {
  Instant instant;
  Stamp stamp;
};

[[nodiscard]] constexpr auto milliseconds_since_1970(Stamp stamp) noexcept -> std::int64_t {
  return stamp.time_since_epoch().count();
}
[[nodiscard]] constexpr auto stamp_at(std::int64_t milliseconds_since_1970) noexcept -> Stamp {
  return Stamp{Stamp::duration{milliseconds_since_1970}};
}

}  // namespace bornier::reading
