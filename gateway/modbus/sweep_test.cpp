// SPDX-License-Identifier: Apache-2.0
#include "modbus/sweep.hpp"

#include <gmock/gmock.h>

namespace bornier::modbus {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SerialFormat slow{9'600, Parity::none, 1};
constexpr SerialFormat even{9'600, Parity::even, 1};
constexpr SerialFormat fast{19'200, Parity::even, 1};

class SweepTest : public testing::Test {
 protected:
  /// What stands on the imagined line: where something answers, and with what.
  std::map<Sweep::Place, Heard> line;
  std::vector<Sweep::Question> asked;

  static auto plan_for(std::vector<SerialFormat> formats, std::vector<std::uint8_t> units)
      -> SweepPlan {
    return {std::move(formats), std::move(units), 200ms, 1s};
  }

  void finish(Sweep& sweep) {
    while (const auto question = sweep.next()) {
      asked.push_back(*question);
      const auto there = line.find({question->format, question->unit.value()});
      sweep.heard(there == line.end() ? Heard::nothing : there->second);
      ASSERT_LT(asked.size(), 10'000U);
    }
  }

  auto places_asked() const -> std::vector<std::pair<std::size_t, int>> {
    std::vector<std::pair<std::size_t, int>> places;
    for (const auto& question : asked) {
      places.emplace_back(question.format, question.unit.value());
    }
    return places;
  }
};

using Place = Sweep::Place;

TEST_F(SweepTest, AsksEveryUnitUnderOneFormatBeforeTheNextFormat) {
  auto plan = plan_for({slow, even}, {1, 2});
  plan.full = plan.quick;
  Sweep sweep{plan};
  finish(sweep);
  EXPECT_THAT(places_asked(),
              ElementsAre(std::pair{0U, 1}, std::pair{0U, 2}, std::pair{1U, 1}, std::pair{1U, 2}));
  EXPECT_THAT(sweep.found(), IsEmpty());
}

TEST_F(SweepTest, FindsUnitsUnderTheFormatThatTheyHave) {
  line = {{{0, 2}, Heard::answer}, {{2, 3}, Heard::answer}};
  Sweep sweep{plan_for({slow, even, fast}, {1, 2, 3})};
  finish(sweep);
  EXPECT_THAT(sweep.found(), ElementsAre(Place{0, 2}, Place{2, 3}));
  EXPECT_FALSE(sweep.ignores_formats());
}

TEST_F(SweepTest, TakesNoOtherFormatWhereAUnitAnswersUnderOneThatNobodyHas) {
  line = {{{0, 2}, Heard::answer}, {{1, 2}, Heard::answer}, {{2, 2}, Heard::answer}};
  auto plan = plan_for({slow, even}, {1, 2});
  plan.full = plan.quick;
  Sweep sweep{plan};
  finish(sweep);
  EXPECT_THAT(sweep.found(), ElementsAre(Place{0, 2}));
  EXPECT_TRUE(sweep.ignores_formats());
  EXPECT_THAT(places_asked(), ElementsAre(std::pair{0U, 1}, std::pair{0U, 2}, std::pair{2U, 2}));
}

TEST_F(SweepTest, FindsTwoMetersWithOneUnitIdUnderTwoFormats) {
  line = {{{0, 2}, Heard::answer}, {{1, 2}, Heard::answer}};
  Sweep sweep{plan_for({slow, even}, {1, 2})};
  finish(sweep);
  EXPECT_THAT(sweep.found(), ElementsAre(Place{0, 2}, Place{1, 2}));
}

TEST_F(SweepTest, ChecksTheLineUnderAFormatThatIsNotTried) {
  const SerialFormat odd{1'200, Parity::odd, 2};
  const Sweep usual{plan_for({slow, even}, {1})};
  const Sweep unusual{plan_for({odd, even}, {1})};
  EXPECT_EQ(usual.format_of({2, wire::UnitId{1}, 200ms, false}), odd);
  EXPECT_NE(unusual.format_of({2, wire::UnitId{1}, 200ms, false}), odd);
  EXPECT_EQ(unusual.format_of({1, wire::UnitId{1}, 200ms, false}), even);
}

TEST_F(SweepTest, LooksLongerOnlyWhereThereAreUnits) {
  line = {{{1, 2}, Heard::answer}};
  Sweep sweep{plan_for({slow, even}, {1, 2})};
  finish(sweep);
  ASSERT_EQ(asked.size(), 6U);
  EXPECT_EQ(asked[4], (Sweep::Question{1, wire::UnitId{1}, 200ms, true}));
  EXPECT_EQ(asked[5], (Sweep::Question{1, wire::UnitId{1}, 1s, false}));
  EXPECT_TRUE(sweep.is_second_look());
}

TEST_F(SweepTest, LooksLongerEverywhereWhereNobodyAnswered) {
  Sweep sweep{plan_for({slow, even}, {1, 2})};
  finish(sweep);
  EXPECT_EQ(asked.size(), 4U + 2U * 4U);
}

TEST_F(SweepTest, DoesNotAskForTheAnswerOnceTheWakeUpHasOne) {
  Sweep sweep{plan_for({slow}, {7})};
  sweep.heard(Heard::nothing);
  ASSERT_TRUE(sweep.next()->wakes);
  sweep.heard(Heard::answer);
  EXPECT_FALSE(sweep.next());
  EXPECT_THAT(sweep.found(), ElementsAre(Place{0, 7}));
}

TEST_F(SweepTest, AsksThreeTimesForADamagedAnswer) {
  line = {{{0, 2}, Heard::damage}};
  auto plan = plan_for({slow}, {1, 2, 3});
  plan.full = plan.quick;
  Sweep sweep{plan};
  finish(sweep);
  EXPECT_THAT(places_asked(), ElementsAre(std::pair{0U, 1}, std::pair{0U, 2}, std::pair{0U, 2},
                                          std::pair{0U, 2}, std::pair{0U, 3}));
  EXPECT_THAT(sweep.damaged(), ElementsAre(Place{0, 2}));
  EXPECT_THAT(sweep.found(), IsEmpty());
}

TEST_F(SweepTest, ForgetsTheDamageOnceAnAnswerIsWhole) {
  Sweep sweep{plan_for({slow}, {2})};
  sweep.heard(Heard::damage);
  sweep.heard(Heard::damage);
  sweep.heard(Heard::answer);
  EXPECT_THAT(sweep.damaged(), IsEmpty());
  EXPECT_THAT(sweep.found(), ElementsAre(Place{0, 2}));
}

TEST_F(SweepTest, ForgetsTheDamageWhereNobodyAnswersTheLongerLook) {
  Sweep sweep{plan_for({slow}, {2})};
  for (int attempt = 0; attempt < 3; ++attempt) {
    sweep.heard(Heard::damage);
  }
  EXPECT_THAT(sweep.damaged(), ElementsAre(Place{0, 2}));
  sweep.heard(Heard::nothing);
  EXPECT_THAT(sweep.damaged(), ElementsAre(Place{0, 2})) << "it was only woken";
  sweep.heard(Heard::nothing);
  EXPECT_THAT(sweep.damaged(), IsEmpty());
}

TEST_F(SweepTest, CallsDamageOfThreeUnitsTheirsAndOfFourNoise) {
  line = {{{0, 1}, Heard::damage}, {{0, 2}, Heard::damage}, {{0, 3}, Heard::damage}};
  Sweep three{plan_for({slow}, {1, 2, 3, 4, 5})};
  finish(three);
  EXPECT_FALSE(three.is_noisy(0));
  EXPECT_EQ(three.damaged().size(), 3U);

  line[{0, 4}] = Heard::damage;
  Sweep four{plan_for({slow}, {1, 2, 3, 4, 5})};
  finish(four);
  EXPECT_TRUE(four.is_noisy(0));
  EXPECT_THAT(four.damaged(), IsEmpty());
}

TEST_F(SweepTest, HearsNoiseWithoutAccusingAUnit) {
  line = {{{0, 1}, Heard::noise}, {{0, 2}, Heard::noise}, {{0, 3}, Heard::noise}};
  auto plan = plan_for({slow}, {1, 2, 3, 4});
  plan.full = plan.quick;
  Sweep three{plan};
  finish(three);
  EXPECT_FALSE(three.is_noisy(0));
  EXPECT_EQ(asked.size(), 4U) << "noise is no reason to ask again";
  line[{0, 4}] = Heard::noise;
  Sweep four{plan};
  finish(four);
  EXPECT_TRUE(four.is_noisy(0));
  EXPECT_THAT(four.damaged(), IsEmpty());
}

TEST_F(SweepTest, AsksOnceWhereTheLineIsFullOfNoise) {
  auto plan = plan_for({slow}, {1, 2, 3, 4, 5, 6});
  plan.full = plan.quick;
  for (const auto unit : plan.units) {
    line[{0, unit}] = Heard::damage;
  }
  Sweep sweep{plan};
  finish(sweep);
  EXPECT_EQ(asked.size(), 4U * 3U + 2U);
}

TEST_F(SweepTest, GivesTheUnitsBeforeALateAnswerMoreTimeAtOnce) {
  Sweep sweep{plan_for({slow}, {1, 2, 3})};
  sweep.heard(Heard::nothing);
  sweep.heard(Heard::foreign);
  EXPECT_EQ(*sweep.next(), (Sweep::Question{0, wire::UnitId{1}, 1s, false}));
  sweep.heard(Heard::answer);
  EXPECT_EQ(*sweep.next(), (Sweep::Question{0, wire::UnitId{3}, 200ms, false}));
}

TEST_F(SweepTest, LooksLongAtAUnitOnlyOnce) {
  Sweep sweep{plan_for({slow}, {1, 2})};
  sweep.heard(Heard::nothing);
  sweep.heard(Heard::foreign);
  ASSERT_EQ(*sweep.next(), (Sweep::Question{0, wire::UnitId{1}, 1s, false}));
  sweep.heard(Heard::nothing);
  EXPECT_EQ(*sweep.next(), (Sweep::Question{0, wire::UnitId{2}, 200ms, true}));
}

TEST_F(SweepTest, TellsHowMuchIsLeft) {
  auto plan = plan_for({slow}, {1, 2});
  Sweep sweep{plan};
  // 24 characters of 10 bits at 9,600 baud are 25 ms: 2 × 225 ms now, 2 × (225 + 1,025) ms later.
  EXPECT_EQ(sweep.time_left(), 2'950ms);
  EXPECT_EQ(sweep.still_to_ask(), 6U);
  sweep.heard(Heard::answer);
  EXPECT_EQ(sweep.time_left(), 225ms + 2'500ms);
  EXPECT_EQ(sweep.asked(), 1U);
  sweep.heard(Heard::nothing);
  EXPECT_EQ(sweep.time_left(), 1'250ms);
  EXPECT_EQ(sweep.still_to_ask(), 2U);
}

}  // namespace
}  // namespace bornier::modbus
