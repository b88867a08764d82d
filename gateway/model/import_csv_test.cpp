// SPDX-License-Identifier: Apache-2.0
#include "model/import_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/load.hpp"

namespace bornier::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

auto imported(std::string_view csv) -> ImportedModel {
  auto result = import_csv(csv, "my-meter", "registers.csv");
  EXPECT_TRUE(result) << (result ? "" : to_text(result.error().front()));
  return result ? *std::move(result) : ImportedModel{};
}

/// "line: message" of each mistake.
auto mistakes(std::string_view csv) -> std::vector<std::string> {
  std::vector<std::string> found;
  const auto result = import_csv(csv, "my-meter", "registers.csv");
  if (!result) {
    for (const auto& mistake : result.error()) {
      found.push_back(std::to_string(mistake.line) + ": " + mistake.message);
    }
  }
  return found;
}

TEST(ImportCsv, MakesAModelThatLoads) {
  const auto made = imported(
      "# from the manual\n"
      "Name;Register;Data type;Unit;Factor\r\n"
      "Voltage L1-N;30001;float;V;\r\n"
      "Energy active import;40073;U32;kWh;0.01\r\n"
      "\r\n");
  const auto model = load_model(made.text, "my-meter.toml");
  ASSERT_TRUE(model) << made.text;
  ASSERT_EQ(model->points.size(), 2U);
  const auto& voltage = model->points[0];
  EXPECT_EQ(voltage.name, "voltage_l1_n");
  EXPECT_EQ(voltage.quantity->name, "voltage");
  EXPECT_EQ(voltage.phase, "l1_n");
  EXPECT_EQ(voltage.table, wire::Table::input_register);
  EXPECT_EQ(voltage.address, 0);
  const auto& energy = model->points[1];
  EXPECT_EQ(energy.quantity->name, "energy_active_import");
  EXPECT_EQ(energy.table, wire::Table::holding_register);
  EXPECT_EQ(energy.address, 72);
  EXPECT_EQ(energy.encoding.type, RegisterType::uint32);
  EXPECT_THAT(made.notes, IsEmpty());
}

TEST(ImportCsv, SaysWhatItGuessed) {
  const auto made = imported("name,address,unit,scale\nmystery,7,furlong,x*2\nfrequency,8,,0.1\n");
  EXPECT_THAT(made.notes,
              ElementsAre(HasSubstr("mystery: no quantity"), HasSubstr("mystery: no table"),
                          HasSubstr("mystery: the scale `x*2`"), HasSubstr("`furlong` is no unit"),
                          HasSubstr("frequency: no table"), HasSubstr("Hz is assumed")));
  EXPECT_TRUE(load_model(made.text, "my-meter.toml")) << made.text;
}

TEST(ImportCsv, KeepsNamesApartAndCellsWhole) {
  const auto made = imported(
      "name,table,address,type\n\"Status, \"\"main\"\"\",coil,1,bool\nStatus main,1,2,bool\n");
  EXPECT_THAT(made.text, HasSubstr("status_main = {"));
  EXPECT_THAT(made.text, HasSubstr("status_main_2 = {"));
  EXPECT_TRUE(load_model(made.text, "my-meter.toml")) << made.text;
}

TEST(ImportCsv, NamesEveryMistakeWithItsLine) {
  EXPECT_THAT(mistakes(""), ElementsAre(HasSubstr("there is nothing in it")));
  EXPECT_THAT(mistakes("colour,size\n1,2\n"),
              ElementsAre(HasSubstr("1: the heading has no column `name`"),
                          HasSubstr("1: the heading has no column `address`")));
  EXPECT_THAT(mistakes("name,address\n"), ElementsAre(HasSubstr("no rows")));
  EXPECT_THAT(mistakes("name,address,type\nx,first,uint16\ny,1,uint17\n,2,\n"),
              ElementsAre(HasSubstr("2: `first` is no register"),
                          HasSubstr("3: `uint17` is no register type"),
                          HasSubstr("4: the row has no name")));
}

}  // namespace
}  // namespace bornier::model
