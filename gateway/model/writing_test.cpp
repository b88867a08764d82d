// SPDX-License-Identifier: Apache-2.0
#include "model/writing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/register_types.hpp"
#include "model/select.hpp"
#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using reading::Decimal;
using testing::HasSubstr;

auto words(std::string_view text, std::string_view type) -> std::optional<Words> {
  return words_of_value(text, *parse_register_type(type));
}

/// A meter with the settings that shipped models have, each in its own way.
auto settable() -> Model {
  return model_with_points(
      "baud_code = { quantity = \"device_setting\", address = 0, type = \"float32\", writable = "
      "true, sets = \"baud\", labels = { 0 = \"2400\", 1 = \"4800\", 2 = \"9600\" } }\n"
      "node = { quantity = \"device_setting\", address = 2, type = \"uint16\", writable = true, "
      "sets = \"unit_id\", max = 100 }\n"
      "ratio = { quantity = \"device_setting\", address = 3, type = \"uint32\", scale = \"0.1\", "
      "word_order = \"little\", writable = true }\n"
      "fixed = { quantity = \"device_setting\", address = 5, type = \"uint16\" }\n"
      "low = { quantity = \"device_setting\", address = 6, type = \"uint16\", bits = [0, 7], "
      "writable = true }\n"
      "name = { quantity = \"device_name\", address = 7, type = \"string:2\", writable = true }\n"
      "reset = { quantity = \"device_setting\", address = 9, type = \"uint16\", write_only = true "
      "}\n"
      "format = { quantity = \"device_setting\", address = 10, type = \"uint16\", writable = true, "
      "sets = \"serial_format\", labels = { 0 = \"8N1\", 1 = \"8E1\", 2 = \"8O2\" } }\n");
}

auto point_of(const Model& model, std::string_view name) -> const Point& {
  return model.points.at(*find_point(model, name));
}

auto parsed(std::string_view name, std::string_view text) -> PointValue {
  const auto model = settable();
  const auto value = parse_written(point_of(model, name), text);
  EXPECT_TRUE(value) << (value ? "" : value.error().text);
  return value ? *value : PointValue{};
}

auto refusal(std::string_view name, std::string_view text) -> std::string {
  const auto model = settable();
  const auto value = parse_written(point_of(model, name), text);
  EXPECT_FALSE(value) << text << " is taken";
  return value ? "" : value.error().text;
}

TEST(PlainWriting, HoldsTheValueInItsRegisters) {
  EXPECT_EQ(words("17", "uint16"), (Words{17}));
  EXPECT_EQ(words("65535", "uint16"), (Words{0xFFFF}));
  EXPECT_EQ(words("65536", "uint16"), std::nullopt);
  EXPECT_EQ(words("-1", "uint16"), std::nullopt);
  EXPECT_EQ(words("-1", "int16"), (Words{0xFFFF}));
  EXPECT_EQ(words("0x1F", "uint16"), (Words{0x1F}));
  EXPECT_EQ(words("0x1FFFF", "uint16"), std::nullopt);
  EXPECT_EQ(words("1.5", "uint16"), std::nullopt);
  EXPECT_EQ(words("65537", "uint32"), (Words{1, 1}));
  EXPECT_EQ(words("1234", "bcd16"), (Words{0x1234}));
  EXPECT_EQ(words("ten", "uint16"), std::nullopt);
  EXPECT_EQ(words("", "uint16"), std::nullopt);
}

// 2141.0 is 0x4505D000: the factory's word order of the Eastron meters.
TEST(PlainWriting, TakesTheNearestFloat) {
  EXPECT_EQ(words("2141", "float32"), (Words{0x4505, 0xD000}));
  EXPECT_EQ(words("0.1", "float32"), (Words{0x3DCC, 0xCCCD}));
  EXPECT_EQ(words("3.14159265", "float32"), (Words{0x4049, 0x0FDB}));
  EXPECT_EQ(words("1", "float64"), (Words{0x3FF0, 0, 0, 0}));
  auto little = *parse_register_type("float32");
  little.low_word_first = true;
  EXPECT_EQ(words_of_value("2141", little), (Words{0xD000, 0x4505}));
}

TEST(PlainWriting, HoldsTexts) {
  EXPECT_EQ(words("SOCO", "string1:4"), (Words{0x53, 0x4F, 0x43, 0x4F}));
  EXPECT_EQ(words("SunSpec", "string:3"), std::nullopt);
}

TEST(Writable, IsFoundByItsNameAndByWhatItSets) {
  const auto model = settable();
  EXPECT_EQ(find_writable(model, "node"), find_point(model, "node"));
  EXPECT_EQ(find_writable(model, "unit_id"), find_point(model, "node"));
  EXPECT_EQ(find_writable(model, "serial_format"), find_point(model, "format"));
  EXPECT_THAT(find_writable(model, "unit-id").error(), HasSubstr("did you mean `unit_id`?"));
  EXPECT_THAT(find_writable(model, "fixed").error(), HasSubstr("does not say that \"fixed\" may"));
  EXPECT_THAT(find_writable(Model{}, "x").error(), HasSubstr("--holding"));
}

