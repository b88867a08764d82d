// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <numbers>
#include <random>
#include <string>

#include "model/wiring.hpp"

// Random supplies, loads and meters as phasors: what is wired rightly raises no alarm, and each
// fault is found as often as DESIGN.md says. The counts are printed.
namespace bornier::model {
namespace {

using Phasor = std::complex<double>;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  auto between(double least, double most) -> double {
    return least + (most - least) * static_cast<double>(engine_() >> 11U) * 0x1p-53;
  }
  auto spread_out(double least, double most) -> double {  // each order of magnitude as often
    return std::exp(between(std::log(least), std::log(most)));
  }
  auto below(unsigned count) -> unsigned { return static_cast<unsigned>(engine_() % count); }
  auto chance(double share) -> bool { return between(0, 1) < share; }

 private:
  std::mt19937_64 engine_;
};

auto at_angle(double amount, double degrees) -> Phasor {
  return std::polar(amount, degrees * std::numbers::pi / 180);
}

/// Conductors L1, L2, L3 and N against earth, and what flows in the first three.
struct Supply {
  std::array<Phasor, 4> volts;
  std::array<Phasor, 3> amperes;
  double distortion{};  ///< of the currents
};

/// Which conductor each input of the meter sits on.
struct Leads {
  std::array<int, 4> volts{0, 1, 2, 3};  ///< -1: nowhere
  std::array<unsigned, 3> transformers{0, 1, 2};
  std::array<bool, 3> reversed{};
  double ratio_of_currents{1};  ///< applied to the currents that are shown, not to the powers
};

auto a_supply(Dice& dice) -> Supply {
  Supply supply;
  const double volts = 230 * dice.between(0.9, 1.1);
  for (unsigned phase = 0; phase < 3; ++phase) {
    supply.volts[phase] =
        at_angle(volts * dice.between(0.985, 1.015), -120.0 * phase + dice.between(-1, 1));
  }
  supply.distortion = dice.chance(0.7) ? dice.between(0, 0.2) : dice.between(0.2, 1.2);
  return supply;
}

/// A load of `volt_amperes` whose current lags by `degrees`.
void draw(Supply& supply, unsigned phase, double volt_amperes, double degrees) {
  supply.amperes[phase] += std::conj(at_angle(volt_amperes, degrees) / supply.volts[phase]);
}

/// Angles of loads: mostly inductive, to a power factor of 0.34; capacitive to 0.8.
auto load_angle(Dice& dice) -> double {
  return dice.chance(0.8) ? dice.between(0, 70) : dice.between(-37, 0);
}
auto inverter_angle(Dice& dice) -> double {  // cos φ 1 to 0.9, taking reactive power as is usual
  return 180 - (dice.chance(0.5) ? dice.between(0, 26) : dice.between(-2, 2));
}

struct MeterKind {
  bool lines{}, reactive{}, apparent{}, power_factor{}, total{}, vector_apparent{};
  double volt_step{}, ampere_step{}, watt_step{};
};
auto a_meter(Dice& dice) -> MeterKind {
  MeterKind kind;
  kind.lines = dice.chance(0.7);
  kind.reactive = dice.chance(0.8);
  kind.apparent = dice.chance(0.7);
  kind.power_factor = dice.chance(0.8);
  kind.total = dice.chance(0.9);
  kind.vector_apparent = dice.chance(0.5);
  kind.volt_step = dice.chance(0.5) ? 0.1 : 0.01;
  kind.ampere_step = dice.chance(0.3) ? 0.1 : 0.001;
  kind.watt_step = dice.chance(0.3) ? 10 : (dice.chance(0.5) ? 1 : 0.1);
  return kind;
}

auto rounded(double value, double step) -> Shown {
  return {.value = std::round(value / step) * step, .step = step};
}

/// What the meter shows; its errors are those of class 1 with transformers of class 1.
auto measure(Dice& dice, const Supply& supply, const Leads& leads, const MeterKind& kind)
    -> ThreePhases {
  const auto at = [&](std::size_t input) {
    const int conductor = leads.volts[input];
    return conductor < 0 ? leads.volts[3] < 0
                               ? Phasor{}
                               : supply.volts[static_cast<std::size_t>(leads.volts[3])]
                         : supply.volts[static_cast<std::size_t>(conductor)];
  };
  ThreePhases values;
  std::array<Phasor, 3> volts;
  double sum = 0;
  for (unsigned phase = 0; phase < 3; ++phase) {
    volts[phase] = (at(phase) - at(3)) * dice.between(0.995, 1.005);
    auto current = supply.amperes[leads.transformers[phase]] *
                   at_angle(dice.between(0.99, 1.01), dice.between(-2, 2));
    if (leads.reversed[phase]) {
      current = -current;
    }
    const auto power = volts[phase] * std::conj(current);
    const double all = std::abs(current) * std::hypot(1.0, supply.distortion);
    auto& shown = values.phases[phase];
    const double apparent = kind.vector_apparent ? std::abs(power) : std::abs(volts[phase]) * all;
    shown.voltage = rounded(std::abs(volts[phase]), kind.volt_step);
    shown.current = rounded(all / leads.ratio_of_currents, kind.ampere_step);
    shown.active = rounded(power.real(), kind.watt_step);
    if (kind.reactive) {
      shown.reactive = rounded(power.imag(), kind.watt_step);
    }
    if (kind.apparent) {
      shown.apparent = rounded(apparent, kind.watt_step);
    }
    if (kind.power_factor && apparent > 0) {
      shown.power_factor = rounded(power.real() / apparent, 0.001);
    }
    sum += shown.active->value;
  }
  if (kind.total) {
    values.active = rounded(sum * dice.between(0.97, 1.03), kind.watt_step);
  }
  for (unsigned line = 0; line < 3 && kind.lines; ++line) {
    values.line_voltages[line] =
        rounded(std::abs(volts[line] - volts[(line + 1) % 3]), kind.volt_step);
  }
  return values;
}

struct Counts {
  std::map<std::string, int> outcomes;
  int of(const std::string& outcome) const {
    const auto found = outcomes.find(outcome);
    return found == outcomes.end() ? 0 : found->second;
  }
};

constexpr int rounds = 5'000;

void print(const std::string& title, const Counts& counts) {
  std::cout << std::left << std::setw(44) << title;
  for (const auto& [outcome, count] : counts.outcomes) {
    std::cout << "  " << outcome << " " << count;
  }
  std::cout << "\n";
}

/// Of 5,000 installations that are wired rightly; "silent" may hold `load_too_small`.
auto alarms(const std::string& title, std::uint64_t seed,
            const std::function<void(Dice&, Supply&)>& load) -> Counts {
  Dice dice{seed};
  Counts counts;
  for (int round = 0; round < rounds; ++round) {
    auto supply = a_supply(dice);
    load(dice, supply);
    const auto kind = a_meter(dice);
    const auto values = measure(dice, supply, {}, kind);
    std::string outcome = "silent";
    for (const auto& finding : check_wiring(values)) {
      if (finding.severity == Severity::error) {
        if (counts.of("error") < 3) {
          std::cout << title << ": " << finding.what << "; " << finding.evidence << "\n";
        }
        outcome = "error";
        break;
      }
      if (finding.rule != WiringRule::load_too_small) {
        outcome = "hint";
      }
    }
    ++counts.outcomes[outcome];
  }
  print(title, counts);
  return counts;
}

TEST(WiringOfRandomLoads, RaisesNoAlarmWhereItIsRight) {
  const auto loads = [](double least, double most) {
    return [least, most](Dice& dice, Supply& supply) {
      for (unsigned phase = 0; phase < 3; ++phase) {
        draw(supply, phase, dice.spread_out(least, most), load_angle(dice));
      }
    };
  };
  auto counts = alarms("unbalanced loads of any kind", 1, loads(100, 30'000));
  EXPECT_EQ(counts.of("error"), 0);
  EXPECT_LE(counts.of("hint"), rounds / 100);
  counts = alarms("hardly any load", 2, loads(0.5, 200));
  EXPECT_EQ(counts.of("error"), 0);
  EXPECT_LE(counts.of("hint"), rounds / 100);
}

TEST(WiringOfRandomLoads, TakesFeedInOnAllPhasesForAHint) {
  const auto feed_in = [](double most_capacitive) {
    return [most_capacitive](Dice& dice, Supply& supply) {
      const double power = dice.spread_out(1'000, 30'000);
      const double angle = inverter_angle(dice);
      for (unsigned phase = 0; phase < 3; ++phase) {
        draw(supply, phase, dice.spread_out(100, 10'000), dice.between(-most_capacitive, 70));
        draw(supply, phase, power, angle);
      }
    };
  };
  auto counts = alarms("feed-in on all phases", 3, feed_in(0));
  EXPECT_EQ(counts.of("error"), 0);
  counts = alarms("the same beside capacitive loads", 6, feed_in(37));
  EXPECT_LE(counts.of("error"), rounds * 1 / 100) << "may look like an exchange";
}

TEST(WiringOfRandomLoads, TakesFeedInOnOnePhaseForAHint) {
  const auto feed_in = [](bool capacitive) {
    return [capacitive](Dice& dice, Supply& supply) {
      const auto phase = dice.below(3);
      for (unsigned each = 0; each < 3; ++each) {
        const bool other = each != phase || capacitive;
        const double angle =
            other && (capacitive && each == phase) ? dice.between(-37, 0) : dice.between(0, 70);
        draw(supply, each, dice.spread_out(200, 10'000), angle);
      }
      const double load = (supply.volts[phase] * std::conj(supply.amperes[phase])).real();
      const double with_feed_in = load + dice.spread_out(500, 5'000);
      draw(supply, phase, with_feed_in, inverter_angle(dice));
    };
  };
  auto counts = alarms("feed-in on one phase", 4, feed_in(false));
  EXPECT_EQ(counts.of("error"), 0);
  EXPECT_GE(counts.of("hint"), rounds * 95 / 100);
  counts = alarms("feed-in beside a capacitive load", 5, feed_in(true));
  EXPECT_LE(counts.of("error"), rounds * 4 / 100) << "looks like a reversed transformer";
}

/// A three-phase load of 0.5 to 100 A on each phase, its phases alike within ±5°, then a fault.
auto detection(const std::string& title, std::uint64_t seed, WiringRule rule, double least_angle,
               double most_angle, const std::function<void(Dice&, Leads&)>& damage) -> Counts {
  Dice dice{seed};
  Counts counts;
  for (int round = 0; round < rounds; ++round) {
    auto supply = a_supply(dice);
    const double angle = dice.between(least_angle, most_angle);
    const double power = dice.spread_out(150, 20'000);
    for (unsigned phase = 0; phase < 3; ++phase) {
      draw(supply, phase, power * dice.between(1, 1.5), angle + dice.between(-5, 5));
    }
    Leads leads;
    damage(dice, leads);
    auto kind = a_meter(dice);
    kind.lines = kind.lines || rule == WiringRule::same_phase_twice;
    std::string outcome = "missed";
    for (const auto& finding : check_wiring(measure(dice, supply, leads, kind))) {
      if (finding.rule == rule) {
        outcome = finding.severity == Severity::error ? "error" : "hint";
        break;
      }
      outcome = finding.severity == Severity::error ? "other error" : "other hint";
    }
    ++counts.outcomes[outcome];
  }
  print(title, counts);
  return counts;
}

TEST(WiringOfRandomLoads, FindsReversedTransformers) {
  const auto one = [](Dice& dice, Leads& leads) { leads.reversed[dice.below(3)] = true; };
  auto counts =
      detection("one reversed, load of 25 to 60°", 11, WiringRule::ct_reversed, 25, 60, one);
  EXPECT_GE(counts.of("error") + counts.of("hint"), rounds * 99 / 100);
  EXPECT_GE(counts.of("error"), rounds * 70 / 100) << "where reactive power is told";
  counts = detection("one reversed, load of -20 to 20°", 12, WiringRule::ct_reversed, -20, 20, one);
  EXPECT_GE(counts.of("error") + counts.of("hint"), rounds * 99 / 100);
  counts = detection("two reversed, load of 25 to 60°", 13, WiringRule::ct_reversed, 25, 60,
                     [](Dice& dice, Leads& leads) {
                       leads.reversed = {true, true, true};
                       leads.reversed[dice.below(3)] = false;
                     });
  EXPECT_GE(counts.of("error") + counts.of("hint"), rounds * 99 / 100);
  counts = detection("all reversed", 14, WiringRule::all_deliver, 0, 60, [](Dice&, Leads& leads) {
    leads.reversed = {true, true, true};
  });
  EXPECT_GE(counts.of("hint"), rounds * 98 / 100);
}

TEST(WiringOfRandomLoads, FindsExchangedTransformersAndLeads) {
  const auto exchange = [](auto& list, unsigned third) {
    std::swap(list[(third + 1) % 3], list[(third + 2) % 3]);
  };
  auto counts =
      detection("two transformers exchanged", 21, WiringRule::cts_exchanged, -15, 60,
                [&](Dice& dice, Leads& leads) { exchange(leads.transformers, dice.below(3)); });
  EXPECT_GE(counts.of("error") + counts.of("hint"), rounds * 85 / 100);
  EXPECT_GE(counts.of("error"), rounds * 75 / 100) << "where reactive power is told";
  counts = detection("two voltage leads exchanged", 22, WiringRule::cts_exchanged, -15, 60,
                     [&](Dice& dice, Leads& leads) { exchange(leads.volts, dice.below(3)); });
  EXPECT_GE(counts.of("error") + counts.of("hint"), rounds * 85 / 100);
  counts = detection("all transformers one phase on", 23, WiringRule::cts_exchanged, 0, 60,
                     [](Dice&, Leads& leads) {
                       leads.transformers = {2, 0, 1};
                     });
  EXPECT_GE(counts.of("hint"), rounds * 60 / 100) << "the rest looks like a load";
}

TEST(WiringOfRandomLoads, FindsWrongVoltagesAndRatios) {
  auto counts = detection("a phase without voltage", 31, WiringRule::voltage_missing, -20, 60,
                          [](Dice& dice, Leads& leads) { leads.volts[dice.below(3)] = -1; });
  EXPECT_EQ(counts.of("error"), rounds);
  counts = detection(
      "neutral exchanged with a phase", 32, WiringRule::neutral_misplaced, -20, 60,
      [](Dice& dice, Leads& leads) { std::swap(leads.volts[dice.below(3)], leads.volts[3]); });
  EXPECT_GE(counts.of("error"), rounds * 99 / 100);
  counts = detection("two leads on one phase", 33, WiringRule::same_phase_twice, -20, 60,
                     [](Dice& dice, Leads& leads) {
                       const auto phase = dice.below(3);
                       leads.volts[(phase + 1) % 3] = leads.volts[phase];
                     });
  EXPECT_GE(counts.of("error"), rounds * 99 / 100);
  counts = detection(
      "a ratio of 10 to 200 in the powers only", 34, WiringRule::ratio_differs, -20, 60,
      [](Dice& dice, Leads& leads) { leads.ratio_of_currents = dice.spread_out(10, 200); });
  EXPECT_GE(counts.of("error"), rounds * 70 / 100) << "the rest is too small a current";
  counts = detection(
      "a ratio of 10 to 200 in the currents only", 35, WiringRule::ratio_differs, -20, 60,
      [](Dice& dice, Leads& leads) { leads.ratio_of_currents = 1 / dice.spread_out(10, 200); });
  EXPECT_GE(counts.of("error"), rounds * 80 / 100) << "with apparent power or a power factor";
}

}  // namespace
}  // namespace bornier::model
