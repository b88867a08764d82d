// SPDX-License-Identifier: Apache-2.0
#include "node/journal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "node/endurance.hpp"
#include "node/testing.hpp"

namespace bornier::node {
namespace {

constexpr Micros save_every = seconds(10);

class JournalTest : public testing::Test {
 protected:
  JournalTest() { EXPECT_TRUE(journal.open(settings, log)); }

  void pass(Micros time) {
    const auto end = now + time;
    for (; now < end; now = now + milliseconds(5)) {
      journal.step(now, save_every, counters, settings, log);
    }
  }
  void count(std::uint64_t pulses = 1) {
    counters.counts[0] += pulses;
    journal.counters_changed();
  }

  Chip chip{4096};
  Eeprom eeprom{chip};
  Settings settings;
  EventLog log;
  Counters counters;
  Instant now{seconds(5'000)};
  Journal journal{eeprom.stores()};
};

TEST_F(JournalTest, SavesTheFirstChangeAtOnceAndTheNextAfterSaveEvery) {
  count();
  pass(milliseconds(50));
  EXPECT_EQ(journal.saves(), 1U);
  count();
  pass(save_every - milliseconds(55));
  EXPECT_EQ(eeprom.counters.begun, 1U);
  pass(milliseconds(50));
  EXPECT_EQ(journal.saves(), 2U);
}

TEST_F(JournalTest, WritesNothingWhereNothingChanged) {
  count();
  pass(seconds(100));
  EXPECT_EQ(chip.writes, 1U);
  journal.save_early();
  pass(seconds(100));
  EXPECT_EQ(chip.writes, 1U);
  EXPECT_TRUE(journal.settled());
}

TEST_F(JournalTest, SavesEarlyAtOnceButNotMoreOftenThanOnceASecond) {
  count();
  pass(milliseconds(50));
  count();
  journal.save_early();
  pass(milliseconds(50));
  EXPECT_EQ(journal.saves(), 2U);
  count();
  journal.save_early();
  pass(milliseconds(900));
  EXPECT_EQ(journal.saves(), 2U);
  pass(milliseconds(150));
  EXPECT_EQ(journal.saves(), 3U);
}

TEST_F(JournalTest, SavesSettingsAtOnceAndThenEvery5Seconds) {
  journal.settings_changed();
  pass(milliseconds(60));
  EXPECT_EQ(eeprom.settings.begun, 1U);
  for (int write = 0; write < 100; ++write) {
    journal.settings_changed();
    pass(milliseconds(50));
  }
  EXPECT_EQ(eeprom.settings.begun, 2U);
}

TEST_F(JournalTest, SavesEventsAtOnceThenEvery10SecondsAndEarlyWithTheCounts) {
  log.add(EventKind::door_open);
  pass(milliseconds(50));
  EXPECT_EQ(eeprom.events.begun, 1U);
  log.add(EventKind::door_closed);
  pass(seconds(9));
  EXPECT_EQ(eeprom.events.begun, 1U);
  journal.save_early();
  pass(milliseconds(50));
  EXPECT_EQ(eeprom.events.begun, 2U);
  EXPECT_EQ(log.unsaved(), log.next());
}

TEST_F(JournalTest, FindsTheEventsOfItsLastRecordsInTheirOrder) {
  for (std::uint16_t value = 1; value <= 30; ++value) {
    log.add(EventKind::door_open, 0, value);
    if (value % 3 == 0) {
      pass(seconds(11));
    }
  }
  EXPECT_EQ(eeprom.events.begun, 10U);
  Journal again{eeprom.stores()};
  EventLog found;
  ASSERT_TRUE(again.open(settings, found));
  EXPECT_EQ(found.next(), 31U);
  EXPECT_EQ(found.oldest(), 5U) << "the first of the eighth record before the end";
  for (auto number = found.oldest(); number != found.next(); ++number) {
    EXPECT_EQ(found[number].value, number);
  }
}

TEST_F(JournalTest, TriesAgainWhatFailed) {
  chip.fails = true;
  count();
  pass(milliseconds(100));
  EXPECT_EQ(journal.failures(), 2U) << "again at once, then every second";
  EXPECT_EQ(journal.failed_area(), Area::counters);
  chip.fails = false;
  pass(seconds(2));
  EXPECT_EQ(journal.saves(), 1U);
}

TEST_F(JournalTest, FindsWhatItSavedAndCountsTheDamage) {
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    counters.counts[input] = 0xFFFF'FFFF'FFFF - input;
  }
  counters.boots = 0x8000'0001;
  counters.next_event = 0x1234'5678;
  settings.set_word(9, 77);
  journal.settings_changed();
  journal.counters_changed();
  pass(seconds(1));
  chip.bytes[10 * counters_slot] = std::byte{1};

  Journal again{eeprom.stores()};
  Settings settings_again;
  const auto opened = again.open(settings_again, log);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->counters, counters);
  EXPECT_EQ(settings_again, settings);
  EXPECT_EQ(log.next(), 0x1234'5678U);
  EXPECT_EQ(opened->damaged, (std::array<std::uint16_t, 3>{1, 0, 0}));
}

TEST_F(JournalTest, WritesNothingWhileItCouldNotBeRead) {
  count();
  pass(seconds(1));
  chip.answers = false;
  Journal again{eeprom.stores()};
  EXPECT_FALSE(again.open(settings, log));
  again.counters_changed();
  again.step(now, save_every, Counters{}, settings, log);
  EXPECT_EQ(chip.writes, 1U);
  chip.answers = true;
  EXPECT_EQ(again.open(settings, log)->counters.counts[0], 1U);
}

// What is said in DESIGN.md, in figures.
TEST(Promise, AnEepromLastsTenYearsOfPulsesAtTheDefault) {
  EXPECT_EQ(Settings{}.save_every(), seconds(10));
  EXPECT_GE(years(lifetime(eeprom_24c32, 10)), 15U);
  constexpr Wear flash_of_80_kib{40 * 2048 / counters_slot, 10'000};
  EXPECT_LT(years(lifetime(flash_of_80_kib, 10)), 10U);
  EXPECT_GE(years(lifetime(flash_of_80_kib, 25)), 10U);
  constexpr Wear flash_of_40_kib{20 * 2048 / counters_slot, 10'000};
  EXPECT_GE(years(lifetime(flash_of_40_kib, 60)), 12U);
}

TEST(Promise, AnInputLosesAtMostWhatItCountsBetweenTwoSaves) {
  const PulseSettings input;
  constexpr auto write = milliseconds(2 * 5 + 8 * 5 + 10);  // behind settings, read back
  EXPECT_EQ(loss_bound(seconds(10), write, input.min_width, input.debounce), 458U);
  EXPECT_EQ(loss_bound(seconds(1), write, milliseconds(30), milliseconds(30)), 18U)
      << "the fastest S0 meter";
  EXPECT_EQ(loss_bound(seconds(10), write, milliseconds(500), milliseconds(500)), 11U);
}

/// A journal on a chip whose power fails at a random step of writing, again and again.
template <class Layout>
class CutHistory {
 public:
  CutHistory(std::size_t size, std::uint32_t seed) : chip_{size} { chip_.random.seed(seed); }

  void run_until_cut(std::uint64_t most_steps) {
    Layout layout{chip_};
    Journal journal{layout.stores()};
    Settings settings;
    EventLog log;
    chip_.left = Chip::endless;
    const auto opened = journal.open(settings, log);
    ASSERT_TRUE(opened);
    check(opened->counters, settings, log);

    counters_ = opened->counters;
    ++counters_.boots;
    log.add(EventKind::boot);
    journal.counters_changed();
    kept_ = opened->counters;
    auto pending = kept_;
    auto begun = layout.counters.begun;
    auto saves = journal.saves();
    chip_.left = 1 + chip_.random() % most_steps;
    while (!chip_.is_cut()) {
      act(journal, settings, log);
      now_ = now_ + chip_.random() % seconds(4);
      journal.step(now_, save_every, counters_, settings, log);
      if (journal.saves() != saves) {
        saves = journal.saves();
        kept_ = pending;
      }
      if (layout.counters.begun != begun) {
        begun = layout.counters.begun;
        pending = counters_;
      }
      ++steps;
    }
    next_event_ = log.next();
  }

  std::uint64_t steps = 0;

 private:
  void act(Journal& journal, Settings& settings, EventLog& log) {
    switch (chip_.random() % 8) {
      case 0:
        settings.set_word(9, static_cast<std::uint16_t>(settings.word(9) + 1));
        settings.set_word(100, settings.word(9));
        journal.settings_changed();
        break;
      case 1: log.add(EventKind::door_open, 0, static_cast<std::uint16_t>(log.next())); break;
      case 2: journal.save_early(); break;
      case 3:
      case 4:
      case 5:
        counters_.counts[chip_.random() % pulse_inputs] += 1 + chip_.random() % 200;
        journal.counters_changed();
        break;
      default: break;
    }
    counters_.next_event = log.next();
  }

  void check(const Counters& found, const Settings& settings, const EventLog& log) {
    for (std::size_t input = 0; input < pulse_inputs; ++input) {
      ASSERT_LE(found.counts[input], counters_.counts[input]) << "a count has jumped";
      ASSERT_GE(found.counts[input], kept_.counts[input]) << "a count has gone back";
    }
    ASSERT_GE(found.boots, kept_.boots);
    // Both words were set together: never half of a change.
    if (settings.word(9) != Settings{}.word(9)) {
      ASSERT_EQ(settings.word(100), settings.word(9));
    }
    ASSERT_GE(log.next(), kept_.next_event);
    ASSERT_LE(log.next(), next_event_);
    for (auto number = log.oldest(); number != log.next(); ++number) {
      if (log[number].kind == EventKind::door_open) {
        ASSERT_EQ(log[number].value, static_cast<std::uint16_t>(number));
      }
    }
  }

  Chip chip_;
  Counters counters_;  // the truth
  Counters kept_;      // of the last save that was completed
  std::uint32_t next_event_ = 1;
  Instant now_{seconds(5'000)};
};

/// So that a boot has less to look through.
struct SmallEeprom : Eeprom {
  explicit SmallEeprom(Chip& chip) : Eeprom{chip, 3, 2} {}
};

/// The usual number, or as many as BORNIER_NODE_CUTS says.
auto cuts(int usual) -> int {
  const char* const wanted = std::getenv("BORNIER_NODE_CUTS");  // NOLINT(concurrency-mt-unsafe)
  return wanted != nullptr ? std::stoi(wanted) : usual;
}

TEST(JournalModel, ACutInAnyByteCostsNothingThatWasSaved) {
  std::uint64_t steps = 0;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    CutHistory<SmallEeprom> history{(3 + 2) * 64 + 2 * 256, seed};
    for (int cut = 0; cut < cuts(40'000) / 40; ++cut) {
      history.run_until_cut(600);
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", cut " << cut;
    }
    steps += history.steps;
  }
  RecordProperty("steps", std::to_string(steps));
}

TEST(JournalModel, ACutInAnyDoubleWordOrErasureOfAFlashCostsNothingThatWasSaved) {
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    CutHistory<Flash> history{6 * FlashArea::page, seed};
    for (int cut = 0; cut < cuts(1'000) / 10; ++cut) {
      history.run_until_cut(400);
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", cut " << cut;
    }
  }
}

}  // namespace
}  // namespace bornier::node
