// SPDX-License-Identifier: Apache-2.0
// What the journal promises, computed: how long a store lasts, and how much a power cut can cost.
#pragma once

#include <cstdint>

#include "node/time.hpp"

namespace bornier::node {

/// Of the area of the counters.
struct Wear {
  std::uint32_t slots = 0;
  std::uint32_t endurance = 0;  ///< writes, or erasures, that the maker guarantees for a place
};

/// 4,096 bytes: 48 slots of 64 for counters, 2 of 256 for settings, 8 of 64 for events.
inline constexpr Wear eeprom_24c32{48, 1'000'000};

/// Seconds of pulses without a pause until the store is worn out; without pulses it lasts for ever.
[[nodiscard]] constexpr auto lifetime(Wear wear, std::uint32_t save_every_s) noexcept
    -> std::uint64_t {
  return std::uint64_t{wear.slots} * wear.endurance * save_every_s;
}

[[nodiscard]] constexpr auto years(std::uint64_t lifetime_s) noexcept -> std::uint64_t {
  return lifetime_s / 31'557'600U;
}

/// The most pulses that one input loses in a power cut: what can be counted from the beginning of a
/// save to the end of the next. `write` is how long a save may take, with whatever is being written
/// before it; a pulse with its pause takes at least min_width + debounce.
[[nodiscard]] constexpr auto loss_bound(Micros save_every, Micros write, Micros min_width,
                                        Micros debounce) noexcept -> std::uint64_t {
  return (save_every + write) / (min_width + debounce) + 1;
}

}  // namespace bornier::node
