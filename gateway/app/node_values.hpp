// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reading/decimal.hpp"
#include "wire/result.hpp"

/// What the pulses of a node are worth, as its registers keep it and as people say it. Decimal
/// digits all the way: what does not fit is refused, nothing is rounded in silence.
namespace bornier::app {

/// Of one input. One pulse is `mantissa` × 10^`exponent` of its unit, and at count 0 its meter
/// showed `start_index` × 10^`exponent`.
struct NodeScale {
  std::uint32_t mantissa{1};
  std::int16_t exponent{};
  std::uint16_t unit{};  ///< 0 pulses, 1 W.h, 2 V.A{reactive}.h, 3 m3, 4 J
  std::uint64_t start_index{};

  friend auto operator==(const NodeScale&, const NodeScale&) noexcept -> bool = default;
};

/// A value in one of the node's units.
struct NodeMeasure {
  reading::Decimal value;
  std::uint16_t unit{};
};

/// "1234.567 m3", "12 kWh", "815 {pulse}"; or why it is none, for people.
[[nodiscard]] auto parse_measure(std::string_view text) -> wire::Result<NodeMeasure, std::string>;
/// What one pulse is worth: "10 L", or how many make a unit: "1000 {pulse}/kWh" (imp, pulses). A
/// reciprocal without an end (3 pulses a kWh) is refused, with the nearest value that the node can
/// hold.
[[nodiscard]] auto parse_pulse_value(std::string_view text)
    -> wire::Result<NodeMeasure, std::string>;

/// The scale with another pulse value. What the meter showed at count 0 stays the same, unless the
/// unit is another one: then it is 0.
[[nodiscard]] auto with_pulse_value(const NodeScale& scale, const NodeMeasure& value)
    -> wire::Result<NodeScale, std::string>;
/// The scale with which the index at this count is `index`; the pulse is worth what it was.
[[nodiscard]] auto with_index(const NodeScale& scale, const NodeMeasure& index, std::uint64_t count)
    -> wire::Result<NodeScale, std::string>;

[[nodiscard]] auto is_known_unit(std::uint16_t unit) noexcept -> bool;
/// "0.010 m3", "0.001 kWh" of one pulse; empty where the registers make no sense.
[[nodiscard]] auto pulse_value_text(const NodeScale& scale) -> std::string;
/// What the meter shows by now, as the two above; empty where 64 bits do not hold it.
[[nodiscard]] auto index_text(const NodeScale& scale, std::uint64_t count) -> std::string;
/// "1.200 m3/h", "0.360 kW": of two pulses so far apart; empty where there is no interval.
[[nodiscard]] auto rate_text(const NodeScale& scale, std::uint32_t interval_us) -> std::string;
/// "volume", or what else the unit measures, as the dictionary of quantities says it.
[[nodiscard]] auto quantity_of_unit(std::uint16_t unit) -> std::string_view;

}  // namespace bornier::app
