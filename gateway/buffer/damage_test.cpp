// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "buffer/inspection.hpp"
#include "buffer/store.hpp"
#include "buffer/store_fixture.hpp"

/// Truncated, flipped and foreign files. Nothing may be lost without a Gap that says so.
namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
using batch::Sequence;
using reading::GapReason;
using testing::HasSubstr;

constexpr int sealed_values = 60;
constexpr int waiting_values = 20;

const Memo heat{"heat", std::string(3000, 'h')};  // more than a page
const Memo water{"water", "80"};                  // with the last of the values

auto read_file(const std::filesystem::path& path) -> std::string {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

void execute(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  sqlite3_close(database);
}

auto seal_order(reading::Stamp now = new_year + 1h) -> SealOrder {
  SealOrder order;
  order.now = clock_at(now).now;
  order.clock_trusted = true;
  return order;
}

class DamageTest : public testing::Test {
 protected:
  /// Batches 1 to 6 of ten readings each, the rest in the journal.
  void SetUp() override {
    auto store = Store::open(settings_in(directory), clock_at(new_year), 1).value();
    ASSERT_TRUE(store.save_catalog(three_points()));
    for (int value = 1; value <= sealed_values + waiting_values; ++value) {
      const std::vector<Memo> memos{heat, {"water", std::to_string(value)}};
      ASSERT_TRUE(store.append(entries(new_year + value * 1s, value), clock_at(new_year), memos));
      if (value % 10 == 0 && value <= sealed_values) {
        ASSERT_TRUE(store.seal(seal_order(new_year + value * 1s)));
      }
    }
  }

  [[nodiscard]] auto file() const -> std::filesystem::path {
    return directory.path() / "buffer.db";
  }

  auto open() -> Result<Store> {
    return Store::open(settings_in(directory), clock_at(new_year + 2h), 0x5A1);
  }

  /// Values that are there, and the Gaps that say that not all is.
  struct Kept {
    std::set<std::int64_t> values;
    std::vector<reading::Gap> gaps;

    [[nodiscard]] auto spans(reading::Stamp time) const -> bool {
      return std::any_of(gaps.begin(), gaps.end(), [time](const reading::Gap& gap) {
        return gap.first <= time && time <= gap.last;
      });
    }
    /// Each value that is not there lies within a Gap; or nothing at all is left of the file, not
    /// even since when it was there.
    [[nodiscard]] auto declares_what_is_lost() const -> bool {
      if (values.empty()) {
        return !gaps.empty();
      }
      for (int value = 1; value <= sealed_values + waiting_values; ++value) {
        if (!values.contains(value) && !spans(new_year + value * 1s)) {
          return false;
        }
      }
      return true;
    }
  };

  auto seal_and_count(Store& store) -> Kept {
    if (!store.catalog().value()) {
      EXPECT_TRUE(store.save_catalog(three_points()));
    }
    for (;;) {
      const auto sealed = store.seal(seal_order());
      EXPECT_TRUE(sealed) << to_text(sealed.error());
      if (!sealed || !sealed->more) {
        break;
      }
    }
    Kept kept;
    for (const auto& batch : batches_of(store)) {
      if (const auto* entries = std::get_if<reading::Entries>(&batch.body)) {
        for (const auto& one : entries->answers) {
          for (const auto& reading : one.numbers) {
            EXPECT_TRUE(kept.values.insert(reading.value.mantissa).second) << "is there twice";
          }
        }
        kept.gaps.insert(kept.gaps.end(), entries->gaps.begin(), entries->gaps.end());
      } else {
        kept.gaps.push_back(std::get<reading::Gap>(batch.body));
      }
    }
    return kept;
  }

  /// As a daemon would: what is found to be damaged while running is salvaged by the next open().
  void expect_kept_or_declared() {
    for (int restart = 0; restart < 2; ++restart) {
      auto store = open();
      ASSERT_TRUE(store) << to_text(store.error());
      const auto memos = store->memos();
      bool damaged = !memos;
      for (const auto& memo : memos ? *memos : std::vector<Memo>{}) {
        EXPECT_TRUE(memo == heat || memo == water) << memo.key << " is not as written";
      }
      for (std::uint64_t sequence = 1; sequence <= store->newest().value(); ++sequence) {
        const auto payload = store->payload(Sequence{sequence});
        damaged = damaged || !payload;
      }
      const auto sealed = store->seal(seal_order());
      damaged = damaged || !sealed;
      if (damaged) {
        continue;
      }
      const auto kept = seal_and_count(*store);
      EXPECT_TRUE(kept.declares_what_is_lost())
          << kept.values.size() << " values and "
          << (kept.gaps.empty() ? "no gap" : "a gap that does not span the rest");
      return;
    }
    FAIL() << "still damaged after a restart";
  }

  void clear() {
    for (const auto& entry : std::filesystem::directory_iterator{directory.path()}) {
      std::filesystem::remove(entry.path());
    }
  }

  TemporaryDirectory directory;
};

TEST_F(DamageTest, StartsAgainWhenTheFileIsNotADatabase) {
  write_file(file(), "this is not a database, and it is long enough to be looked at\n");
  auto store = open();
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_EQ(store->opened().how, Opened::How::salvaged);
  EXPECT_EQ(store->stream(), batch::StreamId{0x5A1});
  EXPECT_EQ(read_file(store->opened().set_aside).substr(0, 13), "this is not a");
  EXPECT_THAT(store->opened().set_aside.string(), HasSubstr("buffer.db.damaged-20260101T020000Z"));
  EXPECT_FALSE(seal_and_count(*store).gaps.empty());
}

TEST_F(DamageTest, SaysInTheStreamWhatHappened) {
  write_file(file(), "not a database");
  auto store = open();
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->seal(seal_order()));
  const auto batches = batches_of(*store);
  ASSERT_EQ(batches.size(), 1U);
  const auto& body = std::get<reading::Entries>(batches[0].body);
  ASSERT_EQ(body.events.size(), 1U);
  EXPECT_EQ(body.events[0].kind, reading::EventKind::buffer_damaged);
  EXPECT_THAT(body.events[0].text, HasSubstr(store->opened().set_aside.string()));
  ASSERT_EQ(body.gaps.size(), 1U);
  EXPECT_EQ(body.gaps[0].reason, GapReason::damaged);
}

