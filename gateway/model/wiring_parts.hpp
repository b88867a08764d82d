// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "model/wiring.hpp"

/// What the parts of the wiring check share; for them only.
namespace bornier::model {

struct WiringCase {
  const ThreePhases& values;
  std::array<bool, 3> missing{};  ///< no voltage
  std::array<bool, 3> loaded{};   ///< enough current and voltage for a judgement
  std::vector<WiringFinding> findings;

  void add(WiringRule rule, Severity severity, std::string what, std::string evidence,
           std::string remedy) {
    findings.push_back({.rule = rule,
                        .severity = severity,
                        .what = std::move(what),
                        .evidence = std::move(evidence),
                        .remedy = std::move(remedy)});
  }
};

/// What the parts see in the voltages decides whether the rest can be judged: false if not.
[[nodiscard]] auto judge_voltages(WiringCase& wiring) -> bool;
/// Do powers, power factors and sums fit each other?
void judge_powers(WiringCase& wiring);
/// Do the currents belong to the voltages, and flow the right way?
void judge_directions(WiringCase& wiring);

/// V.A of a phase: voltage times current, or what the meter says where one of them is not known.
/// Nothing if neither is.
[[nodiscard]] auto apparent_of(const PhaseValues& phase) noexcept -> std::optional<double>;

/// "L1", "L1 and L3", "L1, L2 and L3".
[[nodiscard]] auto phase_names(const std::array<bool, 3>& which) -> std::string;
/// "L1"
[[nodiscard]] auto phase_name(std::size_t phase) -> std::string;
/// "-812.5 W", with the meter's own digits.
[[nodiscard]] auto text_of(const Shown& shown, std::string_view unit) -> std::string;
/// With so many decimals.
[[nodiscard]] auto text_of(double value, int decimals) -> std::string;

}  // namespace bornier::model
