// SPDX-License-Identifier: Apache-2.0
#include "model/toml_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bornier::model {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

/// What the reader says about one line of TOML.
template <class Read>
auto complaint(std::string_view line, Read read) -> std::string {
  const toml::table table = toml::parse(line);
  Report report{"f.toml"};
  TableReader reader{table, "the table", report};
  read(reader);
  reader.finish();
  std::string all;
  for (const Diagnostic& diagnostic : report.take()) {
    all += to_text(diagnostic) + "\n";
  }
  return all;
}

TEST(TomlReader, TakesAnIdOfOneToSixtyFourCharacters) {
  const auto id = [](const std::string& text) {
    return complaint("id = \"" + text + "\"",
                     [](TableReader& reader) { static_cast<void>(reader.required_id("id")); });
  };
  EXPECT_EQ(id("a"), "");
  EXPECT_EQ(id(std::string(64, 'z')), "");
  EXPECT_EQ(id(std::string(65, 'z')), "f.toml:1:6: error: `" + std::string(65, 'z') +
                                          "` is no id; use 1 to 64 of a-z, 0-9 and -\n");
  EXPECT_EQ(id(""), "f.toml:1:6: error: `id` is empty; write its value between the quotes\n");
  EXPECT_EQ(id("a_b"), "f.toml:1:6: error: `a_b` is no id; use 1 to 64 of a-z, 0-9 and -\n");
}

TEST(TomlReader, HoldsDurationsWithinBothLimits) {
  const auto duration = [](const std::string& value) {
    return complaint("every = " + value, [](TableReader& reader) {
      static_cast<void>(reader.duration("every", {.shortest = 1s, .longest = 1min}));
    });
  };
  EXPECT_EQ(duration("\"1s\""), "");
  EXPECT_EQ(duration("\"1min\""), "");
  EXPECT_EQ(duration("\"999ms\""),
            "f.toml:1:9: error: `every` takes a duration from 1s to 1min, not \"999ms\"\n");
  EXPECT_EQ(duration("\"61s\""),
            "f.toml:1:9: error: `every` takes a duration from 1s to 1min, not \"61s\"\n");
}

TEST(TomlReader, HoldsRatesWithinBothLimits) {
  const auto rate = [](const std::string& value) {
    return complaint("rate = " + value, [](TableReader& reader) {
      static_cast<void>(reader.byte_rate("rate", 1'000, 2'000));
    });
  };
  EXPECT_EQ(rate("\"1kB/s\""), "");
  EXPECT_EQ(rate("\"2kB/s\""), "");
  EXPECT_EQ(rate("\"999B/s\""),
            "f.toml:1:8: error: `rate` takes from 1kB/s to 2kB/s, not \"999B/s\"\n");
  EXPECT_EQ(rate("\"2kB\""),
            "f.toml:1:8: error: `rate` takes a whole number and a unit, such as \"50kB/s\", not "
            "\"2kB\"\n");
}

TEST(TomlReader, ReadsTextsByTheirKeys) {
  const toml::table table = toml::parse("labels = { street = \"rue Houdan\", floor = 2 }");
  Report report{"f.toml"};
  TableReader reader{table, "the table", report};
  EXPECT_THAT(reader.text_map("labels"), ElementsAre(Pair("street", "rue Houdan")));
  EXPECT_EQ(to_text(report.take().front()),
            "f.toml:1:43: error: `labels.floor` takes a text in quotes, not 2");
}

TEST(TomlReader, SaysWhyAKnownKeyIsOutOfPlace) {
  EXPECT_EQ(complaint("baud = 9600",
                      [](TableReader& reader) { reader.forbid("baud", "it is for serial lines"); }),
            "f.toml:1:8: error: the table does not take `baud`: it is for serial lines\n");
}

TEST(TomlReader, TellsApartAMistypedKeyFromAForeignOne) {
  const auto read = [](TableReader& reader) { static_cast<void>(reader.text("host")); };
  EXPECT_EQ(complaint("hots = \"a\"", read),
            "f.toml:1:1: error: the table has no key `hots`; did you mean `host`?\n");
  EXPECT_EQ(complaint("colour = \"a\"", read),
            "f.toml:1:1: error: the table has no key `colour`; remove it\n");
}

}  // namespace
}  // namespace bornier::model