TEST_F(DamageTest, KeepsOnlyTheNewestDamagedFile) {
  write_file(file(), "not a database");
  ASSERT_TRUE(open());
  write_file(file(), "not a database again");
  const auto later = Store::open(settings_in(directory), clock_at(new_year + 3h), 7);
  ASSERT_TRUE(later);
  int set_aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator{directory.path()}) {
    set_aside += entry.path().string().find("damaged") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(set_aside, 1);
}

TEST_F(DamageTest, CarriesOverWhatItCanReadFromADamagedFile) {
  execute(file(), "UPDATE stream SET next_sequence = 100");  // its checksum no longer holds
  auto store = open();
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_EQ(store->opened().how, Opened::How::salvaged);
  EXPECT_THAT(store->opened().explanation, HasSubstr("saved 6 batches and 20 chunks"));
  const auto kept = seal_and_count(*store);
  EXPECT_EQ(kept.values.size(), static_cast<std::size_t>(sealed_values + waiting_values));
  EXPECT_FALSE(kept.gaps.empty());
}

TEST_F(DamageTest, ADamagedCatalogCostsNothingWhileItsCopyReadsBack) {
  execute(file(), "UPDATE catalog SET encoded = zeroblob(40)");
  auto store = open();
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_EQ(store->opened().how, Opened::How::salvaged);
  ASSERT_TRUE(store->catalog().value());
  EXPECT_EQ(store->catalog().value()->points, three_points().points);
  EXPECT_EQ(seal_and_count(*store).values.size(),
            static_cast<std::size_t>(sealed_values + waiting_values));
}

TEST_F(DamageTest, Promise2_DeclaresWithSpanAndCountWhatALostCatalogCosts) {
  execute(file(), "UPDATE catalog SET encoded = zeroblob(40); DELETE FROM catalog_copy");
  auto store = open();
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_THAT(store->opened().explanation, HasSubstr("80 undelivered readings"));
  ASSERT_TRUE(store->seal(seal_order()));
  const auto batches = batches_of(*store);
  ASSERT_EQ(batches.size(), 1U);
  const auto& gaps = std::get<reading::Entries>(batches[0].body).gaps;
  EXPECT_THAT(gaps, testing::ElementsAre(reading::Gap{.first = new_year + 1s,
                                                      .last = new_year + 80s,
                                                      .readings = 80,
                                                      .points = {},
                                                      .reason = GapReason::damaged}));
}

