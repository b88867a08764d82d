// SPDX-License-Identifier: Apache-2.0
#include "buffer/replace_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "buffer/store_fixture.hpp"

namespace bornier::buffer {
namespace {

auto content_of(const std::filesystem::path& file) -> std::string {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(ReplaceFile, MakesTheFileAndThenReplacesItWhole) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "refusals.json";
  ASSERT_TRUE(replace_file(file, "a long first content"));
  EXPECT_EQ(content_of(file), "a long first content");
  ASSERT_TRUE(replace_file(file, "short"));
  EXPECT_EQ(content_of(file), "short");
}

TEST(ReplaceFile, LeavesTheOldFileWhereTheNewOneCannotBeWritten) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "refusals.json";
  ASSERT_TRUE(replace_file(file, "old"));
  std::filesystem::create_directory(directory.path() / "refusals.json.new");
  const auto replaced = replace_file(file, "new");
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error(), file.string() + ": Is a directory");
  EXPECT_EQ(content_of(file), "old");
}

}  // namespace
}  // namespace bornier::buffer
