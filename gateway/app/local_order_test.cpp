// SPDX-License-Identifier: Apache-2.0
#include "app/local_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using testing::HasSubstr;

auto parsed(std::string_view text) -> wire::Result<LocalOrder, model::Objection> {
  return parse_order(boost::json::parse(text).as_object());
}

TEST(LocalOrder, ComesOverTheSocketAsItWasSent) {
  LocalOrder order;
  order.meter = "main";
  order.place.table = wire::Table::holding_register;
  order.place.first = 65'535;
  order.place.function = 16;
  order.type = "float32";
  order.place.encoding.low_word_first = true;
  order.value = "230.5";
  order.password = reading::Decimal{1000, 0};
  const auto come = parsed(to_json(order, "write"));
  ASSERT_TRUE(come) << come.error().text;
  EXPECT_EQ(come->meter, "main");
  EXPECT_EQ(come->place.table, wire::Table::holding_register);
  EXPECT_EQ(come->place.first, 65'535);
  EXPECT_EQ(come->place.function, 16U);
  EXPECT_EQ(come->place.encoding.type, model::RegisterType::float32);
  EXPECT_EQ(come->place.encoding.registers, 2);
  EXPECT_TRUE(come->place.encoding.low_word_first);
  EXPECT_FALSE(come->place.encoding.low_byte_first);
  EXPECT_EQ(come->value, "230.5");
  EXPECT_EQ(come->password, order.password);

  LocalOrder named;
  named.meter = "main";
  named.setting = "unit_id";
  named.value = "5";
  EXPECT_EQ(parsed(to_json(named, "look"))->setting, "unit_id");
}

TEST(LocalOrder, Promise7_IsRefusedWhereItIsNotAsAgreed) {
  const std::string head = R"({"meter":"m","type":"uint16",)";
  EXPECT_TRUE(parsed(head + R"("address":65535})"));
  EXPECT_THAT(parsed(head + R"("address":65536})").error().text, HasSubstr("up to 65535"));
  EXPECT_THAT(parsed(head + R"("address":-1})").error().text, HasSubstr("\"address\""));
  EXPECT_THAT(parsed(head + R"("address":1.5})").error().text, HasSubstr("\"address\""));
  EXPECT_THAT(parsed(head + R"("table":"input"})").error().text, HasSubstr("\"coil\""));
  EXPECT_THAT(parsed(head + R"("function":17})").error().text, HasSubstr("up to 16"));
  EXPECT_TRUE(parsed(head + R"("value":")" + std::string(1'000, '1') + "\"}"));
  EXPECT_THAT(parsed(head + R"("value":")" + std::string(1'001, '1') + "\"}").error().text,
              HasSubstr("\"value\""));
  EXPECT_THAT(parsed(R"({"meter":"m","type":"float"})").error().text, HasSubstr("float32"));
  EXPECT_THAT(parsed(R"({"meter":"m"})").error().text, HasSubstr("\"type\""));
  EXPECT_THAT(parsed("{}").error().text, HasSubstr("\"meter\""));
  EXPECT_THAT(parsed(head + R"("password":"secret"})").error().text, HasSubstr("a number as"));
}

TEST(LocalOrder, WouldNotGiveAMeterItsNeighboursUnitId) {
  Configuration configuration;
  for (const auto unit : {1, 5}) {
    auto meter = two_point_meter({});
    meter.model = std::make_shared<const model::Model>(model::model_with_points(
        "node = { quantity = \"device_setting\", address = 0, type = \"uint16\", writable = true, "
        "sets = \"unit_id\" }\n"));
    meter.settings = model::Settings{*meter.model};
    meter.id = "unit-" + std::to_string(unit);
    meter.unit_id = wire::UnitId{static_cast<std::uint8_t>(unit)};
    configuration.meters.push_back(meter);
  }
  const auto target = target_of_point(configuration.meters[0], "unit_id");
  const auto neighbour = [&](std::string_view unit) {
    return neighbour_at(configuration, *target, *parse_wanted(*target, unit));
  };
  ASSERT_NE(neighbour("5"), nullptr);
  EXPECT_EQ(neighbour("5")->id, "unit-5");
  EXPECT_EQ(neighbour("6"), nullptr);
  EXPECT_EQ(neighbour("1"), nullptr) << "its own";
  configuration.meters[1].bus = 1;
  EXPECT_EQ(neighbour("5"), nullptr) << "another bus";
}

}  // namespace
}  // namespace bornier::app