TEST_F(DamageTest, StartNumbersGoOnAfterASalvage) {
  const auto before = Store::open(settings_in(directory), clock_at(new_year), 1)->start_number();
  execute(file(), "UPDATE stream SET next_sequence = 100");
  const auto store = Store::open(settings_in(directory), clock_at(new_year), 2);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->opened().how, Opened::How::salvaged);
  EXPECT_GT(store->start_number(), before);
}

TEST_F(DamageTest, LeavesOutAMemoThatHasChangedUntilItIsWrittenAgain) {
  execute(file(), "UPDATE memo SET value = CAST('81' AS BLOB) WHERE key = 'water'");
  auto store = open();
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_EQ(store->opened().how, Opened::How::existing);
  EXPECT_THAT(store->memos().value(), testing::ElementsAre(heat));
  const std::vector<Memo> again{water};
  ASSERT_TRUE(store->append({}, clock_at(new_year + 2h), again));
  EXPECT_THAT(store->memos().value(), testing::ElementsAre(heat, water));
}

TEST_F(DamageTest, CarriesOverTheMemosThatReadBack) {
  execute(file(),
          "UPDATE stream SET next_sequence = 100; UPDATE memo SET key = 'gas' WHERE key = 'heat'");
  auto store = open();
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_EQ(store->opened().how, Opened::How::salvaged);
  EXPECT_THAT(store->memos().value(), testing::ElementsAre(water));
}

TEST_F(DamageTest, CarriesOverMemosAlsoOfReadingsThatAreLostWithTheCatalog) {
  execute(file(), "UPDATE catalog SET encoded = zeroblob(40); DELETE FROM catalog_copy");
  auto store = open();
  ASSERT_TRUE(store) << to_text(store.error());
  EXPECT_THAT(store->memos().value(), testing::ElementsAre(heat, water));
}

TEST_F(DamageTest, FinishesASalvageThatWasCutShortBetweenItsRenames) {
  std::filesystem::rename(file(), directory.path() / "buffer.db.salvage");
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_EQ(store->opened().how, Opened::How::existing);
  EXPECT_EQ(store->newest(), Sequence{6});
}

TEST_F(DamageTest, Promise2_DeclaresABatchWhosePayloadHasChanged) {
  execute(file(), "UPDATE payload SET bytes = zeroblob(40) WHERE id & 255 = 3");
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_EQ(store->opened().how, Opened::How::existing);
  const auto payload = store->payload(Sequence{3}).value().value();
  const auto tombstone = batch::decode_batch(payload).value();
  EXPECT_EQ(std::get<reading::Gap>(tombstone.body), (reading::Gap{.first = new_year + 21s,
                                                                  .last = new_year + 30s,
                                                                  .readings = 10,
                                                                  .points = {},
                                                                  .reason = GapReason::damaged}));
  EXPECT_EQ(store->payload(Sequence{3}).value().value(), payload) << "and stays the same";
  const auto sealed = store->seal(seal_order());
  ASSERT_TRUE(sealed);
  ASSERT_EQ(sealed->replaced.size(), 1U);
  EXPECT_EQ(sealed->replaced[0].bytes, payload.size());
}

TEST_F(DamageTest, Promise2_DeclaresAChunkWhoseEntriesHaveChanged) {
  execute(file(), "UPDATE chunk SET entries = zeroblob(3) WHERE id = (SELECT min(id) FROM chunk)");
  auto store = open();
  ASSERT_TRUE(store);
  const auto kept = seal_and_count(*store);
  EXPECT_EQ(kept.values.size(), static_cast<std::size_t>(sealed_values + waiting_values - 1));
  EXPECT_TRUE(kept.declares_what_is_lost());
}

TEST_F(DamageTest, Promise2_DeclaresAChunkWhoseRowHasChanged) {
  execute(file(), "UPDATE chunk SET trusted = 0 WHERE id = (SELECT min(id) FROM chunk)");
  auto store = open();
  ASSERT_TRUE(store);
  const auto kept = seal_and_count(*store);
  EXPECT_EQ(kept.values.size(), static_cast<std::size_t>(sealed_values + waiting_values - 1));
  EXPECT_TRUE(kept.declares_what_is_lost());
}

