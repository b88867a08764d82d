// SPDX-License-Identifier: Apache-2.0
#include "model/decode.hpp"

#include <gtest/gtest.h>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using reading::Acquisition;
using reading::Decimal;
using Words = std::vector<std::uint16_t>;

/// Reads the first point of a model from holding registers 0 and on.
auto read_first(const Model& model, const Words& words) -> Decoded {
  const std::vector<std::size_t> points{0};
  const RegisterBlock block{wire::Table::holding_register, 0, words};
  return decode(model, Settings{model}, points, {&block, 1}).front();
}

auto state(const Decoded& decoded) -> Acquisition {
  const auto* found = std::get_if<Acquisition>(&decoded.value);
  return found != nullptr ? *found : Acquisition::ok;
}

auto digits(const Decoded& decoded) -> Decimal {
  return std::get<Decimal>(decoded.value);
}

TEST(Decode, Promise4_KeepsEveryDigitOfA64BitCounter) {
  const Model model = model_with_points(
      R"(e = { quantity = "energy_active_import", address = 0, type = "uint64", unit = "Wh" })");
  EXPECT_EQ(digits(read_first(model, {0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF})),
            (Decimal{9223372036854775807, -3}));
  EXPECT_EQ(state(read_first(model, {0x8000, 0, 0, 0})), Acquisition::out_of_range);
}

TEST(Decode, Promise4_RoundsAFloatOnceToTheResolutionOfItsModel) {
  const Model model = model_with_points(
      R"(v = { quantity = "voltage", address = 0, type = "float32", unit = "V", resolution = "0.1" })");
  EXPECT_EQ(digits(read_first(model, {0x4366, 0x3334})), (Decimal{2302, -1}));
}

TEST(Decode, WeightsThatAreNoPowerOfTenAreRoundedToTheDictionarysResolution) {
  const Model model = model_with_points(
      R"(p = { quantity = "power_active", address = 0, type = "int16", unit = "kW", scale = "1/3" })");
  EXPECT_EQ(digits(read_first(model, {0xFFFF})), (Decimal{-3333, -1}));
}

TEST(Decode, ComparesSentinelsWithRawWordsBeforeSignAndScale) {
  const Model model = model_with_points(
      R"(t = { quantity = "temperature", address = 0, type = "int16", unit = "Cel", scale = "0.1", absent = ["0x8000", "0x7FFF"] })");
  EXPECT_EQ(state(read_first(model, {0x8000})), Acquisition::not_available);
  EXPECT_EQ(state(read_first(model, {0x7FFF})), Acquisition::not_available);
  EXPECT_EQ(digits(read_first(model, {0x7FFE})), (Decimal{32766, -1}));
  EXPECT_EQ(digits(read_first(model, {0x8001})), (Decimal{-32767, -1}));
}

TEST(Decode, TakesNanForAbsentAndInfinityForOutOfRange) {
  const Model model = model_with_points(
      R"(v = { quantity = "voltage", address = 0, type = "float32", unit = "V" })");
  EXPECT_EQ(state(read_first(model, {0x7FC0, 0})), Acquisition::not_available);
  EXPECT_EQ(state(read_first(model, {0x7F80, 0})), Acquisition::out_of_range);
}

TEST(Decode, MarksAFloatWhoseLastDigitIsNotReal) {
  const Model model = model_with_points(
      R"(e = { quantity = "energy_active_import", address = 0, type = "float32", unit = "kWh" })");
  EXPECT_FALSE(read_first(model, {0x467F, 0xFFFF}).quality.has(reading::QualityFlag::coarse));
  EXPECT_TRUE(read_first(model, {0x4680, 0x0000}).quality.has(reading::QualityFlag::coarse));
}

TEST(Decode, FoldsPowerFactorsBeyondOne) {
  const Model model = model_with_points(
      R"(f = { quantity = "power_factor", address = 0, type = "int16", scale = "0.001", transform = "fold_quadrants" })");
  EXPECT_EQ(digits(read_first(model, {1000})), (Decimal{1000, -3}));
  EXPECT_EQ(digits(read_first(model, {1001})), (Decimal{999, -3}));
  EXPECT_EQ(digits(read_first(model, {2000})), (Decimal{0, -3}));
  EXPECT_EQ(state(read_first(model, {2001})), Acquisition::out_of_range);
  EXPECT_EQ(digits(read_first(model, {static_cast<std::uint16_t>(-1600)})), (Decimal{-400, -3}));
  EXPECT_EQ(digits(read_first(model, {static_cast<std::uint16_t>(-1000)})), (Decimal{-1000, -3}));
}

TEST(Decode, SaysNotPolledYetWhereNoBlockHoldsAllRegisters) {
  const Model model = model_with_points(
      R"(v = { quantity = "voltage", address = 4, type = "uint32", unit = "V" })");
  const std::vector<std::size_t> points{0};
  const auto read = [&](wire::Table table, std::uint16_t first, const Words& words) {
    const RegisterBlock block{table, first, words};
    return state(decode(model, Settings{model}, points, {&block, 1}).front());
  };
  EXPECT_EQ(read(wire::Table::holding_register, 4, {0, 1}), Acquisition::ok);
  EXPECT_EQ(read(wire::Table::holding_register, 4, {0}), Acquisition::not_polled_yet);
  EXPECT_EQ(read(wire::Table::holding_register, 5, {0, 1}), Acquisition::not_polled_yet);
  EXPECT_EQ(read(wire::Table::input_register, 4, {0, 1}), Acquisition::not_polled_yet);
  EXPECT_EQ(state(decode(model, Settings{model}, points, {}).front()), Acquisition::not_polled_yet);
}

TEST(Decode, AnswersInTheOrderOfThePointsAsked) {
  const Model model = model_with_points(R"(
a = { quantity = "voltage", address = 0, type = "uint16", unit = "V" }
b = { quantity = "voltage", address = 1, type = "uint16", unit = "V" }
)");
  const std::vector<std::size_t> points{1, 0, 1};
  const Words words{10, 20};
  const RegisterBlock block{wire::Table::holding_register, 0, words};
  const auto decoded = decode(model, Settings{model}, points, {&block, 1});
  ASSERT_EQ(decoded.size(), 3U);
  EXPECT_EQ(digits(decoded[0]), (Decimal{20, 0}));
  EXPECT_EQ(digits(decoded[1]), (Decimal{10, 0}));
  EXPECT_EQ(digits(decoded[2]), (Decimal{20, 0}));
}

TEST(Decode, FindsTheCodeRegisterInAnotherBlockOfTheSamePoll) {
  const Model model = loaded(std::string{head} + R"toml(
[code.c]
point = "header"
bits = [4, 5]
options = [{ value = 0, weight = "0.1" }, { value = 1, weight = 100 }]
[points]
volume = { quantity = "volume", address = 0, type = "uint16", unit = "m3", scale = "code(c)" }
header = { quantity = "device_setting", address = 900, type = "bits16" }
)toml");
  const auto read = [&](std::uint16_t header) {
    const Words value{123};
    const Words code{header};
    const std::vector<RegisterBlock> blocks{{wire::Table::holding_register, 0, value},
                                            {wire::Table::holding_register, 900, code}};
    const std::vector<std::size_t> points{0};
    return decode(model, Settings{model}, points, blocks).front();
  };
  EXPECT_EQ(digits(read(0xFFCF)), (Decimal{123, -1}));
  EXPECT_EQ(digits(read(0x0010)), (Decimal{123, 2}));
  EXPECT_EQ(state(read(0x0020)), Acquisition::out_of_range);
}

}  // namespace
}  // namespace bornier::model
