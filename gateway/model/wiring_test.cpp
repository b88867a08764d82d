// SPDX-License-Identifier: Apache-2.0
#include "model/wiring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace bornier::model {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double step = 0.001;

auto shown(double value) -> Shown {
  return {.value = value, .step = step};
}

/// 230 V, this current, and powers as the meter computes them for this angle (inductive positive).
auto phase(double amperes, double degrees) -> PhaseValues {
  const double radians = degrees * std::numbers::pi / 180;
  const double apparent = 230 * amperes;
  return {.voltage = shown(230),
          .current = shown(amperes),
          .active = shown(apparent * std::cos(radians)),
          .reactive = shown(apparent * std::sin(radians)),
          .apparent = shown(apparent),
          .power_factor = shown(std::abs(std::cos(radians)))};
}

/// A supply with these angles on its phases, 10 A on each.
auto supply(double l1, double l2, double l3) -> ThreePhases {
  ThreePhases values;
  values.phases = {phase(10, l1), phase(10, l2), phase(10, l3)};
  values.line_voltages = {shown(398.4), shown(398.4), shown(398.4)};
  double sum = 0;
  for (const auto& each : values.phases) {
    sum += each.active->value;
  }
  values.active = shown(sum);
  return values;
}

auto with_voltages(double l1, double l2, double l3) -> ThreePhases {
  auto values = supply(25, 25, 25);
  values.line_voltages = {};
  values.active.reset();
  std::size_t index = 0;
  for (const double volts : {l1, l2, l3}) {
    auto& each = values.phases[index++];
    const double share = volts / 230;
    each.voltage = shown(volts);
    for (auto* power : {&each.active, &each.reactive, &each.apparent}) {
      (*power)->value *= share;
    }
  }
  return values;
}

auto error(WiringRule rule) {
  return AllOf(Field(&WiringFinding::rule, rule), Field(&WiringFinding::severity, Severity::error));
}
auto hint(WiringRule rule) {
  return AllOf(Field(&WiringFinding::rule, rule), Field(&WiringFinding::severity, Severity::hint));
}
auto says(const std::string& what) {
  return Field(&WiringFinding::what, HasSubstr(what));
}

TEST(Wiring, OfAnOrdinaryLoadHasNoFindings) {
  EXPECT_THAT(check_wiring(supply(25, 20, 32)), IsEmpty());
  EXPECT_THAT(check_wiring(supply(-20, 0, 60)), IsEmpty()) << "each phase its own load";
  EXPECT_THAT(check_wiring(ThreePhases{}), IsEmpty()) << "nothing is known";
}

TEST(Wiring, ReversedTransformerTurnsActiveAndReactivePower) {
  const auto findings = check_wiring(supply(25, 25 - 180, 25));
  ASSERT_THAT(findings, ElementsAre(AllOf(error(WiringRule::ct_reversed), says("current of L2"))));
  EXPECT_EQ(findings[0].evidence,
            "L1 2084.508 W and 972.022 var of 2300 V.A, L2 -2084.508 W and -972.022 var of 2300 "
            "V.A, L3 2084.508 W and 972.022 var of 2300 V.A: then all three loads would have about "
            "25°");
  EXPECT_THAT(findings[0].remedy, HasSubstr("transformer of L2 round"));
}

TEST(Wiring, TwoReversedTransformersAreNamedBoth) {
  EXPECT_THAT(check_wiring(supply(25 - 180, 25, 25 - 180)),
              ElementsAre(AllOf(error(WiringRule::ct_reversed), says("current of L1 and L3"))));
}

TEST(Wiring, ReversalIsAnErrorFromTwentyDegreesInductiveOnly) {
  EXPECT_THAT(check_wiring(supply(20.5, 20.5 - 180, 20.5)),
              ElementsAre(error(WiringRule::ct_reversed)));
  EXPECT_THAT(check_wiring(supply(19.5, 19.5 - 180, 19.5)),
              ElementsAre(hint(WiringRule::ct_reversed)));
}

TEST(Wiring, ReversalIsAnErrorWhereTheLoadsAreWithinFifteenDegrees) {
  EXPECT_THAT(check_wiring(supply(25, 39 - 180, 25)), ElementsAre(error(WiringRule::ct_reversed)));
  EXPECT_THAT(check_wiring(supply(25, 41 - 180, 25)), ElementsAre(hint(WiringRule::ct_reversed)));
}

