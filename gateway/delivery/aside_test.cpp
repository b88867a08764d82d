// SPDX-License-Identifier: Apache-2.0
#include "delivery/delivery_fixture.hpp"

namespace bornier::delivery {
namespace {

/// Hours, a second at a time; the platform confirms at once what it can read.
class MixedBatches : public DeliveryTest {
 protected:
  void pass(std::chrono::seconds span, std::int64_t seal_every = 0) {
    for (const auto end = elapsed + span; elapsed < end; elapsed += 1s) {
      if (seal_every > 0 && elapsed % std::chrono::seconds{seal_every} == 0s) {
        ++newest;
        seal(newest, newest);
      }
      for (auto action = step(); !std::holds_alternative<WaitUntil>(action); action = step()) {
        const auto* publish = std::get_if<Publish>(&action);
        if (publish == nullptr)
          continue;
        const auto n = publish->sequence.value();
        ++sent[n];
        if (!unreadable(n))
          confirm(n, n);
      }
      EXPECT_LE(delivery().figures().in_flight_batches, settings.window_batches);
      EXPECT_LE(delivery().figures().aside_batches, settings.aside_batches);
    }
  }
  auto unreadable(std::uint64_t n) const -> bool {
    return n >= unreadable_from && n < unreadable_below;
  }

  std::uint64_t newest = 0;
  std::uint64_t unreadable_from = 0;
  std::uint64_t unreadable_below = 0;
  std::map<std::uint64_t, int> sent;
};

TEST_F(MixedBatches, LiveOnesThatThePlatformCannotReadDoNotHoldUpABacklogThatItCan) {
  load(1, 100);
  connect();
  seal(101, 120);  // five windows
  newest = 120;
  unreadable_from = 101;
  unreadable_below = all_bits;
  pass(std::chrono::hours{1}, 60);
  const auto figures = delivery().figures();
  EXPECT_EQ(figures.unconfirmed_batches, newest - 100);
  EXPECT_EQ(figures.oldest_unconfirmed, Sequence{101});
}

TEST_F(MixedBatches, OldOnesThatThePlatformCannotReadDoNotHoldUpWhatComesAfterThem) {
  load(1, 20);
  connect();
  newest = 20;
  unreadable_from = 1;
  unreadable_below = 21;
  pass(std::chrono::hours{12}, 60);
  EXPECT_EQ(delivery().figures().aside_batches, 20U);
  EXPECT_LE(delivery().figures().unconfirmed_batches, 20U);
  EXPECT_EQ(sent[newest], 1);
}

TEST_F(MixedBatches, Promise2_WhatIsSetAsideIsRepeatedAndConfirmedOnceThePlatformCanReadIt) {
  connect();
  unreadable_from = 1;
  unreadable_below = 11;
  pass(std::chrono::hours{8}, 60);
  EXPECT_EQ(delivery().figures().aside_batches, 10U);
  sent.clear();
  pass(std::chrono::hours{1}, 60);
  for (std::uint64_t n = 1; n <= 10; ++n) {
    EXPECT_GE(sent[n], 3) << n;
    EXPECT_LE(sent[n], 4) << n;
  }
  unreadable_below = 1;
  pass(20min, 60);
  EXPECT_EQ(delivery().figures().unconfirmed_batches, 0U);
}

TEST_F(MixedBatches, SetsNoMoreAsideThanAllowed) {
  settings.aside_batches = 3;
  connect();
  unreadable_from = 1;
  unreadable_below = 11;
  pass(std::chrono::hours{3}, 60);
  EXPECT_EQ(delivery().figures().aside_batches, 3U);
  EXPECT_GE(delivery().figures().in_flight_batches, 3U);
}

TEST_F(MixedBatches, ATombstoneForABatchThatIsSetAsideIsSentAtOnce) {
  connect();
  unreadable_from = 1;
  unreadable_below = 2;
  pass(std::chrono::hours{1}, 60);
  ASSERT_EQ(delivery().figures().aside_batches, 1U);
  delivery().replaced(Sequence{1}, 40);
  EXPECT_EQ(actions(), list({"batch 1"}));
  EXPECT_EQ(delivery().figures().aside_batches, 0U);
}

TEST_F(MixedBatches, WhatIsSetAsideCanGoAndANewStreamForgetsIt) {
  connect();
  unreadable_from = 1;
  unreadable_below = 3;
  pass(std::chrono::hours{1}, 60);
  ASSERT_EQ(delivery().figures().aside_batches, 2U);
  delivery().gone(stream, Sequence{1});
  EXPECT_EQ(delivery().figures().aside_batches, 1U);
  delivery().stream_changed(StreamId{0xB1});
  EXPECT_EQ(delivery().figures().aside_batches, 0U);
}

}  // namespace
}  // namespace bornier::delivery
