// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace bornier::reading {

/// Why a point has data or not: the closed list of promise 8. The numbers go on the wire: append,
/// never renumber.
enum class Acquisition : std::uint8_t {
  not_polled_yet = 0,
  ok = 1,
  no_response = 2,    ///< the meter is silent
  exception = 3,      ///< the meter refused; the exception code stands beside it
  bus_down = 4,       ///< the line or the connection to the meter is gone
  not_available = 5,  ///< the meter's own sentinel
  out_of_range = 6,   ///< does not fit, or fails the model's limits
  unsupported = 7,    ///< this meter lacks the point
};

/// "no response", as `status`, `state_view` and the page show it.
[[nodiscard]] auto to_text(Acquisition state) noexcept -> std::string_view;

}  // namespace bornier::reading
