// SPDX-License-Identifier: Apache-2.0
#include "node/register_map.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "node/settings.hpp"

namespace bornier::node {
namespace {

TEST(RegisterMap, GivesNoAddressAndNoNameTwice) {
  std::map<std::pair<wire::Table, unsigned>, std::string_view> taken;
  std::set<std::string_view> names;
  for (const auto& row : register_map) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    for (unsigned index = 0; index < row.repeat; ++index) {
      for (unsigned word = 0; word < words(row.type); ++word) {
        const auto address = row.address + (index << row.shift) + word;
        const auto [place, is_free] = taken.try_emplace({row.table, address}, row.name);
        EXPECT_TRUE(is_free) << row.name << " and " << place->second << " at " << address;
      }
    }
  }
}

TEST(RegisterMap, LeavesRoomForEachValueBeforeTheNext) {
  for (const auto& row : register_map) {
    EXPECT_TRUE(row.repeat == 1 || words(row.type) <= 1U << row.shift) << row.name;
    EXPECT_EQ(wire::is_bits(row.table), row.type == Type::bit) << row.name;
    EXPECT_FALSE(row.name.empty() || row.what.empty());
  }
}

TEST(RegisterMap, PlacesEverySettingOnceAndStartsItWithinItsLimits) {
  std::set<unsigned> stored;
  for (const auto& row : register_map) {
    if (row.field != Field::setting) {
      continue;
    }
    for (unsigned index = 0; index < row.repeat; ++index) {
      for (unsigned word = 0; word < words(row.type); ++word) {
        EXPECT_TRUE(
            stored.insert(static_cast<unsigned>(row.stored + index * input_words + word)).second)
            << row.name;
      }
    }
    const auto number = [&row](std::uint16_t value) {
      return row.type == Type::s16 ? static_cast<std::int16_t>(value) : int{value};
    };
    EXPECT_LE(number(row.min), number(row.initial)) << row.name;
    EXPECT_GE(number(row.max), number(row.initial)) << row.name;
  }
  EXPECT_EQ(stored.size(), Settings::size);
  EXPECT_EQ(*stored.rbegin(), Settings::size - 1);
}

TEST(RegisterMap, ReadsOneTableWithoutHolesUpToTheFaultRecord) {
  std::set<unsigned> input;
  for (const auto& row : register_map) {
    for (unsigned word = 0; row.table == wire::Table::input_register && word < words(row.type);
         ++word) {
      input.insert(row.address + word);
    }
  }
  for (unsigned address = 0; address < 0x1E; ++address) {
    EXPECT_EQ(input.count(address), 1U) << address;
  }
}

}  // namespace
}  // namespace bornier::node