TEST_F(DamageTest, Promise2_SpansALostChunkWhoseTimesAreLostTooByItsNeighbours) {
  execute(file(), "UPDATE chunk SET first = 5 WHERE id = (SELECT min(id) + 3 FROM chunk)");
  auto store = open();
  ASSERT_TRUE(store);
  EXPECT_THAT(seal_and_count(*store).gaps,
              testing::ElementsAre(reading::Gap{.first = new_year + 63s,
                                                .last = new_year + 65s,
                                                .readings = 0,
                                                .points = {},
                                                .reason = GapReason::damaged}));
}

TEST_F(DamageTest, Promise2_SpansALostChunkAlsoWhileTheClockIsNotTrusted) {
  execute(file(), "UPDATE chunk SET first = 5 WHERE id = (SELECT min(id) + 3 FROM chunk)");
  auto store =
      Store::open(settings_in(directory), untrusted_clock_at(new_year - 30min, "boot-b"), 1);
  ASSERT_TRUE(store);
  const auto gaps = seal_and_count(*store).gaps;
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].first, new_year + 63s);
  EXPECT_EQ(gaps[0].last, new_year + 65s);
}

TEST_F(DamageTest, Promise2_SpansWhatASalvageLostAlsoWhileTheClockIsNotTrusted) {
  execute(file(),
          "DELETE FROM batch WHERE id & 255 IN (3, 4); UPDATE stream SET next_sequence = 100");
  auto store =
      Store::open(settings_in(directory), untrusted_clock_at(new_year - 30min, "boot-b"), 1);
  ASSERT_TRUE(store);
  ASSERT_EQ(store->opened().how, Opened::How::salvaged);
  EXPECT_TRUE(seal_and_count(*store).declares_what_is_lost());
}

TEST_F(DamageTest, Promise2_ASalvageDoubtsNothingBeforeTheLastConfirmedBatch) {
  {
    auto store = Store::open(settings_in(directory), clock_at(new_year + 1h), 1);
    ASSERT_TRUE(store);
    const std::vector<batch::SequenceRange> ranges{{.first = Sequence{1}, .last = Sequence{2}},
                                                   {.first = Sequence{4}, .last = Sequence{4}}};
    ASSERT_TRUE(store->confirm(store->stream(), ranges, new_year + 1h));
  }
  execute(file(), "DELETE FROM batch WHERE id & 255 = 3; UPDATE stream SET next_sequence = 100");
  auto store = open();
  ASSERT_TRUE(store);
  const auto kept = seal_and_count(*store);
  EXPECT_TRUE(kept.spans(new_year + 21s)) << "the first of batch 3";
  EXPECT_FALSE(kept.spans(new_year + 10s)) << "the last of batch 1";
}

TEST_F(DamageTest, Promise2_DoesNotBelieveAConfirmationThatNobodyWrote) {
  execute(file(), "UPDATE batch SET confirmed_at = 5 WHERE id & 255 = 2");
  expect_kept_or_declared();
}

TEST_F(DamageTest, LeavesTheFileOfANewerVersionAlone) {
  execute(file(), "PRAGMA user_version = 262148");  // 4 in both halves
  const auto before = read_file(file());
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().fault, Fault::newer_schema);
  EXPECT_THAT(to_text(store.error()), HasSubstr("schema 4"));
  EXPECT_EQ(read_file(file()), before);
  const auto inspection = Inspection::open(directory.path());
  ASSERT_FALSE(inspection);
  EXPECT_EQ(inspection.error().fault, Fault::newer_schema);
}

TEST_F(DamageTest, Promise2_SurvivesTruncationAnywhere) {
  const std::string whole = read_file(file());
  for (std::size_t size = 1; size < whole.size(); size += 1 + whole.size() / 40) {
    SCOPED_TRACE("truncated to " + std::to_string(size) + " of " + std::to_string(whole.size()));
    write_file(file(), whole.substr(0, size));
    expect_kept_or_declared();
    clear();
  }
}

TEST_F(DamageTest, Promise2_SurvivesAFlippedBitAnywhere) {
  const std::string whole = read_file(file());
  // Every byte of the header, then a prime stride through the pages.
  for (std::size_t offset = 0; offset < whole.size(); offset += offset < 100 ? 3 : 199) {
    SCOPED_TRACE("bit " + std::to_string(offset % 8) + " of byte " + std::to_string(offset));
    std::string flipped = whole;
    flipped[offset] = static_cast<char>(flipped[offset] ^ (1 << (offset % 8)));
    write_file(file(), flipped);
    expect_kept_or_declared();
    if (HasFailure()) {
      return;
    }
    clear();
  }
}

}  // namespace
}  // namespace bornier::buffer
