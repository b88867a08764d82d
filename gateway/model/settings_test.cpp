// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "model/decode.hpp"
#include "model/encode.hpp"
#include "model/test_models.hpp"

/// Settings that a register of the device tells: what a value means is read beside it.
namespace bornier::model {
namespace {

using Words = std::vector<std::uint16_t>;

constexpr std::string_view pulse_counter = R"toml([setting.input]
register = "input"
options = [{ name = "water", value = 1 }, { name = "gas", value = 2 }]
[setting.prefix]
register = "prefix"
options = [{ name = "litres", value = 0, weight = "0.001" }, { name = "cubic", value = -1, weight = 1 }]
[setting.order]
register = "order"
options = [{ name = "high", value = 0x1234, word_order = "big", byte_order = "big" }, { name = "low", value = 0x3412, word_order = "little", byte_order = "little" }]
[points]
input = { quantity = "device_setting", address = 0, type = "uint16" }
prefix = { quantity = "device_setting", address = 1, type = "int16" }
order = { quantity = "device_setting", address = 2, type = "uint16" }
water = { quantity = "volume", medium = "water", address = 4, type = "uint32", word_order = "setting(order)", byte_order = "setting(order)", scale = "setting(prefix)", unit = "m3", when = { input = "water" } }
gas = { quantity = "volume", medium = "gas", address = 4, type = "uint32", unit = "m3", when = { input = "gas" } }
twice = { quantity = "volume", sum = ["water", "water"] }
)toml";

auto pulses() -> Model {
  return loaded(std::string{head} + std::string{pulse_counter});
}

/// Registers 0 to 5: input, prefix, order, nothing, and the counter in two.
auto read(const Model& model, const Settings& settings, std::string_view point, const Words& words)
    -> std::string {
  const std::vector<std::size_t> points{find_point(model, point).value_or(0)};
  const RegisterBlock block{wire::Table::holding_register, 0, words};
  return to_text(model, settings, decode(model, settings, points, {&block, 1}).front());
}

auto read(std::string_view point, const Words& words) -> std::string {
  const auto model = pulses();
  return read(model, Settings{model}, point, words);
}

TEST(DeviceSettings, ChooseTheWeightByWhatTheirRegisterShows) {
  EXPECT_EQ(read("water", {1, 0, 0x1234, 0, 0, 1500}), "1.500 m3");
  EXPECT_EQ(read("water", {1, 0xFFFF, 0x1234, 0, 0, 1500}), "1500 m3");
}

TEST(DeviceSettings, ChooseTheOrderOfWordsAndBytes) {
  EXPECT_EQ(read("water", {1, 0xFFFF, 0x1234, 0, 0x0001, 0x0002}), "65538 m3");
  EXPECT_EQ(read("water", {1, 0xFFFF, 0x3412, 0, 0x0200, 0x0100}), "65538 m3");
}

TEST(DeviceSettings, ChooseWhichOfTheMeaningsOfACounterIsThere) {
  EXPECT_EQ(read("gas", {1, 0, 0x1234, 0, 0, 1500}), "unsupported");
  EXPECT_EQ(read("gas", {2, 0, 0x1234, 0, 0, 1500}), "1500 m3");
  EXPECT_EQ(read("water", {2, 0, 0x1234, 0, 0, 1500}), "unsupported");
  EXPECT_EQ(read("twice", {2, 0, 0x1234, 0, 0, 1500}), "unsupported");
}

TEST(DeviceSettings, GiveNoValueWhileTheirRegisterIsUnknownOrUnread) {
  for (const Words& unknown :
       {Words{3, 0, 0x1234, 0, 0, 1}, Words{1, 1, 0x1234, 0, 0, 1}, Words{1, 0, 0x1235, 0, 0, 1}}) {
    EXPECT_EQ(read("water", unknown), "out of range");
    EXPECT_EQ(read("twice", unknown), "out of range");
  }
  const auto model = pulses();
  const std::vector<std::size_t> points{*find_point(model, "water")};
  const Words counter{0, 1500};
  const RegisterBlock block{wire::Table::holding_register, 4, counter};
  const Settings settings{model};
  EXPECT_EQ(to_text(model, settings, decode(model, settings, points, {&block, 1}).front()),
            "not polled yet");
}

TEST(DeviceSettings, MustShowWhatTheInstallerStates) {
  const auto model = pulses();
  Settings stated{model};
  ASSERT_TRUE(stated.choose(model, "prefix", "cubic"));
  EXPECT_EQ(read(model, stated, "water", {1, 0xFFFF, 0x1234, 0, 0, 1500}), "1500 m3");
  EXPECT_EQ(read(model, stated, "water", {1, 0, 0x1234, 0, 0, 1500}), "out of range");
}

TEST(DeviceSettings, ComeInTheSamePollAsWhatDependsOnThem) {
  const auto model = pulses();
  const auto water = model.points[*find_point(model, "water")].together;
  EXPECT_EQ(std::set(water.begin(), water.end()), (std::set<std::size_t>{0, 1, 2}));
}

TEST(DeviceSettings, AreHeededWhenAValueIsWritten) {
  const auto model = pulses();
  const Settings settings{model};
  RegisterImage image;
  const auto put = [&](std::string_view point, std::int64_t value) {
    return encode(model, settings, find_point(model, point).value_or(0), reading::Decimal{value, 0},
                  image);
  };
  EXPECT_EQ(put("water", 65538).error(), EncodeFault::unknown_code);
  ASSERT_TRUE(put("input", 1));
  ASSERT_TRUE(put("prefix", -1));
  ASSERT_TRUE(put("order", 0x3412));
  ASSERT_TRUE(put("water", 65538));
  EXPECT_EQ(image.read(wire::Table::holding_register, 4), 0x0200);
  EXPECT_EQ(image.read(wire::Table::holding_register, 5), 0x0100);
}

TEST(InstallersSettings, ChooseOrderAndPointsAsWell) {
  const auto model = loaded(std::string{head} + R"toml([setting.order]
default = "high"
options = [{ name = "high", word_order = "big" }, { name = "low", word_order = "little" }]
[points]
v = { quantity = "voltage", address = 0, type = "float32", unit = "V", word_order = "setting(order)" }
i = { quantity = "current", address = 0, type = "float32", unit = "A", when = { order = "low" }, alone = true }
)toml");
  Settings settings{model};
  EXPECT_EQ(read(model, settings, "v", {0x4366, 0x3334}), "230.20 V");
  EXPECT_EQ(read(model, settings, "i", {0x4366, 0x3334}), "unsupported");
  ASSERT_TRUE(settings.choose(model, "order", "low"));
  EXPECT_EQ(read(model, settings, "v", {0x3334, 0x4366}), "230.20 V");
  EXPECT_EQ(read(model, settings, "i", {0x4366, 0x3334}), "230.200 A");
}

}  // namespace
}  // namespace bornier::model
