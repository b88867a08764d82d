// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_partitions.hpp"

#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "platform/postgres_database.hpp"
#include "platform/postgres_for_tests.hpp"
#include "platform/postgres_setup.hpp"
#include "platform/testing.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;
using batch::Class;
using postgres::Partition;

TEST(Partition, IsAMonthOfDetailOrAYearOfBillingInUtc) {
  const auto new_year = reading::stamp_at(1'767'225'600'000);  // 2026-01-01T00:00:00Z
  EXPECT_EQ(postgres::partition_of(Class::detail, new_year), (Partition{Class::detail, 2026, 1}));
  EXPECT_EQ(postgres::partition_of(Class::detail, new_year - 1ms),
            (Partition{Class::detail, 2025, 12}));
  EXPECT_EQ(postgres::partition_of(Class::billing, new_year - 1ms),
            (Partition{Class::billing, 2025, 0}));
  EXPECT_EQ((Partition{Class::detail, 2025, 12}).end(), new_year);
  EXPECT_EQ((Partition{Class::detail, 2026, 1}).first(), new_year);
  EXPECT_EQ((Partition{Class::billing, 2025, 0}).end(), new_year);
}

TEST(Partition, IsMadeOnlyFrom2000To2099) {
  const auto first = reading::stamp_at(946'684'800'000);
  const auto end = reading::stamp_at(4'102'444'800'000);
  EXPECT_EQ(postgres::partition_of(Class::detail, first - 1ms), std::nullopt);
  EXPECT_EQ(postgres::partition_of(Class::detail, first), (Partition{Class::detail, 2000, 1}));
  EXPECT_EQ(postgres::partition_of(Class::detail, end - 1ms), (Partition{Class::detail, 2099, 12}));
  EXPECT_EQ(postgres::partition_of(Class::detail, end), std::nullopt);
}

TEST(Partition, IsKnownAgainByItsName) {
  for (const auto& partition :
       {Partition{Class::detail, 2026, 3}, Partition{Class::detail, 2026, 12},
        Partition{Class::billing, 2031, 0}}) {
    EXPECT_EQ(postgres::parse_partition(partition.name()), partition) << partition.name();
  }
  for (const auto* name : {"reading_detail", "reading_detail_before", "reading_detail_2026_3",
                           "reading_detail_2026_13", "reading_detail_2026", "reading_detail_20260",
                           "reading_billing_2026_03", "batch_2026_03"}) {
    EXPECT_EQ(postgres::parse_partition(name), std::nullopt) << name;
  }
}

class PartitionsTest : public testing::Test, protected DatabaseFixture {
 protected:
  PartitionsTest() : DatabaseFixture{make_postgres_store()} { store_catalog(); }

  void keep(const Retention& retention) {
    database.reset();
    const auto& url = static_cast<PostgresStore&>(*test_store).url;
    database = *open_postgres({url, {}, retention});
  }
  /// A batch of one reading; its number is drawn.
  auto store_at(reading::Stamp time, Class batch_class, reading::Stamp received_at) -> Verdict {
    auto header = gateway.header(++last_);
    header.batch_class = batch_class;
    return store(
               {gateway.batch_arrival(
                   batch::encode_batch(header, answer(time, {number(energy, 1, 0)})), received_at)})
        .at(0);
  }
  /// Where readings are: ascending, with how many.
  [[nodiscard]] auto places() const -> Rows {
    return query("SELECT tableoid::regclass::text, count(*) FROM reading GROUP BY 1 ORDER BY 1");
  }
  [[nodiscard]] auto tables() const -> Rows {
    return query(
        "SELECT relname FROM pg_class WHERE relname ~ '^reading_[a-z]+_[0-9_]+$' "
        "ORDER BY 1");
  }

 private:
  std::uint64_t last_{};
};

TEST_F(PartitionsTest, TakeReadingsByClassAndTime) {
  store_at(noon, Class::detail, noon);
  store_at(noon, Class::billing, noon);
  store_at(noon - 24h * 20, Class::detail, noon);
  store_at(reading::stamp_at(0), Class::detail, noon);
  store_at(noon + 24h * 365 * 100, Class::billing, noon);
  EXPECT_EQ(places(), (Rows{{"reading_billing_2026", "1"},
                            {"reading_billing_after", "1"},
                            {"reading_detail_2026_02", "1"},
                            {"reading_detail_2026_03", "1"},
                            {"reading_detail_before", "1"}}));
  EXPECT_EQ(query("SELECT count(*) FROM reading_view"), (Rows{{"4"}}));
}

TEST_F(PartitionsTest, AreMadeOnceByReceiversThatNeedThemAtOnce) {
  const auto second = *test_store->open({});
  store_at(noon, Class::detail, noon);
  const std::vector<Arrival> next{
      gateway.batch_arrival(gateway.payload(2, answer(noon, {number(energy, 2, 0)})))};
  EXPECT_EQ(*second->store(next), (std::vector{Verdict::stored}));
  EXPECT_EQ(places(), (Rows{{"reading_detail_2026_03", "2"}}));
}

TEST_F(PartitionsTest, AreDroppedOnceAllOfThemIsOlderThanItsClassIsKept) {
  keep({.detail = 24h * 30, .billing = 24h * 365});
  store_at(noon, Class::detail, noon);  // 2026-03-01
  store_at(noon, Class::billing, noon);
  const auto end_of_march = reading::stamp_at(1'775'001'600'000);
  store_at(end_of_march, Class::detail, end_of_march + 24h * 30 - 1ms);
  EXPECT_EQ(
      tables(),
      (Rows{{"reading_billing_2026"}, {"reading_detail_2026_03"}, {"reading_detail_2026_04"}}));
  store_at(end_of_march, Class::detail, end_of_march + 24h * 30 + 1h);
  EXPECT_EQ(tables(), (Rows{{"reading_billing_2026"}, {"reading_detail_2026_04"}}));
  EXPECT_EQ(count("batch"), "4");
  EXPECT_EQ(query("SELECT received, missing FROM gateway_view"), (Rows{{"4", "0"}}));
}

TEST_F(PartitionsTest, AreKeptForEverUnlessSomebodySaysOtherwise) {
  store_at(noon - 24h * 3650, Class::detail, noon);
  store_at(noon, Class::detail, noon + 25h);
  EXPECT_EQ(tables().size(), 2U);
}

/// A receiver whose clock is a century ahead may not empty the database.
TEST_F(PartitionsTest, AreNotDroppedForAClockThatIsAheadOfTheServers) {
  keep({.detail = 24h * 3650, .billing = {}});
  store_at(noon, Class::detail, noon);
  store_at(noon, Class::detail, noon + 24h * 36'500);
  EXPECT_EQ(places(), (Rows{{"reading_detail_2026_03", "2"}}));
}

TEST_F(PartitionsTest, ComeBackWhereAReadingOfADroppedMonthComesLate) {
  keep({.detail = 24h * 30, .billing = {}});
  store_at(noon, Class::detail, noon);
  store_at(noon + 24h * 90, Class::detail, noon + 24h * 90);
  EXPECT_EQ(tables(), (Rows{{"reading_detail_2026_05"}}));
  EXPECT_EQ(store_at(noon, Class::detail, noon + 24h * 90), Verdict::stored);
  EXPECT_EQ(tables(), (Rows{{"reading_detail_2026_03"}, {"reading_detail_2026_05"}}));
}

TEST_F(PartitionsTest, OneThatSomebodyReadsIsLeftForTheNextTime) {
  keep({.detail = 24h * 30, .billing = {}});
  store_at(noon, Class::detail, noon);
  const auto later = noon + 24h * 90;
  {
    pqxx::connection reader{static_cast<PostgresStore&>(*test_store).url};
    pqxx::work reading{reader};
    reading.exec("SELECT count(*) FROM reading_detail_2026_03");
    EXPECT_EQ(store_at(later, Class::detail, later), Verdict::stored);
  }
  EXPECT_EQ(tables().size(), 2U);
  EXPECT_EQ(store_at(later, Class::detail, later + 1h), Verdict::stored);
  EXPECT_EQ(tables(), (Rows{{"reading_detail_2026_05"}}));
}

/// A gateway without a clock begins in 1970.
TEST_F(PartitionsTest, BeforeTheirTimeAreEmptiedWhereTheirClassIsNotKeptForEver) {
  keep({.detail = 24h * 30, .billing = {}});
  for (const auto batch_class : {Class::detail, Class::billing}) {
    store_at(reading::stamp_at(0), batch_class, noon);
  }
  EXPECT_EQ(places(), (Rows{{"reading_billing_before", "1"}, {"reading_detail_before", "1"}}));
  store_at(noon, Class::detail, noon + 1h);
  EXPECT_EQ(places(), (Rows{{"reading_billing_before", "1"}, {"reading_detail_2026_03", "1"}}));
  EXPECT_EQ(count("batch"), "3");
}

TEST_F(PartitionsTest, BeforeTheirTimeAreKeptWhereTheyAreYoungEnough) {
  keep({.detail = 24h * 366 * 30, .billing = {}});
  store_at(reading::stamp_at(0), Class::detail, noon);
  store_at(noon, Class::detail, noon + 1h);
  EXPECT_EQ(places(), (Rows{{"reading_detail_2026_03", "1"}, {"reading_detail_before", "1"}}));
}

TEST_F(PartitionsTest, BeforeTheirTimeAreLeftForTheNextTimeWhileSomebodyReads) {
  keep({.detail = 24h * 30, .billing = {}});
  store_at(reading::stamp_at(0), Class::detail, noon);
  {
    pqxx::connection reader{static_cast<PostgresStore&>(*test_store).url};
    pqxx::work reading{reader};
    reading.exec("SELECT count(*) FROM reading_detail_before");
    EXPECT_EQ(store_at(noon, Class::detail, noon + 1h), Verdict::stored);
  }
  EXPECT_EQ(places().size(), 2U);
  EXPECT_EQ(store_at(noon, Class::detail, noon + 2h), Verdict::stored);
  EXPECT_EQ(places(), (Rows{{"reading_detail_2026_03", "2"}}));
}

/// Somebody's view, or a table that another role owns: storing goes on, what can be dropped is.
TEST_F(PartitionsTest, OneThatCannotBeDroppedIsLeftAndKeepsNobodyFromStoring) {
  keep({.detail = 24h * 30, .billing = {}});
  store_at(noon, Class::detail, noon);
  store_at(noon - 24h * 20, Class::detail, noon);
  query("CREATE VIEW theirs AS SELECT * FROM reading_detail_2026_03");
  const auto later = noon + 24h * 90;
  EXPECT_EQ(store_at(later, Class::detail, later), Verdict::stored);
  EXPECT_EQ(store_at(later, Class::detail, later), Verdict::stored);
  EXPECT_EQ(tables(), (Rows{{"reading_detail_2026_03"}, {"reading_detail_2026_05"}}));
  query("DROP VIEW theirs");
  EXPECT_EQ(store_at(later, Class::detail, later + 1h), Verdict::stored);
  EXPECT_EQ(tables(), (Rows{{"reading_detail_2026_05"}}));
}

TEST_F(PartitionsTest, SayWhichCannotBeDroppedAndWhy) {
  store_at(noon, Class::detail, noon);
  query("CREATE VIEW theirs AS SELECT * FROM reading_detail_2026_03");
  const auto connection = postgres::connect(static_cast<PostgresStore&>(*test_store).url);
  postgres::Partitions partitions;
  const auto refusals =
      partitions.drop_expired(*connection, {.detail = 24h * 30, .billing = {}}, noon + 24h * 90);
  ASSERT_EQ(refusals.size(), 1U);
  EXPECT_EQ(refusals.front().table, "reading_detail_2026_03");
  EXPECT_NE(refusals.front().why, "");
}

TEST_F(PartitionsTest, ShowTheNewestReadingWhateverItsClass) {
  store_at(noon, Class::billing, noon);
  store_at(noon + 1s, Class::detail, noon);
  store_at(noon - 24h * 60, Class::detail, noon);
  EXPECT_EQ(query("SELECT time FROM latest_view"), (Rows{{"2026-03-01T12:00:01.000Z"}}));
  store_at(noon + 2s, Class::billing, noon);
  EXPECT_EQ(query("SELECT time FROM latest_view"), (Rows{{"2026-03-01T12:00:02.000Z"}}));
}

/// The difference between a dashboard and a coffee break with a billion rows.
TEST_F(PartitionsTest, AreOnlyReadWhereTheReadingsCanBe) {
  for (const int months : {0, 1, 2}) {
    store_at(noon + 24h * 31 * months, Class::detail, noon);
  }
  const auto plan = [this](const std::string& sql) {
    std::string text;
    for (const auto& row : query("SET enable_seqscan = off; EXPLAIN ANALYZE " + sql)) {
      text += row[0] + "\n";
    }
    return text;
  };
  const auto some = plan(
      "SELECT * FROM reading_view WHERE meter = 'school-12-main' AND "
      "time >= '2026-04-01Z' AND time < '2026-05-01Z'");
  EXPECT_NE(some.find("reading_detail_2026_04 r"), std::string::npos) << some;
  EXPECT_EQ(some.find("reading_detail_2026_03 r"), std::string::npos) << some;
  EXPECT_EQ(some.find("Seq Scan on reading"), std::string::npos) << some;
  const auto latest = plan("SELECT * FROM latest_view WHERE point = 'energy_active_import'");
  const auto oldest = latest.find("on reading_detail_2026_03");
  ASSERT_NE(oldest, std::string::npos) << latest;
  const auto line = latest.substr(oldest, latest.find('\n', oldest) - oldest);
  EXPECT_NE(line.find("never executed"), std::string::npos) << latest;
}

}  // namespace
}  // namespace bornier::platform
