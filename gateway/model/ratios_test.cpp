// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/decode.hpp"
#include "model/encode.hpp"
#include "model/load.hpp"
#include "model/scale_expression.hpp"
#include "model/test_models.hpp"

/// A meter behind current and voltage transformers that gives secondary values.
namespace bornier::model {
namespace {

using reading::Weight;

constexpr std::string_view secondary_points = R"toml([points]
voltage_l1_n = { quantity = "voltage", phase = "l1_n", address = 0, type = "uint16", scale = "0.1", unit = "V", min = 90, max = 110 }
current_l1 = { quantity = "current", phase = "l1", address = 1, type = "uint16", scale = "0.001", unit = "A" }
power_active = { quantity = "power_active", address = 2, type = "float32", unit = "kW" }
energy_active_import = { quantity = "energy_active_import", address = 4, type = "uint32", scale = "0.01", unit = "kW.h", rollover = 10000 }
frequency = { quantity = "frequency", address = 6, type = "uint16", scale = "0.01", unit = "Hz" }
volume = { quantity = "volume", medium = "water", address = 7, type = "uint16", unit = "m3" }
energy_heat = { quantity = "energy_heat", medium = "heat", address = 9, type = "uint16", unit = "kW.h" }
ct_primary = { quantity = "ct_primary", address = 8, type = "uint16", unit = "A" }
twice = { quantity = "current", phase = "sum", sum = ["current_l1", "current_l1"] }
)toml";

class RatiosTest : public testing::Test {
 protected:
  auto read(std::string_view point, std::vector<std::uint16_t> words) -> std::string {
    words.resize(10);
    const std::vector<std::size_t> points{*find_point(model, point)};
    const RegisterBlock block{wire::Table::holding_register, 0, words};
    return to_text(model, settings, decode(model, settings, points, {&block, 1}).front());
  }

  Model model = loaded(std::string{head} + std::string{secondary_points});
  Settings settings{model};
};

TEST_F(RatiosTest, MultiplyCurrentVoltageAndTheirProducts) {
  ASSERT_TRUE(settings.set_ratios({250, 5, 0}, {20'000, 100, 0}));
  EXPECT_EQ(read("voltage_l1_n", {1'003}), "20060.0 V");
  EXPECT_EQ(read("current_l1", {0, 4'321}), "216.050 A");
  EXPECT_EQ(read("power_active", {0, 0, 0x3F80, 0x0000}), "10000000.0 W coarse") << "1 kW";
  EXPECT_EQ(read("energy_active_import", {0, 0, 0, 0, 0, 123}), "12300.00 kW.h");
  EXPECT_EQ(read("twice", {0, 4'321}), "432.100 A") << "once for each part";
}

TEST_F(RatiosTest, LeaveEverythingElse) {
  ASSERT_TRUE(settings.set_ratios({250, 5, 0}, {20'000, 100, 0}));
  EXPECT_EQ(read("frequency", {0, 0, 0, 0, 0, 0, 5'001}), "50.01 Hz");
  EXPECT_EQ(read("volume", {0, 0, 0, 0, 0, 0, 0, 7}), "7 m3");
  EXPECT_EQ(read("energy_heat", {0, 0, 0, 0, 0, 0, 0, 0, 0, 3}), "3 kW.h");
  EXPECT_EQ(read("ct_primary", {0, 0, 0, 0, 0, 0, 0, 0, 250}), "250 A");
}

// 4.321 A × 100 / 3 = 144.0333… A.
TEST_F(RatiosTest, RoundToTheMetersOwnStep) {
  ASSERT_TRUE(settings.set_ratios({100, 3, 0}, {}));
  EXPECT_EQ(read("current_l1", {0, 4'321}), "144.033 A");
}

TEST_F(RatiosTest, MoveTheLimitsOfPlausibleValues) {
  EXPECT_EQ(read("voltage_l1_n", {1'101}), "110.1 V implausible");
  ASSERT_TRUE(settings.set_ratios({}, {20'000, 100, 0}));
  EXPECT_EQ(read("voltage_l1_n", {899}), "17980.0 V implausible");
  EXPECT_EQ(read("voltage_l1_n", {900}), "18000.0 V");
  EXPECT_EQ(read("voltage_l1_n", {1'100}), "22000.0 V");
  EXPECT_EQ(read("voltage_l1_n", {1'101}), "22020.0 V implausible");
}

TEST_F(RatiosTest, MoveWhereACounterWraps) {
  ASSERT_TRUE(settings.set_ratios({250, 5, 0}, {}));
  const auto& energy = model.points[*find_point(model, "energy_active_import")];
  EXPECT_EQ(primary_limit(energy, settings, *energy.rollover), (reading::Decimal{500'000, 0}));
}

TEST_F(RatiosTest, AreWrittenBack) {
  ASSERT_TRUE(settings.set_ratios({250, 5, 0}, {}));
  RegisterImage image;
  ASSERT_TRUE(encode(model, settings, *find_point(model, "current_l1"),
                     reading::Decimal{216'050, -3}, image));
  EXPECT_EQ(image.read(wire::Table::holding_register, 1), 4'321);
}

TEST(Ratio, IsNotAppliedTwice) {
  std::string text{head};
  text.insert(text.find("[defaults]"), "values = \"secondary\"\n");
  text += R"toml([points]
x = { quantity = "current", address = 0, type = "uint16", unit = "A", scale = "mul(y)" }
y = { quantity = "current", address = 1, type = "uint16", unit = "A" }
)toml";
  const auto model = load_model(text, "m.toml");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().front().message,
              testing::HasSubstr("a configured ct or vt would be applied twice"));
}

TEST(Ratio, IsPrimaryBySecondary) {
  EXPECT_EQ(parse_ratio("250/5"), (Weight{250, 5, 0}));
  EXPECT_EQ(parse_ratio("2.5/0.5"), (Weight{25, 5, 0}));
  EXPECT_EQ(parse_ratio("20000/57.7"), (Weight{20'000, 577, 1}));
  EXPECT_EQ(parse_ratio("1/1"), (Weight{1, 1, 0}));
  EXPECT_TRUE(parse_ratio("100000000/0.000001"));
  for (const auto* text : {"", "250", "250/", "/5", "-250/5", "0/5", "250/0", "a/5", "250:5",
                           " 250 / 5", "5/250", "100000001/5", "1/0.0000001", "1e120/5"}) {
    EXPECT_FALSE(parse_ratio(text)) << text;
  }
}

TEST(Ratio, OfTheLargestTransformersFits) {
  const auto model = loaded(std::string{head} + std::string{secondary_points});
  Settings settings{model};
  const auto largest = parse_ratio("99999999/0.999999");
  ASSERT_TRUE(largest);
  EXPECT_TRUE(settings.set_ratios(*largest, *largest));
}

}  // namespace
}  // namespace bornier::model
