// SPDX-License-Identifier: Apache-2.0
// What is missing is asked for, unless another receiver has it.
#include <gtest/gtest.h>

#include "platform/receiver_fixture.hpp"

namespace bornier::platform {
namespace {

TEST_F(ReceiverTest, AsksForMissingNumbersOfTheStreamOfToday) {
  receive_catalog();
  receive_batch(1);
  receive_batch(4);
  store_all(100ms);
  for (auto after = 0s; after <= 125s; after += 5s) {
    run(after);
  }
  ASSERT_EQ(commands().size(), 1U);
  EXPECT_EQ(commands().front().resend, (Ranges{range(2, 3)}));
}

TEST_F(ReceiverTest, AsksAtMostOnceADayForWhatTheGatewayNoLongerHas) {
  receive_catalog();
  receive_batch(1);
  receive_batch(4);
  store_all(100ms);
  for (auto after = 0s; after <= 6h; after += 5s) {
    run(after);
    if (after == 130s) {
      ASSERT_EQ(commands().size(), 1U);
      receive(TopicKind::reply, batch::encode_reply({commands().front().id, "not held any more"}),
              after);
    }
  }
  EXPECT_EQ(commands().size(), 1U);
}

TEST_F(ReceiverTest, AsksNothingOfAStreamThatWasLeft) {
  receive_catalog();
  receive_batch(1);
  receive_batch(4);
  store_all(100ms);
  auto later = gateway;
  later.stream = batch::StreamId{77};
  receive(TopicKind::batch, later.payload(1, {}));
  run(200ms);
  published.clear();
  for (auto after = 0s; after <= 125s; after += 5s) {
    run(after);
  }
  for (const auto& command : commands()) {
    EXPECT_TRUE(command.resend.empty());
  }
}

TEST_F(ReceiverTest, DoesNotAskForWhatAnotherReceiverStored) {
  receive_catalog();
  receive_batch(1);
  receive_batch(6);
  store_all(100ms);
  elsewhere = {{{gateway.city, gateway.name, gateway.stream},
                batch::Revision{1},
                {range(1, 3), range(5, 6)}}};
  rereads.clear();
  for (auto after = 0s; after <= 125s; after += 5s) {
    run(after);
  }
  ASSERT_EQ(rereads.size(), 1U);
  EXPECT_EQ(rereads.front().from, batch::Sequence{2});
  ASSERT_EQ(commands().size(), 1U);
  EXPECT_EQ(commands().front().resend, (Ranges{range(4, 4)}));
}

/// Members of a group get a part of the numbers each; one that nobody has is waited for longer and
/// longer.
TEST_F(ReceiverTest, CountsAsMissingWhatNoReceiverHasWhileItWaitsForWhatItAskedFor) {
  const auto others_have = [&](std::uint64_t last) {
    elsewhere = {{{gateway.city, gateway.name, gateway.stream},
                  batch::Revision{1},
                  {range(1, 1), range(3, last)}}};
  };
  receive_catalog();
  for (std::uint64_t sequence = 1; sequence <= 120; ++sequence) {
    const auto after = sequence * 15s;
    if (sequence % 2 == 1) {
      receive_batch(sequence, after);  // the others are another receiver's
    }
    others_have(sequence);
    store_all(after + 100ms);
    for (const auto look : {5s, 10s}) {
      run(after + look);
      ASSERT_EQ(receiver->report().size(), 1U);
      EXPECT_LE(receiver->report().front().missing, 1U) << "at " << (after + look).count();
    }
  }
  EXPECT_EQ(receiver->report().front().missing, 1U);
  EXPECT_EQ(receiver->report().front().oldest_missing, batch::Sequence{2});
  EXPECT_LE(rereads.size(), 1U + 30U) << "once a minute";
}

TEST_F(ReceiverTest, CountsNothingAsMissingBeforeItHasLookedWhatOthersStored) {
  receive_catalog();
  receive_batch(1);
  receive_batch(4);
  store_all(100ms);
  const auto missing_when = [this](reading::Instant::duration after) {
    for (auto step = receiver->step(at(after)); !std::holds_alternative<Wait>(step);
         step = receiver->step(at(after))) {
      if (const auto* reread = std::get_if<Reread>(&step)) {
        receiver->not_reread(reread->stream, at(after).instant);
      }
    }
    return receiver->report().front().missing;
  };
  for (auto after = 5s; after <= 300s; after += 5s) {
    EXPECT_EQ(missing_when(after), 0U);
  }
  run(400s);
  EXPECT_EQ(receiver->report().front().missing, 2U);
}

TEST_F(ReceiverTest, AsksForNothingWhileTheDatabaseCannotBeRead) {
  receive_catalog();
  receive_batch(1);
  receive_batch(4);
  store_all(100ms);
  std::size_t looked = 0;
  for (auto after = 0s; after <= 150s; after += 5s) {
    for (auto step = receiver->step(at(after)); !std::holds_alternative<Wait>(step);
         step = receiver->step(at(after))) {
      EXPECT_FALSE(std::holds_alternative<Publish>(step));
      if (const auto* reread = std::get_if<Reread>(&step)) {
        ++looked;
        receiver->not_reread(reread->stream, at(after).instant);
      }
    }
  }
  EXPECT_GT(looked, 1U);
  run(300s);
  EXPECT_EQ(commands().size(), 1U);
}

/// With a host that swallows everything each reread takes as long as the pause between two looks.
TEST_F(ReceiverTest, CommitsBeforeItRereadsADatabaseThatCannotBeReached) {
  auto other = gateway;
  other.name = "cab-0118";
  receive_catalog();
  receiver->receive(
      {other.topic(TopicKind::catalog), batch::encode_catalog(other.catalog()), false}, at(0s));
  auto step = receiver->step(at(100ms));
  ASSERT_TRUE(std::holds_alternative<Commit>(step));
  receiver->failed({"timeout expired"}, at(5s));
  std::size_t commits = 0;
  for (auto after = 5s; after <= 305s; after += 5s) {
    for (step = receiver->step(at(after)); !std::holds_alternative<Wait>(step);
         step = receiver->step(at(after))) {
      EXPECT_FALSE(std::holds_alternative<Reread>(step));
      if (std::holds_alternative<Commit>(step)) {
        ++commits;
        receiver->failed({"timeout expired"}, at(after));
      }
    }
  }
  EXPECT_EQ(commits, 9U) << "pauses of 1, 2, 4, ... 60 s, looked at every 5 s";
}

TEST_F(ReceiverTest, ConfirmsBeforeItRereads) {
  receive_catalog();
  receive_batch(1);
  ASSERT_EQ(run(100ms).size(), 2U);
  receiver->committed(std::vector{Verdict::stored, Verdict::stored});
  auto other = gateway;
  other.stream = batch::StreamId{77};
  receive(TopicKind::batch, other.payload(1, answer(noon, {number(energy, 1, 0)})), 200ms);
  auto step = receiver->step(at(200ms));
  while (std::holds_alternative<Tell>(step)) {
    step = receiver->step(at(200ms));
  }
  ASSERT_TRUE(std::holds_alternative<Publish>(step));
  EXPECT_TRUE(std::holds_alternative<Reread>(receiver->step(at(200ms))));
}

TEST_F(ReceiverTest, DropsOtherRereadsWhenOneFailsAndWaitsWithTheNextUntilACommitWorks) {
  for (const std::uint64_t stream : {1U, 2U, 3U}) {
    auto other = gateway;
    other.stream = batch::StreamId{stream};
    receive(TopicKind::batch, other.payload(1, answer(noon, {number(energy, 1, 0)})));
  }
  const auto rereads_at = [this](reading::Instant::duration after, bool works) {
    std::size_t seen = 0;
    for (auto step = receiver->step(at(after)); !std::holds_alternative<Wait>(step);
         step = receiver->step(at(after))) {
      if (const auto* reread = std::get_if<Reread>(&step)) {
        ++seen;
        if (works) {
          receiver->reread({reread->stream, {}, {}}, at(after).instant);
        } else {
          receiver->not_reread(reread->stream, at(after).instant);
        }
      } else if (std::holds_alternative<Commit>(step)) {
        receiver->committed(std::vector{Verdict::stored});
      }
    }
    return seen;
  };
  EXPECT_EQ(rereads_at(0s, false), 1U);
  EXPECT_EQ(rereads_at(5s, false), 1U);
  EXPECT_EQ(rereads_at(10s, false), 1U);
  EXPECT_EQ(rereads_at(15s, false), 1U);
  EXPECT_EQ(rereads_at(20s, false), 0U) << "the pause is 8 s by now";
  receive_catalog();
  EXPECT_EQ(rereads_at(20s + 100ms, true), 0U);
  EXPECT_EQ(rereads_at(25s, true), 4U) << "a commit worked";
}

TEST_F(ReceiverTest, RereadsNothingWhileItDrains) {
  receive_batch(1);
  receive(TopicKind::backlog, gateway.tombstone(2));
  receiver->drain();
  const auto step = receiver->step(at(0s));
  EXPECT_FALSE(std::holds_alternative<Reread>(step));
  receiver->committed(std::vector{Verdict::stored});
  run(10s);
  EXPECT_TRUE(rereads.empty());
}

/// When a commit is always due, what is missing would never be looked for.
TEST_F(ReceiverTest, RereadsAFewBetweenTwoCommitsUnderLoad) {
  ReceiverLimits limits;
  limits.arrivals_per_commit = 1;
  limits.rereads_per_commit = 1;
  start(limits);
  std::string order;
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    receive(TopicKind::backlog, gateway.tombstone(sequence));
    auto other = gateway;
    other.stream = batch::StreamId{sequence};
    receive(TopicKind::batch, other.payload(1, answer(noon, {number(energy, 1, 0)})));
  }
  while (order.size() < 6) {
    const auto step = receiver->step(at(0s));
    if (std::holds_alternative<Commit>(step)) {
      order += 'c';
      receiver->committed(std::vector{Verdict::stored});
    } else if (const auto* reread = std::get_if<Reread>(&step)) {
      order += 'r';
      receiver->reread({reread->stream, {}, {}}, at(0s).instant);
    }
  }
  EXPECT_EQ(order, "crcrcr");
}

TEST_F(ReceiverTest, NeedsNoCatalogThatAnotherReceiverStored) {
  elsewhere = {{{gateway.city, gateway.name, gateway.stream}, batch::Revision{1}, {}}};
  receive_batch(1);
  EXPECT_TRUE(run(0s).empty());
  EXPECT_EQ(run(100ms).size(), 1U);
  EXPECT_TRUE(commands().empty());
}

TEST_F(ReceiverTest, ForgetsTheStreamHeardOfLongestAgoWhereAGatewayHasTooMany) {
  ReceiverLimits limits;
  limits.streams_per_gateway = 2;
  start(limits);
  const auto tombstone_of = [&](std::uint64_t stream) {
    auto other = gateway;
    other.stream = batch::StreamId{stream};
    receive(TopicKind::batch, other.tombstone(1));
    store_all(100ms);
  };
  tombstone_of(1);
  tombstone_of(2);
  tombstone_of(1);
  EXPECT_EQ(rereads.size(), 2U);
  tombstone_of(3);
  tombstone_of(1);
  EXPECT_EQ(rereads.size(), 3U);
  tombstone_of(2);
  EXPECT_EQ(rereads.size(), 4U) << "what is stored of it is read again";
  EXPECT_EQ(confirmations().size(), 6U);
}

TEST_F(ReceiverTest, ForgetsTheGatewayHeardOfLongestAgoWhereThereAreTooMany) {
  ReceiverLimits limits;
  limits.gateways = 2;
  start(limits);
  const auto tombstone_of = [&](const std::string& name) {
    auto other = gateway;
    other.name = name;
    receiver->receive({other.topic(TopicKind::batch), other.tombstone(1), false}, at(0s));
    store_all(100ms);
  };
  tombstone_of("a");
  tombstone_of("b");
  tombstone_of("a");
  EXPECT_EQ(rereads.size(), 2U);
  tombstone_of("c");
  tombstone_of("a");
  EXPECT_EQ(rereads.size(), 3U) << "b was forgotten";
  tombstone_of("b");
  EXPECT_EQ(rereads.size(), 4U) << "what is stored of it is read again";
  EXPECT_EQ(receiver->counters().batches_stored, 6U) << "nothing depends on what is remembered";
}

TEST_F(ReceiverTest, GatewaysThatAreInventedTakeNoRoomFromParkedBatchesOfOthers) {
  ReceiverLimits limits;
  limits.gateways = 8;
  start(limits);
  for (int name = 1; name <= 1000; ++name) {
    auto other = gateway;
    other.name = "cab-" + std::to_string(name);
    receiver->receive({other.topic(TopicKind::batch),
                       other.payload(1, answer(noon, {number(energy, 1, 0)})), false},
                      at(0s));
    run(0s);
  }
  EXPECT_EQ(receiver->counters().dropped, 992U);
}

TEST_F(ReceiverTest, RemembersAllGatewaysThatTheDatabaseHad) {
  ReceiverLimits limits;
  limits.gateways = 1;
  std::vector<KnownStream> known;
  for (const auto* name : {"a", "b", "c"}) {
    known.push_back({{gateway.city, name, gateway.stream}, batch::Revision{1}, {range(1, 1)}});
  }
  receiver = std::make_unique<Receiver>(limits, known);
  for (const auto* name : {"a", "b", "c", "d"}) {
    auto other = gateway;
    other.name = name;
    receiver->receive({other.topic(TopicKind::batch), other.tombstone(2), false}, at(0s));
    store_all(100ms);
  }
  ASSERT_EQ(rereads.size(), 1U);
  EXPECT_EQ(rereads.front().stream.gateway, "d");
}

TEST_F(ReceiverTest, AGatewayThatInventsStreamsTakesNoRoomFromParkedBatchesOfOthers) {
  for (std::uint64_t stream = 1; stream <= 1000; ++stream) {
    auto other = gateway;
    other.stream = batch::StreamId{stream};
    receive(TopicKind::batch, other.payload(1, answer(noon, {number(energy, 1, 0)})));
    run(0s);
  }
  EXPECT_EQ(receiver->counters().dropped, 992U);
}

}  // namespace
}  // namespace bornier::platform
