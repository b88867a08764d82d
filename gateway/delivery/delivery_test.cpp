// SPDX-License-Identifier: Apache-2.0
#include "delivery/delivery_fixture.hpp"

namespace bornier::delivery {
namespace {

TEST_F(DeliveryTest, ConnectsAtOnceAndWaitsForTheOutcome) {
  EXPECT_EQ(actions(), list({"connect"}));
  elapsed += 10min;
  EXPECT_TRUE(actions().empty());
}

TEST_F(DeliveryTest, ReconnectsAfterDoublingTimesWithFullJitterUpToTheLongest) {
  random = all_bits;
  connect();
  std::vector<std::int64_t> longest;
  for (int attempt = 0; attempt < 8; ++attempt) {
    delivery().disconnected(now());
    // The share of the interval that these bits draw is not the whole; it must stay within it.
    const auto wait = std::get<WaitUntil>(step()).until - now().instant;
    const auto bound = std::min<std::chrono::seconds>(1s * (1 << attempt), 60s);
    EXPECT_GT(wait, 0us);
    EXPECT_LE(wait, bound) << attempt;
    elapsed += wait;
    EXPECT_EQ(actions(), list({"connect"}));
  }
}

TEST_F(DeliveryTest, TriesSoonAgainAfterAConnectionThatWorked) {
  random = 59'999'999;  // as much of a minute as there is
  connect();
  for (int attempt = 0; attempt < 8; ++attempt) {
    delivery().disconnected(now());
    elapsed = std::get<WaitUntil>(step()).until.time_since_epoch();
    EXPECT_EQ(actions(), list({"connect"}));
  }
  delivery().connected(now());
  elapsed += 60s;
  delivery().disconnected(now());
  EXPECT_LE(std::get<WaitUntil>(step()).until - now().instant, 1s);
}

TEST_F(DeliveryTest, SendsNothingWithoutAConnection) {
  seal(1, 1);
  EXPECT_EQ(actions(), list({"connect"}));
  delivery().connected(now());
  EXPECT_EQ(actions(), list({"batch 1"}));
}

TEST_F(DeliveryTest, SendsLiveBatchesFirstAndTheBacklogOldestFirst) {
  load(1, 2);
  connect();
  seal(3, 4);
  EXPECT_EQ(actions(), list({"batch 3", "batch 4", "backlog 1", "backlog 2"}));
}

TEST_F(DeliveryTest, CallsABatchLiveForTwiceBatchEveryAlsoAcrossConnections) {
  seal(1, 1);
  elapsed += 1us;
  seal(2, 2);
  elapsed += 120s - 1us;
  connect();
  EXPECT_EQ(actions(), list({"batch 1", "batch 2"}));
  reconnect();
  EXPECT_EQ(actions(), list({"backlog 1 again", "backlog 2 again"}));
}

TEST_F(DeliveryTest, TakesABatchSealedInTheFutureForAFreshOne) {
  const Held held{Sequence{1}, 100, now().stamp + std::chrono::hours{1}};
  delivery().load(std::span{&held, 1}, now());
  connect();
  EXPECT_EQ(actions(), list({"batch 1"}));
}

TEST_F(DeliveryTest, HoldsTheBacklogToItsRate) {
  settings.backlog_rate = 100;
  load(1, 3, 500);
  connect();
  EXPECT_EQ(actions(), list({"backlog 1"}));
  EXPECT_EQ(wake_at, now().instant + 5s);
  elapsed += 5s - 1us;
  EXPECT_TRUE(actions().empty());
  elapsed += 1us;
  EXPECT_EQ(actions(), list({"backlog 2"}));
}

TEST_F(DeliveryTest, LetsLiveBatchesPassAtAnyRateAndChargesThemToTheBacklog) {
  settings.backlog_rate = 100;
  load(1, 1);
  connect();
  seal(2, 3, 300);
  EXPECT_EQ(actions(), list({"batch 2", "batch 3"}));
  EXPECT_EQ(wake_at, now().instant + 6s);
  elapsed += 6s;
  EXPECT_EQ(actions(), list({"backlog 1"}));
}

TEST_F(DeliveryTest, LiveBatchesKeepTheBacklogWaitingTenSecondsAtMost) {
  settings.backlog_rate = 100;
  load(1, 1);
  connect();
  seal(2, 2, 5'000);
  EXPECT_EQ(actions(), list({"batch 2"}));
  EXPECT_EQ(wake_at, now().instant + 10s);
}

TEST_F(DeliveryTest, Promise7_KeepsTheWindowInBatches) {
  connect();
  seal(1, 6);
  EXPECT_EQ(actions(), list({"batch 1", "batch 2", "batch 3", "batch 4"}));
  confirm(2, 2);
  EXPECT_EQ(actions(), list({"confirmed 2-2", "batch 5"}));
}

TEST_F(DeliveryTest, Promise7_KeepsTheWindowInBytes) {
  connect();
  seal(1, 1, 5'000);
  seal(2, 2, 5'000);
  seal(3, 3, 1);
  EXPECT_EQ(actions(), list({"batch 1", "batch 2"}));
  confirm(1, 1);
  EXPECT_EQ(actions(), list({"confirmed 1-1", "batch 3"}));
}

TEST_F(DeliveryTest, SendsABatchLargerThanTheWindowAlone) {
  connect();
  seal(1, 1, 10);
  seal(2, 2, 10'001);
  seal(3, 3, 10);
  EXPECT_EQ(actions(), list({"batch 1"}));
  confirm(1, 1);
  EXPECT_EQ(actions(), list({"confirmed 1-1", "batch 2"}));
  confirm(2, 2);
  EXPECT_EQ(actions(), list({"confirmed 2-2", "batch 3"}));
}

TEST_F(DeliveryTest, DoesNotLetTheBacklogOvertakeALiveBatchThatWaitsForRoom) {
  load(1, 1, 10);
  connect();
  seal(2, 3, 6'000);
  EXPECT_EQ(actions(), list({"batch 2"}));
  confirm(2, 2);
  EXPECT_EQ(actions(), list({"confirmed 2-2", "batch 3"}));
  elapsed += 1ms;
  EXPECT_EQ(actions(), list({"backlog 1"}));
}

TEST_F(DeliveryTest, Promise2_ReportsWhatIsConfirmedOnceAsRanges) {
  connect();
  seal(1, 4);
  actions();
  confirm(1, 2);
  confirm(4, 4);
  confirm(1, 2);
  EXPECT_EQ(actions(), list({"confirmed 1-2 4-4"}));
  confirm(1, 2);
  EXPECT_TRUE(actions().empty());
}

TEST_F(DeliveryTest, Promise2_AcceptsAConfirmationOfWhatAnEarlierProcessSent) {
  load(1, 3);
  connect();
  confirm(0, all_bits);
  EXPECT_EQ(actions(), list({"confirmed 1-3"}));
}

TEST_F(DeliveryTest, Promise2_AcceptsNoConfirmationOfAnotherStream) {
  connect();
  seal(1, 1);
  actions();
  const SequenceRange range{Sequence{1}, Sequence{1}};
  delivery().confirmed(StreamId{0xB1}, std::span{&range, 1});
  EXPECT_TRUE(actions().empty());
  EXPECT_EQ(delivery().figures().unconfirmed_batches, 1U);
}

TEST_F(DeliveryTest, Promise2_APubackConfirmsNothingForThePlatform) {
  connect();
  seal(1, 1);
  actions();
  delivery().acknowledged(stream, Sequence{1}, 0);
  EXPECT_TRUE(actions().empty());
}

TEST_F(DeliveryTest, Promise2_APubackConfirmsForTheBrokerUnlessItRefuses) {
  settings.confirmed_by = ConfirmedBy::broker;
  connect();
  seal(1, 3);
  actions();
  delivery().acknowledged(stream, Sequence{1}, 0x80);
  delivery().acknowledged(stream, Sequence{2}, 0);
  delivery().acknowledged(StreamId{0xB1}, Sequence{3}, 0);
  EXPECT_EQ(actions(), list({"confirmed 2-2"}));
  EXPECT_EQ(delivery().figures().refused, 1U);
  EXPECT_EQ(delivery().figures().refusal_reason, 0x80);
  elapsed += 30s;
  EXPECT_EQ(actions(), list({"batch 1 again", "batch 3 again"}));
}

TEST_F(DeliveryTest, Promise2_ABatchThatTheBrokerHasNobodyForIsNotConfirmed) {
  settings.confirmed_by = ConfirmedBy::broker;
  connect();
  seal(1, 1);
  actions();
  delivery().acknowledged(stream, Sequence{1}, 0x10);  // no matching subscribers
  EXPECT_TRUE(actions().empty());
  EXPECT_EQ(delivery().figures().refused, 1U);
  EXPECT_EQ(delivery().figures().refusal_reason, 0x10);
  elapsed += 30s;
  EXPECT_EQ(actions(), list({"batch 1 again"}));
  delivery().acknowledged(stream, Sequence{1}, 0);
  EXPECT_EQ(actions(), list({"confirmed 1-1"}));
}

TEST_F(DeliveryTest, ForgetsABatchThatIsGoneAndHearsNothingInIt) {
  connect();
  seal(1, 2);
  actions();
  elapsed += 30s;
  actions();
  seal(3, 3);
  delivery().gone(StreamId{0xB1}, Sequence{2});
  delivery().gone(stream, Sequence{1});
  EXPECT_TRUE(actions().empty());
  EXPECT_TRUE(delivery().figures().silent);
  EXPECT_EQ(delivery().figures().unconfirmed_batches, 2U);
  EXPECT_EQ(delivery().figures().in_flight_bytes, 100U);
  elapsed += 60s;
  EXPECT_EQ(actions(), list({"batch 2 again"}));
}

TEST_F(DeliveryTest, StaysSilentWithOneBatchAtATimeWhenAllThatWasInFlightIsGone) {
  connect();
  seal(1, 1);
  actions();
  elapsed += 30s;
  actions();
  delivery().gone(stream, Sequence{1});
  elapsed += 60s;
  EXPECT_TRUE(actions().empty());
  seal(2, 3);
  elapsed = wake_at.time_since_epoch();
  EXPECT_EQ(actions(), list({"batch 2"}));
}

TEST_F(DeliveryTest, RepeatsOnlyTheOldestWhileConfirmationsStayAwayAndSendsNothingNew) {
  connect();
  seal(1, 2);
  actions();
  elapsed += 30s - 1us;
  EXPECT_TRUE(actions().empty());
  elapsed += 1us;
  seal(3, 3);
  EXPECT_EQ(actions(), list({"batch 1 again"}));
}

TEST_F(DeliveryTest, DoublesTheRepetitionFrom30SecondsTo15Minutes) {
  connect();
  seal(1, 1);
  actions();
  for (const auto interval : {30s, 60s, 120s, 240s, 480s, 900s, 900s, 900s}) {
    EXPECT_EQ(wake_at, now().instant + interval);
    elapsed += interval - 1us;
    EXPECT_TRUE(actions().empty());
    elapsed += 1us;
    EXPECT_EQ(actions(), list({"batch 1 again"}));
  }
}

TEST_F(DeliveryTest, JittersTheRepetitionByAQuarterAtMost) {
  for (const std::uint64_t bits : {std::uint64_t{1}, all_bits, std::uint64_t{7'499'999}}) {
    machine.reset();
    random = bits;
    connect();
    seal(1, 1);
    actions();
    EXPECT_GT(wake_at, now().instant + 30s);
    EXPECT_LE(wake_at, now().instant + 37'500ms);
  }
}

TEST_F(DeliveryTest, AConfirmationEndsTheSilenceAndResetsTheInterval) {
  connect();
  seal(1, 2);
  actions();
  for (const auto interval : {30s, 60s, 120s}) {
    elapsed += interval;
    EXPECT_EQ(actions(), list({"batch 1 again"}));
  }
  EXPECT_TRUE(delivery().figures().silent);
  seal(3, 3);
  confirm(1, 1);
  EXPECT_EQ(actions(), list({"confirmed 1-1", "batch 3"}));
  EXPECT_FALSE(delivery().figures().silent);
  EXPECT_EQ(wake_at, now().instant + 30s);
}

TEST_F(DeliveryTest, RepeatsByItselfABatchThatOthersOvertook) {
  connect();
  seal(1, 1);
  actions();
  elapsed += 20s;
  seal(2, 2);
  actions();
  confirm(2, 2);
  actions();
  elapsed += 10s - 1us;
  EXPECT_TRUE(actions().empty());
  elapsed += 1us;
  EXPECT_EQ(actions(), list({"batch 1 again"}));
}

TEST_F(DeliveryTest, ABatchThatIsNeverConfirmedDoesNotHoldUpTheOthersForEver) {
  connect();
  std::uint64_t sealed = 0;
  int repeats = 0;
  for (int round = 0; round < 6 * 60; ++round) {
    ++sealed;
    seal(sealed, sealed);
    for (int second = 0; second < 67; ++second, elapsed += 1s) {
      for (auto action = step(); !std::holds_alternative<WaitUntil>(action); action = step()) {
        const auto* publish = std::get_if<Publish>(&action);
        if (publish == nullptr)
          continue;
        if (publish->sequence == Sequence{1})
          ++repeats;
        if (publish->sequence > Sequence{1})
          confirm(publish->sequence.value(), publish->sequence.value());
      }
    }
    if (round >= 60) {
      ASSERT_LE(delivery().figures().unconfirmed_batches, 1U) << round;
    }
  }
  EXPECT_LE(repeats, 7 * 4 + 30);  // a quarter of an hour apart once the interval has grown
}

TEST_F(DeliveryTest, SendsAgainAfterAReconnectionWhatWasInFlight) {
  connect();
  seal(1, 3);
  actions();
  confirm(2, 2);
  actions();
  seal(4, 4);
  reconnect();
  EXPECT_EQ(actions(), list({"batch 1 again", "batch 3 again", "batch 4"}));
}

TEST_F(DeliveryTest, AReconnectionDoesNotSpeedUpTheRepetitionOfASilentPlatform) {
  connect();
  seal(1, 3);
  actions();
  elapsed += 30s;
  EXPECT_EQ(actions(), list({"batch 1 again"}));
  for (int flap = 0; flap < 5; ++flap) {
    reconnect();
    EXPECT_TRUE(actions().empty());
  }
  EXPECT_EQ(wake_at, now().instant + 55s);
  elapsed += 55s;
  EXPECT_EQ(actions(), list({"batch 1 again"}));
}

TEST_F(DeliveryTest, Promise3_SendsAgainWhatThePlatformAsksFor) {
  connect();
  seal(1, 3);
  actions();
  confirm(1, 2);
  actions();
  const std::vector<Held> missing{{Sequence{1}, 100, now().stamp - std::chrono::hours{1}},
                                  {Sequence{3}, 100, now().stamp}};
  delivery().resend(missing, now());
  EXPECT_EQ(actions(), list({"batch 3 again", "backlog 1"}));
  confirm(1, 3);
  EXPECT_EQ(actions(), list({"confirmed 1-1 3-3"}));
}

TEST_F(DeliveryTest, ANewStreamForgetsTheOldOne) {
  connect();
  seal(1, 2);
  actions();
  confirm(1, 1);
  delivery().stream_changed(StreamId{0xB1});
  EXPECT_TRUE(actions().empty());
  seal(1, 1);
  const auto action = step();
  EXPECT_EQ(std::get<Publish>(action).stream, StreamId{0xB1});
  EXPECT_FALSE(std::get<Publish>(action).repeat);
  confirm(1, 1);
  EXPECT_TRUE(actions().empty());
}

TEST_F(DeliveryTest, ATombstoneChangesTheSizeOfABatch) {
  connect();
  seal(1, 2, 6'000);
  EXPECT_EQ(actions(), list({"batch 1"}));
  delivery().replaced(Sequence{1}, 40);
  EXPECT_EQ(actions(), list({"batch 2"}));
  EXPECT_EQ(delivery().figures().unconfirmed_bytes, 6'040U);
  EXPECT_EQ(delivery().figures().in_flight_bytes, 6'040U);
}

TEST_F(DeliveryTest, TellsItsFigures) {
  load(1, 6);
  connect();
  actions();
  const auto figures = delivery().figures();
  EXPECT_EQ(figures.link, Link::connected);
  EXPECT_EQ(figures.unconfirmed_batches, 6U);
  EXPECT_EQ(figures.unconfirmed_bytes, 600U);
  EXPECT_EQ(figures.in_flight_batches, 4U);
  EXPECT_EQ(figures.oldest_unconfirmed, Sequence{1});
  EXPECT_EQ(figures.published, 4U);
  const std::vector<SequenceRange> waiting{{Sequence{5}, Sequence{6}}};
  EXPECT_EQ(delivery().not_yet_sent(10), waiting);
  delivery().disconnected(now());
  actions();
  EXPECT_TRUE(delivery().figures().next_attempt);
}

}  // namespace
}  // namespace bornier::delivery
