// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bornier::reading {

enum class Medium : std::uint8_t {
  electricity,
  heat,
  cooling,
  water,
  hot_water,
  waste_water,
  gas,
  environment,
};
[[nodiscard]] auto to_text(Medium medium) noexcept -> std::string_view;
[[nodiscard]] auto find_medium(std::string_view name) noexcept -> std::optional<Medium>;

enum class Kind : std::uint8_t { counter, net_counter, gauge, max_gauge, state, config, text };
/// "counter", "net_counter" …: the spelling of the catalog.
[[nodiscard]] auto to_text(Kind kind) noexcept -> std::string_view;

/// How a quantity becomes the value of an interval.
enum class IntervalRule : std::uint8_t {
  delta,    ///< index at the end minus index at the start; never negative
  net,      ///< the same with its sign
  mean,     ///< time-weighted
  max,      ///< largest value seen
  last,     ///< value at the end
  special,  ///< power factors, angles, circuit temperatures: see the dictionary's notes
};
[[nodiscard]] auto to_text(IntervalRule rule) noexcept -> std::string_view;

/// One entry of the closed dictionary. Phase and tariff are fields of a point, not part of the
/// name.
struct Quantity {
  std::string_view name;  ///< "energy_active_import", "voltage"
  Kind kind{};
  IntervalRule rule{};
  std::string_view unit;  ///< UCUM; empty for texts
  /// Power of ten to which a float register in `unit` is rounded unless its model says otherwise.
  std::int8_t resolution{};
};

/// The whole dictionary, in the order of its tables.
[[nodiscard]] auto quantities() noexcept -> std::span<const Quantity>;

/// nullptr if the dictionary lacks it. Static lifetime.
[[nodiscard]] auto find_quantity(std::string_view name) noexcept -> const Quantity*;

/// "" (has none), "total", "avg", "ln_avg", "ll_avg", "sum", "n", "pe", "l1" … "l3", "l1_n" …
/// "l3_n", "l1_l2", "l2_l3", "l3_l1".
[[nodiscard]] auto phases() noexcept -> std::span<const std::string_view>;

/// OBIS code A-B:C.D.E (IEC 62056-6-1, EN 13757-1) with channel B = 0. Empty where none is known or
/// sources disagree: a code is never guessed. `tariff` 0 is the total.
[[nodiscard]] auto obis(const Quantity& quantity, Medium medium, std::string_view phase,
                        std::uint8_t tariff) -> std::string;

}  // namespace bornier::reading
