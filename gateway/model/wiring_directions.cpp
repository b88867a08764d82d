// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "model/wiring_parts.hpp"

namespace bornier::model {
namespace {

/// Of the apparent power: an angle error of 3°, the most that a transformer of class 1 may have,
/// moves the active power of a load without any by this much.
constexpr double clear_share = 0.05;
/// Degrees by which the loads of three phases may differ and still speak for an exchange: less than
/// half of the 60° between two kinds of faulty wiring.
constexpr double spread_of_exchange = 25;
/// The same for a reversed transformer, which feed-in beside a capacitive load can resemble.
constexpr double spread_of_reversal = 15;
/// Degrees, of a load whose reversed transformer is told from feed-in by its reactive power: an
/// inverter that supports the grid goes to cos φ 0.95, that is 18°.
constexpr double least_inductive = 20;
/// Degrees, of loads in whose light an exchange is told: power factor 0.94 capacitive to 0.42
/// inductive.
constexpr double least_of_exchange = -20;
constexpr double most_inductive = 65;
/// Of voltage times current: hardly any power, while another phase has half of it or more.
constexpr double hardly_any = 0.1;
constexpr double plain_share = 0.5;

struct Flow {
  double share{};               ///< active of apparent power, drawn is positive
  std::optional<double> angle;  ///< degrees by which the current lags; -180 to 180
};
using Flows = std::array<std::optional<Flow>, 3>;

auto flow_of(const PhaseValues& phase) -> std::optional<Flow> {
  const auto apparent = apparent_of(phase);
  if (!phase.active || !apparent || *apparent <= 0) {
    return std::nullopt;
  }
  Flow flow{.share = phase.active->value / *apparent, .angle = std::nullopt};
  if (std::abs(phase.active->value) < 2 * phase.active->step) {
    flow.share = 0;
  }
  if (phase.reactive && (phase.active->value != 0 || phase.reactive->value != 0)) {
    flow.angle = std::atan2(phase.reactive->value, phase.active->value) * 180 / std::numbers::pi;
  }
  return flow;
}

auto turned(double degrees) -> double {
  return std::remainder(degrees, 360);
}

/// A way of wrong wiring: by how much it turns each phase's angle.
struct Fault {
  std::array<bool, 3> reversed{};
  std::optional<std::pair<std::size_t, std::size_t>> exchanged;
  std::array<double, 3> turn{};

  [[nodiscard]] auto least_angle() const -> double {
    return exchanged ? least_of_exchange : least_inductive;
  }
  [[nodiscard]] auto largest_spread() const -> double {
    return exchanged ? spread_of_exchange : spread_of_reversal;
  }
};

/// In the order of how much has gone wrong.
auto all_faults() -> std::vector<Fault> {
  std::vector<Fault> faults;
  const auto reverse = [](Fault fault, unsigned mask) {
    for (std::size_t phase = 0; phase < 3; ++phase) {
      if ((mask >> phase & 1U) != 0) {
        fault.reversed[phase] = true;
        fault.turn[phase] += 180;
      }
    }
    return fault;
  };
  for (const unsigned mask : {1U, 2U, 4U, 3U, 5U, 6U}) {
    faults.push_back(reverse({}, mask));
  }
  std::vector<Fault> exchanges;
  for (std::size_t third = 0; third < 3; ++third) {
    for (const double third_of_turn : {120.0, -120.0}) {  // either rotation
      Fault fault;
      fault.exchanged = std::minmax((third + 1) % 3, (third + 2) % 3);
      fault.turn[fault.exchanged->first] = third_of_turn;
      fault.turn[fault.exchanged->second] = -third_of_turn;
      exchanges.push_back(fault);
    }
  }
  faults.insert(faults.end(), exchanges.begin(), exchanges.end());
  for (const auto& exchange : exchanges) {
    for (const unsigned mask : {1U, 2U, 4U}) {
      faults.push_back(reverse(exchange, mask));
    }
  }
  return faults;
}

/// A phase that delivers active and reactive power, more of it than inverters are told to: neither
/// a load nor feed-in beside an inductive one does.
auto draws_backwards(const Flows& flows) -> bool {
  return std::ranges::any_of(flows, [](const std::optional<Flow>& flow) {
    return flow->share <= -clear_share && flow->angle < -90.0 &&
           flow->angle >= least_inductive - 180;
  });
}

/// The mean angle of the loads if this is how it is wired; nothing if loads are not like that.
auto explains(const Fault& fault, const Flows& flows) -> std::optional<double> {
  double least = 180;
  double most = -180;
  double sum = 0;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const double load = turned(*flows[phase]->angle - fault.turn[phase]);
    least = std::min(least, load);
    most = std::max(most, load);
    sum += load / 3;
  }
  if (fault.exchanged && std::ranges::count(fault.reversed, true) > 0 && !draws_backwards(flows)) {
    return std::nullopt;
  }
  const bool fits = least >= fault.least_angle() && most <= most_inductive &&
                    most - least <= fault.largest_spread();
  return fits ? std::optional{sum} : std::nullopt;
}

auto evidence_of(const WiringCase& wiring) -> std::string {
  std::string text;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    const auto& values = wiring.values.phases[phase];
    if (!wiring.loaded[phase] || !values.active) {
      continue;
    }
    text += (text.empty() ? "" : ", ") + phase_name(phase) + " " + text_of(*values.active, "W");
    if (values.reactive) {
      text += " and " + text_of(*values.reactive, "var");
    }
    if (const auto apparent = apparent_of(values)) {
      text += " of " + text_of(*apparent, 0) + " V.A";
    }
  }
  return text;
}

