// SPDX-License-Identifier: Apache-2.0
// What every database has to do. sqlite_database_test.cpp and postgres_database_test.cpp run it.
#include <gtest/gtest.h>

#include <ctime>
#include <iostream>

#include "platform/testing.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;

TEST_P(DatabaseTest, StoresABatchOnce) {
  store_catalog();
  EXPECT_EQ(store(1, one), Verdict::stored);
  EXPECT_EQ(store(1, one), Verdict::already_there);
  EXPECT_EQ(count("reading"), "1");
  EXPECT_EQ(count("batch"), "1");
}

TEST_P(DatabaseTest, StoresABatchOnceThatComesTwiceInOneTransaction) {
  store_catalog();
  const auto arrival = gateway.batch_arrival(gateway.payload(1, one));
  EXPECT_EQ(store({arrival, arrival}), (std::vector{Verdict::stored, Verdict::already_there}));
  EXPECT_EQ(count("reading"), "1");
}

TEST_P(DatabaseTest, KnowsWhatItHasAfterItWasOpenedAgain) {
  store_catalog();
  store(1, one);
  open({});
  EXPECT_EQ(store(1, one), Verdict::already_there);
  EXPECT_EQ(store(2, other), Verdict::stored);
  EXPECT_EQ(count("reading"), "2");
}

TEST_P(DatabaseTest, KeepsOtherBytesUnderOneNumberAside) {
  store_catalog();
  store(1, one);
  EXPECT_EQ(store(1, other), Verdict::conflict);
  EXPECT_EQ(store(1, other), Verdict::conflict);
  EXPECT_EQ(query("SELECT value FROM reading_view"), (Rows{{"1234.5"}}));
  EXPECT_EQ(query("SELECT sequence, times, bytes = length(payload) FROM conflict"),
            (Rows{{"1", "2", "1"}}));
  const auto payload = gateway.payload(1, other);
  EXPECT_EQ(query("SELECT bytes FROM conflict"), (Rows{{std::to_string(payload.size())}}));
}

TEST_P(DatabaseTest, TakesATombstoneAsANumberThatIsThere) {
  store_catalog();
  const auto tombstone = gateway.batch_arrival(gateway.tombstone(1));
  EXPECT_EQ(store({tombstone, tombstone}), (std::vector{Verdict::stored, Verdict::already_there}));
  EXPECT_EQ(query("SELECT reason, readings, declared_by FROM gap_view"),
            (Rows{{"evicted_bytes", "60", "tombstone"}}));
}

TEST_P(DatabaseTest, IgnoresATombstoneForABatchThatItHas) {
  store_catalog();
  store(1, one);
  EXPECT_EQ(store({gateway.batch_arrival(gateway.tombstone(1))}),
            (std::vector{Verdict::already_there}));
  EXPECT_EQ(count("gap"), "0");
  EXPECT_EQ(count("conflict"), "0");
}

TEST_P(DatabaseTest, WelcomesReadingsThatWereDeclaredLost) {
  store_catalog();
  store({gateway.batch_arrival(gateway.tombstone(1))});
  EXPECT_EQ(store(1, one), Verdict::stored);
  EXPECT_EQ(count("gap"), "0");
  EXPECT_EQ(count("reading"), "1");
  EXPECT_EQ(store(1, other), Verdict::conflict);
  EXPECT_EQ(query("SELECT received, missing, readings FROM gateway_view"), (Rows{{"1", "0", "1"}}));
}

TEST_P(DatabaseTest, SetsAsideABatchThatContradictsItsCatalog) {
  store_catalog();
  EXPECT_EQ(store(1, answer(noon, {number(reading::PointNumber{99}, 1, 0)})), Verdict::quarantined);
  EXPECT_EQ(count("batch"), "0");
  EXPECT_EQ(query("SELECT topic, reason FROM quarantine"),
            (Rows{{"bornier/v1/tolyatti/cab-0117/batch",
                   "the batch uses numbers that its catalog does not have"}}));
}

auto arrival_of(const batch::Catalog& catalog) -> Arrival {
  return CatalogArrival{catalog, batch::encode_catalog(catalog), noon};
}

