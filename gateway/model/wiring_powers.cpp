// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "model/wiring_parts.hpp"

namespace bornier::model {
namespace {

/// What meters of class 1 or 2 make of one current in two registers, and what a load may change
/// between two requests.
constexpr double excess_from = 1.10;
/// The same for currents below the least that is judged otherwise, and the steps that such a
/// current must have: a ratio that is missing makes currents small.
constexpr double excess_of_small_from = 2;
constexpr double least_steps = 20;
/// Harmonics lower powers against voltage times current, and power factors by another definition
/// against each other: a current distortion of 170 % halves them, and no load distorts more.
constexpr double lack_from = 0.5;
/// Below it a power factor is too uncertain to divide by.
constexpr double least_power_factor = 0.2;
/// More than any rounding of a power factor.
constexpr double impossible_power_factor = 1.02;
constexpr double power_factor_tolerance = 0.1;
/// Of all amounts together: the phases are read before or after the total.
constexpr double sum_tolerance = 0.1;

/// A, as they stand on transformers (IEC 61869-2, and makers' lists); secondary 5 A, then 1 A.
constexpr std::array<int, 30> primaries{30,   40,   50,   60,   75,   80,   100,  120,  125,  150,
                                        160,  200,  250,  300,  400,  500,  600,  750,  800,  1000,
                                        1200, 1250, 1500, 1600, 2000, 2500, 3000, 4000, 5000, 6000};
constexpr double ratio_tolerance = 0.05;

/// "250/5", or empty if no usual transformer has about this ratio.
auto usual_ratio(double ratio) -> std::string {
  std::string best;
  double least = ratio_tolerance;
  for (const int secondary : {5, 1}) {
    for (const int primary : primaries) {
      const double off = std::abs(ratio * secondary / primary - 1);
      if (off < least) {
        least = off;
        best = std::to_string(primary) + "/" + std::to_string(secondary);
      }
    }
    if (!best.empty()) {
      break;
    }
  }
  return best;
}

/// Powers of a phase against voltage times current; nothing where they fit.
struct Misfit {
  double ratio{};
  std::string evidence;
};
auto misfit_of(const PhaseValues& phase, bool loaded) -> std::optional<Misfit> {
  const auto& voltage = phase.voltage;
  const auto& current = phase.current;
  const auto& active = phase.active;
  const auto& apparent = phase.apparent;
  if (!voltage || !current || (!loaded && current->value < least_steps * current->step)) {
    return std::nullopt;
  }
  const double most = loaded ? excess_from : excess_of_small_from;
  const double product = voltage->value * current->value;
  const double rounding = voltage->value * current->step + current->value * voltage->step;
  const auto evidence = [&](const std::string& power) {
    return power + " at " + text_of(*voltage, "V") + " times " + text_of(*current, "A");
  };
  if (apparent) {
    const double ratio = apparent->value / product;
    if (apparent->value > most * product + rounding + apparent->step ||
        (loaded && apparent->value < lack_from * product - rounding - apparent->step)) {
      return Misfit{.ratio = ratio, .evidence = evidence(text_of(*apparent, "V.A"))};
    }
  }
  if (active) {
    const double amount = std::abs(active->value);
    if (amount > most * product + rounding + active->step) {
      return Misfit{.ratio = amount / product, .evidence = evidence(text_of(*active, "W"))};
    }
    const double told = phase.power_factor ? std::abs(phase.power_factor->value) : 0;
    if (loaded && told >= least_power_factor && told <= impossible_power_factor &&
        amount + active->step + rounding < lack_from * told * product) {
      return Misfit{.ratio = amount / (told * product),
                    .evidence = evidence(text_of(*active, "W")) + " with a power factor of " +
                                text_of(told, 3)};
    }
  }
  return std::nullopt;
}

void judge_ratio(WiringCase& wiring) {
  std::array<bool, 3> misfits{};
  std::string evidence;
  double ratio = 1;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto misfit = wiring.missing[phase]
                            ? std::nullopt
                            : misfit_of(wiring.values.phases[phase], wiring.loaded[phase]);
    if (misfit) {
      misfits[phase] = true;
      ratio = misfit->ratio;
      evidence += (evidence.empty() ? "" : "; ") + phase_name(phase) + " " + misfit->evidence;
    }
  }
  if (evidence.empty()) {
    return;
  }
  const double factor = ratio > 1 ? ratio : 1 / std::max(ratio, 1e-9);
  const auto usual = usual_ratio(factor);
  wiring.add(
      WiringRule::ratio_differs, Severity::error,
      "the powers of " + phase_names(misfits) + " are " + text_of(factor, factor < 10 ? 1 : 0) +
          " times too " + (ratio > 1 ? "large" : "small") + " for voltage and current" +
          (usual.empty() ? "" : ", about the ratio of a transformer " + usual),
      evidence,
      usual.empty() ? "look whether the model is the right one, with the right settings"
                    : "the ratio is applied to one of them only: look at the ratio that is set in "
                      "the meter, and whether the model is the right one");
}

/// What the last digits of its parts may make of active by apparent power, near 1.
auto rounding_of_share(const PhaseValues& values, double apparent) -> double {
  double steps = values.active->step;
  if (values.voltage && values.current) {
    steps +=
        values.voltage->value * values.current->step + values.current->value * values.voltage->step;
  } else {
    steps += values.apparent->step;
  }
  return steps / apparent;
}

void judge_power_factors(WiringCase& wiring) {
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto& values = wiring.values.phases[phase];
    if (!values.power_factor || !wiring.loaded[phase]) {
      continue;
    }
    const double told = std::abs(values.power_factor->value);
    const auto evidence = phase_name(phase) + " power factor " + text_of(*values.power_factor, "");
    if (told > impossible_power_factor + values.power_factor->step) {
      wiring.add(WiringRule::power_factor, Severity::error,
                 "the power factor of " + phase_name(phase) + " is above 1", evidence,
                 "look whether the model is the right one");
      continue;
    }
    const auto apparent = apparent_of(values);
    if (!values.active || !apparent || *apparent <= 0) {
      continue;
    }
    const double computed = std::abs(values.active->value) / *apparent;
    const double rounding = values.power_factor->step + rounding_of_share(values, *apparent);
    // It may be told higher: without harmonics that are in the current.
    if (computed <= excess_from && told < computed - power_factor_tolerance - rounding) {
      wiring.add(WiringRule::power_factor, Severity::error,
                 "the power factor of " + phase_name(phase) +
                     " is lower than its power, voltage and current say",
                 evidence + "but " + text_of(*values.active, "W") + " of " + text_of(*apparent, 1) +
                     " V.A are " + text_of(computed, 3),
                 "look whether the model is the right one");
    }
  }
}

