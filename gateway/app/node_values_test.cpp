// SPDX-License-Identifier: Apache-2.0
#include "app/node_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bornier::app {
namespace {

using testing::HasSubstr;

/// What must be there; a default and a failed test where it is not.
template <class T>
auto had(const wire::Result<T, std::string>& result) -> T {
  EXPECT_TRUE(result) << (result ? "" : result.error());
  return result ? *result : T{};
}

auto value_written(std::string_view text) -> NodeScale {
  return had(with_pulse_value({}, had(parse_pulse_value(text))));
}

auto indexed(const NodeScale& scale, std::string_view text, std::uint64_t count)
    -> wire::Result<NodeScale, std::string> {
  return with_index(scale, had(parse_measure(text)), count);
}

TEST(NodePulseValue, KeepsTheDigitsAsTheyAreWritten) {
  EXPECT_EQ(value_written("10 L"), (NodeScale{10, -3, 3, 0}));
  EXPECT_EQ(value_written("0.01 m3"), (NodeScale{1, -2, 3, 0}));
  EXPECT_EQ(value_written("1 {pulse}"), (NodeScale{1, 0, 0, 0}));
  EXPECT_EQ(value_written("0.5kWh"), (NodeScale{5, 2, 1, 0}));
  EXPECT_EQ(value_written("2 kvarh"), (NodeScale{2, 3, 2, 0}));
  EXPECT_EQ(value_written("1 GJ"), (NodeScale{1, 9, 4, 0}));
}

TEST(NodePulseValue, TurnsPulsesOfAUnitRound) {
  EXPECT_EQ(value_written("1000 {pulse}/kWh"), (NodeScale{1, 0, 1, 0}));
  EXPECT_EQ(value_written("800 imp/kWh"), (NodeScale{125, -2, 1, 0}));
  EXPECT_EQ(value_written("64 pulses/m3"), (NodeScale{15'625, -6, 3, 0}));
  EXPECT_EQ(value_written("0.5 /L"), (NodeScale{2, -3, 3, 0}));
}

TEST(NodePulseValue, RefusesAReciprocalWithoutAnEndAndNamesTheNearest) {
  const auto refused = parse_pulse_value("600 imp/kWh");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(),
              HasSubstr("nearest that the node can hold is \"0.00166666667 kWh\""));
  EXPECT_THAT(refused.error(), HasSubstr("value = \"600 imp/kWh\" in the gateway's configuration"));
  const auto third = parse_pulse_value("3 {pulse}/m3");
  ASSERT_FALSE(third);
  EXPECT_THAT(third.error(), HasSubstr("\"0.333333333 m3\""));
}

TEST(NodePulseValue, RefusesWhatIsNoValueOfAPulse) {
  for (const auto* text : {"", "10", "L", "10 parsec", "0 L", "-1 L", "10 V", "1000 kWh/kWh",
                           "10 {pulse}/{pulse}", "10 {pulse}/V", "1,5 L", "0 /kWh"}) {
    EXPECT_FALSE(parse_pulse_value(text)) << text;
  }
}

TEST(NodePulseValue, TakesTheLargestMantissaAndRefusesTheNext) {
  EXPECT_EQ(value_written("4294967295 {pulse}"), (NodeScale{4'294'967'295U, 0, 0, 0}));
  const auto more = with_pulse_value({}, had(parse_pulse_value("4294967296 {pulse}")));
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error(), HasSubstr("the nearest is \"4294967300 {pulse}\""));
  EXPECT_EQ(value_written("0.000000000001 m3"), (NodeScale{1, -12, 3, 0}));
  EXPECT_FALSE(with_pulse_value({}, had(parse_pulse_value("0.0000000000014 m3"))));
  EXPECT_EQ(value_written("10000000000 {pulse}"), (NodeScale{1, 10, 0, 0}))
      << "zeros that do not fit go into the exponent";
}

TEST(NodePulseValue, LeavesTheStartIndexWhereItIsWithAnotherStep) {
  const NodeScale litres{10, -3, 3, 1'234'567};
  const auto finer = with_pulse_value(litres, had(parse_pulse_value("2.5 L")));
  ASSERT_TRUE(finer);
  EXPECT_EQ(*finer, (NodeScale{25, -4, 3, 12'345'670}));
  const auto coarser = with_pulse_value(litres, had(parse_pulse_value("1 m3")));
  ASSERT_TRUE(coarser);
  EXPECT_EQ(*coarser, (NodeScale{1000, -3, 3, 1'234'567}));
  const auto energy = with_pulse_value(litres, had(parse_pulse_value("1 Wh")));
  ASSERT_TRUE(energy);
  EXPECT_EQ(*energy, (NodeScale{1, 0, 1, 0})) << "cubic metres are no kWh";
}

TEST(NodeIndex, StartsWhereTheMeterStoodAtCountZero) {
  const NodeScale litres{10, -3, 3, 0};
  EXPECT_EQ(had(indexed(litres, "1234.567 m3", 0)), (NodeScale{10, -3, 3, 1'234'567}));
  EXPECT_EQ(had(indexed(litres, "1234.56 m3", 815)), (NodeScale{10, -3, 3, 1'226'410}));
  EXPECT_EQ(had(indexed(litres, "8.15 m3", 815)), litres);
  EXPECT_EQ(had(indexed(litres, "1234560 L", 815)), (NodeScale{10, -3, 3, 1'226'410}));
}

TEST(NodeIndex, GivesThePulseValueMoreDecimalsWhereTheIndexHasThem) {
  const NodeScale coarse{1, -2, 3, 0};
  EXPECT_EQ(had(indexed(coarse, "5.678 m3", 100)), (NodeScale{10, -3, 3, 4'678}));
}

TEST(NodeIndex, RefusesToBeginBelowZero) {
  const NodeScale litres{10, -3, 3, 0};
  const auto refused = indexed(litres, "8.14 m3", 815);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("815 pulses, which are 8.150 m3 already"));
}

TEST(NodeIndex, RefusesAnotherUnitThanThePulses) {
  EXPECT_THAT(indexed({}, "8.14 m3", 0).error(), HasSubstr("set the pulse value first"));
  EXPECT_THAT(indexed({1, 0, 9, 0}, "8 m3", 0).error(), HasSubstr("makes no sense"));
  EXPECT_TRUE(indexed({}, "8 {pulse}", 0));
}

TEST(NodeIndex, RefusesWhatNoRegisterHolds) {
  const NodeScale large{4'000'000'000U, 0, 0, 0};
  EXPECT_FALSE(indexed(large, "1.5 {pulse}", 0)) << "the mantissa has no room for a decimal";
  EXPECT_FALSE(indexed(large, "1 {pulse}", 0xFFFF'FFFF'FFFF)) << "2^80 is not reckoned with";
}

TEST(NodeTexts, SayWhatAPulseAndTheIndexAre) {
  EXPECT_EQ(pulse_value_text({10, -3, 3, 0}), "0.010 m3");
  EXPECT_EQ(pulse_value_text({1, 0, 1, 0}), "0.001 kWh");
  EXPECT_EQ(pulse_value_text({1, 13, 0, 0}), "");
  EXPECT_EQ(index_text({10, -3, 3, 1'226'410}, 815), "1234.560 m3");
  EXPECT_EQ(index_text({1, 0, 0, 0}, 815), "815 {pulse}");
  EXPECT_EQ(index_text({4'000'000'000U, 0, 0, 0}, 0xFFFF'FFFF'FFFF), "");
}

TEST(NodePulseValue, KeepsTheStartIndexOfAnInputWhosePulseWasWorthNothing) {
  const NodeScale worthless{0, -3, 3, 1'234'567};
  EXPECT_EQ(had(with_pulse_value(worthless, had(parse_pulse_value("1 L")))),
            (NodeScale{1, -3, 3, 1'234'567}));
}

TEST(NodeRate, IsNoneOfAPulseThatIsWorthNothing) {
  EXPECT_EQ(rate_text({0, 0, 1, 0}, 10'000'000), "");
  EXPECT_EQ(pulse_value_text({0, 0, 1, 0}), "") << "no node of ours shows that";
}

TEST(NodeTexts, SayTheRateOfTwoPulses) {
  EXPECT_EQ(rate_text({10, -3, 3, 0}, 30'000'000), "1.200 m3/h");
  EXPECT_EQ(rate_text({1, 0, 1, 0}, 10'000'000), "0.3600 kW");
  EXPECT_EQ(rate_text({1, 6, 4, 0}, 100'000'000), "10.00 kW");
  EXPECT_EQ(rate_text({1, 0, 0, 0}, 60'000), "60000 {pulse}/h");
  EXPECT_EQ(rate_text({4'294'967'295U, 0, 0, 0}, 1), "15460000000000000000 {pulse}/h");
  EXPECT_EQ(rate_text({1, 0, 0, 0}, 0), "") << "no interval yet";
  EXPECT_EQ(rate_text({1, 0, 0, 0}, 0xFFFF'FFFF), "") << "longer than the register";
}

}  // namespace
}  // namespace bornier::app