TEST(Wiring, FeedInOnOnePhaseIsAHint) {
  const auto findings = check_wiring(supply(25, 165, 25));
  ASSERT_THAT(findings, ElementsAre(hint(WiringRule::ct_reversed)));
  EXPECT_EQ(findings[0].what,
            "L2 delivers while L1 and L3 draw: a generator feeds in there, or the current "
            "transformer is reversed");
}

TEST(Wiring, DeliveryCountsFromFivePercentOfTheApparentPower) {
  const auto angle_of = [](double share) { return std::acos(share) * 180 / std::numbers::pi; };
  auto values = supply(25, angle_of(-0.051), 25);
  EXPECT_THAT(check_wiring(values), testing::Contains(hint(WiringRule::ct_reversed)));
  values = supply(25, angle_of(-0.049), 25);
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::mostly_reactive)));
}

TEST(Wiring, FeedInOnAllPhasesIsAHint) {
  EXPECT_THAT(check_wiring(supply(178, -176, 170)), ElementsAre(hint(WiringRule::all_deliver)));
}

TEST(Wiring, ExchangedTransformersTurnTwoPhasesByAThird) {
  EXPECT_THAT(check_wiring(supply(20, 20 + 120, 20 - 120)),
              ElementsAre(AllOf(error(WiringRule::cts_exchanged), says("currents of L2 and L3"))));
  EXPECT_THAT(check_wiring(supply(20 - 120, 20 + 120, 20)),
              ElementsAre(AllOf(error(WiringRule::cts_exchanged), says("currents of L1 and L2"))))
      << "the other way round";
}

TEST(Wiring, ExchangedAndReversedTransformersAreToldTogether) {
  EXPECT_THAT(check_wiring(supply(20, 20 + 120, 20 - 120 + 180)),
              ElementsAre(hint(WiringRule::ct_reversed)))
      << "feed-in on L2 explains it as well";
  EXPECT_THAT(check_wiring(supply(20 - 180, 20 + 120, 20 - 120)),
              ElementsAre(AllOf(error(WiringRule::cts_exchanged),
                                says("and that of L1 is the wrong way round"))));
}

TEST(Wiring, ExchangeIsAnErrorBetweenItsLimitsOfTheLoad) {
  for (const double load : {-19.0, 64.0}) {
    EXPECT_THAT(check_wiring(supply(load, load + 120, load - 120)),
                ElementsAre(error(WiringRule::cts_exchanged)))
        << load;
  }
  for (const double load : {-21.0, 66.0}) {
    EXPECT_THAT(check_wiring(supply(load, load + 120, load - 120)),
                testing::Not(testing::Contains(error(WiringRule::cts_exchanged))))
        << load;
  }
}

TEST(Wiring, ExchangeIsAnErrorWhereTheLoadsAreWithinTwentyFiveDegrees) {
  EXPECT_THAT(check_wiring(supply(10, 34 + 120, 10 - 120)),
              ElementsAre(error(WiringRule::cts_exchanged)));
  EXPECT_THAT(check_wiring(supply(10, 36 + 120, 10 - 120)),
              testing::Not(testing::Contains(error(WiringRule::cts_exchanged))));
}

TEST(Wiring, WithoutReactivePowerAnExchangeIsASuspicion) {
  auto values = supply(20, 20 + 120, 20 - 120);
  for (auto& each : values.phases) {
    each.reactive.reset();
  }
  EXPECT_THAT(check_wiring(values),
              ElementsAre(AllOf(hint(WiringRule::cts_exchanged), says("L2 and L3"))));
}

TEST(Wiring, SuspicionOfAnExchangeTakesSharesWithinTwelvePercent) {
  const auto with = [](double off) {
    auto values = supply(20, 20 + 120, 20 - 120);
    values.active.reset();
    values.phases[1].active->value += 2'300 * off;
    for (auto& each : values.phases) {
      each.reactive.reset();
      each.power_factor.reset();
    }
    return check_wiring(values);
  };
  EXPECT_THAT(with(0.119), ElementsAre(hint(WiringRule::cts_exchanged)));
  EXPECT_THAT(with(0.121), ElementsAre(hint(WiringRule::ct_reversed)));
}

TEST(Wiring, TransformersThatAllMovedOnAreASuspicion) {
  EXPECT_THAT(check_wiring(supply(30 - 120, 35 - 120, 28 - 120)),
              ElementsAre(hint(WiringRule::cts_exchanged)));
  EXPECT_THAT(check_wiring(supply(-59, -59, -59)), IsEmpty());
}