TEST_P(DatabaseTest, ACatalogThatRedefinesANumberContestsItsStreamWhateverItsRevision) {
  for (const std::uint32_t revision : {1U, 2U, 3U}) {
    gateway.stream = batch::StreamId{revision};
    store({gateway.catalog_arrival(2)});
    store(1, one);
    auto catalog = gateway.catalog(revision);
    catalog.points[0].unit = "W.h";
    EXPECT_EQ(store({arrival_of(catalog)}), (std::vector{Verdict::conflict})) << revision;
    EXPECT_EQ(store(1, one), Verdict::already_there);
    EXPECT_EQ(store(2, one), Verdict::conflict);
    EXPECT_EQ(store({gateway.batch_arrival(gateway.tombstone(3))}),
              (std::vector{Verdict::conflict}));
    EXPECT_EQ(query("SELECT reason, times FROM quarantine").size(), revision);
  }
  EXPECT_EQ(query("SELECT DISTINCT unit FROM reading_view"), (Rows{{"kW.h"}}));
  EXPECT_EQ(query("SELECT max(sequence) FROM batch"), (Rows{{"1"}}));
  gateway.stream = batch::StreamId{4};
  store_catalog();
  EXPECT_EQ(store(1, one), Verdict::stored);
}

TEST_P(DatabaseTest, ACatalogOfNoLaterRevisionMayNotAddANumber) {
  store({gateway.catalog_arrival(2)});
  auto catalog = gateway.catalog(3);
  catalog.points.push_back(catalog.points.back());
  catalog.points.back().number = reading::PointNumber{5};
  EXPECT_EQ(store({arrival_of(catalog)}), (std::vector{Verdict::stored}));
  EXPECT_EQ(store({gateway.catalog_arrival(2)}), (std::vector{Verdict::already_there}));
  catalog.points.push_back(catalog.points.back());
  catalog.points.back().number = reading::PointNumber{6};
  EXPECT_EQ(store({arrival_of(catalog)}), (std::vector{Verdict::conflict}));
}

TEST_P(DatabaseTest, SetsAsideACatalogThatContradictsItselfAndGoesOn) {
  store_catalog();
  auto catalog = gateway.catalog(2);
  catalog.points.push_back(catalog.points.back());
  EXPECT_EQ(store({arrival_of(catalog)}), (std::vector{Verdict::quarantined}));
  EXPECT_EQ(store(1, one), Verdict::stored);
}

TEST_P(DatabaseTest, LetsADeviceBeRenamedAndEnd) {
  store_catalog();
  auto catalog = gateway.catalog(2);
  catalog.meters[0].name = "School 12, hall";
  catalog.meters[0].valid_to = noon + 1h;
  const CatalogArrival arrival{catalog, batch::encode_catalog(catalog), noon};
  EXPECT_EQ(store({arrival}), (std::vector{Verdict::stored}));
  EXPECT_EQ(query("SELECT name, valid_to FROM meter_view"),
            (Rows{{"School 12, hall", "2026-03-01T13:00:00.000Z"}}));
}

TEST_P(DatabaseTest, KeepsTheNewestBytesThatItCouldNotRead) {
  open({.quarantined = 3, .conflicts = 3, .bytes_each = 4});
  for (int message = 0; message < 5; ++message) {
    Bytes bytes(10);
    bytes[0] = static_cast<std::byte>(message);
    const Quarantined arrival{"weather", "not ours", bytes, noon};
    EXPECT_EQ(store({arrival, arrival}), (std::vector{Verdict::quarantined, Verdict::quarantined}));
  }
  EXPECT_EQ(query("SELECT length(payload), bytes, times FROM quarantine ORDER BY id"),
            (Rows{{"4", "10", "2"}, {"4", "10", "2"}, {"4", "10", "2"}}));
}

TEST_P(DatabaseTest, RemembersStreamsAcrossARestart) {
  store_catalog();
  store(1, one);
  store(2, one);
  store(5, one);
  const auto known = database->known_streams();
  ASSERT_TRUE(known);
  ASSERT_EQ(known->size(), 1U);
  const auto& stream = known->front();
  EXPECT_EQ(stream.name, (StreamName{gateway.city, gateway.name, gateway.stream}));
  EXPECT_EQ(stream.catalog, batch::Revision{1});
  EXPECT_EQ(stream.stored,
            (std::vector<batch::SequenceRange>{{batch::Sequence{1}, batch::Sequence{2}},
                                               {batch::Sequence{5}, batch::Sequence{5}}}));
  store(3, one);
  store(4, one);
  EXPECT_EQ(database->known_streams()->front().stored,
            (std::vector<batch::SequenceRange>{{batch::Sequence{1}, batch::Sequence{5}}}));
  ASSERT_EQ(database->catalogs()->size(), 1U);
  EXPECT_EQ(database->catalogs()->front(), gateway.catalog());
}

