// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/three_phases.hpp"

/// Is a three-phase meter wired as it should be? What its own numbers can tell, and no more:
/// DESIGN.md has the physics, every threshold with its reason, and what cannot be told.
namespace bornier::model {

enum class WiringRule : std::uint8_t {
  voltage_missing,     ///< a phase, or all, without voltage
  single_phase,        ///< two phases with neither voltage nor current
  three_wire,          ///< no neutral: its phases are not judged
  neutral_misplaced,   ///< line voltage where phase voltage should be
  same_phase_twice,    ///< two voltage leads on one conductor
  voltage_angles,      ///< phases not 120° apart
  voltage_unbalanced,  ///< amounts far apart
  rotation_left,
  ratio_not_set,    ///< the current transformers' ratio is still 1
  ratio_differs,    ///< powers do not fit voltage times current
  power_factor,     ///< told and computed power factor do not fit
  sum_differs,      ///< phases do not add up to the total
  ct_reversed,      ///< also the suspicion of it: then it may be feed-in
  cts_exchanged,    ///< current transformers on other phases than the voltage leads
  all_deliver,      ///< feed-in, or all current transformers reversed
  mostly_reactive,  ///< one phase alone with hardly any active power
  load_too_small,   ///< what was not judged for this reason
};
/// "ct_reversed"
[[nodiscard]] auto to_text(WiringRule rule) noexcept -> std::string_view;

/// An error cannot be right, whatever the load; a hint has an innocent explanation as well.
enum class Severity : std::uint8_t { hint, error };
[[nodiscard]] auto to_text(Severity severity) noexcept -> std::string_view;

struct WiringFinding {
  WiringRule rule{};
  Severity severity{};
  std::string what;      ///< one sentence without its full stop
  std::string evidence;  ///< the numbers
  std::string remedy;    ///< one sentence; empty where nothing need be done
};

/// Of one look at the meter. Values that were not read at one time may contradict each other while
/// the load changes: what is found again and again holds.
[[nodiscard]] auto check_wiring(const ThreePhases& values) -> std::vector<WiringFinding>;

/// A, of a phase: below it current transformers and meters promise neither amount nor angle.
[[nodiscard]] auto least_current(const ThreePhases& values) noexcept -> double;

}  // namespace bornier::model