TEST(Wiring, PhaseWithHardlyAnyActivePowerIsAHint) {
  const auto angle_of = [](double share) { return std::acos(share) * 180 / std::numbers::pi; };
  EXPECT_THAT(check_wiring(supply(25, angle_of(0.099), 25)),
              ElementsAre(hint(WiringRule::mostly_reactive)));
  EXPECT_THAT(check_wiring(supply(25, angle_of(0.101), 25)), IsEmpty());
  EXPECT_THAT(check_wiring(supply(80, angle_of(0.05), 80)), IsEmpty()) << "so are the others";
}

TEST(Wiring, OtherPhasesHaveActivePowerFromHalfOfTheApparent) {
  const auto angle_of = [](double share) { return std::acos(share) * 180 / std::numbers::pi; };
  const auto with = [&](double others) {
    return check_wiring(supply(angle_of(others), angle_of(0.05), angle_of(others)));
  };
  EXPECT_THAT(with(0.501), ElementsAre(hint(WiringRule::mostly_reactive)));
  EXPECT_THAT(with(0.499), IsEmpty());
}

TEST(Wiring, LoadIsJudgedFromHalfAnAmpere) {
  auto values = supply(25, 25, 25);
  values.active.reset();
  values.phases[1] = phase(0.5, 25 - 180);
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::ct_reversed)));
  values.phases[1] = phase(0.499, 25 - 180);
  const auto findings = check_wiring(values);
  ASSERT_THAT(findings, ElementsAre(hint(WiringRule::load_too_small)));
  EXPECT_EQ(findings[0].evidence, "L2 0.499 A");
  EXPECT_EQ(findings[0].remedy, "look again with at least 0.50 A on it (5 % of 10 A)");
}

TEST(Wiring, LoadIsJudgedFromFivePercentOfTheTransformersCurrent) {
  auto values = supply(25, 25 - 180, 25);
  values.ct_primary = shown(200);
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::ct_reversed)));
  values.ct_primary = shown(201);
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::load_too_small)));
}

TEST(Wiring, PhaseWithoutCurrentBesideLoadedOnesMayBeShortCircuited) {
  auto values = supply(25, 25, 25);
  values.active.reset();
  values.phases[2] = phase(0, 0);
  const auto findings = check_wiring(values);
  ASSERT_THAT(findings, ElementsAre(hint(WiringRule::load_too_small)));
  EXPECT_THAT(findings[0].remedy, HasSubstr("short-circuited"));
}

TEST(Wiring, MissingVoltageIsBelowAFifth) {
  auto findings = check_wiring(with_voltages(230, 45.9, 230));
  ASSERT_THAT(findings, ElementsAre(error(WiringRule::voltage_missing)));
  EXPECT_EQ(findings[0].what, "there is no voltage on L2, but current: its energy is not counted");
  findings = check_wiring(with_voltages(230, 46.1, 230));
  EXPECT_THAT(findings, ElementsAre(error(WiringRule::voltage_unbalanced)));
}

TEST(Wiring, TwoPhasesWithNeitherVoltageNorCurrentAreNotUsed) {
  auto values = with_voltages(230, 0, 0);
  values.phases[1] = values.phases[2] = phase(0, 0);
  values.phases[1].voltage = values.phases[2].voltage = shown(0);
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::single_phase)));
  values.phases[2].current = shown(3);
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::voltage_missing)));
}

TEST(Wiring, NoVoltageAtAllIsAnErrorUnlessThereAreLineVoltages) {
  auto values = with_voltages(0, 0, 0);
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::voltage_missing)));
  values.line_voltages = {shown(400), shown(400), shown(400)};
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::three_wire)));
}

TEST(Wiring, LessThanTenVoltOnAllPhasesIsNone) {
  EXPECT_THAT(check_wiring(with_voltages(9.9, 9.9, 9.9)),
              ElementsAre(error(WiringRule::voltage_missing)));
  EXPECT_THAT(check_wiring(with_voltages(10.1, 10.1, 10.1)), IsEmpty());
}

TEST(Wiring, NeutralInPlaceOfAPhaseShowsLineVoltageOnTheOthers) {
  EXPECT_THAT(check_wiring(with_voltages(398, 231, 400)),
              ElementsAre(AllOf(error(WiringRule::neutral_misplaced), says("neutral and L2"))));
  const double limit = 231 * std::numbers::sqrt3 * 0.94;
  EXPECT_THAT(check_wiring(with_voltages(limit + 0.5, 231, limit + 0.5)),
              ElementsAre(error(WiringRule::neutral_misplaced)));
  EXPECT_THAT(check_wiring(with_voltages(limit - 0.5, 231, limit - 0.5)),
              ElementsAre(error(WiringRule::voltage_unbalanced)));
}