TEST(Writable, IsWrittenByLabelOrByNumber) {
  EXPECT_EQ(std::get<Decimal>(parsed("baud_code", "9600")), (Decimal{2, 0}));
  EXPECT_EQ(std::get<Decimal>(parsed("baud_code", "2")), (Decimal{2, 0}));
  EXPECT_THAT(refusal("baud_code", "19200"), HasSubstr("one of 0 (2400), 1 (4800), 2 (9600)"));
  EXPECT_THAT(refusal("baud_code", "fast"), HasSubstr("one of 0 (2400)"));
}

TEST(Writable, HoldsItsLimits) {
  EXPECT_EQ(std::get<Decimal>(parsed("node", "100")), (Decimal{100, 0}));
  EXPECT_THAT(refusal("node", "101"), HasSubstr("the most is 100"));
  EXPECT_EQ(std::get<Decimal>(parsed("node", "1")), (Decimal{1, 0}));
  EXPECT_THAT(refusal("node", "0"), HasSubstr("1 to 247"));
  EXPECT_THAT(refusal("node", "five"), HasSubstr("it is a number"));
}

TEST(Writable, GivesTheWordsThatReadAsTheValue) {
  const auto model = settable();
  const Settings settings{model};
  const auto to = [&](std::string_view name, std::span<const RegisterBlock> beside = {}) {
    return [&, name, beside](std::string_view text) -> std::optional<Words> {
      const auto index = *find_point(model, name);
      const auto encoded =
          words_to_write(model, settings, index, *parse_written(model.points[index], text), beside);
      return encoded ? std::optional{*encoded} : std::nullopt;
    };
  };
  EXPECT_EQ(to("baud_code")("9600"), (Words{0x4000, 0}));  // 2.0
  EXPECT_EQ(to("ratio")("6000"), (Words{60'000, 0}));
  EXPECT_EQ(to("ratio")("0.05"), std::nullopt);
  EXPECT_EQ(to("name")("AB"), (Words{0x4142, 0}));
  const Words now{0xAB01};
  const std::vector<RegisterBlock> beside{{wire::Table::holding_register, 6, now}};
  EXPECT_EQ(to("low", beside)("2"), (Words{0xAB02})) << "the other bits stay";
  EXPECT_EQ(to("low", beside)("256"), std::nullopt);
}

TEST(Writable, IsShownWithItsLabel) {
  const auto model = settable();
  const Settings settings{model};
  EXPECT_EQ(shown(model, settings, 0, Decimal{2, 0}), "2 (9600)");
  EXPECT_EQ(shown(model, settings, 0, Decimal{7, 0}), "7");
  EXPECT_EQ(shown(model, settings, 1, Decimal{17, 0}), "17");
}

TEST(Writable, TellsWhereTheMeterIsAfterwards) {
  const auto model = settable();
  EXPECT_EQ(reach_after(point_of(model, "node"), Decimal{17, 0}).unit_id, 17);
  EXPECT_EQ(reach_after(point_of(model, "baud_code"), Decimal{2, 0}).baud, 9600U);
  EXPECT_EQ(reach_after(point_of(model, "format"), Decimal{2, 0}).format,
            (CharacterFormat{Parity::odd, 2}));
  EXPECT_FALSE(reach_after(point_of(model, "ratio"), Decimal{2, 0}).unit_id);
}

TEST(CharacterFormatText, HasEightBitsAParityAndStopBits) {
  EXPECT_EQ(parse_character_format("8E1"), (CharacterFormat{Parity::even, 1}));
  for (const auto* wrong : {"7E1", "8X1", "8N3", "8N", "8N1 "}) {
    EXPECT_FALSE(parse_character_format(wrong)) << wrong;
  }
  EXPECT_FALSE(parse_baud("299"));
  EXPECT_EQ(parse_baud("300"), 300U);
  EXPECT_FALSE(parse_baud("9600 "));
}

TEST(WriteOnlyPoint, IsNeverRead) {
  const auto model = settable();
  const std::vector<std::string> all{"all", "*"};
  for (const auto point : *select(model, all)) {
    EXPECT_NE(model.points[point].name, "reset");
  }
  const std::vector<std::string> named{"reset"};
  EXPECT_FALSE(select(model, named));
  EXPECT_EQ(find_writable(model, "reset"), find_point(model, "reset"));
}

TEST(WriteTable, TellsHowTheMeterIsWritten) {
  const auto model = loaded(
      std::string{head} +
      "[write]\nfunction = 16\nhint = \"hold SET\"\nunlock = { address = 24, type = \"float32\", "
      "password = 1000 }\n[points]\nx = { quantity = \"device_setting\", address = 0, type = "
      "\"float32\", writable = true, locked = true, after_restart = true }\n");
  EXPECT_EQ(model.writing.function, 16U);
  EXPECT_EQ(model.writing.hint, "hold SET");
  ASSERT_TRUE(model.writing.unlock);
  EXPECT_EQ(model.writing.unlock->address, 24);
  EXPECT_EQ(model.writing.unlock->password, (Decimal{1000, 0}));
  const auto& access = model.points.at(0).access;
  EXPECT_TRUE(access.writable && access.locked && access.after_restart);
  EXPECT_FALSE(access.write_only || access.momentary);
}

}  // namespace
}  // namespace bornier::model
