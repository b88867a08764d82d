// SPDX-License-Identifier: Apache-2.0
// [detect] of a model file.
#include <gmock/gmock.h>

#include "model/load.hpp"
#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view any_points =
    "[points]\nx = { quantity = \"power_factor\", address = 0, type = \"uint16\" }\n";

/// Of a file with this [detect] in line 10, "line:column: message", one a line.
auto mistakes_of(std::string_view detect, std::string_view before = "") -> std::string {
  std::string text{head};
  text.insert(text.find("[defaults]"), before);
  const auto model = load_model(text + std::string{detect} + std::string{any_points}, "m.toml");
  std::string found;
  for (const Diagnostic& mistake : model ? std::vector<Diagnostic>{} : model.error()) {
    found += std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + ": " +
             mistake.message + "\n";
  }
  return found;
}

TEST(LoadDetect, KeepsSignsAndPatternsAsWritten) {
  const auto model = loaded(std::string{head} + R"([detect]
registers = [
  { address = 11, type = "int16", values = [341, -2] },
  { table = "input", address = 200, type = "string1:6", byte_order = "little", text = ["B23*", "A4?"] },
]
identification = { vendor = ["Maker"], product_code = ["X*"], product_name = ["N"], model_name = ["M"] }
)" + std::string{any_points});
  ASSERT_EQ(model.detect.signs.size(), 2U);
  const auto& code = model.detect.signs[0];
  EXPECT_EQ(code.table, wire::Table::holding_register) << "of [defaults]";
  EXPECT_EQ(code.address, 11);
  EXPECT_EQ(code.encoding.type, RegisterType::int16);
  EXPECT_THAT(code.values, ElementsAre("341", "-2"));
  const auto& text = model.detect.signs[1];
  EXPECT_EQ(text.table, wire::Table::input_register);
  EXPECT_EQ(text.encoding.registers, 6);
  EXPECT_TRUE(text.encoding.low_byte_first);
  EXPECT_THAT(text.values, ElementsAre("B23*", "A4?"));
  EXPECT_THAT(model.detect.identification.vendor, ElementsAre("Maker"));
  EXPECT_THAT(model.detect.identification.product_code, ElementsAre("X*"));
  EXPECT_THAT(model.detect.identification.product_name, ElementsAre("N"));
  EXPECT_THAT(model.detect.identification.model_name, ElementsAre("M"));
}

TEST(LoadDetect, IsNotNeeded) {
  const auto model = loaded(std::string{head} + std::string{any_points});
  EXPECT_THAT(model.detect.signs, IsEmpty());
  EXPECT_TRUE(model.detect.identification.empty());
}

/// Of a [detect] with this one register.
auto mistakes_of_register(std::string_view keys) -> std::string {
  return mistakes_of("[detect]\nregisters = [{ " + std::string{keys} + " }]\n");
}

TEST(LoadDetect, RefusesRegistersThatTellNothing) {
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"uint16\""),
            "11:14: a register of [detect] needs `values`\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"uint16\", values = []"),
            "11:55: `values` takes whole numbers: [341, 345]\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"uint16\", values = [\"7\"]"),
            "11:55: `values` takes whole numbers: [341, 345]\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"uint16\", values = [7, 0]"),
            "11:55: 0 is what many devices answer for what they lack; remove it\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"uint16\", values = [65536]"),
            "11:55: the register cannot hold 65536\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"uint16\", values = [65535]"), "");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"uint16\", values = [7], text = [\"7\"]"),
            "11:67: a register of [detect] does not take `text`: the register holds a number; "
            "write values = [341]\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"string:2\", text = [\" *\"]"),
            "11:55: `text` takes patterns with letters or digits: [\"B23*\"]\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"string:2\", values = [7]"),
            "11:14: a register of [detect] needs `text`\n11:57: a register of [detect] does not "
            "take `values`: the register holds a text; write text = [\"B23*\"]\n");
  EXPECT_EQ(mistakes_of_register("address = 1, type = \"float32\", values = [7]"),
            "11:36: a float is no code of a model; name a whole number or a text\n");
  EXPECT_EQ(mistakes_of_register("table = \"coil\", address = 1, type = \"bool\", values = [1]"),
            "11:24: a bit tells no model from another; name a register\n");
}

TEST(LoadDetect, RefusesPlacesThatAreNone) {
  EXPECT_EQ(mistakes_of_register("values = [7]"),
            "11:14: a register of [detect] needs `address`\n11:14: a register of [detect] needs "
            "`type`\n");
  EXPECT_EQ(mistakes_of_register("address = 65535, type = \"uint32\", values = [7]"),
            "11:26: the registers go past address 65535\n");
  EXPECT_EQ(mistakes_of_register("address = 65535, type = \"uint16\", values = [7]"), "");
  EXPECT_EQ(mistakes_of_register("point = \"x\", address = 1, type = \"uint16\", values = [7]"),
            "11:16: a register of [detect] has no key `point`; remove it\n");
}

TEST(LoadDetect, RefusesAVendorAlone) {
  EXPECT_EQ(mistakes_of("[detect]\nidentification = { vendor = [\"Maker\"] }\n"),
            "11:18: a vendor makes more than one model; add product_code, product_name or "
            "model_name\n");
  EXPECT_EQ(mistakes_of("[detect]\nidentification = { product_code = [\"*\"] }\n"),
            "11:35: `product_code` takes patterns with letters or digits: [\"B23*\"]\n");
}

TEST(LoadDetect, RefusesASectionThatTellsNothing) {
  EXPECT_EQ(mistakes_of("[detect]\n"),
            "10:1: [detect] tells nothing; add `registers` or `identification`, or remove it\n");
}

TEST(LoadDetect, LeavesItToTheIdsOfSunSpecModels) {
  EXPECT_EQ(
      mistakes_of("[detect]\nregisters = [{ address = 1, type = \"uint16\", values = [7] }]\n",
                  "base = { sunspec = [1] }\n"),
      "12:13: with `base` the ids of the SunSpec models tell the model; remove the key\n");
}

}  // namespace
}  // namespace bornier::model
