// SPDX-License-Identifier: Apache-2.0
#include "model/wiring.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <tuple>

#include "model/wiring_parts.hpp"

namespace bornier::model {
namespace {

/// IEC 61869-2: from 5 % of the rated current on, a transformer of class 1 is right within 3°, one
/// of class 0.5 within 1.5°.
constexpr double least_share = 0.05;
/// The same of the 10 A that directly connected meters are made for (IEC 62053-21).
constexpr double least_current_without_ratio = 0.5;

void judge_rotation(WiringCase& wiring) {
  if (is_left_rotation(wiring.values.rotation)) {
    wiring.add(WiringRule::rotation_left, Severity::hint,
               "the meter sees the phases in the order L1-L3-L2",
               "phase rotation: " + wiring.values.rotation,
               "exchange two of its phases, voltage and current together; active energy is right "
               "as it is, reactive energy of some meters is not");
  }
}

void judge_ratio_setting(WiringCase& wiring) {
  const auto& [primary, secondary] = std::tie(wiring.values.ct_primary, wiring.values.ct_secondary);
  if (primary && secondary && secondary->value > 0 && primary->value <= secondary->value) {
    wiring.add(WiringRule::ratio_not_set, Severity::hint,
               "the ratio of the current transformers is not set in the meter",
               text_of(*primary, "A") + " to " + text_of(*secondary, "A"),
               "set in the meter what stands on the transformers, such as 250/5");
  }
}

void say_what_was_not_judged(WiringCase& wiring) {
  std::array<bool, 3> small{};
  std::string evidence;
  bool any_loaded = false;
  bool none_flows = true;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto& values = wiring.values.phases[phase];
    any_loaded = any_loaded || wiring.loaded[phase];
    if (wiring.loaded[phase] || wiring.missing[phase] || !values.current) {
      continue;
    }
    small[phase] = true;
    none_flows = none_flows && values.current->value <= values.current->step;
    evidence +=
        (evidence.empty() ? "" : ", ") + phase_name(phase) + " " + text_of(*values.current, "A");
  }
  if (evidence.empty()) {
    return;
  }
  const bool of_ratio = wiring.values.ct_primary.has_value();
  wiring.add(
      WiringRule::load_too_small, Severity::hint,
      "the load on " + phase_names(small) + " is too small to judge how it is wired", evidence,
      "look again with at least " + text_of(least_current(wiring.values), 2) + " A on it (5 % of " +
          (of_ratio ? "the transformers' rated current" : "10 A") + ")" +
          (any_loaded && none_flows
               ? "; if something does draw there, a transformer is open or still "
                 "short-circuited"
               : ""));
}

}  // namespace

auto to_text(WiringRule rule) noexcept -> std::string_view {
  switch (rule) {
    case WiringRule::voltage_missing: return "voltage_missing";
    case WiringRule::single_phase: return "single_phase";
    case WiringRule::three_wire: return "three_wire";
    case WiringRule::neutral_misplaced: return "neutral_misplaced";
    case WiringRule::same_phase_twice: return "same_phase_twice";
    case WiringRule::voltage_angles: return "voltage_angles";
    case WiringRule::voltage_unbalanced: return "voltage_unbalanced";
    case WiringRule::rotation_left: return "rotation_left";
    case WiringRule::ratio_not_set: return "ratio_not_set";
    case WiringRule::ratio_differs: return "ratio_differs";
    case WiringRule::power_factor: return "power_factor";
    case WiringRule::sum_differs: return "sum_differs";
    case WiringRule::ct_reversed: return "ct_reversed";
    case WiringRule::cts_exchanged: return "cts_exchanged";
    case WiringRule::all_deliver: return "all_deliver";
    case WiringRule::mostly_reactive: return "mostly_reactive";
    case WiringRule::load_too_small: return "load_too_small";
  }
  return {};
}

auto to_text(Severity severity) noexcept -> std::string_view {
  return severity == Severity::error ? "error" : "hint";
}

auto least_current(const ThreePhases& values) noexcept -> double {
  return values.ct_primary && values.ct_primary->value > 0 ? least_share * values.ct_primary->value
                                                           : least_current_without_ratio;
}

auto apparent_of(const PhaseValues& phase) noexcept -> std::optional<double> {
  if (phase.voltage && phase.current) {
    return phase.voltage->value * phase.current->value;
  }
  return phase.apparent ? std::optional{phase.apparent->value} : std::nullopt;
}

auto phase_name(std::size_t phase) -> std::string {
  return "L" + std::to_string(phase + 1);
}

auto phase_names(const std::array<bool, 3>& which) -> std::string {
  std::string text;
  auto left = std::count(which.begin(), which.end(), true);
  for (std::size_t phase = 0; phase < 3; ++phase) {
    if (which[phase]) {
      --left;
      text += phase_name(phase);
      text += left > 1 ? ", " : (left == 1 ? " and " : "");
    }
  }
  return text;
}

auto text_of(double value, int decimals) -> std::string {
  std::array<char, 64> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value,
                                     std::chars_format::fixed, decimals);
  return written.ec == std::errc{} ? std::string{text.data(), written.ptr} : "very much";
}

auto text_of(const Shown& shown, std::string_view unit) -> std::string {
  const auto decimals =
      shown.step > 0 ? std::clamp(static_cast<int>(std::lround(-std::log10(shown.step))), 0, 9) : 0;
  return text_of(shown.value, decimals) + " " + std::string{unit};
}

auto check_wiring(const ThreePhases& values) -> std::vector<WiringFinding> {
  WiringCase wiring{.values = values, .findings = {}};
  judge_ratio_setting(wiring);
  if (!judge_voltages(wiring)) {
    return std::move(wiring.findings);
  }
  judge_rotation(wiring);
  judge_powers(wiring);
  judge_directions(wiring);
  say_what_was_not_judged(wiring);
  return std::move(wiring.findings);
}

}  // namespace bornier::model