TEST(Wiring, LineVoltagesInPlaceOfPhaseVoltagesAreToldByTheLineVoltages) {
  auto values = with_voltages(400, 400, 400);
  EXPECT_THAT(check_wiring(values), IsEmpty()) << "a network of 690 V has them";
  values.line_voltages = {shown(400), shown(399), shown(401)};
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::neutral_misplaced)));
}

TEST(Wiring, TwoLeadsOnOnePhaseHaveNoVoltageBetweenThem) {
  const auto between = [](double degrees) {
    return shown(2 * 230 * std::sin(degrees / 2 * std::numbers::pi / 180));
  };
  auto values = supply(25, 25, 25);
  values.line_voltages[1] = between(14);
  EXPECT_THAT(check_wiring(values), ElementsAre(AllOf(error(WiringRule::same_phase_twice),
                                                      says("L2 and L3 are on the same phase"))));
  values.line_voltages[1] = between(16);
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::voltage_angles)));
  values.line_voltages[1] = between(109);
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::voltage_angles)));
  values.line_voltages[1] = between(111);
  EXPECT_THAT(check_wiring(values), IsEmpty());
}

TEST(Wiring, UnbalancedVoltagesAreAHintFromThreeAndAnErrorFromFifteenPercent) {
  EXPECT_THAT(check_wiring(with_voltages(100 - 2.9, 100, 100 + 2.9)), IsEmpty());
  EXPECT_THAT(check_wiring(with_voltages(100 - 3.1, 100, 100 + 3.1)),
              ElementsAre(hint(WiringRule::voltage_unbalanced)));
  EXPECT_THAT(check_wiring(with_voltages(100 - 14.9, 100, 100 + 14.9)),
              ElementsAre(hint(WiringRule::voltage_unbalanced)));
  EXPECT_THAT(check_wiring(with_voltages(100 - 15.1, 100, 100 + 15.1)),
              ElementsAre(error(WiringRule::voltage_unbalanced)));
}

TEST(Wiring, LeftRotationIsAHintWhereTheMeterTellsIt) {
  auto values = supply(25, 25, 25);
  values.rotation = "right";
  EXPECT_THAT(check_wiring(values), IsEmpty());
  values.rotation = "left";
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::rotation_left)));
}

TEST(Wiring, RatioThatWasNeverSetIsAHint) {
  auto values = supply(25, 25, 25);
  values.ct_primary = shown(5);
  values.ct_secondary = shown(5);
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::ratio_not_set)));
  values.ct_primary = shown(50);
  EXPECT_THAT(check_wiring(values), IsEmpty());
}

TEST(Wiring, RatioThatIsAppliedToPowersOnlyIsNamed) {
  auto values = supply(25, 25, 25);
  values.active.reset();
  for (auto& each : values.phases) {
    each.current->value /= 8;  // 40/5
  }
  const auto findings = check_wiring(values);
  ASSERT_THAT(findings, testing::Contains(error(WiringRule::ratio_differs)));
  EXPECT_EQ(findings[0].what,
            "the powers of L1, L2 and L3 are 8.0 times too large for voltage and current, about "
            "the ratio of a transformer 40/5");
}

TEST(Wiring, RatioThatIsMissingInPowersIsToldByThePowerFactor) {
  auto values = supply(25, 25, 25);
  values.active.reset();
  for (auto& each : values.phases) {
    each.active->value /= 50;
    each.reactive.reset();
    each.apparent.reset();
  }
  const auto findings = check_wiring(values);
  ASSERT_THAT(findings, testing::Contains(AllOf(error(WiringRule::ratio_differs), says("250/5"))));
  EXPECT_THAT(findings[0].what, HasSubstr("50 times too small"));
}

TEST(Wiring, MissingRatioIsToldBelowTheLeastCurrentToo) {
  auto values = supply(0, 0, 0);
  for (auto& each : values.phases) {
    each.current->value = 0.1;
  }
  EXPECT_THAT(check_wiring(values),
              testing::Contains(AllOf(error(WiringRule::ratio_differs), says("500/5"))));
  for (auto& each : values.phases) {
    each.current->step = 0.01;  // ten steps
  }
  EXPECT_THAT(check_wiring(values), ElementsAre(hint(WiringRule::load_too_small)));
}

