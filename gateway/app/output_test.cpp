// SPDX-License-Identifier: Apache-2.0
#include "app/output.hpp"

#include <gtest/gtest.h>

namespace bornier::app {
namespace {

const Table meters{
    .columns = {{.name = "meter"}, {.name = "value", .right_aligned = true, .number = true}},
    .rows = {{"école", "-1.50"}, {"a,\"b\"", ""}}};

TEST(Output, PadsColumnsByCharactersNotBytes) {
  EXPECT_EQ(to_table(meters),
            "meter  value\n"
            "école  -1.50\n"
            "a,\"b\"\n");
}

TEST(Output, WritesNumbersOfJsonAsTheyStandAndNothingAsNull) {
  EXPECT_EQ(to_json(meters),
            "[\n {\"meter\":\"école\",\"value\":-1.50},\n "
            "{\"meter\":\"a,\\\"b\\\"\",\"value\":null}\n]\n");
  EXPECT_EQ(to_json(Table{.columns = meters.columns, .rows = {}}), "[]\n");
}

TEST(Output, QuotesCsvAsRfc4180Says) {
  EXPECT_EQ(to_csv(meters), "meter,value\nécole,-1.50\n\"a,\"\"b\"\"\",\n");
}

TEST(Output, EscapesControlCharactersInJson) {
  EXPECT_EQ(json_string("a\nb"), "\"a\\nb\"");
}

TEST(Output, ShowsUnitsToPeopleInTablesAndKeepsUcumElsewhere) {
  const Table table{.columns = {Column{"unit", false, false, true}}, .rows = {{"V.A{reactive}"}}};
  EXPECT_EQ(to_table(table), "unit\nvar\n");
  EXPECT_EQ(to_csv(table), "unit\nV.A{reactive}\n");
}

TEST(Output, KnowsThreeFormats) {
  EXPECT_EQ(parse_format("table"), Format::table);
  EXPECT_EQ(parse_format("json"), Format::json);
  EXPECT_EQ(parse_format("csv"), Format::csv);
  EXPECT_EQ(parse_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace bornier::app