void judge_sum(WiringCase& wiring) {
  const auto& total = wiring.values.active;
  double sum = 0;
  double amounts = 0;
  double rounding = 0;
  for (const auto& phase : wiring.values.phases) {
    if (!phase.active || !total) {
      return;
    }
    sum += phase.active->value;
    amounts += std::abs(phase.active->value);
    rounding += phase.active->step + total->step;
  }
  const bool any_loaded = std::ranges::count(wiring.loaded, true) > 0;
  const double tolerance = sum_tolerance * amounts + rounding;
  if (!any_loaded || std::abs(sum - total->value) <= tolerance) {
    return;
  }
  const auto evidence = "phases " + text_of(sum, 1) + " W, total " + text_of(*total, "W");
  if (std::abs(amounts - total->value) <= tolerance) {
    wiring.add(WiringRule::sum_differs, Severity::hint,
               "the meter adds the amounts of its phases, whichever way they flow", evidence,
               "look at how the meter is told to count phases that deliver");
  } else {
    wiring.add(WiringRule::sum_differs, Severity::error,
               "the phases do not add up to the total active power", evidence,
               "look whether the model is the right one, with the right settings, and at the kind "
               "of network that is set in the meter");
  }
}

}  // namespace

void judge_powers(WiringCase& wiring) {
  judge_ratio(wiring);
  judge_power_factors(wiring);
  judge_sum(wiring);
}

}  // namespace bornier::model
