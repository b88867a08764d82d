// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "app/configuration.hpp"
#include "app/pulse_meters.hpp"
#include "app/registrations.hpp"
#include "model/test_models.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

using reading::Decimal;
using testing::HasSubstr;
using namespace std::chrono_literals;

auto knowing_a_node() -> Surroundings {
  Surroundings known;
  known.choose_folders = [](const auto&) { return std::vector<std::string>{"node"}; };
  known.find_model = [](const std::string& id) {
    ModelLookup lookup;
    if (id == "node") {
      auto model = model::model_with_points(
          "pulse_count_1 = { quantity = \"pulse_count\", address = 0, type = \"uint32\" }\n"
          "pulse_count_2 = { quantity = \"pulse_count\", address = 2, type = \"uint32\" }\n"
          "voltage_supply = { quantity = \"voltage\", unit = \"V\", address = 4, type = "
          "\"uint16\", group = "
          "\"essential\" }\n");
      model.id = "node";
      lookup.model = std::make_shared<const model::Model>(std::move(model));
    }
    return lookup;
  };
  known.is_timezone = [](const std::string&) { return true; };
  known.resolve_device = [](const std::string& device) { return device; };
  return known;
}

constexpr std::string_view node = R"([gateway]
id = "cab"
city = "sceaux"
timezone = "Europe/Paris"
state_directory = "/var/lib/bornier"
[[bus]]
name = "line"
transport = "tcp"
host = "10.0.0.1"
[[meter]]
id = "node-1"
bus = "line"
unit_id = 20
model = "node"
every = { default = "10s", pulse_count_2 = "1min" }
)";

constexpr std::string_view kitchen = R"([[meter.pulse]]
id = "water-kitchen"
count = "pulse_count_2"
quantity = "volume"
medium = "water"
serial = "W-17"
periods = [
  { from = 2024-03-01T09:00:00+01:00, value = "10 L/{pulse}", index = "1234.56 m3" },
  { from = 2026-11-28T10:15:00.5Z, value = "1 L", index = "0 m3", count = 48123 },
]
)";

auto parse_node(std::string_view pulses)
    -> wire::Result<Configuration, std::vector<model::Diagnostic>> {
  return parse_configuration(std::string{node} + std::string{pulses}, "cab.toml", knowing_a_node());
}

auto mistakes_of(std::string_view pulses) -> std::string {
  const auto parsed = parse_node(pulses);
  std::string text;
  if (!parsed) {
    for (const auto& one : parsed.error()) {
      text += to_text(one) + "\n";
    }
  }
  return text;
}

/// The meter above with one text for another.
auto kitchen_with(std::string_view what, std::string_view instead) -> std::string {
  std::string text{kitchen};
  return text.replace(text.find(what), what.size(), instead);
}

