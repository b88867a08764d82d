// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "model/wiring_parts.hpp"

namespace bornier::model {
namespace {

/// Of the highest phase voltage: what stray capacitance leaves on an open lead of a meter is less.
constexpr double missing_below = 0.2;
/// V; so little on all phases is none.
constexpr double no_voltage_below = 10;
/// Line voltage is √3 times phase voltage; supplies differ by less than this from phase to phase.
constexpr double neutral_tolerance = 0.06;
/// Degrees from 120 that an asymmetrical supply does not reach (EN 50160: 2 % of negative sequence
/// turn a phase by 2° at the most; amounts are known within 1 %).
constexpr double odd_angle = 10;
/// Degrees: two leads on one conductor, with what two measurements of 1 % can pretend.
constexpr double same_phase_below = 15;
/// Of the mean: EN 50160 allows 2 %, the meter adds up to 1.
constexpr double unbalanced_from = 0.03;
/// Of the mean: beyond the ±10 % of any supply, and the tolerance of what measures it.
constexpr double neutral_lost_from = 0.15;

using Amounts = std::array<double, 3>;

auto evidence_of(const ThreePhases& values) -> std::string {
  std::string text;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto& voltage = values.phases[phase].voltage;
    text += (phase == 0 ? "" : ", ") + phase_name(phase) + " " +
            (voltage ? text_of(*voltage, "V") : std::string{"not known"});
  }
  return text;
}

auto line_evidence(const ThreePhases& values) -> std::string {
  constexpr std::array names{"L1-L2 ", "L2-L3 ", "L3-L1 "};
  std::string text;
  for (std::size_t line = 0; line < 3; ++line) {
    if (values.line_voltages[line]) {
      text += std::string{", "} + names[line] + text_of(*values.line_voltages[line], "V");
    }
  }
  return text;
}

/// No phase has voltage.
void judge_none(WiringCase& wiring) {
  const bool has_lines = std::ranges::any_of(wiring.values.line_voltages, [](const auto& line) {
    return line && line->value > no_voltage_below;
  });
  if (has_lines) {
    wiring.add(WiringRule::three_wire, Severity::hint,
               "the meter measures three wires without a neutral; its phases are not judged",
               evidence_of(wiring.values) + line_evidence(wiring.values), "");
  } else {
    wiring.add(WiringRule::voltage_missing, Severity::error, "no phase has any voltage",
               evidence_of(wiring.values),
               "switch the supply on, and look at the fuses of the voltage leads");
  }
}

void judge_missing(WiringCase& wiring) {
  const auto& missing = wiring.missing;
  bool current_flows = false;
  std::string currents;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto& current = wiring.values.phases[phase].current;
    if (missing[phase] && current) {
      current_flows = current_flows || current->value >= least_current(wiring.values);
      currents += ", with " + text_of(*current, "A") + " on " + phase_name(phase);
    }
  }
  if (std::ranges::count(missing, true) == 2 && !current_flows) {
    wiring.add(WiringRule::single_phase, Severity::hint,
               phase_names(missing) +
                   " have neither voltage nor current: the meter seems to be "
                   "used on one phase",
               evidence_of(wiring.values) + currents, "");
    return;
  }
  wiring.add(WiringRule::voltage_missing, Severity::error,
             "there is no voltage on " + phase_names(missing) +
                 (current_flows ? ", but current: its energy is not counted" : ""),
             evidence_of(wiring.values) + currents,
             "look at fuse and terminal of the voltage lead of " + phase_names(missing));
}

/// One phase at the phase voltage, two at the line voltage: neutral and that phase are exchanged.
auto judge_neutral(WiringCase& wiring, const Amounts& volts) -> bool {
  const auto is_line = [](double high, double low) {
    return std::abs(high / low / std::numbers::sqrt3 - 1) <= neutral_tolerance;
  };
  for (std::size_t low = 0; low < 3; ++low) {
    const double first = volts[(low + 1) % 3];
    const double second = volts[(low + 2) % 3];
    if (is_line(first, volts[low]) && is_line(second, volts[low]) &&
        std::abs(first / second - 1) <= neutral_tolerance) {
      wiring.add(
          WiringRule::neutral_misplaced, Severity::error,
          "neutral and " + phase_name(low) + " are exchanged at the meter's voltage inputs",
          evidence_of(wiring.values),
          "exchange the leads of N and " + phase_name(low) + "; all powers are wrong until then");
      return true;
    }
  }
  return false;
}

