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
        receiver->not_reread(reread->stream);
      }
    }
  }
  EXPECT_GT(looked, 1U);
  run(155s);
  EXPECT_EQ(commands().size(), 1U);
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
