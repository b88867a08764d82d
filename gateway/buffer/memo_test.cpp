// SPDX-License-Identifier: Apache-2.0
#include "buffer/memo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "buffer/faulty_disk.hpp"
#include "buffer/store.hpp"
#include "buffer/store_fixture.hpp"

/// Memos in the store. That a power cut leaves a chunk with its memos or neither: power_test.cpp.
namespace bornier::buffer {
namespace {

using testing::ElementsAre;

class MemoTest : public testing::Test {
 protected:
  void open() {
    store.reset();
    auto settings = settings_in(directory);
    settings.vfs = disk.vfs();
    auto opened = Store::open(settings, clock_at(new_year), 1);
    ASSERT_TRUE(opened) << to_text(opened.error());
    EXPECT_NE(opened->opened().how, Opened::How::salvaged);
    store.emplace(std::move(*opened));
    ASSERT_TRUE(store->save_catalog(three_points()));
  }

  auto append(std::int64_t value, const std::vector<Memo>& memos) -> bool {
    return store->append(entries(new_year, value), clock_at(new_year), memos).has_value();
  }

  TemporaryDirectory directory;
  FaultyDisk disk;
  std::optional<Store> store;
};

TEST_F(MemoTest, RemembersTheNewestOfEachKeyAcrossARestart) {
  open();
  EXPECT_THAT(store->memos().value(), ElementsAre());
  ASSERT_TRUE(append(1, {{"water", "1"}, {"heat", std::string{"\0\xFF", 2}}}));
  ASSERT_TRUE(append(2, {{"water", "2"}, {"gas", ""}}));
  open();
  EXPECT_THAT(store->memos().value(),
              ElementsAre(Memo{"gas", ""}, Memo{"heat", {"\0\xFF", 2}}, Memo{"water", "2"}));
}

TEST_F(MemoTest, AcceptsAMemoThatHasNoReadings) {
  open();
  const std::vector<Memo> memos{{"water", "1"}};
  ASSERT_TRUE(store->append({}, clock_at(new_year), memos));
  EXPECT_EQ(store->figures().value().journal.count, 0U);
  open();
  EXPECT_EQ(store->memos().value(), memos);
}

TEST_F(MemoTest, LeavesOutWhatDoesNotFit) {
  open();
  const Memo largest{std::string(max_memo_key, 'k'), std::string(max_memo_value, 'v')};
  ASSERT_TRUE(append(1, {largest}));
  EXPECT_THAT(store->memos().value(), ElementsAre(largest));
  ASSERT_TRUE(append(2, {{largest.key, largest.value + "v"}, {largest.key + "k", "v"}}));
  EXPECT_THAT(store->memos().value(), ElementsAre(largest));
}

TEST_F(MemoTest, ForgetsAllButTheNamed) {
  open();
  ASSERT_TRUE(append(1, {{"gas", "1"}, {"heat", "2"}, {"water", "3"}}));
  const std::vector<std::string> configured{"heat", "cold"};
  ASSERT_TRUE(store->forget_memos_except(configured));
  open();
  EXPECT_THAT(store->memos().value(), ElementsAre(Memo{"heat", "2"}));
}

TEST_F(MemoTest, WritesNothingWhereNothingIsForgotten) {
  open();
  ASSERT_TRUE(append(1, {{"heat", "2"}}));
  const auto before = disk.operations();
  const std::vector<std::string> configured{"heat"};
  ASSERT_TRUE(store->forget_memos_except(configured));
  EXPECT_EQ(disk.operations(), before);
}

TEST_F(MemoTest, TakesBackTheMemosOfAnAppendThatItReportedAsFailed) {
  open();
  const std::vector<Memo> before{{"heat", "1"}, {"water", "1"}};
  const std::vector<Memo> failing{{"gas", "2"}, {"water", "2"}, {"gas", "3"}, {"water", "3"}};
  const std::vector<Memo> after{{"gas", "3"}, {"heat", "1"}, {"water", "3"}};
  ASSERT_TRUE(append(1, before));
  for (std::uint64_t later = 1;; ++later) {
    SCOPED_TRACE("the disk goes at operation " + std::to_string(later) + " of the append");
    disk.cut_power_at(disk.operations() + later);
    if (append(2, failing)) {
      EXPECT_GT(later, 2U);  // every operation of the append was tried
      break;
    }
    EXPECT_FALSE(store->memos());
    disk.come_back();
    EXPECT_EQ(store->memos().value(), before);
    EXPECT_EQ(store->figures().value().journal.count, 1U);
  }
  disk.come_back();
  EXPECT_EQ(store->memos().value(), after);
  EXPECT_THAT(values_in(directory.path()), ElementsAre(testing::Pair(1, 1), testing::Pair(2, 1)));
}

TEST_F(MemoTest, AFullDiskTakesNeitherTheReadingsNorTheMemo) {
  open();
  disk.limit_bytes(128U * 1024U);
  std::int64_t value = 0;
  while (append(value, {{"water", std::to_string(value)}})) {
    ASSERT_LT(++value, 10'000);
  }
  EXPECT_THAT(store->memos().value(), ElementsAre(Memo{"water", std::to_string(value - 1)}));
  disk.lift_limit();
  ASSERT_TRUE(append(value, {{"water", std::to_string(value)}}));
  EXPECT_THAT(store->memos().value(), ElementsAre(Memo{"water", std::to_string(value)}));
}

}  // namespace
}  // namespace bornier::buffer
