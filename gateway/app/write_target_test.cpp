// SPDX-License-Identifier: Apache-2.0
#include "app/write_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing.hpp"
#include "model/register_types.hpp"

namespace bornier::app {
namespace {

using testing::HasSubstr;
using wire::Table;

auto place_of(Table table, std::uint16_t first, std::string_view type, unsigned function = 0)
    -> PlainPlace {
  return {.table = table,
          .first = first,
          .encoding = *model::parse_register_type(type),
          .function = function};
}

auto sent(const PlainPlace& place, const std::vector<std::uint16_t>& words)
    -> std::vector<std::vector<std::byte>> {
  std::vector<std::vector<std::byte>> pdus;
  for (const auto& pdu : writes_of(place, words)) {
    pdus.push_back(wire::copy(pdu.bytes()));
  }
  return pdus;
}

using Pdus = std::vector<std::vector<std::byte>>;

// The examples of MODBUS Application Protocol V1.1b3, sections 6.5, 6.6 and 6.12; 6.11 by hand.
TEST(WritesOfAPlace, AreTheRequestsOfTheSpecification) {
  EXPECT_EQ(sent(place_of(Table::coil, 172, "bool"), {1}), Pdus{wire::bytes("05 00AC FF00")});
  EXPECT_EQ(sent(place_of(Table::coil, 172, "bool"), {0}), Pdus{wire::bytes("05 00AC 0000")});
  EXPECT_EQ(sent(place_of(Table::coil, 3, "bool", 15), {1}),
            Pdus{wire::bytes("0F 0003 0001 01 01")});
  EXPECT_EQ(sent(place_of(Table::holding_register, 1, "uint16"), {3}),
            Pdus{wire::bytes("06 0001 0003")});
  EXPECT_EQ(sent(place_of(Table::holding_register, 1, "uint32"), {0x000A, 0x0102}),
            Pdus{wire::bytes("10 0001 0002 04 000A 0102")});
  EXPECT_EQ(sent(place_of(Table::holding_register, 1, "uint16", 16), {3}),
            Pdus{wire::bytes("10 0001 0001 02 0003")});
}

TEST(WritesOfAPlace, GoRegisterByRegisterWithFunction6) {
  EXPECT_EQ(sent(place_of(Table::holding_register, 0x1003, "uint32", 6), {0x0258, 0}),
            (Pdus{wire::bytes("06 1003 0258"), wire::bytes("06 1004 0000")}));
}

TEST(TargetOfAPlace, IsRefusedWhereModbusCannotWrite) {
  const MeterSettings meter;
  const auto why = [&meter](const PlainPlace& place) {
    const auto target = target_of_place(meter, place);
    return target ? std::string{} : target.error();
  };
  EXPECT_EQ(why(place_of(Table::holding_register, 65'534, "uint32")), "");
  EXPECT_THAT(why(place_of(Table::holding_register, 65'535, "uint32")), HasSubstr("65535"));
  EXPECT_THAT(why(place_of(Table::input_register, 0, "uint16")), HasSubstr("only holding"));
  EXPECT_THAT(why(place_of(Table::coil, 0, "uint16")), HasSubstr("has no type"));
  EXPECT_THAT(why(place_of(Table::holding_register, 0, "bool")), HasSubstr("more than one bit"));
  EXPECT_EQ(why(place_of(Table::holding_register, 0, "string:123")), "");
  EXPECT_THAT(why(place_of(Table::holding_register, 0, "string:124")), HasSubstr("123"));
  EXPECT_THAT(why(place_of(Table::holding_register, 0, "uint16", 5)), HasSubstr("6 or 16"));
  EXPECT_THAT(why(place_of(Table::coil, 0, "bool", 6)), HasSubstr("5 or 15"));
}

TEST(TargetOfAPlace, TakesWhatItsTypeHolds) {
  const MeterSettings meter;
  const auto target = target_of_place(meter, place_of(Table::holding_register, 0, "uint16"));
  EXPECT_EQ(target->name, "holding register 40001");
  EXPECT_EQ(parse_wanted(*target, "65535")->words, (model::Words{0xFFFF}));
  EXPECT_THAT(parse_wanted(*target, "65536").error().text, HasSubstr("--type"));
  const auto coil = target_of_place(meter, place_of(Table::coil, 3, "bool"));
  EXPECT_EQ(parse_wanted(*coil, "on")->words, (model::Words{1}));
  EXPECT_THAT(parse_wanted(*coil, "2").error().text, HasSubstr("0 or 1"));
}

}  // namespace
}  // namespace bornier::app
