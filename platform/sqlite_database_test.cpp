// SPDX-License-Identifier: Apache-2.0
#include "platform/sqlite_database.hpp"

#include <gtest/gtest.h>

#include "platform/testing.hpp"

namespace bornier::platform {

INSTANTIATE_TEST_SUITE_P(Sqlite, DatabaseTest, testing::Values(&make_sqlite_store));
INSTANTIATE_TEST_SUITE_P(Sqlite, ViewsTest, testing::Values(&make_sqlite_store));

namespace {

class SqliteDatabaseTest : public SqliteTest {};

TEST_F(SqliteDatabaseTest, KeepsValuesAsText) {
  store_catalog();
  store(1, answer(noon, {number(power, 230, -2)}));
  EXPECT_EQ(query("SELECT DISTINCT typeof(value) FROM reading_view"), (Rows{{"text"}}));
}

TEST_F(SqliteDatabaseTest, RefusesAFileOfANewerVersion) {
  database.reset();
  sqlite().execute("PRAGMA user_version = 99");
  const auto opened = test_store->open({});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text.find("newer version"), std::string::npos);
}

TEST_F(SqliteDatabaseTest, RefusesAFileThatIsNoDatabase) {
  const auto opened = open_sqlite("/dev/null/city.db");
  EXPECT_FALSE(opened);
}

/// The difference between a dashboard and a coffee break with two million rows.
TEST_F(SqliteDatabaseTest, FindsTheReadingsOfAPointThroughTheKey) {
  const auto plan =
      query("EXPLAIN QUERY PLAN SELECT * FROM reading_view WHERE meter = 'a' AND point = 'b'");
  std::string text;
  for (const auto& row : plan) {
    text += row.back() + "\n";
  }
  EXPECT_EQ(text.find("SCAN"), std::string::npos) << text;
  EXPECT_NE(text.find("SEARCH r USING PRIMARY KEY (point=?)"), std::string::npos) << text;
}

}  // namespace
}  // namespace bornier::platform
