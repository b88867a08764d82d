// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "reading/decimal.hpp"
#include "reading/rounding.hpp"
#include "wire/result.hpp"

namespace bornier::reading {

/// What the pulses of a meter are worth: it showed `index` when whoever counts them had counted
/// `count`. All in the unit of the index that comes of it.
struct PulseRule {
  Decimal index;             ///< not negative
  std::int64_t count{};      ///< not negative
  Weight value{};            ///< of one pulse; positive
  std::int8_t resolution{};  ///< power of ten of the last digit
  friend constexpr auto operator==(const PulseRule&, const PulseRule&) noexcept -> bool = default;
};

/// index + (count_now - count) × value, rounded once, half to even. `out_of_range` if it does not
/// fit, and while the count is below the one that the rule begins at: nobody has consumed less than
/// nothing.
[[nodiscard]] auto index_at(const PulseRule& rule, Decimal count_now) noexcept
    -> wire::Result<Decimal, ValueFault>;

}  // namespace bornier::reading