auto turn_round(const std::array<bool, 3>& reversed) -> std::string {
  return "turn the current transformer of " + phase_names(reversed) +
         " round, or exchange its wires S1 and S2 (k and l); at a meter without transformers, "
         "incoming and outgoing wire";
}

void add_fault(WiringCase& wiring, const Fault& fault, double load) {
  const auto evidence =
      evidence_of(wiring) + ": then all three loads would have about " + text_of(load, 0) + "°";
  const bool any_reversed = std::ranges::count(fault.reversed, true) > 0;
  if (!fault.exchanged) {
    wiring.add(WiringRule::ct_reversed, Severity::error,
               "the current of " + phase_names(fault.reversed) +
                   " is measured the wrong way round, in active and in reactive power",
               evidence, turn_round(fault.reversed));
    return;
  }
  std::array<bool, 3> both{};
  both[fault.exchanged->first] = both[fault.exchanged->second] = true;
  wiring.add(
      WiringRule::cts_exchanged, Severity::error,
      "the currents of " + phase_names(both) + " are exchanged against their voltages" +
          (any_reversed ? ", and that of " + phase_names(fault.reversed) + " is the wrong way round"
                        : ""),
      evidence,
      "exchange the current transformers of " + phase_names(both) +
          ", or the voltage leads if these are wrong" +
          (any_reversed ? "; then " + turn_round(fault.reversed) : ""));
}

/// All three phases have turned in a way that no load, generator or single fault explains.
auto is_moved_on(const Flows& flows) -> bool {
  return std::ranges::all_of(flows, [](const std::optional<Flow>& flow) {
    return flow->angle < -60.0 && flow->angle > -115.0;
  });
}

/// Without reactive power: two phases with the angles that an exchange gives to a load like the
/// third one's. For equal loads the three power factors then add up to 0.
auto looks_exchanged(const Flows& flows) -> std::optional<std::array<bool, 3>> {
  constexpr double tolerance = 0.12;
  for (std::size_t third = 0; third < 3; ++third) {
    const double share = flows[third]->share;
    if (share < plain_share) {
      continue;
    }
    const double angle = std::acos(std::min(share, 1.0));
    const double two_thirds = 2 * std::numbers::pi / 3;
    const auto& one = flows[(third + 1) % 3]->share;
    const auto& other = flows[(third + 2) % 3]->share;
    for (const double way : {two_thirds, -two_thirds}) {
      if (std::abs(one - std::cos(angle + way)) <= tolerance &&
          std::abs(other - std::cos(angle - way)) <= tolerance) {
        std::array<bool, 3> both{true, true, true};
        both[third] = false;
        return both;
      }
    }
  }
  return std::nullopt;
}

