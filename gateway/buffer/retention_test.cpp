// SPDX-License-Identifier: Apache-2.0
#include "buffer/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "buffer/store.hpp"
#include "buffer/store_fixture.hpp"

namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
using batch::Sequence;
using batch::SequenceRange;
using reading::GapReason;
using reading::Stamp;

/// A store that may use 512 KiB. Readings of random digits, so that a batch keeps its size when it
/// is compressed.
class FullStoreTest : public testing::Test {
 protected:
  static constexpr std::uint64_t max_bytes = 512U * 1024U;

  void SetUp() override { open(); }

  void open() {
    store.reset();
    auto settings = settings_in(directory);
    settings.max_bytes = max_bytes;
    store.emplace(Store::open(settings, clock_at(new_year), 1).value());
    if (!store->catalog().value()) {
      ASSERT_TRUE(store->save_catalog(three_points()));
    }
  }

  auto many(Stamp time, reading::PointNumber point) -> reading::Entries {
    reading::Entries readings;
    for (int i = 0; i < readings_at_once; ++i) {
      readings.answers.push_back(
          answer(time + std::chrono::milliseconds{i},
                 {number(point, static_cast<std::int64_t>(random() >> 2U))}));
    }
    return readings;
  }

  /// About 18 kB.
  auto append_and_seal(Stamp time, reading::PointNumber point) -> Sealed {
    EXPECT_TRUE(store->append(many(time, point), clock_at(time)));
    SealOrder order;
    order.now = clock_at(time).now;
    order.clock_trusted = true;
    return store->seal(order).value();
  }

  void confirm(std::uint64_t first, std::uint64_t last) {
    const std::vector ranges{SequenceRange{Sequence{first}, Sequence{last}}};
    ASSERT_TRUE(store->confirm(store->stream(), ranges, new_year));
  }

  static constexpr int readings_at_once = 2000;
  TemporaryDirectory directory;
  std::optional<Store> store;
  std::mt19937_64 random{1};
};

TEST_F(FullStoreTest, Promise7_StaysWithinMaxBytesAndDeclaresWhatItEvicts) {
  std::uint64_t replaced = 0;
  for (int hour = 0; hour < 100; ++hour) {
    replaced += append_and_seal(new_year + hour * 1h, gauge).replaced.size();
    ASSERT_LE(store->figures().value().used_bytes, max_bytes);
    ASSERT_LE(store->figures().value().file_bytes, max_bytes + 64U * 1024U);
  }
  EXPECT_GT(replaced, 50U);
  const auto figures = store->figures().value();
  EXPECT_EQ(figures.gaps.count, replaced);
  EXPECT_EQ(figures.gaps.readings + figures.unconfirmed.readings, 100U * readings_at_once);

  std::uint64_t tombstones = 0;
  for (const auto& batch : batches_of(*store)) {  // no number is missing
    if (const auto* gap = std::get_if<reading::Gap>(&batch.body)) {
      EXPECT_EQ(gap->reason, GapReason::evicted_bytes);
      EXPECT_EQ(gap->readings, static_cast<std::uint64_t>(readings_at_once));
      EXPECT_THAT(gap->points, testing::ElementsAre(gauge));
      EXPECT_EQ(batch.header.sequence.value(), ++tombstones) << "the oldest go first";
    }
  }
  EXPECT_EQ(tombstones, replaced);
}

TEST_F(FullStoreTest, EvictsConfirmedBatchesBeforeAnyOther) {
  for (int hour = 0; hour < 10; ++hour) {
    append_and_seal(new_year + hour * 1h, gauge);
  }
  confirm(6, 10);
  std::uint64_t replaced = 0;
  int more = 0;
  while (store->payload(Sequence{6}).value()) {
    ASSERT_LT(++more, 100);
    replaced += append_and_seal(new_year + (10 + more) * 1h, gauge).replaced.size();
  }
  EXPECT_EQ(replaced, 0U);
  EXPECT_TRUE(store->payload(Sequence{1}).value().has_value());
}

TEST_F(FullStoreTest, EvictsBillingOnlyWhenNoDetailIsLeft) {
  append_and_seal(new_year, counter);
  int hour = 0;
  std::uint64_t replaced = 0;
  while (replaced < 40) {
    ASSERT_LT(++hour, 200);
    for (const auto& tombstone : append_and_seal(new_year + hour * 1h, gauge).replaced) {
      ++replaced;
      ASSERT_EQ(tombstone.batch_class, batch::Class::detail);
    }
  }
  bool billing_is_evicted = false;
  while (!billing_is_evicted) {
    ASSERT_LT(++hour, 400);
    for (const auto& tombstone : append_and_seal(new_year + hour * 1h, counter).replaced) {
      billing_is_evicted = tombstone.batch_class == batch::Class::billing;
    }
  }
  for (const auto& batch : batches_of(*store)) {
    EXPECT_TRUE(batch.header.batch_class == batch::Class::billing ||
                std::holds_alternative<reading::Gap>(batch.body));
  }
}

TEST_F(FullStoreTest, Promise7_BoundsChunksThatCannotBeDatedAndDeclaresThem) {
  const std::uint64_t appended = 60;
  for (std::uint64_t minute = 0; minute < appended; ++minute) {
    const Stamp since_boot = reading::stamp_at(static_cast<std::int64_t>(minute) * 60'000);
    ASSERT_TRUE(store->append(many(since_boot, gauge), untrusted_clock_at(new_year)));
    ASSERT_LE(store->figures().value().used_bytes, max_bytes);
  }
  ASSERT_TRUE(store->redate("boot-a", clock_at(new_year).utc_offset()));
  SealOrder order;
  order.now = clock_at(new_year).now;
  while (store->seal(order).value().more) {
  }
  std::uint64_t kept = 0;
  std::uint64_t lost = 0;
  for (const auto& batch : batches_of(*store)) {
    if (const auto* gap = std::get_if<reading::Gap>(&batch.body)) {
      lost += gap->readings;
      continue;
    }
    const auto& body = std::get<reading::Entries>(batch.body);
    kept += reading::count_readings(body);
    for (const auto& gap : body.gaps) {
      lost += gap.readings;
      EXPECT_EQ(gap.first, new_year - 1h);
    }
  }
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(kept + lost, appended * readings_at_once);
}

TEST_F(FullStoreTest, RemembersThroughARestartWhatItEvicted) {
  for (int hour = 0; hour < 40; ++hour) {
    append_and_seal(new_year + hour * 1h, gauge);
  }
  const auto before = store->figures().value();
  open();
  const auto after = store->figures().value();
  EXPECT_GT(after.gaps.count, 0U);
  EXPECT_EQ(after.gaps.count, before.gaps.count);
  EXPECT_EQ(after.gaps.readings, before.gaps.readings);
}

}  // namespace
}  // namespace bornier::buffer
