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

TEST(Decode, LeavesACounterThatHasWrappedAsTheMeterShowsIt) {
  const Model model = model_with_points(
      R"(v = { quantity = "volume", address = 0, type = "uint32", unit = "l", rollover = 1000000 })");
  EXPECT_EQ(model.points[0].rollover, (Decimal{1000000, -3})) << "in m3, as the volume is kept";
  EXPECT_EQ(digits(read_first(model, {0x000F, 0x423F})), (Decimal{999999, -3}));
  EXPECT_EQ(digits(read_first(model, {0, 0})), (Decimal{0, -3}));
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

// The register facts of SunSpec models: int16 values whose power of ten stands in another register.
TEST(Decode, Promise4_FollowsAScaleRegisterDigitForDigit) {
  const Model model = model_with_points(
      "v = { quantity = \"voltage\", address = 0, type = \"int16\", unit = \"V\", scale = "
      "\"pow10(sf)\", absent = [\"0x8000\"] }\n"
      "sf = { quantity = \"device_setting\", address = 1, type = \"int16\", absent = [\"0x8000\"] "
      "}\n");
  EXPECT_EQ(digits(read_first(model, {2301, 0xFFFF})), (Decimal{2301, -1}));
  EXPECT_EQ(digits(read_first(model, {23012, 0xFFFE})), (Decimal{23012, -2}));
  EXPECT_EQ(digits(read_first(model, {23, 1})), (Decimal{23, 1}));
  EXPECT_EQ(state(read_first(model, {0x8000, 0xFFFF})), Acquisition::not_available);
  EXPECT_EQ(state(read_first(model, {2301, 0x8000})), Acquisition::not_available);
  EXPECT_EQ(digits(read_first(model, {2, 18})), (Decimal{2, 18}));
  EXPECT_EQ(state(read_first(model, {2, 19})), Acquisition::out_of_range);
  EXPECT_EQ(state(read_first(model, {2301})), Acquisition::not_polled_yet);
}

// Saia PCD7.H104D: a count, and how many impulses make a unit. Chint DTSU666: ratios of
// transformers.
TEST(Decode, MultipliesAndDividesByOtherPoints) {
  const Model pulses = model_with_points(
      "v = { quantity = \"volume\", address = 0, type = \"uint16\", unit = \"m3\", scale = "
      "\"div(n)\" }\n"
      "n = { quantity = \"device_setting\", address = 1, type = \"uint16\" }\n");
  EXPECT_EQ(digits(read_first(pulses, {1234, 1000})), (Decimal{1234, -3}));
  EXPECT_EQ(digits(read_first(pulses, {1234, 8})), (Decimal{154250, -3}));
  EXPECT_EQ(state(read_first(pulses, {1234, 0})), Acquisition::out_of_range);
  const Model transformers = model_with_points(
      "p = { quantity = \"power_active\", address = 0, type = \"int16\", unit = \"W\", scale = "
      "\"0.1*mul(ct)*mul(vt)\" }\n"
      "ct = { quantity = \"device_setting\", address = 1, type = \"uint16\" }\n"
      "vt = { quantity = \"device_setting\", address = 2, type = \"uint16\", scale = \"0.1\" }\n");
  EXPECT_EQ(digits(read_first(transformers, {0xFFFF, 40, 10})), (Decimal{-40, -1}));
  EXPECT_EQ(digits(read_first(transformers, {2301, 1, 10})), (Decimal{2301, -1}));
  EXPECT_EQ(state(read_first(transformers, {2301, 0, 10})), Acquisition::out_of_range);
}

TEST(Decode, TakesTheResolutionOfAllFactorsTogetherInAnyOrder) {
  for (const std::string scale : {"pow10(sf)*mul(ct)", "mul(ct)*pow10(sf)"}) {
    const Model model = model_with_points(
        "p = { quantity = \"power_active\", address = 0, type = \"int16\", unit = \"W\", scale = "
        "\"" +
        scale +
        "\" }\n"
        "sf = { quantity = \"device_setting\", address = 1, type = \"int16\" }\n"
        "ct = { quantity = \"device_setting\", address = 2, type = \"int16\", scale = \"0.1\" }\n");
    EXPECT_EQ(digits(read_first(model, {1, 0, 75})), (Decimal{75, -1})) << scale;
    EXPECT_EQ(digits(read_first(model, {1, 3, 75})), (Decimal{75000, -1})) << scale;
    EXPECT_EQ(digits(read_first(model, {1, 2, 10})), (Decimal{1, 2})) << scale;
  }
}

TEST(Decode, KeepsTheStatedResolutionUnderAnyFactor) {
  const Model model = model_with_points(
      "v = { quantity = \"voltage\", address = 0, type = \"int16\", unit = \"V\", scale = "
      "\"pow10(sf)\", resolution = \"0.1\" }\n"
      "sf = { quantity = \"device_setting\", address = 1, type = \"int16\" }\n");
  EXPECT_EQ(digits(read_first(model, {2301, 0xFFFE})), (Decimal{230, -1}));
  EXPECT_EQ(digits(read_first(model, {23, 0})), (Decimal{230, -1}));
}

TEST(Decode, KeepsTheDigitsOfADecimalFloat) {
  const Model model = model_with_points(
      R"(e = { quantity = "energy_active_import", address = 0, type = "mant24exp8_s", unit = "Wh" })");
  EXPECT_EQ(digits(read_first(model, {0xFE01, 0xE240})), (Decimal{123456, -5}));
  EXPECT_EQ(digits(read_first(model, {0x0001, 0xE240})), (Decimal{123456, -3}));
  EXPECT_EQ(digits(read_first(model, {0x0301, 0xE240})), (Decimal{123456, 0}));
}

TEST(Decode, KeepsTheDigitsOfADecimalFloatWithoutAPowerOfTen) {
  const Model model = model_with_points(
      R"(v = { quantity = "volume", address = 0, type = "mant24exp8_u", unit = "mL" })");
  EXPECT_EQ(digits(read_first(model, {0x0012, 0xD687})), (Decimal{1234567, -6}));
  EXPECT_EQ(digits(read_first(model, {0x0112, 0xD687})), (Decimal{1234567, -5}));
}

TEST(Decode, TakesDigitsThatAreNoneForOutOfRange) {
  const Model model = model_with_points(
      R"(e = { quantity = "energy_active_import", address = 0, type = "bcd32", unit = "kWh" })");
  EXPECT_EQ(digits(read_first(model, {0x0012, 0x3456})), (Decimal{123456, 0}));
  EXPECT_EQ(state(read_first(model, {0x0012, 0x3F56})), Acquisition::out_of_range);
}

TEST(Decode, ReadsTwoNumbersFromOneRegister) {
  const Model model = model_with_points(
      "t = { quantity = \"temperature\", address = 0, type = \"uint16\", bits = [8, 15], offset = "
      "-40, unit = \"Cel\", absent = [\"0xFF\"] }\n"
      "h = { quantity = \"humidity\", address = 0, type = \"uint16\", bits = [0, 7], unit = \"%\" "
      "}\n");
  const std::vector<std::size_t> points{0, 1};
  const Words words{0x3C37};
  const RegisterBlock block{wire::Table::holding_register, 0, words};
  const auto decoded = decode(model, Settings{model}, points, {&block, 1});
  EXPECT_EQ(digits(decoded[0]), (Decimal{20, 0}));
  EXPECT_EQ(digits(decoded[1]), (Decimal{55, 0}));
  EXPECT_EQ(state(read_first(model, {0xFF00})), Acquisition::not_available);
  EXPECT_EQ(digits(read_first(model, {0x0000})), (Decimal{-40, 0}));
}

TEST(Decode, AddsAnOffsetToTheRawNumber) {
  const Model model = model_with_points(
      R"(s = { quantity = "serial_number", address = 0, type = "uint32", offset = -4261412864 })");
  const auto decoded = read_first(model, {0xFE00, 0x1234});
  EXPECT_EQ(std::get<std::string>(decoded.value), "4660");
}

TEST(Decode, TellsWhatThisMeterLacks) {
  const Model model = model_with_points(
      R"(c = { quantity = "current", address = 0, type = "uint32", unit = "A", unsupported = ["0xFFFEFFFE"], absent = ["0xFFFFFFFF"] })");
  EXPECT_EQ(state(read_first(model, {0xFFFE, 0xFFFE})), Acquisition::unsupported);
  EXPECT_EQ(state(read_first(model, {0xFFFF, 0xFFFF})), Acquisition::not_available);
}

TEST(Decode, KeepsAnImplausibleValueAndSaysSo) {
  const Model model = model_with_points(
      R"(p = { quantity = "power_active", address = 0, type = "int16", unit = "kW", min = "-0.5", max = 2 })");
  const auto implausible = [&model](std::uint16_t word) {
    return read_first(model, {word}).quality.has(reading::QualityFlag::implausible);
  };
  EXPECT_FALSE(implausible(2));
  EXPECT_TRUE(implausible(3));
  EXPECT_FALSE(implausible(0));
  EXPECT_TRUE(implausible(0xFFFF));
  EXPECT_EQ(digits(read_first(model, {3})), (Decimal{3, 3}));
}

// Siemens PAC: the total of two tariffs. A net of import and export in two unsigned registers.
TEST(Decode, AddsAndSubtractsPointsOfOnePoll) {
  const Model model = model_with_points(
      "net = { quantity = \"power_active\", difference = [\"import\", \"export\"] }\n"
      "total = { quantity = \"power_active\", sum = [\"import\", \"export\"] }\n"
      "import = { quantity = \"power_active_import\", address = 0, type = \"uint16\", unit = "
      "\"W\", absent = [\"0xFFFF\"] }\n"
      "export = { quantity = \"power_active_export\", address = 1, type = \"uint16\", unit = "
      "\"W\", scale = \"0.1\" }\n");
  EXPECT_EQ(digits(read_first(model, {2, 51})), (Decimal{-31, -1}));
  EXPECT_TRUE(read_first(model, {2, 51}).quality.has(reading::QualityFlag::derived));
  EXPECT_EQ(state(read_first(model, {0xFFFF, 51})), Acquisition::not_available);
  EXPECT_EQ(state(read_first(model, {2})), Acquisition::not_polled_yet);
  const std::vector<std::size_t> points{1};
  const Words words{2, 51};
  const RegisterBlock block{wire::Table::holding_register, 0, words};
  EXPECT_EQ(digits(decode(model, Settings{model}, points, {&block, 1}).front()), (Decimal{71, -1}));
  EXPECT_EQ(model.points[0].together, (std::vector<std::size_t>{2, 3}));
}

// A total that stands in a whole part and a fraction, times a power of ten from a third register.
TEST(Decode, PutsASplitTotalTogether) {
  const Model model = model_with_points(
      "total = { quantity = \"volume\", sum = [\"whole\", \"fraction\"] }\n"
      "whole = { quantity = \"volume\", address = 0, type = \"uint32\", unit = \"m3\", scale = "
      "\"pow10(e)\" }\n"
      "fraction = { quantity = \"volume\", address = 2, type = \"float32\", unit = \"m3\", scale = "
      "\"pow10(e)\", resolution = \"0.001\" }\n"
      "e = { quantity = \"device_setting\", address = 4, type = \"int16\" }\n");
  EXPECT_EQ(digits(read_first(model, {0, 1234, 0x3F00, 0, 0})), (Decimal{1234500, -3}));
  EXPECT_EQ(digits(read_first(model, {0, 1234, 0x3F00, 0, 1})), (Decimal{12345000, -3}));
}

TEST(Decode, ReadsCoilsAndDiscreteInputs) {
  const Model model = model_with_points(
      R"(a = { quantity = "status", table = "discrete", address = 3, type = "bool", labels = { 0 = "off", 1 = "on" } })");
  const std::vector<std::size_t> points{0};
  const Words words{0, 1};
  const RegisterBlock block{wire::Table::discrete_input, 2, words};
  EXPECT_EQ(digits(decode(model, Settings{model}, points, {&block, 1}).front()), (Decimal{1, 0}));
}

}  // namespace
}  // namespace bornier::model
