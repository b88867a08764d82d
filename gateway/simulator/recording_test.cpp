// SPDX-License-Identifier: Apache-2.0
#include "simulator/recording.hpp"

#include <gtest/gtest.h>

#include "simulator/testing.hpp"

namespace bornier::simulator {
namespace {

using reading::Decimal;

TEST(Mapping, NamesColumnFactorAndPoint) {
  EXPECT_EQ(*parse_mapping("Global_active_power*1000=power_active"),
            (Mapping{"Global_active_power", {1000, 0}, "power_active"}));
  EXPECT_EQ(*parse_mapping(" Voltage = voltage_l1_n "),
            (Mapping{"Voltage", {1, 0}, "voltage_l1_n"}));
  EXPECT_EQ(parse_mapping("a*0.10=b")->factor, (Decimal{10, -2}));
}

TEST(Mapping, SaysWhatIsWrong) {
  EXPECT_EQ(parse_mapping("a").error(), "`a`: write it as column=point or column*factor=point");
  EXPECT_EQ(parse_mapping("a*k=b").error(), "`a*k=b`: the factor is not a decimal number");
  EXPECT_EQ(parse_mapping("=b").error(), "`=b`: column or point is missing");
}

TEST(Multiplication, KeepsAllDigits) {
  EXPECT_EQ(multiply_exactly({4216, -3}, {1000, 0}), (Decimal{4216000, -3}));
  EXPECT_EQ(multiply_exactly({-1, 100}, {1, 27}), (Decimal{-1, 127}));
}

TEST(Multiplication, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(multiply_exactly({std::numeric_limits<std::int64_t>::max(), 0}, {2, 0}));
  EXPECT_FALSE(multiply_exactly({1, 100}, {1, 28}));
}

auto recorded(std::string_view csv, std::initializer_list<const char*> mappings)
    -> wire::Result<Recording, std::string> {
  std::vector<Mapping> parsed;
  for (const char* mapping : mappings) {
    parsed.push_back(*parse_mapping(mapping));
  }
  return Recording::from_csv(csv, parsed, small_model());
}

TEST(Recording, TakesCellsDigitByDigit) {
  // The first rows of the household at Sceaux (UCI, CC BY 4.0), and one without values.
  const auto recording = recorded(
      "Date;Time;Global_active_power;Voltage\n16/12/2006;17:24:00;4.216;234.840\n"
      "16/12/2006;17:25:00;?;\n",
      {"Global_active_power*1000=power_active", "Voltage=voltage_l1_n"});
  ASSERT_TRUE(recording) << recording.error();
  ASSERT_EQ(recording->size(), 2U);
  EXPECT_EQ((*recording)[0], (Row{{0, Decimal{4216000, -3}}, {2, Decimal{234840, -3}}}));
  EXPECT_EQ((*recording)[1], (Row{{0, std::monostate{}}, {2, std::monostate{}}}));
}

TEST(Recording, TakesCommasAndTextsAndForeignLineEnds) {
  const auto recording =
      recorded("p,s\r\n1,AB12\r\n\r\n2,AB13", {"p=power_active", "s=serial_number"});
  ASSERT_TRUE(recording) << recording.error();
  ASSERT_EQ(recording->size(), 2U);
  EXPECT_EQ((*recording)[1], (Row{{0, Decimal{2, 0}}, {3, std::string{"AB13"}}}));
}

TEST(Recording, SaysWhatIsWrong) {
  EXPECT_EQ(recorded("a;b\n1;2\n", {"c=power_active"}).error(), "the header has no column `c`");
  EXPECT_EQ(recorded("a;b\n1;2\n", {"a=power"}).error(), "model small-meter has no point `power`");
  EXPECT_EQ(recorded("a;b\n1;2\nx;2\n", {"a=power_active"}).error(),
            "line 3, column `a`: `x` is no decimal number, or too long");
  EXPECT_EQ(recorded("a;b\n", {"a=power_active"}).error(), "there is no row after the header");
}

}  // namespace
}  // namespace bornier::simulator
