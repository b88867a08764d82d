// SPDX-License-Identifier: Apache-2.0
#include "simulator/description.hpp"

#include <gtest/gtest.h>

#include "simulator/testing.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;

auto load(std::string_view toml) -> wire::Result<Description, std::vector<model::Diagnostic>> {
  Sources sources;
  sources.model = [](std::string_view id) -> std::shared_ptr<const model::Model> {
    auto model = small_model();
    model.settings = {{"power_unit", "Unit of powers", {"W", "kW"}, 0}};
    return id == model.id ? std::make_shared<const model::Model>(std::move(model)) : nullptr;
  };
  sources.text = [](const std::string& path) -> std::optional<std::string> {
    return path == "day.csv" ? std::optional<std::string>{"p\n1\n2\n"} : std::nullopt;
  };
  return load_description(toml, "meters.toml", sources);
}

TEST(Description, NamesEndpointsAndTheirMeters) {
  const auto loaded = load(R"(
log = "served.csv"
row_every = "100ms"
[[endpoint]]
listen = "127.0.0.1:1502"
[[endpoint.meter]]
name = "main"
model = "small-meter"
csv = "day.csv"
map = ["p*1000=power_active"]
at_end = "wrap"
latency = "20ms"
[[endpoint.meter]]
name = "other"
unit_id = 7
model = "small-meter"
seed = 3
dead = true
fixed = { serial_number = "AB12" }
)");
  ASSERT_TRUE(loaded) << to_text(loaded.error().front());
  EXPECT_EQ(loaded->log, "served.csv");
  ASSERT_EQ(loaded->endpoints.size(), 1U);
  EXPECT_EQ(loaded->endpoints[0].host, "127.0.0.1");
  EXPECT_EQ(loaded->endpoints[0].port, 1502);
  ASSERT_EQ(loaded->endpoints[0].meters.size(), 2U);
  const MeterDescription& main = loaded->endpoints[0].meters[0];
  EXPECT_EQ(main.unit.value(), 1);
  EXPECT_EQ(main.row_every, 100ms);
  EXPECT_EQ(main.latency, 20ms);
  EXPECT_EQ(main.recording->size(), 2U);
  EXPECT_TRUE(main.wrap);
  EXPECT_FALSE(main.generate) << "what is not recorded is not made up unless asked for";
  const MeterDescription& other = loaded->endpoints[0].meters[1];
  EXPECT_EQ(other.unit.value(), 7);
  EXPECT_TRUE(other.generate);
  EXPECT_EQ(other.seed, 3U);
  EXPECT_TRUE(other.dead);
  EXPECT_EQ(other.fixed.at("serial_number"), "AB12");
}

/// "LINE:COLUMN MESSAGE" of each mistake.
auto mistakes(std::string_view toml) -> std::vector<std::string> {
  const auto loaded = load(toml);
  std::vector<std::string> found;
  if (!loaded) {
    for (const auto& mistake : loaded.error()) {
      found.push_back(std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + " " +
                      mistake.message);
    }
  }
  return found;
}

/// An endpoint with these keys, and one meter with those.
auto endpoint(const std::string& keys, const std::string& of_meter = "") -> std::string {
  return "[[endpoint]]\n" + keys + "\n[[endpoint.meter]]\nname = \"m\"\nmodel = \"small-meter\"\n" +
         of_meter;
}

using Mistakes = std::vector<std::string>;

TEST(Description, GivesEachSerialLineAPlaceOfItsOwn) {
  const std::string other = R"(
[[endpoint]]
pty = "/tmp/./line"
meter = [{ name = "other", model = "small-meter" }]
)";
  EXPECT_EQ(
      mistakes(endpoint("pty = \"/tmp/line\"") + other),
      Mistakes{"8:7 `/tmp/./line` is another endpoint's already; put its meters there, or give "
               "this line a name of its own"});
  EXPECT_EQ(mistakes(endpoint("pty = \"/tmp/line-1\"") + other), Mistakes{});
  EXPECT_EQ(mistakes(endpoint("pty = \"\"")),
            Mistakes{"2:7 `pty` is empty; write its value between the quotes"});
}

