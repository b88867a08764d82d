// SPDX-License-Identifier: Apache-2.0
#include "reading/entries.hpp"

#include <gtest/gtest.h>

namespace bornier::reading {
namespace {

TEST(Entries, CountNumbersAndTextsButNeitherStatesNorEventsNorGaps) {
  Entries entries;
  EXPECT_EQ(count_readings(entries), 0U);
  entries.states.emplace_back();
  entries.events.emplace_back();
  entries.gaps.emplace_back();
  EXPECT_EQ(count_readings(entries), 0U);
  entries.answers.resize(2);
  entries.answers[0].numbers.resize(3);
  entries.answers[1].texts.resize(1);
  EXPECT_EQ(count_readings(entries), 4U);
}

TEST(Acquisition, HasTheWordsOfTheClosedList) {
  EXPECT_EQ(to_text(Acquisition::not_polled_yet), "not polled yet");
  EXPECT_EQ(to_text(Acquisition::ok), "ok");
  EXPECT_EQ(to_text(Acquisition::no_response), "no response");
  EXPECT_EQ(to_text(Acquisition::exception), "exception");
  EXPECT_EQ(to_text(Acquisition::bus_down), "bus down");
  EXPECT_EQ(to_text(Acquisition::not_available), "not available");
  EXPECT_EQ(to_text(Acquisition::out_of_range), "out of range");
  EXPECT_EQ(to_text(Acquisition::unsupported), "unsupported");
}

}  // namespace
}  // namespace bornier::reading
