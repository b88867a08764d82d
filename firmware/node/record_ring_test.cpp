// SPDX-License-Identifier: Apache-2.0
#include "node/record_ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "node/testing.hpp"

namespace bornier::node {
namespace {

using SmallRecord = std::array<std::byte, counters_slot>;

class RecordRingTest : public testing::Test {
 protected:
  static constexpr std::uint16_t slots = 4;

  RecordRingTest() {
    SmallRecord room{};
    EXPECT_FALSE(ring.open(room)->any);
  }

  auto save(std::uint8_t value) -> RecordRing::Progress {
    record.fill(std::byte{value});
    ring.begin(record);
    return finish();
  }
  auto finish() -> RecordRing::Progress {
    auto progress = ring.step();
    for (int step = 0; step < 400 && progress == RecordRing::Progress::writing; ++step) {
      progress = ring.step();
    }
    return progress;
  }
  /// The payload of the newest record, as a boot finds it.
  auto found() -> std::optional<std::uint8_t> {
    RecordRing fresh{area, Area::counters};
    SmallRecord room{};
    const auto look = fresh.open(room);
    damaged = look ? look->damaged : -1;
    if (!look || !look->any) {
      return std::nullopt;
    }
    return std::to_integer<std::uint8_t>(RecordRing::payload(room)[7]);
  }

