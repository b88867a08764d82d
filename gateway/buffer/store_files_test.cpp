// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "buffer/store.hpp"
#include "buffer/store_fixture.hpp"

/// The files in the state directory: who may read them, and those of earlier schemas.
namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
using batch::Sequence;

class StoreFilesTest : public testing::Test {
 protected:
  TemporaryDirectory directory;
};

TEST_F(StoreFilesTest, KeepsItsFilesFromOtherUsers) {
  const auto mode = [](const std::filesystem::path& path) {
    return static_cast<unsigned>(std::filesystem::status(path).permissions());
  };
  auto settings = settings_in(directory);
  settings.directory /= "state";
  const auto store = Store::open(settings, clock_at(new_year), 1);
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_EQ(mode(settings.directory), 0750U);
  EXPECT_EQ(mode(settings.directory / "buffer.db"), 0640U);
  EXPECT_EQ(mode(settings.directory / "buffer.db-wal"), 0640U);
}

/// Made by this program at that schema: batches 1 (detail, confirmed), 2 (billing) and 3, one chunk
/// of boot-a and one of boot-b, whose clock was not trusted; values 1 to 6.
class ReleasedSchemaTest : public StoreFilesTest, public testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Each, ReleasedSchemaTest, testing::Values(1, 2),
                         testing::PrintToStringParamName());

TEST_P(ReleasedSchemaTest, IsReadAndBroughtUpToDate) {
  const auto sample = std::filesystem::path{BORNIER_SOURCE_DIR} / "tests/data" /
                      ("buffer-schema-" + std::to_string(GetParam()) + ".db");
  std::filesystem::copy_file(sample, directory.path() / "buffer.db");
  const auto all =
      testing::ElementsAre(testing::Pair(1, 1), testing::Pair(2, 1), testing::Pair(3, 1),
                           testing::Pair(4, 1), testing::Pair(5, 1), testing::Pair(6, 1));
  EXPECT_THAT(values_in(directory.path()), all) << "the tools do not wait for the daemon";
  const auto clock = clock_at(new_year + 1h, "boot-c");
  auto store = Store::open(settings_in(directory), clock, 1);
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_EQ(store->opened().how, Opened::How::existing);
  EXPECT_EQ(store->stream(), batch::StreamId{0xABCD});
  EXPECT_EQ(store->catalog().value(), [] {
    auto catalog = three_points();
    catalog.stream = batch::StreamId{0xABCD};
    return catalog;
  }());
  EXPECT_EQ(store->unconfirmed(Sequence{0}, 10).value().size(), 2U);
  SealOrder order;
  order.now = clock.now;
  order.clock_trusted = true;
  ASSERT_TRUE(store->seal(order));
  EXPECT_EQ(store->newest(), Sequence{4});
  const std::vector<Memo> memos{{"water", "7"}};
  ASSERT_TRUE(store->append({}, clock, memos));
  EXPECT_EQ(store->memos().value(), memos);
  EXPECT_THAT(values_in(directory.path()), all);
}

}  // namespace
}  // namespace bornier::buffer
