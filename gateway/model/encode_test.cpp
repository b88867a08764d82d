// SPDX-License-Identifier: Apache-2.0
#include "model/encode.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using reading::Decimal;
using Words = std::vector<std::uint16_t>;

auto every_type() -> std::string {
  std::string points;
  int address = 0;
  for (const std::string type : {"uint16", "int16", "uint32", "int32", "uint64", "int64", "float32",
                                 "float64", "enum16", "bits16", "bits32", "uint48", "int16_sm",
                                 "int32_sm", "int48_sm", "bcd16", "bcd32", "base10000:4"}) {
    for (const std::string word_order : {"big", "little"}) {
      for (const std::string byte_order : {"big", "little"}) {
        points += type.substr(0, type.find(':')) + "_" + word_order + "_" + byte_order +
                  " = { quantity = \"power_active\", unit = \"kW\", scale = \"0.01\", address = " +
                  std::to_string(address) + ", type = \"" + type + "\", word_order = \"" +
                  word_order + "\", byte_order = \"" + byte_order + "\" }\n";
        address += 4;
      }
    }
  }
  return points;
}

/// What the image says about one point.
auto read_back(const Model& model, std::size_t point, const RegisterImage& image) -> Decoded {
  const Point& wanted = model.points[point];
  Words words;
  for (std::uint16_t offset = 0; offset < wanted.encoding.registers; ++offset) {
    words.push_back(image.read(wanted.table, static_cast<std::uint16_t>(wanted.address + offset)));
  }
  const RegisterBlock block{wanted.table, wanted.address, words};
  const std::array<std::size_t, 1> points{point};
  return decode(model, Settings{model}, points, {&block, 1}).front();
}

TEST(Encode, IsUndoneByDecodeForEveryTypeOrderAndValueThatTheRegisterHolds) {
  const Model model = model_with_points(every_type());
  ASSERT_EQ(model.points.size(), 72U);
  std::mt19937_64 random{42};
  for (std::size_t point = 0; point < model.points.size(); ++point) {
    const std::int8_t resolution = model.points[point].conversions.front().resolution;
    std::size_t held = 0;
    for (int round = 0; round < 2000; ++round) {
      const auto width = random() % 63;
      const auto magnitude = static_cast<std::int64_t>(random() >> (63 - width));
      const Decimal value{random() % 2 == 0 ? magnitude : -magnitude, resolution};
      RegisterImage image;
      if (encode(model, Settings{model}, point, value, image)) {
        ++held;
        EXPECT_EQ(std::get<Decimal>(read_back(model, point, image).value), value)
            << model.points[point].name;
      }
    }
    EXPECT_GT(held, 100U) << model.points[point].name;
  }
}

TEST(Encode, HoldsTheWholeRangeOfARegisterAndNothingBeyond) {
  const Model model = model_with_points(
      R"(t = { quantity = "temperature", address = 0, type = "int16", unit = "Cel", scale = "0.1" })");
  RegisterImage image;
  const Settings settings{model};
  EXPECT_TRUE(encode(model, settings, 0, Decimal{32767, -1}, image));
  EXPECT_EQ(image.read(wire::Table::holding_register, 0), 0x7FFF);
  EXPECT_TRUE(encode(model, settings, 0, Decimal{-32768, -1}, image));
  EXPECT_EQ(encode(model, settings, 0, Decimal{32768, -1}, image).error(),
            EncodeFault::not_representable);
  EXPECT_EQ(image.read(wire::Table::holding_register, 0), 0x8000);
  EXPECT_TRUE(encode(model, settings, 0, Decimal{215, -1}, image));
  EXPECT_TRUE(encode(model, settings, 0, Decimal{2150, -2}, image));
  EXPECT_EQ(encode(model, settings, 0, Decimal{2151, -2}, image).error(),
            EncodeFault::not_representable);
}

TEST(Encode, NeverWritesAValueThatReadsAsAbsent) {
  const Model model = model_with_points(
      R"(t = { quantity = "temperature", address = 0, type = "int16", unit = "Cel", absent = ["0x7FFF"] })");
  RegisterImage image;
  EXPECT_EQ(encode(model, Settings{model}, 0, Decimal{32767, 0}, image).error(),
            EncodeFault::not_representable);
  EXPECT_TRUE(encode(model, Settings{model}, 0, Decimal{32766, 0}, image));
}

TEST(Encode, WritesTheSentinelForAbsent) {
  const Model model = model_with_points(R"(
a = { quantity = "temperature", address = 0, type = "int16", unit = "Cel", absent = ["0x8000", "0x7FFF"] }
b = { quantity = "voltage", address = 1, type = "float32", unit = "V" }
c = { quantity = "voltage", address = 3, type = "float64", unit = "V" }
d = { quantity = "clock", address = 7, type = "mbus_f" }
e = { quantity = "device_name", address = 9, type = "string:2" }
f = { quantity = "voltage", address = 11, type = "uint16", unit = "V" }
)");
  RegisterImage image;
  for (std::size_t point = 0; point < 5; ++point) {
    ASSERT_TRUE(encode(model, Settings{model}, point, PointValue{}, image)) << point;
    EXPECT_EQ(std::get<reading::Acquisition>(read_back(model, point, image).value),
              reading::Acquisition::not_available);
  }
  EXPECT_EQ(image.read(wire::Table::holding_register, 0), 0x8000);
  EXPECT_EQ(encode(model, Settings{model}, 5, PointValue{}, image).error(),
            EncodeFault::no_sentinel);
}