TEST(Description, TakesUnitIdsOfSerialLinesWhereTheFramesAreTheirs) {
  for (const std::string line : {"pty = \"/tmp/line\"", "framing = \"rtu\""}) {
    EXPECT_EQ(mistakes(endpoint(line, "unit_id = 1")), Mistakes{});
    EXPECT_EQ(mistakes(endpoint(line, "unit_id = 247")), Mistakes{});
    EXPECT_EQ(
        mistakes(endpoint(line, "unit_id = 0")),
        Mistakes{"6:11 0 is the broadcast of a serial line, which no meter answers; a meter's "
                 "own is 1 to 247"});
    EXPECT_EQ(mistakes(endpoint(line, "unit_id = 248")),
              Mistakes{"6:11 248 is reserved on a serial line; a meter's own is 1 to 247"});
  }
  for (const std::string unit : {"0", "255"}) {
    EXPECT_EQ(mistakes(endpoint("framing = \"tcp\"", "unit_id = " + unit)), Mistakes{});
  }
}

TEST(Description, TakesABitRateWhereTheFramesAreRtu) {
  EXPECT_EQ(mistakes(endpoint("pty = \"/tmp/line\"\nbaud = 9600")), Mistakes{});
  EXPECT_EQ(mistakes(endpoint("framing = \"rtu\"\nbaud = 9600")), Mistakes{});
  EXPECT_EQ(mistakes(endpoint("baud = 9600")),
            Mistakes{"2:8 the endpoint does not take `baud`: Modbus TCP has no bit rate; say "
                     "`framing = \"rtu\"`, or name a `pty`"});
  EXPECT_EQ(mistakes(endpoint("pty = 7\nbaud = 9600\nbabble = \"1s\"")),
            Mistakes{"2:7 `pty` takes a text in quotes, not 7"});
}

TEST(Description, GivesEachMeterANameOfItsOwn) {
  EXPECT_EQ(mistakes(endpoint("") + endpoint("")),
            Mistakes{"9:8 there are two meters named `m`; give each a name of its own"});
}

TEST(Description, TakesSettingsAndPointsThatTheModelHas) {
  EXPECT_EQ(mistakes(endpoint("", R"(settings = { power_unit = "kW" }
fixed = { voltage_l1_n = "230.1", power_active = "?", serial_number = "AB12" }
)")),
            Mistakes{});
  EXPECT_EQ(mistakes(endpoint("", R"(settings = { power_unit = "bananas", power_unt = "W" }
fixed = { voltage_l1 = "230.1", power_active = "much", serial_number = 7 }
)")),
            (Mistakes{
                "6:27 `bananas` is not possible for `power_unit`; one of: W, kW",
                "6:38 `settings` has no key `power_unt`; did you mean `power_unit`?",
                "7:11 model `small-meter` has no point `voltage_l1`; did you mean `voltage_l1_n`?",
                "7:48 `much` is no decimal number; write \"0.01\", or \"?\" for not available",
                "7:72 `fixed.serial_number` takes a text in quotes, not 7",
            }));
}

TEST(Description, RefusesValuesThatNoRegisterCanHold) {
  EXPECT_EQ(mistakes(endpoint("", "fixed = { voltage_l1_n = \"6553.5\" }")), Mistakes{});
  EXPECT_EQ(mistakes(endpoint("", "fixed = { voltage_l1_n = \"6553.6\" }")),
            Mistakes{"6:9 meter m: voltage_l1_n: no register content reads as this value"});
}

TEST(Description, ReportsAllMistakesAtOnce) {
  const auto loaded = load(R"([[endpoint]]
listen = "here"
[[endpoint.meter]]
name = "main"
model = "unknown"
colour = "red"
[[endpoint.meter]]
name = "other"
model = "small-meter"
csv = "night.csv"
map = ["p"]
)");
  ASSERT_FALSE(loaded);
  std::vector<std::string> messages;
  for (const auto& mistake : loaded.error()) {
    messages.push_back(std::to_string(mistake.line) + " " + mistake.message.substr(0, 24));
  }
  EXPECT_EQ(messages.size(), 6U) << ::testing::PrintToString(messages);
  EXPECT_EQ(messages.front(), "2 `here` is not ADDRESS:PO");
}

}  // namespace
}  // namespace bornier::simulator