TEST(Wiring, SmallCurrentsAreDoubtedFromTwiceThePowerAndTwentySteps) {
  const auto with = [](double factor, double ampere_step) {
    auto values = supply(0, 0, 0);
    values.active.reset();
    for (auto& each : values.phases) {
      each = phase(0.4, 0);
      each.active->value *= factor;
      each.apparent->value *= factor;
      each.current->step = ampere_step;
    }
    return check_wiring(values);
  };
  EXPECT_THAT(with(1.98, 0.001), ElementsAre(hint(WiringRule::load_too_small)));
  EXPECT_THAT(with(2.02, 0.001), testing::Contains(error(WiringRule::ratio_differs)));
  EXPECT_THAT(with(5, 0.4 / 20.1), testing::Contains(error(WiringRule::ratio_differs)));
  EXPECT_THAT(with(5, 0.4 / 19.9), ElementsAre(hint(WiringRule::load_too_small)));
}

TEST(Wiring, PowerFactorBelowAFifthIsTooUncertainToDivideBy) {
  const auto with = [](double told) {
    auto values = supply(0, 0, 0);
    values.active.reset();
    for (auto& each : values.phases) {
      each.power_factor = shown(told);
      each.active->value = 2'300 * told / 4;
      each.reactive.reset();
      each.apparent.reset();
    }
    return check_wiring(values);
  };
  EXPECT_THAT(with(0.201), ElementsAre(error(WiringRule::ratio_differs)));
  EXPECT_THAT(with(0.199), IsEmpty());
}

TEST(Wiring, RatioOfATransformerIsNamedWithinFivePercent) {
  const auto with = [](double factor) {
    auto values = supply(0, 0, 0);
    values.active.reset();
    for (auto& each : values.phases) {
      each.current->value /= factor;
      each.current->step = 1e-6;
    }
    const auto findings = check_wiring(values);
    return findings.empty() ? std::string{} : findings[0].what;
  };
  EXPECT_THAT(with(52.4), HasSubstr("about the ratio of a transformer 250/5"));
  EXPECT_THAT(with(52.6), testing::Not(HasSubstr("transformer")));
}

TEST(Wiring, ApparentPowerMayDifferByTenPercentUpAndByHalfDown) {
  const auto with_share = [](double share) {
    auto values = supply(0, 0, 0);
    for (auto& each : values.phases) {
      each.apparent->value *= share;
      each.active->value *= std::min(share, 1.0);
      each.power_factor.reset();
    }
    values.active.reset();
    return check_wiring(values);
  };
  EXPECT_THAT(with_share(1.09), IsEmpty());
  EXPECT_THAT(with_share(1.11), ElementsAre(error(WiringRule::ratio_differs)));
  EXPECT_THAT(with_share(0.51), IsEmpty()) << "harmonics in the current";
  EXPECT_THAT(with_share(0.49), ElementsAre(error(WiringRule::ratio_differs)));
}

TEST(Wiring, CoarseRegistersAreGivenTheirLastDigit) {
  auto values = supply(0, 0, 0);
  values.active.reset();
  values.phases[0] = phase(1, 0);
  values.phases[0].apparent = {290, 100};
  EXPECT_THAT(check_wiring(values), IsEmpty());
  values.phases[0].apparent = {290, 1};
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::ratio_differs)));
}

TEST(Wiring, PowerFactorAboveOneIsAnError) {
  auto values = supply(0, 0, 0);
  values.phases[1].power_factor = shown(-1.02);
  EXPECT_THAT(check_wiring(values), IsEmpty()) << "its sign says nothing";
  values.phases[1].power_factor = shown(1.03);
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::power_factor)));
}

TEST(Wiring, PowerFactorMayNotBeLowerThanPowerVoltageAndCurrentSay) {
  auto values = supply(0, 0, 0);
  values.phases[1].power_factor = shown(0.901);
  EXPECT_THAT(check_wiring(values), IsEmpty());
  values.phases[1].power_factor = shown(0.89);
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::power_factor)));
  values = supply(40, 40, 40);
  values.phases[1].power_factor = shown(0.999);
  EXPECT_THAT(check_wiring(values), IsEmpty()) << "without the harmonics it is higher";
}

TEST(Wiring, PhasesAddUpToTheTotal) {
  auto values = supply(0, 0, 0);
  values.active = shown(6900 * 1.099);
  EXPECT_THAT(check_wiring(values), IsEmpty());
  values.active = shown(6900 * 1.101);
  EXPECT_THAT(check_wiring(values), ElementsAre(error(WiringRule::sum_differs)));
}

TEST(Wiring, MeterThatAddsAmountsIsAHint) {
  auto values = supply(10, 170, 10);
  values.active = shown(3 * 2265.06);
  EXPECT_THAT(check_wiring(values),
              ElementsAre(hint(WiringRule::sum_differs), hint(WiringRule::ct_reversed)));
}

}  // namespace
}  // namespace bornier::model