TEST(Encode, WritesTextsSerialNumbersAndClocks) {
  const Model model = model_with_points(R"(
name = { quantity = "device_name", address = 0, type = "string:2" }
serial = { quantity = "serial_number", address = 2, type = "uint32" }
clock = { quantity = "clock", address = 4, type = "mbus_f" }
)");
  RegisterImage image;
  const std::vector<std::string> values{"SunS", "21045678", "2026-11-22T10:35"};
  for (std::size_t point = 0; point < values.size(); ++point) {
    ASSERT_TRUE(encode(model, Settings{model}, point, values[point], image)) << values[point];
    EXPECT_EQ(std::get<std::string>(read_back(model, point, image).value), values[point]);
  }
  EXPECT_FALSE(encode(model, Settings{model}, 0, std::string{"SunSp"}, image));
  EXPECT_FALSE(encode(model, Settings{model}, 1, std::string{"4294967296"}, image));
  EXPECT_FALSE(encode(model, Settings{model}, 1, std::string{"A1"}, image));
  EXPECT_EQ(encode(model, Settings{model}, 0, Decimal{1, 0}, image).error(),
            EncodeFault::wrong_kind);
}

TEST(Encode, WritesDecimalFloatsWithAllTheirDigits) {
  const Model model = model_with_points(
      R"(e = { quantity = "energy_active_import", address = 0, type = "mant24exp8_s", unit = "Wh" })");
  RegisterImage image;
  for (const Decimal value :
       {Decimal{123456, -5}, Decimal{-8388608, -3}, Decimal{12, 15}, Decimal{83886070, -3}}) {
    ASSERT_TRUE(encode(model, Settings{model}, 0, value, image)) << to_text(value);
    EXPECT_TRUE(is_eq(compare(std::get<Decimal>(read_back(model, 0, image).value), value)));
  }
  EXPECT_FALSE(encode(model, Settings{model}, 0, Decimal{8388609, -3}, image));
}

TEST(Encode, WritesAFieldAndLeavesTheOthers) {
  const Model model = model_with_points(R"(
t = { quantity = "temperature", address = 0, type = "uint16", bits = [8, 15], offset = -40, unit = "Cel", absent = ["0xFF"] }
h = { quantity = "humidity", address = 0, type = "uint16", bits = [0, 7], unit = "%" }
)");
  RegisterImage image;
  ASSERT_TRUE(encode(model, Settings{model}, 0, Decimal{20, 0}, image));
  ASSERT_TRUE(encode(model, Settings{model}, 1, Decimal{55, 0}, image));
  EXPECT_EQ(image.read(wire::Table::holding_register, 0), 0x3C37);
  ASSERT_TRUE(encode(model, Settings{model}, 0, PointValue{}, image));
  EXPECT_EQ(image.read(wire::Table::holding_register, 0), 0xFF37);
  EXPECT_FALSE(encode(model, Settings{model}, 1, Decimal{256, 0}, image));
  EXPECT_FALSE(encode(model, Settings{model}, 0, Decimal{-41, 0}, image));
}

TEST(Encode, FollowsTheScaleRegisterInTheImage) {
  const Model model = model_with_points(R"toml(
v = { quantity = "voltage", address = 0, type = "int16", unit = "V", scale = "pow10(sf)" }
sf = { quantity = "device_setting", address = 1, type = "int16", absent = ["0x8000"] }
twice = { quantity = "voltage", sum = ["v", "v"] }
)toml");
  RegisterImage image;
  const Settings settings{model};
  EXPECT_FALSE(encode(model, settings, 0, Decimal{2301, -1}, image));
  ASSERT_TRUE(encode(model, settings, 1, Decimal{-1, 0}, image));
  ASSERT_TRUE(encode(model, settings, 0, Decimal{2301, -1}, image));
  EXPECT_EQ(image.read(wire::Table::holding_register, 0), 2301);
  ASSERT_TRUE(encode(model, settings, 1, PointValue{}, image));
  EXPECT_EQ(encode(model, settings, 0, Decimal{2301, -1}, image).error(),
            EncodeFault::unknown_code);
  EXPECT_EQ(encode(model, settings, 2, Decimal{2, 0}, image).error(), EncodeFault::derived);
}

TEST(Encode, FollowsTheCodeRegisterInTheImage) {
  const Model model = loaded(std::string{head} + R"toml(
[code.c]
point = "header"
bits = [0, 1]
options = [{ value = 0, weight = 1 }, { value = 1, weight = "0.001" }]
[points]
volume = { quantity = "volume", address = 0, type = "uint32", unit = "m3", scale = "code(c)" }
header = { quantity = "device_setting", address = 2, type = "bits16" }
)toml");
  RegisterImage image;
  const Settings settings{model};
  EXPECT_EQ(encode(model, settings, 0, Decimal{1500, -3}, image).error(),
            EncodeFault::not_representable);
  ASSERT_TRUE(encode(model, settings, 1, Decimal{1, 0}, image));
  ASSERT_TRUE(encode(model, settings, 0, Decimal{1500, -3}, image));
  EXPECT_EQ(image.read(wire::Table::holding_register, 1), 1500);
  ASSERT_TRUE(encode(model, settings, 1, Decimal{2, 0}, image));
  EXPECT_EQ(encode(model, settings, 0, Decimal{1, 0}, image).error(), EncodeFault::unknown_code);
}

}  // namespace
}  // namespace bornier::model
