// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_database.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <pqxx/pqxx>
#include <thread>

#include "platform/postgres_for_tests.hpp"
#include "platform/postgres_setup.hpp"
#include "platform/testing.hpp"

namespace bornier::platform {

INSTANTIATE_TEST_SUITE_P(Postgres, DatabaseTest, testing::Values(&make_postgres_store));
INSTANTIATE_TEST_SUITE_P(Postgres, ViewsTest, testing::Values(&make_postgres_store));

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PostgresDatabaseTest : public testing::Test, protected DatabaseFixture {
 protected:
  PostgresDatabaseTest() : DatabaseFixture{make_postgres_store()} {}

  [[nodiscard]] auto url() const -> const std::string& {
    return static_cast<PostgresStore&>(*test_store).url;
  }
  [[nodiscard]] auto another_receiver() const -> std::unique_ptr<Database> {
    return *test_store->open({});
  }
  [[nodiscard]] auto arrival(std::uint64_t sequence, std::int64_t value) const -> Arrival {
    return gateway.batch_arrival(gateway.payload(
        sequence, answer(noon + std::chrono::seconds{sequence}, {number(energy, value, 0)})));
  }
};

TEST_F(PostgresDatabaseTest, AReceiverKnowsWhatAnotherOneStored) {
  const auto second = another_receiver();
  store_catalog();
  store({arrival(1, 10)});
  const std::vector both{arrival(1, 10), arrival(2, 20)};
  EXPECT_EQ(*second->store(both), (std::vector{Verdict::already_there, Verdict::stored}));
  const std::vector contradiction{arrival(2, 21)};
  EXPECT_EQ(*database->store(contradiction), (std::vector{Verdict::conflict}));
  EXPECT_EQ(query("SELECT received, missing, readings FROM gateway_view"), (Rows{{"2", "0", "2"}}));
}

TEST_F(PostgresDatabaseTest, AReceiverUsesTheCatalogThatAnotherOneStored) {
  const auto second = another_receiver();
  store_catalog();
  const std::vector<Arrival> first{arrival(1, 10)};
  EXPECT_EQ(*second->store(first), (std::vector{Verdict::stored}));
  auto catalog = gateway.catalog(2);
  catalog.points.push_back(catalog.points.back());
  catalog.points.back().number = reading::PointNumber{5};
  catalog.points.back().name = "frequency";
  store({CatalogArrival{catalog, batch::encode_catalog(catalog), noon}});
  const std::vector<Arrival> with_new_point{gateway.batch_arrival(
      gateway.payload(2, answer(noon, {number(reading::PointNumber{5}, 50, 0)})))};
  EXPECT_EQ(*second->store(with_new_point), (std::vector{Verdict::stored}));
}

TEST_F(PostgresDatabaseTest, AStreamThatIsContestedAtOneReceiverIsContestedAtAll) {
  const auto second = another_receiver();
  store_catalog();
  const std::vector first{arrival(1, 10)};
  ASSERT_TRUE(second->store(first));
  auto catalog = gateway.catalog(2);
  catalog.points[0].unit = "W.h";
  store({CatalogArrival{catalog, batch::encode_catalog(catalog), noon}});
  const std::vector next{arrival(2, 20)};
  EXPECT_EQ(*second->store(next), (std::vector{Verdict::conflict}));
}

/// Each number is sent to every receiver, in an order of its own, so they meet over the same rows.
TEST_F(PostgresDatabaseTest, Promise2_ReceiversThatGetTheSameBatchesAtOnceStoreEachOnce) {
  constexpr std::uint64_t batches = 200;
  constexpr int receivers = 4;
  std::vector<std::vector<Verdict>> verdicts(receivers);
  std::vector<std::thread> threads;
  for (int receiver = 0; receiver < receivers; ++receiver) {
    threads.emplace_back([&, receiver, own = another_receiver()] {
      for (std::uint64_t step = 0; step < batches; step += 20) {
        std::vector<Arrival> arrivals{gateway.catalog_arrival()};
        for (std::uint64_t index = step; index < step + 20; ++index) {
          const auto number = receiver % 2 == 0 ? index + 1 : batches - index;
          arrivals.push_back(arrival(number, static_cast<std::int64_t>(number)));
        }
        auto stored = own->store(arrivals);
        ASSERT_TRUE(stored) << stored.error().text;
        auto& mine = verdicts[static_cast<std::size_t>(receiver)];
        mine.insert(mine.end(), stored->begin() + 1, stored->end());
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  std::ptrdiff_t stored = 0;
  for (const auto& mine : verdicts) {
    stored += std::ranges::count(mine, Verdict::stored);
    EXPECT_EQ(std::ranges::count(mine, Verdict::conflict), 0);
  }
  EXPECT_EQ(stored, static_cast<std::ptrdiff_t>(batches));
  EXPECT_EQ(query("SELECT received, missing, readings FROM gateway_view"),
            (Rows{{"200", "0", "200"}}));
  EXPECT_EQ(count("reading"), "200");
  EXPECT_EQ(count("catalog"), "1");
}

TEST_F(PostgresDatabaseTest, ReceiversThatMeetANewGatewayAtOnceMakeItOnce) {
  std::vector<std::thread> threads;
  for (int receiver = 0; receiver < 4; ++receiver) {
    threads.emplace_back([&, own = another_receiver()] {
      for (int cabinet = 0; cabinet < 10; ++cabinet) {
        auto one = gateway;
        one.name = "cab-" + std::to_string(cabinet);
        const std::vector<Arrival> arrivals{one.catalog_arrival()};
        const auto stored = own->store(arrivals);
        ASSERT_TRUE(stored) << stored.error().text;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(count("gateway"), "10");
  EXPECT_EQ(count("stream"), "10");
  EXPECT_EQ(count("point"), "40");
}

TEST_F(PostgresDatabaseTest, ADatabaseThatGoesAwayIsAFailureUntilItIsBack) {
  store_catalog();
  store({arrival(1, 10)});
  PostgresServer::shared().stop();
  const std::vector second{arrival(2, 20)};
  EXPECT_FALSE(database->store(second));
  EXPECT_FALSE(database->known_streams());
  PostgresServer::shared().start();
  EXPECT_EQ(store(second), (std::vector{Verdict::stored}));
  EXPECT_EQ(count("reading"), "2");
}

TEST_F(PostgresDatabaseTest, AConnectionThatIsCutIsAFailureOnce) {
  store_catalog();
  query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE application_name = 'bornier-platform'");
  const std::vector first{arrival(1, 10)};
  EXPECT_FALSE(database->store(first));
  EXPECT_EQ(store(first), (std::vector{Verdict::stored}));
}

TEST_F(PostgresDatabaseTest, TextThatPostgresCannotHoldIsReplacedAndDoesNotStopTheCity) {
  auto catalog = gateway.catalog();
  catalog.points[2].labels[1] = std::string{"op\0en", 5};
  catalog.meters[0].labels["floor"] = std::string{"2\0", 2};
  store({CatalogArrival{catalog, batch::encode_catalog(catalog), noon}});
  auto entries = answer(noon, {number(valve, 1, 0)});
  entries.answers[0].texts.push_back({display, {}, std::string{"E\0\t\\17", 6}});
  EXPECT_EQ(store(1, entries), Verdict::stored);
  EXPECT_EQ(query("SELECT text FROM reading_view ORDER BY point"),
            (Rows{{"E\uFFFD\t\\17"}, {"op\uFFFDen"}}));
  const Quarantined long_topic{std::string(60'000, 'x'), "not ours", Bytes(3), noon};
  EXPECT_EQ(store({long_topic}), (std::vector{Verdict::quarantined}));
}

TEST_F(PostgresDatabaseTest, RefusesANewerMajorVersionAndTakesANewerMinorOne) {
  query("UPDATE schema_version SET minor = 99");
  EXPECT_TRUE(test_store->open({}));
  EXPECT_EQ(query("SELECT minor FROM schema_version"), (Rows{{"99"}}));
  query("UPDATE schema_version SET major = 2, minor = 3");
  const auto opened = test_store->open({});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text.find("2.3"), std::string::npos) << opened.error().text;
}

TEST_F(PostgresDatabaseTest, TakesTheStepsOfANewerVersionOnceWhileAnOlderReceiverRuns) {
  store_catalog();
  store({arrival(1, 10)});
  const std::vector<postgres::Migration> steps{
      {1, "ALTER TABLE batch ADD COLUMN receiver text"},
      {2, "ALTER TABLE gateway ADD COLUMN note text NOT NULL DEFAULT 'none'"}};
  const auto connection = postgres::connect(url());
  postgres::set_up(*connection, std::span{steps}.first(1));
  postgres::set_up(*connection, steps);
  postgres::set_up(*connection, steps);
  EXPECT_EQ(query("SELECT major, minor FROM schema_version"), (Rows{{"1", "2"}}));
  auto other_gateway = gateway;
  other_gateway.name = "cab-2";
  EXPECT_EQ(store({arrival(2, 20), other_gateway.catalog_arrival()}),
            (std::vector{Verdict::stored, Verdict::stored}));
}

TEST_F(PostgresDatabaseTest, SyncsItsCommitsWhateverTheServersDefaultIs) {
  query("ALTER DATABASE " + query("SELECT current_database()")[0][0] +
        " SET synchronous_commit = off");
  const auto connection = postgres::connect(url());
  pqxx::nontransaction work{*connection};
  EXPECT_STREQ(work.exec1("SHOW synchronous_commit")[0].c_str(), "on");
}

TEST_F(PostgresDatabaseTest, RefusesADatabaseThatDoesNotHoldEveryTextAndSaysWhichDoes) {
  auto& server = PostgresServer::shared();
  for (const std::string encoding : {"LATIN1", "SQL_ASCII"}) {
    const auto other = server.create_database("ENCODING '" + encoding + "' TEMPLATE template0");
    const auto opened = open_postgres({server.url(other), {}, {}});
    ASSERT_FALSE(opened) << encoding;
    EXPECT_NE(opened.error().text.find(encoding), std::string::npos) << opened.error().text;
    EXPECT_NE(opened.error().text.find("TEMPLATE template0"), std::string::npos);
  }
}

TEST_F(PostgresDatabaseTest, KeepsTextsWhateverTheUsersEncodingIs) {
  database = *open_postgres({url() + "&client_encoding=LATIN1", {}, {}});
  auto catalog = gateway.catalog();
  catalog.meters[0].name = "\u0428\u043a\u043e\u043b\u0430 12";
  store({CatalogArrival{catalog, batch::encode_catalog(catalog), noon}});
  EXPECT_EQ(query("SELECT name FROM device"), (Rows{{catalog.meters[0].name}}));
}

TEST(PostgresUrl, NoticesAHostThatIsGoneUnlessTheUserSaysOtherwise) {
  EXPECT_EQ(postgres::with_defaults("postgresql://bornier@db/city"),
            "postgresql://bornier@db/city?connect_timeout=5&tcp_user_timeout=20000"
            "&keepalives_idle=10&keepalives_interval=5&keepalives_count=3"
            "&application_name=bornier-platform");
  EXPECT_EQ(postgres::with_defaults("postgresql://db/city?keepalives_idle=60&connect_timeout=1"),
            "postgresql://db/city?keepalives_idle=60&connect_timeout=1&tcp_user_timeout=20000"
            "&keepalives_interval=5&keepalives_count=3&application_name=bornier-platform");
}

/// What opening that fails says: one line that names the option.
auto refusal(const std::string& url) -> std::string {
  const auto opened = open_postgres({url, {}, {}});
  EXPECT_FALSE(opened) << url;
  auto text = opened ? std::string{} : opened.error().text;
  EXPECT_THAT(text, AllOf(HasSubstr("--database"), Not(HasSubstr("\n")))) << url;
  return text;
}

TEST_F(PostgresDatabaseTest, SaysWhatToDoWhereItCannotConnect) {
  EXPECT_THAT(refusal("postgresql://postgres@127.0.0.1:1/city"), HasSubstr("start the server"));
  EXPECT_THAT(refusal("postgresql:///city?host=/nonexistent"), HasSubstr("start the server"));
  EXPECT_THAT(refusal(PostgresServer::shared().url("absent")), HasSubstr("CREATE DATABASE"));
  EXPECT_THAT(refusal(url() + "&user=absent"), HasSubstr("CREATE ROLE"));
  EXPECT_THAT(refusal(url() + "&sslmode=full"), HasSubstr("sslmode=verify-full"));
  EXPECT_THAT(refusal("postgresql://u:SECRET%zz@db/city"),
              AllOf(HasSubstr("%25"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(refusal("postgresql://u:SECRET@[::1/city"),
              AllOf(HasSubstr("USER@HOST"), Not(HasSubstr("SECRET"))));
}

TEST_F(PostgresDatabaseTest, SaysWhatToDoWhereItMayNotOrCannotMakeItsTables) {
  auto& server = PostgresServer::shared();
  query("CREATE ROLE guest LOGIN");
  const auto empty = server.create_database();
  EXPECT_THAT(refusal(server.url(empty) + "&user=guest"), HasSubstr("OWNER TO"));
  EXPECT_THAT(refusal(url() + "&user=guest"), HasSubstr("OWNER TO"));
  query("DROP ROLE guest");
  for (const auto* foreign : {"schema_version (number integer)", "batch (number integer)",
                              "schema_version (major integer, minor integer)"}) {
    const auto other = server.url(server.create_database());
    pqxx::connection outsider{other};
    pqxx::nontransaction{outsider}.exec("CREATE TABLE " + std::string{foreign});
    EXPECT_THAT(refusal(other), HasSubstr("a database of its own")) << foreign;
  }
}

}  // namespace
}  // namespace bornier::platform
