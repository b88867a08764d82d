// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/decode.hpp"
#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

auto with_list(std::string_view list, std::string_view points) -> std::string {
  std::string text{head};
  text.insert(text.find("[defaults]"), std::string{list} + "\n");
  return text + "[points]\n" + std::string{points};
}

constexpr std::string_view list_at_4096 =
    R"(scan_list = { address = 4096, values = { table = "input", address = 8192 } })";

TEST(ScanList, PutsItsPointsOneBehindTheOtherInTheOrderOfTheFile) {
  const auto model = loaded(with_list(list_at_4096, R"toml(
voltage_l1_n = { quantity = "voltage", phase = "l1_n", parameter = 17, type = "float32", unit = "V" }
frequency = { quantity = "frequency", address = 5, type = "uint16", unit = "Hz" }
current_l1 = { quantity = "current", phase = "l1", parameter = 3, type = "uint16", scale = "0.01", unit = "A" }
energy_active_import = { quantity = "energy_active_import", parameter = 40, type = "uint64", unit = "kW.h" }
)toml"));
  ASSERT_TRUE(model.scan_list);
  EXPECT_EQ(model.scan_list->address, 4096);
  EXPECT_THAT(model.scan_list->parameters, ElementsAre(17, 3, 40));
  EXPECT_EQ(model.scan_list->values, (AddressRange{wire::Table::input_register, 8192, 8198}));
  EXPECT_EQ(model.points[0].address, 8192);
  EXPECT_EQ(model.points[2].address, 8194);
  EXPECT_EQ(model.points[3].address, 8195);
  EXPECT_EQ(model.points[3].table, wire::Table::input_register);
  EXPECT_EQ(model.points[1].address, 5);
  EXPECT_EQ(model.points[1].table, wire::Table::holding_register);
}

struct WrongList {
  const char* name;
  std::string text;
  const char* message;
};

class ScanListMistake : public testing::TestWithParam<WrongList> {};

TEST_P(ScanListMistake, IsNamed) {
  const auto model = load_model(GetParam().text, "m.toml");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error(), Contains(Field(&Diagnostic::message, HasSubstr(GetParam().message))));
}

auto many_points(int count) -> std::string {
  std::string points;
  for (int number = 0; number < count; ++number) {
    const auto digits = std::to_string(number);
    points += "p" + digits + " = { quantity = \"power_factor\", parameter = " + digits +
              ", type = \"uint16\" }\n";
  }
  return points;
}

constexpr std::string_view one_point =
    "p = { quantity = \"power_factor\", parameter = 1, type = \"uint16\" }\n";

INSTANTIATE_TEST_SUITE_P(
    All, ScanListMistake,
    testing::Values(
        WrongList{"parameter_without_list", with_list("", one_point), "has no `scan_list`"},
        WrongList{"list_without_points",
                  with_list(list_at_4096,
                            "p = { quantity = \"power_factor\", address = 1, type = \"uint16\" }"),
                  "no point has a `parameter`"},
        WrongList{"address_too",
                  with_list(list_at_4096,
                            "p = { quantity = \"power_factor\", parameter = 1, "
                            "address = 7, type = \"uint16\" }"),
                  "it stands where the scan list has it"},
        WrongList{
            "parameter_twice",
            with_list(list_at_4096, std::string{one_point} +
                                        "q = { quantity = \"power_factor\", parameter = 1, type = "
                                        "\"uint16\" }"),
            "parameter 1 stands in the list already"},
        WrongList{"no_values", with_list("scan_list = { address = 1 }", one_point),
                  "needs `values`"},
        WrongList{
            "values_in_coils",
            with_list("scan_list = { address = 1, values = { table = \"coil\", address = 1 } }",
                      one_point),
            "values stand in registers"},
        WrongList{"too_many", with_list(list_at_4096, many_points(124)),
                  "the list has 124 parameters"},
        WrongList{"more_than_a_request",
                  with_list(std::string{list_at_4096} + "\n[limits]\nregisters_per_request = 2",
                            many_points(3)),
                  "`registers_per_request` is 2"},
        WrongList{"outside_the_ranges",
                  with_list(std::string{list_at_4096} +
                                "\n[limits]\nranges = [{ table = \"input\", first = 8192, last = "
                                "8200 }]",
                            one_point),
                  "`limits` do not let one request read the list"},
        WrongList{"odd_list_of_an_even_meter",
                  with_list(std::string{list_at_4096} + "\n[limits]\neven = true\n"
                                                        "registers_per_request = 100",
                            one_point),
                  "`limits` do not let one request read the list"},
        WrongList{
            "over_its_values",
            with_list("scan_list = { address = 9, values = { table = \"holding\", address = 10 "
                      "} }",
                      many_points(2)),
            "lies over its values, from 10 on"},
        WrongList{"with_base",
                  with_list(std::string{list_at_4096} + "\nbase = { sunspec = [1] }", one_point),
                  "not both"},
        WrongList{"writable",
                  with_list(list_at_4096,
                            "p = { quantity = \"device_setting\", parameter = 1, type "
                            "= \"uint16\", writable = true }"),
                  "is only read; name its own register"},
        WrongList{"parameter_too_large",
                  with_list(list_at_4096,
                            "p = { quantity = \"power_factor\", parameter = 70000, "
                            "type = \"uint16\" }"),
                  "from 0 to 65535"},
        WrongList{"past_the_end",
                  with_list("scan_list = { address = 65535, values = { table = \"input\", address "
                            "= 1 } }",
                            many_points(2)),
                  "both have to end before 65536"}),
    [](const auto& one) { return one.param.name; });

TEST(ScanList, TakesAsManyPointsAsOneRequestWrites) {
  EXPECT_EQ(loaded(with_list(list_at_4096, many_points(123))).scan_list->parameters.size(), 123U);
}

}  // namespace
}  // namespace bornier::model
