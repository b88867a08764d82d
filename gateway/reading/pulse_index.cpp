// SPDX-License-Identifier: Apache-2.0
#include "reading/pulse_index.hpp"

namespace bornier::reading {

auto index_at(const PulseRule& rule, Decimal count_now) noexcept
    -> wire::Result<Decimal, ValueFault> {
  const auto pulses = sum(count_now, {rule.count, 0}, true);
  if (!pulses || pulses->mantissa < 0) {
    return ValueFault::out_of_range;
  }
  auto value = rule.value;
  value.exponent = static_cast<std::int16_t>(value.exponent + pulses->exponent);
  return scale_from(rule.index, static_cast<std::uint64_t>(pulses->mantissa), value,
                    rule.resolution);
}

}  // namespace bornier::reading