TEST_P(DatabaseTest, TellsWhatItHasOfOneStreamByNow) {
  const StreamName name{gateway.city, gateway.name, gateway.stream};
  ASSERT_TRUE(database->known_stream(name, batch::Sequence{1}));
  EXPECT_EQ(database->known_stream(name, batch::Sequence{1})->catalog, batch::Revision{0});
  store_catalog();
  for (const std::uint64_t sequence : {1U, 2U, 4U, 5U, 9U}) {
    store(sequence, one);
  }
  const auto known = database->known_stream(name, batch::Sequence{2});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->name, name);
  EXPECT_EQ(known->catalog, batch::Revision{1});
  EXPECT_EQ(known->stored,
            (std::vector<batch::SequenceRange>{{batch::Sequence{2}, batch::Sequence{2}},
                                               {batch::Sequence{4}, batch::Sequence{5}},
                                               {batch::Sequence{9}, batch::Sequence{9}}}));
}

TEST_P(DatabaseTest, Promise2_StoresNothingOfATransactionThatFails) {
  store_catalog();
  test_store->refuse("reading", "value", "666");
  const auto good = gateway.batch_arrival(gateway.payload(1, one));
  const auto bad =
      gateway.batch_arrival(gateway.payload(2, answer(noon, {number(energy, 666, 0)})));
  const std::vector<Arrival> both{good, bad};
  const auto failed = database->store(both);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().text.find("refuse"), std::string::npos) << failed.error().text;
  EXPECT_EQ(count("batch"), "0");
  EXPECT_EQ(count("reading"), "0");
  test_store->refuse_no_longer("reading");
  EXPECT_EQ(store(both), (std::vector{Verdict::stored, Verdict::stored}));
}

TEST_P(DatabaseTest, ForgetsTheKeysOfRowsThatWereRolledBack) {
  test_store->refuse("batch", "sequence", "1");
  const std::vector<Arrival> arrivals{gateway.catalog_arrival(),
                                      gateway.batch_arrival(gateway.payload(1, one))};
  ASSERT_FALSE(database->store(arrivals));
  test_store->refuse_no_longer("batch");
  EXPECT_EQ(store(arrivals), (std::vector{Verdict::stored, Verdict::stored}));
  EXPECT_EQ(query("SELECT meter, value FROM reading_view"), (Rows{{"school-12-main", "1234.5"}}));
}

/// 40 gateways × 2 points × 3,000 seconds, in commits of 20 batches; prints what one core stores.
TEST_P(DatabaseTest, PrintsHowManyReadingsItStoresPerCpuSecond) {
  constexpr int gateways = 40;
  constexpr int batches = 10;
  std::vector<std::vector<Arrival>> commits;
  std::size_t readings = 0;
  for (int sequence = 1; sequence <= batches; ++sequence) {
    for (int index = 0; index < gateways; ++index) {
      auto one_gateway = gateway;
      one_gateway.name = "cab-" + std::to_string(index);
      reading::Entries entries;
      for (int second = 0; second < 300; ++second) {
        const auto time = noon + std::chrono::seconds{(sequence * 300) + second};
        entries.answers.push_back(
            {time, {number(energy, 1'000'000 + second, -3), number(power, 2301 + second, -1)}, {}});
        readings += 2;
      }
      if (index % 20 == 0) {
        commits.emplace_back();
      }
      if (sequence == 1) {
        commits.back().push_back(one_gateway.catalog_arrival());
      }
      commits.back().push_back(one_gateway.batch_arrival(
          one_gateway.payload(static_cast<std::uint64_t>(sequence), entries)));
    }
  }
  const auto before = std::clock();
  const auto begun = std::chrono::steady_clock::now();
  for (const auto& commit : commits) {
    ASSERT_TRUE(database->store(commit));
  }
  const double cpu = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
  std::cout << readings << " readings, " << static_cast<double>(readings) / cpu
            << " per CPU second of the receiver, " << static_cast<double>(readings) / passed.count()
            << " per second\n";
  EXPECT_EQ(count("reading"), std::to_string(readings));
}

}  // namespace
}  // namespace bornier::platform
