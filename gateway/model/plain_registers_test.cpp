// SPDX-License-Identifier: Apache-2.0
#include "model/plain_registers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/register_types.hpp"

namespace bornier::model {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::uint16_t>;

constexpr auto holding = wire::Table::holding_register;
constexpr auto input = wire::Table::input_register;

auto value(const Words& words, std::string_view type) -> std::string {
  return plain_value(words, *parse_register_type(type));
}

/// "word order, byte order" of the trial that is marked.
auto best(const Words& words, std::string_view type) -> std::string {
  std::string marked;
  for (const auto& trial : try_orders(words, *parse_register_type(type))) {
    if (trial.plausible) {
      marked += trial.encoding.low_word_first ? "little, " : "big, ";
      marked += trial.encoding.low_byte_first ? "little" : "big";
    }
  }
  return marked;
}

TEST(PlainRegisters, TakesReferencesAndAddresses) {
  EXPECT_EQ(parse_register("40001", holding), 0);
  EXPECT_EQ(parse_register("49999", holding), 9'998);
  EXPECT_EQ(parse_register("400001", holding), 0);
  EXPECT_EQ(parse_register("465536", holding), 65'535);
  EXPECT_EQ(parse_register("30073", input), 72);
  EXPECT_EQ(parse_register("0", holding), 0);
  EXPECT_EQ(parse_register("40000", holding), 40'000) << "no reference: they begin at 40001";
  EXPECT_EQ(parse_register("40001", input), 40'001) << "input registers are 3xxxx";
  EXPECT_EQ(parse_register("50001", holding), 50'001);
  EXPECT_EQ(parse_register("@40001", holding), 40'001);
  EXPECT_EQ(parse_register("10001", wire::Table::coil), 10'001);
}

TEST(PlainRegisters, RefusesWhatIsNoRegister) {
  for (const auto* text :
       {"", "@", "4x001", "-1", "65536", "465537", "@65536", "0x10", "4294967297"}) {
    EXPECT_EQ(parse_register(text, holding), std::nullopt) << text;
  }
}

TEST(PlainRegisters, WritesReferencesAsManualsDo) {
  EXPECT_EQ(reference_of(0, holding), "40001");
  EXPECT_EQ(reference_of(9'998, holding), "49999");
  EXPECT_EQ(reference_of(9'999, holding), "410000");
  EXPECT_EQ(reference_of(65'535, input), "365536");
}

TEST(PlainRegisters, ShowsEveryDigitThatTheyHold) {
  EXPECT_EQ(value({0x4366, 0x3333}, "float32"), "230.2");
  EXPECT_EQ(value({0x7FC0, 0}, "float32"), "nan");
  EXPECT_EQ(value({0x406C, 0xC666, 0x6666, 0x6666}, "float64"), "230.2");
  EXPECT_EQ(value({0xFFFF, 0xFFFE}, "int32"), "-2");
  EXPECT_EQ(value({0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, "uint64"), "18446744073709551615");
  EXPECT_EQ(value({0x1234}, "bcd16"), "1234");
  EXPECT_EQ(value({0x12A4}, "bcd16"), "?");
  EXPECT_EQ(value({0xFE00, 0x04D2}, "mant24exp8_u"), "1234e-2");
  EXPECT_EQ(value({0x4142, 0x4300}, "string:2"), "ABC");
}

// 230.2 and 231.4 V as IEEE 754: 43663333, 43676666.
TEST(PlainRegisters, MarkTheOrderUnderWhichValuesAreLikely) {
  EXPECT_EQ(best({0x4366, 0x3333, 0x4367, 0x6666}, "float32"), "big, big");
  EXPECT_EQ(best({0x3333, 0x4366, 0x6666, 0x4367}, "float32"), "little, big");
  EXPECT_EQ(best({0x6643, 0x3333, 0x6743, 0x6666}, "float32"), "big, little");
  EXPECT_EQ(best({0x3333, 0x6643, 0x6666, 0x6743}, "float32"), "little, little");
  EXPECT_EQ(best({0x0001, 0xE240, 0x0000, 0x03E8}, "uint32"), "big, big");
  EXPECT_EQ(best({0xE240, 0x0001, 0x03E8, 0x0000}, "uint32"), "little, big");
}

TEST(PlainRegisters, MarkNoneWhereNothingTellsThemApart) {
  EXPECT_EQ(best({0, 0}, "float32"), "");
  EXPECT_EQ(best({0x4141, 0x4141}, "uint32"), "");
}

TEST(PlainRegisters, TryOnlyOrdersThatMakeADifference) {
  EXPECT_EQ(try_orders(Words{1, 2, 3}, *parse_register_type("float32")).size(), 4U);
  EXPECT_EQ(try_orders(Words{1, 2, 3}, *parse_register_type("uint16")).size(), 2U);
  EXPECT_EQ(try_orders(Words{1, 2, 3}, *parse_register_type("string:2")).size(), 2U);
  EXPECT_EQ(try_orders(Words{1, 2, 3}, *parse_register_type("mbus_f")).size(), 4U);
  const auto trials = try_orders(Words{1, 2, 3}, *parse_register_type("uint32"));
  EXPECT_THAT(trials.front().values, ElementsAre("65538")) << "the third word is half a value";
}

}  // namespace
}  // namespace bornier::model
