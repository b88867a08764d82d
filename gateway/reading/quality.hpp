// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace bornier::reading {

/// What is special about a reading; no bit set means good. The numbers go on the wire and to disk:
/// append, never renumber. Three questions share the byte-sized set: is the value valid, where does
/// it come from, how good is its time.
enum class QualityFlag : std::uint16_t {
  implausible = 1U << 0U,      ///< outside the model's limits, kept
  derived = 1U << 1U,          ///< computed from other readings
  estimated = 1U << 2U,        ///< by a declared method
  coarse = 1U << 3U,           ///< a float register too large for the stated resolution to be real
  meter_restarted = 1U << 4U,  ///< a counter came back lower than before
  time_redated = 1U << 8U,     ///< taken before the clock was trusted, dated afterwards
  time_of_meter = 1U << 9U,    ///< the meter states the time itself
};

struct Quality {
  std::uint16_t flags{};

  [[nodiscard]] constexpr auto has(QualityFlag flag) const noexcept -> bool {
    return (flags & static_cast<std::uint16_t>(flag)) != 0;
  }
  [[nodiscard]] constexpr auto with(QualityFlag flag) const noexcept -> Quality {
    return Quality{static_cast<std::uint16_t>(flags | static_cast<std::uint16_t>(flag))};
  }
  friend constexpr auto operator==(Quality, Quality) noexcept -> bool = default;
};

}  // namespace bornier::reading
