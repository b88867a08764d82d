// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "wire/tagged.hpp"

namespace bornier::node {

/// The board's free-running count of microseconds; wraps after 71 minutes. Compare differences
/// only.
using Tick = wire::Tagged<struct TickTag, std::uint32_t>;

/// Microseconds; never wraps in the node's life.
using Micros = std::uint64_t;

constexpr auto milliseconds(std::uint64_t count) noexcept -> Micros {
  return count * 1'000U;
}
constexpr auto seconds(std::uint64_t count) noexcept -> Micros {
  return count * 1'000'000U;
}

/// Since the start of the node's clock, which is not 0 so that what an interrupt saw a moment
/// before it has an Instant too.
struct Instant {
  Micros micros = 0;

  friend constexpr auto operator==(Instant, Instant) noexcept -> bool = default;
  friend constexpr auto operator<=>(Instant, Instant) noexcept = default;
};

constexpr auto operator+(Instant from, Micros later) noexcept -> Instant {
  return {from.micros + later};
}

/// From `from` to `to`; 0 where `to` is the earlier one: an edge may be newer than the loop's
/// `now`.
constexpr auto elapsed(Instant from, Instant to) noexcept -> Micros {
  return to > from ? to.micros - from.micros : 0;
}

/// Extends the board's Tick to an Instant. Has to be stepped at least every 35 minutes.
class Clock {
 public:
  constexpr explicit Clock(Tick start) noexcept : now_{wrap + start.value()} {}

  constexpr auto step(Tick tick) noexcept -> Instant {
    now_ = at(tick);
    return now_;
  }

  /// Of a tick less than 35 minutes before or after the latest step.
  [[nodiscard]] constexpr auto at(Tick tick) const noexcept -> Instant {
    const auto ahead =
        static_cast<std::int32_t>(tick.value() - static_cast<std::uint32_t>(now_.micros));
    return {now_.micros + static_cast<Micros>(static_cast<std::int64_t>(ahead))};
  }

  [[nodiscard]] constexpr auto now() const noexcept -> Instant { return now_; }

 private:
  static constexpr Micros wrap = Micros{1} << 32U;

  Instant now_;
};

[[nodiscard]] constexpr auto saturated(Micros micros) noexcept -> std::uint32_t {
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  return micros < most ? static_cast<std::uint32_t>(micros) : most;
}

}  // namespace bornier::node