  Chip chip{slots * counters_slot};
  EepromArea area{chip, 0, slots, counters_slot};
  RecordRing ring{area, Area::counters};
  SmallRecord record{};
  int damaged = 0;
};

TEST_F(RecordRingTest, FindsNothingInANewStoreHoweverItComes) {
  EXPECT_EQ(found(), std::nullopt);
  EXPECT_EQ(damaged, 0);
  std::fill(chip.bytes.begin(), chip.bytes.end(), std::byte{0});
  EXPECT_EQ(found(), std::nullopt);
  EXPECT_EQ(damaged, 0);
}

TEST_F(RecordRingTest, FindsTheNewestAfterAnyNumberOfRounds) {
  for (std::uint8_t value = 1; value < 20; ++value) {
    ASSERT_EQ(save(value), RecordRing::Progress::saved);
    ASSERT_EQ(found(), value);
  }
  EXPECT_EQ(ring.step(), RecordRing::Progress::idle);
}

// Sequence 0xFFFFFFFE of area 1, format 1, payload 0x11…; checksums by Python's zlib.crc32.
TEST_F(RecordRingTest, GoesOnWhereTheSequenceWraps) {
  ASSERT_EQ(save(1), RecordRing::Progress::saved);
  SmallRecord old{};
  std::fill(old.begin(), old.end(), std::byte{0x11});
  const auto head = wire::bytes("FFFFFFFE");
  const auto tail = wire::bytes("A67061C7");
  std::copy(head.begin(), head.end(), old.begin());
  std::copy(tail.begin(), tail.end(), old.end() - 4);
  std::fill(chip.bytes.begin(), chip.bytes.end(), std::byte{0xFF});
  std::copy(old.begin(), old.end(), chip.bytes.begin());
  SmallRecord room{};
  ASSERT_TRUE(ring.open(room)->any);
  for (std::uint8_t value = 2; value < 9; ++value) {
    ASSERT_EQ(save(value), RecordRing::Progress::saved);
    ASSERT_EQ(found(), value);
  }
}

TEST_F(RecordRingTest, TakesNoRecordOfAnotherArea) {
  ASSERT_EQ(save(1), RecordRing::Progress::saved);
  RecordRing other{area, Area::events};
  SmallRecord room{};
  const auto look = other.open(room);
  EXPECT_FALSE(look->any);
  EXPECT_EQ(look->damaged, 1);
}

TEST_F(RecordRingTest, GoesOnToAnotherSlotWhereOneDoesNotKeepWhatIsWritten) {
  ASSERT_EQ(save(1), RecordRing::Progress::saved);
  record.fill(std::byte{2});
  ring.begin(record);
  EXPECT_EQ(ring.step(), RecordRing::Progress::writing);
  chip.bytes[counters_slot] ^= std::byte{0x40};  // a worn cell in the page that was just written
  EXPECT_EQ(finish(), RecordRing::Progress::saved);
  EXPECT_EQ(area.begun, 3U);
  EXPECT_EQ(found(), 2);
  EXPECT_EQ(damaged, 1);
}

TEST_F(RecordRingTest, GivesUpAndKeepsTheNewestWhereNothingIsWritten) {
  ASSERT_EQ(save(1), RecordRing::Progress::saved);
  chip.fails = true;
  for (int times = 0; times < 10; ++times) {
    ASSERT_EQ(save(2), RecordRing::Progress::failed);
    ASSERT_EQ(found(), 1);
  }
  chip.fails = false;
  EXPECT_EQ(save(3), RecordRing::Progress::saved);
  EXPECT_EQ(found(), 3);
}

TEST_F(RecordRingTest, KnowsNothingWhereTheStoreDoesNotAnswer) {
  ASSERT_EQ(save(1), RecordRing::Progress::saved);
  chip.answers = false;
  SmallRecord room{};
  EXPECT_FALSE(ring.open(room));
}

TEST_F(RecordRingTest, AnyFlippedBitGivesTheRecordBeforeIt) {
  for (std::uint8_t value = 1; value < 7; ++value) {
    ASSERT_EQ(save(value), RecordRing::Progress::saved);
  }
  const auto whole = chip.bytes;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    chip.bytes[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    const bool in_newest = bit / 8 / counters_slot == 5 % slots;
    ASSERT_EQ(found(), in_newest ? 5 : 6) << bit;
    ASSERT_EQ(damaged, 1);
    chip.bytes = whole;
  }
}

TEST_F(RecordRingTest, AnyTwoOfAFewFlippedBitsGiveTheRecordBeforeIt) {
  ASSERT_EQ(save(1), RecordRing::Progress::saved);
  ASSERT_EQ(save(2), RecordRing::Progress::saved);
  const auto whole = chip.bytes;
  for (int times = 0; times < 20'000; ++times) {
    const auto one = chip.random() % (counters_slot * 8);
    const auto other = chip.random() % (counters_slot * 8);
    const auto flip = [&](std::size_t bit) {
      chip.bytes[counters_slot + bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    };
    flip(one);
    flip(other);
    ASSERT_EQ(found(), one == other ? 2 : 1);
    chip.bytes = whole;
  }
}

// A prefix of the new record before a rest of any record that was ever in its slot.
TEST_F(RecordRingTest, AcceptsNoMixtureOfANewRecordAndAnOldOne) {
  for (std::uint8_t value = 1; value <= slots; ++value) {
    ASSERT_EQ(save(value), RecordRing::Progress::saved);
  }
  const auto before = chip.bytes;
  ASSERT_EQ(save(slots + 1), RecordRing::Progress::saved);
  const auto after = chip.bytes;
  for (std::size_t written = 1; written < counters_slot; ++written) {
    chip.bytes = before;
    std::copy_n(after.begin(), written, chip.bytes.begin());
    const bool is_whole = chip.bytes == after;
    ASSERT_EQ(found(), is_whole ? slots + 1 : slots) << written;
  }
}

class FlashRingTest : public testing::Test {
 protected:
  auto save(RecordRing& ring, std::uint8_t value) -> RecordRing::Progress {
    record.fill(std::byte{value});
    ring.begin(record);
    auto progress = ring.step();
    for (int step = 0; step < 4'000 && progress == RecordRing::Progress::writing; ++step) {
      progress = ring.step();
    }
    return progress;
  }

  Chip chip{2 * FlashArea::page};
  FlashArea area{chip, 0, 2, counters_slot};
  SmallRecord record{};
};

TEST_F(FlashRingTest, WritesEverySlotOfAPageOnceBeforeItIsErased) {
  RecordRing ring{area, Area::counters};
  SmallRecord room{};
  ASSERT_FALSE(ring.open(room)->any);
  for (int record_number = 0; record_number < 200; ++record_number) {
    ASSERT_EQ(save(ring, static_cast<std::uint8_t>(record_number)), RecordRing::Progress::saved);
    ASSERT_FALSE(area.written_twice);
  }
  EXPECT_EQ(area.slot_count(), 64);
}

TEST_F(FlashRingTest, LeavesOutASlotThatWasTorn) {
  RecordRing ring{area, Area::counters};
  SmallRecord room{};
  ASSERT_FALSE(ring.open(room)->any);
  ASSERT_EQ(save(ring, 1), RecordRing::Progress::saved);
  chip.bytes[counters_slot + 3] = std::byte{0x12};
  RecordRing fresh{area, Area::counters};
  ASSERT_TRUE(fresh.open(room)->any);
  EXPECT_EQ(save(fresh, 2), RecordRing::Progress::saved);
  EXPECT_FALSE(area.written_twice);
  ASSERT_TRUE(fresh.open(room)->any);
  EXPECT_EQ(RecordRing::payload(room)[0], std::byte{2});
}

TEST_F(FlashRingTest, DoesNotEraseThePageOfItsNewestRecord) {
  Chip one_page{FlashArea::page};
  FlashArea small{one_page, 0, 1, counters_slot};
  RecordRing ring{small, Area::counters};
  SmallRecord room{};
  ASSERT_FALSE(ring.open(room)->any);
  for (std::uint8_t value = 0; value < small.slot_count(); ++value) {
    ASSERT_EQ(save(ring, value), RecordRing::Progress::saved);
  }
  EXPECT_EQ(save(ring, 99), RecordRing::Progress::failed);
  ASSERT_TRUE(ring.open(room)->any);
  EXPECT_EQ(RecordRing::payload(room)[0], std::byte{31});
}

}  // namespace
}  // namespace bornier::node