auto judge_lines(WiringCase& wiring, const Amounts& volts) -> bool {
  std::array<bool, 3> odd{};
  for (std::size_t line = 0; line < 3; ++line) {
    const auto& between = wiring.values.line_voltages[line];
    if (!between) {
      continue;
    }
    const auto from = line;
    const auto to = (line + 1) % 3;
    const double cosine =
        (volts[from] * volts[from] + volts[to] * volts[to] - between->value * between->value) /
        (2 * volts[from] * volts[to]);
    const double angle = std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
    if (angle < same_phase_below) {
      std::array<bool, 3> both{};
      both[from] = both[to] = true;
      wiring.add(WiringRule::same_phase_twice, Severity::error,
                 "the voltage inputs of " + phase_names(both) + " are on the same phase",
                 evidence_of(wiring.values) + line_evidence(wiring.values),
                 "bring one of the two leads to the phase that is missing");
      return false;
    }
    odd[line] = std::abs(angle - 120) > odd_angle;
  }
  if (std::ranges::count(odd, true) > 0) {
    const auto& lines = wiring.values.line_voltages;
    const bool all_as_phases =
        std::ranges::count(odd, true) == 3 && std::ranges::all_of(lines, [&](const auto& line) {
          return std::abs(line->value / volts[0] - 1) <= neutral_tolerance;
        });
    if (all_as_phases) {
      wiring.add(WiringRule::neutral_misplaced, Severity::error,
                 "line voltages stand where phase voltages should be",
                 evidence_of(wiring.values) + line_evidence(wiring.values),
                 "connect the neutral, and look at the kind of network that is set in the meter");
      return false;
    }
    wiring.add(WiringRule::voltage_angles, Severity::hint,
               "the phase voltages do not stand 120° apart",
               evidence_of(wiring.values) + line_evidence(wiring.values),
               "look at the neutral, and at the kind of network that is set in the meter");
  }
  return true;
}

void judge_balance(WiringCase& wiring, const Amounts& volts) {
  const double mean = (volts[0] + volts[1] + volts[2]) / 3;
  double most = 0;
  for (const auto volt : volts) {
    most = std::max(most, std::abs(volt / mean - 1));
  }
  if (most > neutral_lost_from) {
    wiring.add(
        WiringRule::voltage_unbalanced, Severity::error,
        "the phase voltages are further apart than any supply's: the neutral is interrupted, "
        "or a lead has a bad contact",
        evidence_of(wiring.values) + ", up to " + text_of(100 * most, 1) + " % from their mean",
        "look at the neutral first: an interrupted one destroys what is connected");
  } else if (most > unbalanced_from) {
    wiring.add(
        WiringRule::voltage_unbalanced, Severity::hint, "the phase voltages are unbalanced",
        evidence_of(wiring.values) + ", up to " + text_of(100 * most, 1) + " % from their mean",
        "look at the contacts of the voltage leads, and at the load");
  }
}

}  // namespace

auto judge_voltages(WiringCase& wiring) -> bool {
  const auto& phases = wiring.values.phases;
  Amounts volts{};
  bool all_known = true;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto& voltage = phases[phase].voltage;
    all_known = all_known && voltage.has_value();
    volts[phase] = voltage ? voltage->value : 0;
  }
  const double highest = *std::ranges::max_element(volts);
  if (all_known && highest < no_voltage_below) {
    judge_none(wiring);
    return false;
  }
  auto& missing = wiring.missing;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    missing[phase] = phases[phase].voltage && volts[phase] < missing_below * highest;
    const auto& current = phases[phase].current;
    const auto apparent = apparent_of(phases[phase]);
    wiring.loaded[phase] = !missing[phase] && apparent && *apparent > 0 &&
                           (!current || current->value >= least_current(wiring.values));
  }
  if (std::ranges::count(missing, true) > 0) {
    judge_missing(wiring);
    return true;
  }
  if (!all_known) {
    return true;
  }
  if (judge_neutral(wiring, volts) || !judge_lines(wiring, volts)) {
    return false;
  }
  judge_balance(wiring, volts);
  return true;
}

}  // namespace bornier::model