TEST(PulseConfiguration, HasAMeterOfItsOwnBelowTheDeviceThatCounts) {
  const auto parsed = parse_node(kitchen);
  ASSERT_TRUE(parsed) << mistakes_of(kitchen);
  ASSERT_EQ(parsed->pulse_meters.size(), 1U);
  const auto& meter = parsed->pulse_meters.front();
  EXPECT_EQ(meter.id, "water-kitchen");
  EXPECT_EQ(meter.serial, "W-17");
  EXPECT_EQ(device_of(*parsed, meter).id, "node-1");
  EXPECT_EQ(meter.quantity->name, "volume");
  ASSERT_EQ(meter.periods.size(), 2U);
  const auto& first = meter.periods.front();
  EXPECT_EQ(to_text(first.from), "2024-03-01T08:00:00.000Z");
  EXPECT_EQ(first.unit, "m3");
  EXPECT_EQ(*index_at(first.rule, {3, 0}), (Decimal{123'459, -2}));
  EXPECT_EQ(to_text(meter.periods[1].from), "2026-11-28T10:15:00.500Z");
  EXPECT_EQ(*index_at(meter.periods[1].rule, {48'124, 0}), (Decimal{1, -3}));
}

TEST(PulseConfiguration, ReadsTheCountThoughPointsDoNotListIt) {
  const auto parsed = parse_node(kitchen);
  ASSERT_TRUE(parsed);
  const auto& polls = parsed->meters.front().polls;
  ASSERT_EQ(polls.size(), 2U);
  EXPECT_EQ(polls[0].every, 10s);
  EXPECT_THAT(polls[0].points, testing::ElementsAre(2U));
  EXPECT_EQ(polls[1].every, 1min);
  EXPECT_THAT(polls[1].points, testing::ElementsAre(1U));
}

TEST(PulseConfiguration, SaysInTheCatalogWhatAnAuditorRecomputesAnIndexFrom) {
  auto parsed = parse_node(kitchen);
  ASSERT_TRUE(parsed);
  const auto before = registrations(*parsed).back();
  EXPECT_EQ(before.meter.id, "water-kitchen");
  EXPECT_EQ(before.meter.ratio,
            "10 L/{pulse}, 1234.56 m3 at count 0 from 2024-03-01T08:00:00Z, pulse_count_2 of "
            "node-1");
  ASSERT_EQ(before.points.size(), 1U);
  EXPECT_EQ(before.points.front().name, "volume");
  EXPECT_EQ(before.points.front().medium, "water");
  EXPECT_EQ(before.points.front().unit, "m3");
  EXPECT_EQ(before.points.front().obis, "8-0:1.0.0");
  EXPECT_EQ(before.points.front().batch_class, batch::Class::billing);
  choose_periods(*parsed, parsed->pulse_meters.front().periods[1].from);
  EXPECT_EQ(registrations(*parsed).back().meter.ratio,
            "1 L/{pulse}, 0 m3 at count 48123 from 2026-11-28T10:15:00.500Z, pulse_count_2 of "
            "node-1");
}

/// What stands for value and index of an electricity or heat meter, and what one pulse makes of it.
struct Worded {
  const char* quantity;
  const char* value;
  const char* index;
  const char* unit;
  const char* after_one_pulse;
};

class PulseUnits : public testing::TestWithParam<Worded> {};

TEST_P(PulseUnits, FollowTheDictionaryWhereATenLeadsThere) {
  const auto& [quantity, value, index, unit, after_one_pulse] = GetParam();
  const auto text = "[[meter.pulse]]\nid = \"a\"\ncount = \"pulse_count_2\"\nquantity = \"" +
                    std::string{quantity} +
                    "\"\nmedium = \"electricity\"\nperiods = [{ from = 2024-03-01T09:00:00Z, "
                    "value = \"" +
                    value + "\", index = \"" + index + "\" }]\n";
  const auto parsed = parse_node(text);
  ASSERT_TRUE(parsed) << mistakes_of(text);
  const auto& period = parsed->pulse_meters.front().periods.front();
  EXPECT_EQ(period.unit, unit);
  EXPECT_EQ(reading::to_text(*index_at(period.rule, {1, 0})), after_one_pulse);
}

INSTANTIATE_TEST_SUITE_P(
    Worded, PulseUnits,
    testing::Values(Worded{"energy_active_import", "100 W.h", "12.3 kWh", "kW.h", "12.4"},
                    Worded{"energy_active_import", "1000 {pulse}/kW.h", "5 kWh", "kW.h", "5.001"},
                    Worded{"energy_active_import", "1000 imp/kWh", "5 kWh", "kW.h", "5.001"},
                    Worded{"energy_active_import", "800 Imp/kWh", "5 kWh", "kW.h", "5.00125"},
                    Worded{"energy_active_import", "640 imp/kWh", "5 kWh", "kW.h", "5.0015625"},
                    Worded{"energy_active_import", "300 imp/kWh", "5 kWh", "kW.h", "5.003"},
                    Worded{"energy_active_import", "1 MW.h/{pulse}", "12 MWh", "kW.h", "13000"},
                    Worded{"energy_active_import", "0.5 kWh/imp", "7 kWh", "kW.h", "7.5"},
                    Worded{"energy_heat", "1 Mcal_IT/{pulse}", "1.50 Gcal_IT", "Gcal_IT", "1.501"},
                    Worded{"energy_heat", "10 MJ", "1.5 GJ", "GJ", "1.51"},
                    Worded{"volume", "2.5 L", "0.12345 m3", "m3", "0.12595"},
                    Worded{"volume", "2.5 L", "1 m3", "m3", "1.0025"}));

/// A slip of the pen in the meter above, and where and how it is told.
struct Slip {
  const char* name;
  const char* what;
  const char* instead;
  const char* told;
};

class PulseSlips : public testing::TestWithParam<Slip> {};

TEST_P(PulseSlips, AreToldWithTheirPlaceAndARemedy) {
  EXPECT_THAT(mistakes_of(kitchen_with(GetParam().what, GetParam().instead)),
              HasSubstr(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    Slips, PulseSlips,
    testing::Values(
        Slip{"a_local_time", "2024-03-01T09:00:00+01:00", "2024-03-01T09:00:00",
             "cab.toml:23:12: error: `from` must be a date and time with its offset"},
        Slip{"a_text_as_time", "2024-03-01T09:00:00+01:00", "\"2024-03-01\"",
             "cab.toml:23:12: error: `from` must be a date and time with its offset"},
        Slip{"wrong_order", "2026-11-28T10:15:00.5Z", "2024-03-01T08:00:00Z",
             "cab.toml:24:12: error: `from` is not later than that of the period before"},
        Slip{"unknown_unit", "10 L/{pulse}", "10 litre", "`10 litre` is not what a pulse is worth"},
        Slip{"no_number", "1234.56 m3", "m3", "`m3` is not what a display shows"},
        Slip{"negative_index", "1234.56 m3", "-1 m3", "`-1 m3` is not what a display shows"},
        Slip{"value_of_nothing", "10 L/{pulse}", "0 L", "`0 L` is not what a pulse is worth"},
        Slip{"other_dimension", "1234.56 m3", "1234.56 kWh",
             "`index` is in kW.h, in which no volume is measured; write m3"},
        Slip{"no_power_of_ten", "10 L/{pulse}", "1 gal",
             "`value` is in [gal_us] and `index` in m3, which no power of ten leads to"},
        Slip{"negative_count", "count = 48123", "count = -1", "`count`"},
        Slip{"unknown_count", "pulse_count_2", "pulse_count_3",
             "cab.toml:18:9: error: model \"node\" has no point `pulse_count_3` that counts "
             "pulses; did you mean `pulse_count_1`?"},
        Slip{"count_of_no_pulses", "pulse_count_2", "voltage_supply",
             "no point `voltage_supply` that counts pulses"},
        Slip{"no_counter", "\"volume\"", "\"voltage\"",
             "`voltage` is no quantity that pulses count"},
        Slip{"mistyped_quantity", "\"volume\"", "\"volum\"", "did you mean `volume`?"},
        Slip{"unknown_medium", "\"water\"", "\"wine\"", "`wine` is no medium"},
        Slip{"same_id", "water-kitchen", "node-1", "there are two meters with the id \"node-1\""},
        Slip{"unknown_key", "serial", "serail", "`serail`"}),
    [](const auto& parameter) { return std::string{parameter.param.name}; });

TEST(PulseConfiguration, RefusesAnIndexThatDoesNotFitWithTheDigitsOfAPulse) {
  const auto with_index = [](std::string_view index) {
    auto text = std::string{kitchen};
    const std::string_view shown = "1234.56 m3";
    return text.replace(text.find(shown), shown.size(), index);
  };
  EXPECT_EQ(mistakes_of(with_index("92233720368547758.07 m3")), "");
  EXPECT_THAT(mistakes_of(with_index("92233720368547758.08 m3")),
              testing::HasSubstr("is not what a display shows"));
  EXPECT_EQ(mistakes_of(with_index("92233720368547758 m3")), "");
  EXPECT_THAT(mistakes_of(with_index("92233720368547759 m3")),
              testing::HasSubstr("it has more than 18 digits"));
}

TEST(PulseConfiguration, NeedsAPeriod) {
  EXPECT_THAT(mistakes_of("[[meter.pulse]]\nid = \"a\"\ncount = \"pulse_count_1\"\nquantity = "
                          "\"volume\"\nmedium = \"water\"\n"),
              HasSubstr("[[meter.pulse]] needs `periods`, one at least"));
}

TEST(PulseConfiguration, RefusesASecondMeterOnOneInput) {
  std::string second{kitchen};
  second.replace(second.find("water-kitchen"), 13, "water-cellar");
  EXPECT_THAT(mistakes_of(std::string{kitchen} + second),
              HasSubstr("its pulses are those of meter \"water-kitchen\" already"));
}

}  // namespace
}  // namespace bornier::app