void judge_signs(WiringCase& wiring, const Flows& flows) {
  std::array<bool, 3> delivers{};
  std::array<bool, 3> draws{};
  int known = 0;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    if (flows[phase]) {
      ++known;
      delivers[phase] = flows[phase]->share <= -clear_share;
      draws[phase] = flows[phase]->share >= clear_share;
    }
  }
  if (std::ranges::count(delivers, true) == 0) {
    return;
  }
  const auto suspicion = known == 3 ? looks_exchanged(flows) : std::nullopt;
  if (suspicion) {
    wiring.add(WiringRule::cts_exchanged, Severity::hint,
               "the currents of " + phase_names(*suspicion) +
                   " may be exchanged against their voltages: their power factors stand for a "
                   "turn of 120°",
               evidence_of(wiring),
               "look at the current transformers of " + phase_names(*suspicion) +
                   "; unless a generator feeds in there");
  } else if (std::ranges::count(draws, true) > 0) {
    wiring.add(WiringRule::ct_reversed, Severity::hint,
               phase_names(delivers) +
                   (std::ranges::count(delivers, true) > 1 ? " deliver" : " delivers") + " while " +
                   phase_names(draws) + (std::ranges::count(draws, true) > 1 ? " draw" : " draws") +
                   ": a generator feeds in there, or the current transformer is reversed",
               evidence_of(wiring), "if nothing feeds in there, " + turn_round(delivers));
  } else {
    wiring.add(WiringRule::all_deliver, Severity::hint,
               phase_names(delivers) +
                   (std::ranges::count(delivers, true) > 1 ? " deliver" : " delivers") +
                   ": a generator feeds in, or the current is measured the wrong way round",
               evidence_of(wiring),
               "if nothing feeds in, exchange supply and load side of all current inputs");
  }
}

void judge_reactive(WiringCase& wiring, const Flows& flows) {
  const bool any_plain = std::ranges::any_of(
      flows, [](const auto& flow) { return flow && flow->share >= plain_share; });
  for (std::size_t phase = 0; phase < 3 && any_plain; ++phase) {
    if (flows[phase] && std::abs(flows[phase]->share) < hardly_any) {
      wiring.add(WiringRule::mostly_reactive, Severity::hint,
                 phase_name(phase) +
                     " has current but hardly any active power, other phases have "
                     "it",
                 evidence_of(wiring),
                 "look whether the current transformer of " + phase_name(phase) +
                     " sits on another phase; a capacitor or an idle motor explains it as well");
    }
  }
}

}  // namespace

void judge_directions(WiringCase& wiring) {
  Flows flows;
  bool all_angles = true;
  for (std::size_t phase = 0; phase < 3; ++phase) {
    if (wiring.loaded[phase]) {
      flows[phase] = flow_of(wiring.values.phases[phase]);
    }
    all_angles = all_angles && flows[phase] && flows[phase]->angle;
  }
  if (all_angles) {
    const bool any_delivers =
        std::ranges::any_of(flows, [](const auto& flow) { return flow->share <= -clear_share; });
    for (const auto& fault : any_delivers ? all_faults() : std::vector<Fault>{}) {
      if (const auto load = explains(fault, flows)) {
        add_fault(wiring, fault, *load);
        return;
      }
    }
    if (is_moved_on(flows)) {
      wiring.add(WiringRule::cts_exchanged, Severity::hint,
                 "all three currents run far ahead of their voltages: each transformer may sit on "
                 "the next phase",
                 evidence_of(wiring),
                 "look at the order of the current transformers; capacitors alone explain it as "
                 "well");
      return;
    }
  }
  judge_signs(wiring, flows);
  judge_reactive(wiring, flows);
}

}  // namespace bornier::model
