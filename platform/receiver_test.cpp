// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "platform/receiver_fixture.hpp"

namespace bornier::platform {
namespace {

TEST_F(ReceiverTest, Promise2_ConfirmsOnlyAfterTheCommit) {
  receive_catalog();
  receive_batch(1);
  const auto arrivals = run(100ms);
  ASSERT_EQ(arrivals.size(), 2U);
  run(10s);
  EXPECT_TRUE(confirmations().empty());

  receiver->committed(std::vector{Verdict::stored, Verdict::stored});
  run(10s);
  ASSERT_EQ(confirmations().size(), 1U);
  EXPECT_EQ(confirmations().front(), (batch::Confirmation{gateway.stream, {range(1, 1)}, {}}));
}

TEST_F(ReceiverTest, Promise2_ConfirmsNothingWhenTheCommitFailsAndTriesTheSameAgain) {
  receive_catalog();
  receive_batch(1);
  ASSERT_EQ(run(100ms).size(), 2U);
  receiver->failed({"database or disk is full"}, at(200ms));
  receive_batch(2, 200ms);
  EXPECT_TRUE(run(1200ms - 1us).empty());
  const auto again = run(1200ms);
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(std::get<BatchArrival>(*again.back()).batch.header.sequence, batch::Sequence{1});
  EXPECT_TRUE(confirmations().empty());

  receiver->failed({"database or disk is full"}, at(1200ms));
  EXPECT_TRUE(run(3200ms - 1us).empty());
  EXPECT_EQ(run(3200ms).size(), 2U);
  receiver->committed(std::vector{Verdict::stored, Verdict::stored});
  store_all(3300ms);
  ASSERT_EQ(confirmations().size(), 2U);
  EXPECT_EQ(confirmations().back().stored, (Ranges{range(2, 2)}));
}

TEST_F(ReceiverTest, CollectsForAWhileBeforeItCommits) {
  receive_catalog();
  EXPECT_TRUE(run(100ms - 1us).empty());
  EXPECT_EQ(run(100ms).size(), 1U);
}

TEST_F(ReceiverTest, CommitsAtOnceWhenEnoughIsCollected) {
  ReceiverLimits limits;
  limits.arrivals_per_commit = 2;
  start(limits);
  receive_catalog();
  EXPECT_TRUE(run(0s).empty());
  receive_batch(1);
  receive_batch(2);
  EXPECT_EQ(run(0s).size(), 2U);
}

TEST_F(ReceiverTest, ConfirmsInRanges) {
  receive_catalog();
  for (const std::uint64_t sequence : {4U, 1U, 2U, 7U, 3U}) {
    receive_batch(sequence);
  }
  store_all(100ms);
  ASSERT_EQ(confirmations().size(), 1U);
  EXPECT_EQ(confirmations().front().stored, (Ranges{range(1, 4), range(7, 7)}));
}

TEST_F(ReceiverTest, ConfirmsAgainWhatIsThereAndAnswersAConflictAsSuch) {
  receive_catalog();
  receive_batch(1);
  receive_batch(2);
  receive_batch(3);
  ASSERT_EQ(run(100ms).size(), 4U);
  receiver->committed(std::vector{Verdict::stored, Verdict::already_there, Verdict::conflict,
                                  Verdict::quarantined});
  run(100ms);
  ASSERT_EQ(confirmations().size(), 1U);
  EXPECT_EQ(confirmations().front(),
            (batch::Confirmation{gateway.stream, {range(1, 1)}, {range(2, 2)}}));
  EXPECT_EQ(receiver->counters().conflicts, 1U);
  EXPECT_EQ(receiver->counters().quarantined, 1U);
}

TEST_F(ReceiverTest, ParksABatchUntilItsCatalogComesAndAsksForIt) {
  receive_batch(1);
  EXPECT_TRUE(run(1s).empty());
  ASSERT_EQ(commands().size(), 1U);
  EXPECT_TRUE(commands().front().send_catalog);
  EXPECT_EQ(commands().front().stream, gateway.stream);

  receive_catalog();
  const auto arrivals = run(2s);
  ASSERT_EQ(arrivals.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<CatalogArrival>(*arrivals.front()));
  const auto* batch = std::get_if<BatchArrival>(arrivals.back());
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(std::get<reading::Entries>(batch->batch.body), answer(noon, {number(energy, 1, 0)}));
}

TEST_F(ReceiverTest, AsksForTheCatalogAgainWhileItDoesNotCome) {
  receive_batch(1);
  run(0s);
  run(29s);
  EXPECT_EQ(commands().size(), 1U);
  run(35s);
  EXPECT_EQ(commands().size(), 2U);
}

TEST_F(ReceiverTest, ParksNoMoreThanItHasRoomForAndNotForEver) {
  ReceiverLimits limits;
  limits.parked_bytes = 1500;
  start(limits);
  for (std::uint64_t sequence = 1; sequence <= 9; ++sequence) {
    receive_batch(sequence);
  }
  const auto parked = receiver->counters().parked;
  EXPECT_GT(parked, 0U);
  EXPECT_EQ(parked + receiver->counters().dropped, 9U);
  run(10min);
  EXPECT_EQ(receiver->counters().dropped, 9U);
  receive_catalog();
  EXPECT_EQ(run(11min).size(), 1U);
}

TEST_F(ReceiverTest, NeedsNoCatalogForATombstone) {
  receive(TopicKind::backlog, gateway.tombstone(1));
  EXPECT_EQ(run(100ms).size(), 1U);
}

TEST_F(ReceiverTest, TakesACatalogOnce) {
  const auto payload = batch::encode_catalog(gateway.catalog());
  receive(TopicKind::catalog, payload);
  store_all(100ms);
  receive(TopicKind::catalog, payload);
  EXPECT_TRUE(run(1s).empty());
}

TEST_F(ReceiverTest, RemembersCatalogsThatTheDatabaseHas) {
  receiver = std::make_unique<Receiver>(
      ReceiverLimits{},
      std::vector{KnownStream{
          {gateway.city, gateway.name, gateway.stream}, batch::Revision{1}, {range(1, 1)}}});
  receive_batch(2);
  EXPECT_EQ(run(100ms).size(), 1U);
}

TEST_F(ReceiverTest, WaitsForACatalogAgainWhenTheDatabaseRefusesIt) {
  receive_catalog();
  ASSERT_EQ(run(100ms).size(), 1U);
  receiver->committed(std::vector{Verdict::quarantined});
  receive_batch(1);
  EXPECT_TRUE(run(1s).empty());
  EXPECT_EQ(receiver->counters().parked, 1U);
}

TEST_F(ReceiverTest, HasACatalogJudgedWhoseRevisionItKnowsAndWhoseBytesItDoesNot) {
  receive_catalog();
  store_all(100ms);
  auto other = gateway.catalog();
  other.points[0].unit = "W.h";
  receive(TopicKind::catalog, batch::encode_catalog(other));
  receive_batch(1);
  ASSERT_EQ(run(1s).size(), 2U);
  receiver->committed(std::vector{Verdict::conflict, Verdict::conflict});
  run(1s);
  ASSERT_EQ(confirmations().size(), 1U);
  EXPECT_EQ(confirmations().front(), (batch::Confirmation{gateway.stream, {}, {range(1, 1)}}));
  EXPECT_EQ(receiver->counters().conflicts, 2U);
}

TEST_F(ReceiverTest, DoesNotParkWhatComesAfterACatalogThatIsInConflict) {
  receive_catalog();
  store_all(100ms);
  auto other = gateway.catalog(2);
  other.points[0].unit = "W.h";
  receive(TopicKind::catalog, batch::encode_catalog(other));
  ASSERT_EQ(run(1s).size(), 1U);
  receiver->committed(std::vector{Verdict::conflict});
  auto header = gateway.header(1);
  header.catalog_revision = batch::Revision{2};
  receive(TopicKind::batch, batch::encode_batch(header, answer(noon, {number(energy, 1, 0)})));
  EXPECT_EQ(run(2s).size(), 1U);
  EXPECT_EQ(receiver->counters().parked, 0U);
}

TEST_F(ReceiverTest, SetsAsideWhatIsNotForIt) {
  const auto payload = gateway.payload(1, {});
  auto other = gateway;
  other.name = "cab-0118";
  EXPECT_NE(reason_to_set_aside("bornier/v1/tolyatti/batch", payload), "");
  EXPECT_NE(reason_to_set_aside("weather/report", payload), "");
  EXPECT_NE(reason_to_set_aside(other.topic(TopicKind::batch), payload), "");
  other = gateway;
  other.city = "samara";
  EXPECT_NE(reason_to_set_aside(other.topic(TopicKind::backlog), payload), "");
  EXPECT_NE(reason_to_set_aside(other.topic(TopicKind::catalog),
                                batch::encode_catalog(gateway.catalog())),
            "");
  EXPECT_EQ(reason_to_set_aside(gateway.topic(TopicKind::catalog),
                                batch::encode_catalog(gateway.catalog())),
            "");
}

TEST_F(ReceiverTest, SetsAsideSequenceNumbersThatADatabaseCannotHold) {
  constexpr auto largest = static_cast<std::uint64_t>(INT64_MAX);
  EXPECT_NE(reason_to_set_aside(gateway.topic(TopicKind::batch), gateway.payload(largest + 1, {})),
            "");
  EXPECT_EQ(reason_to_set_aside(gateway.topic(TopicKind::batch), gateway.tombstone(largest)), "");
}

TEST_F(ReceiverTest, SetsAsideATruncatedBatch) {
  const auto whole = gateway.payload(1, answer(noon, {number(energy, 1, 0)}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_NE(reason_to_set_aside(gateway.topic(TopicKind::batch), cut), "") << length << " bytes";
  }
}

TEST_F(ReceiverTest, SetsAsideRandomBytesOnEveryTopic) {
  std::mt19937 random{20'061'216};
  for (int round = 0; round < 300; ++round) {
    Bytes noise(1 + random() % 300);
    for (auto& byte : noise) {
      byte = static_cast<std::byte>(random());
    }
    for (const auto kind : {TopicKind::batch, TopicKind::backlog, TopicKind::catalog}) {
      EXPECT_NE(reason_to_set_aside(gateway.topic(kind), noise), "");
    }
  }
}

TEST_F(ReceiverTest, SetsAsideWhatIsTooLarge) {
  ReceiverLimits limits;
  limits.message_bytes = 64;
  start(limits);
  receive(TopicKind::status, Bytes(65));
  EXPECT_EQ(std::get<Quarantined>(*run(100ms).front()).reason,
            "the message is larger than a receiver takes");
}

TEST_F(ReceiverTest, TakesACatalogThatIsLargerThanOtherMessagesMayBe) {
  ReceiverLimits limits;
  limits.message_bytes = 1;
  start(limits);
  receive_catalog();
  EXPECT_TRUE(std::holds_alternative<CatalogArrival>(*run(100ms).front()));
}

TEST_F(ReceiverTest, DropsWhatDoesNotFitItsQueueAndDoesNotConfirmIt) {
  receive_catalog();
  store_all(100ms);
  ReceiverLimits limits;
  limits.queue_bytes = 1;
  start(limits);
  receive_catalog();
  receive_batch(1);
  EXPECT_EQ(receiver->counters().dropped, 1U);
  store_all(100ms);
  EXPECT_TRUE(confirmations().empty());
  receive_batch(1);
  store_all(300ms);
  EXPECT_EQ(confirmations().size(), 1U);
}

TEST_F(ReceiverTest, HoldsManyTimesItsQueueInReadingsAndCommitsThemWhole) {
  ReceiverLimits limits;
  limits.queue_bytes = 100'000;
  start(limits);
  receive_catalog();
  auto entries = answer(noon, {number(energy, 1, 0)});
  for (int second = 1; second < 2'000; ++second) {
    entries.answers.push_back({noon + std::chrono::seconds{second}, {number(energy, 1, 0)}, {}});
  }
  const auto most = limits.queue_bytes / (32 * entries.answers.size());
  const std::uint64_t batches = 10 * most;
  for (std::uint64_t sequence = 1; sequence <= batches; ++sequence) {
    receive(TopicKind::batch, gateway.payload(sequence, entries));
  }
  EXPECT_EQ(receiver->counters().dropped, 0U);
  std::uint64_t whole = 0;
  for (const auto* arrival : run(100ms)) {
    const auto* batch = std::get_if<BatchArrival>(arrival);
    if (batch && std::get<reading::Entries>(batch->batch.body) == entries) {
      ++whole;
    }
  }
  EXPECT_EQ(whole, batches);
}

TEST_F(ReceiverTest, CommitsOnceWhatIsRepeatedWhileItWaits) {
  receive_catalog();
  receive_batch(1);
  receive_batch(1);
  EXPECT_EQ(run(100ms).size(), 2U);
  receive_batch(1, 200ms);  // while it is being committed
  const std::vector<Verdict> verdicts(2, Verdict::stored);
  receiver->committed(verdicts);
  EXPECT_TRUE(run(1s).empty());
  EXPECT_EQ(confirmations().size(), 1U);
  EXPECT_EQ(receiver->counters().already_there, 2U);

  receive_batch(1, 2s);  // its confirmation was lost
  EXPECT_EQ(run(3s).size(), 1U);
}

TEST_F(ReceiverTest, TakesOnceWhatIsRepeatedWhileItIsParked) {
  receive_batch(1);
  receive_batch(1);
  receive_catalog();
  EXPECT_EQ(run(1s).size(), 2U);
}

// 128 cells may share one text of 32 KiB: 4 MiB of a payload of some hundred bytes.
TEST_F(ReceiverTest, CountsTextsAsLongAsTheyDecode) {
  receive_catalog();
  store_all(100ms);
  reading::Entries entries;
  for (int second = 0; second < 128; ++second) {
    entries.answers.push_back({noon + std::chrono::seconds{second},
                               {},
                               {{display, {}, std::string(std::size_t{32} << 10U, 'x')}}});
  }
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    receive(TopicKind::batch, gateway.payload(sequence, entries), 200ms);
  }
  EXPECT_EQ(receiver->counters().dropped, 0U);
  EXPECT_EQ(run(300ms).size(), 2U);
}

TEST_F(ReceiverTest, MakesOneMoreCommitWhenItDrainsAndLeavesTheRestToItsGateways) {
  ReceiverLimits limits;
  limits.arrivals_per_commit = 2;
  start(limits);
  receive_catalog();
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    receive_batch(sequence);
  }
  receiver->drain();
  EXPECT_EQ(receiver->counters().dropped, 4U);
  store_all(0s);
  EXPECT_EQ(confirmations().front().stored, Ranges{range(1, 1)});
  EXPECT_TRUE(receiver->idle());
}

TEST_F(ReceiverTest, CommitsWhatWaitsWhenItDrains) {
  receive_catalog();
  receiver->drain();
  receive_batch(1);
  EXPECT_EQ(receiver->counters().dropped, 1U);
  EXPECT_FALSE(receiver->idle());
  store_all(0s);
  EXPECT_TRUE(receiver->idle());
}

TEST_F(ReceiverTest, GivesUpOnADatabaseThatFailsWhileItDrains) {
  receive_catalog();
  receive_batch(1);
  ASSERT_EQ(run(100ms).size(), 2U);
  receiver->drain();
  EXPECT_FALSE(receiver->idle());
  receiver->failed({"disk I/O error"}, at(200ms));
  EXPECT_TRUE(run(200ms).empty());
  EXPECT_TRUE(receiver->idle());
  EXPECT_TRUE(confirmations().empty());
}

}  // namespace
}  // namespace bornier::platform
