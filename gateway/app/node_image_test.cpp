// SPDX-License-Identifier: Apache-2.0
#include "app/node_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/node_testing.hpp"

namespace bornier::app {
namespace {

using testing::HasSubstr;

TEST(NodeImage, TakesEachValueFromItsRegister) {
  const auto image = image_of(node_words());
  ASSERT_TRUE(image) << image.error();
  EXPECT_EQ(image->firmware, 1);
  EXPECT_EQ(image->serial, 0x0123'4567'89AB'CDEFU);
  EXPECT_EQ(image->uptime, 3U);
  EXPECT_EQ(image->boots, 1U);
  EXPECT_EQ(image->reset_cause, 1);
  EXPECT_EQ(image->journal_saves, 1U);
  EXPECT_EQ(image->save_every_s, 60);
  EXPECT_TRUE(image->door_open);
  EXPECT_TRUE(image->mains_present);
  EXPECT_FALSE(image->journal_failing);
  EXPECT_EQ(image->inputs[0].count, 1U);
  EXPECT_EQ(image->inputs[7].count, 2U);
  EXPECT_EQ(image->inputs[7].interval_us, 60'000U);
  EXPECT_EQ(image->inputs[2].rejected, 1U);
  EXPECT_EQ(image->inputs[7].scale, (NodeScale{10, -3, 3, 123'456}));
  EXPECT_EQ(image->inputs[7].debounce, 20);
  EXPECT_EQ(image->inputs[7].min_width, 200);
}

TEST(NodeImage, SortsEventsByTheirNumbersAlsoWhereThoseWrap) {
  auto words = node_words();
  const auto put = [&words](std::size_t slot, std::uint32_t number) {
    auto& part = words.at(12 + slot / 15);
    const auto at = 8 * (slot % 15);
    part.at(at) = static_cast<std::uint16_t>(number >> 16U);
    part.at(at + 1) = static_cast<std::uint16_t>(number);
    part.at(at + 3) = 0x0702;
  };
  put(31, 0xFFFF'FFFF);
  put(1, 1);
  put(30, 0xFFFF'FFFE);
  const auto image = image_of(words);
  ASSERT_TRUE(image);
  ASSERT_EQ(image->events.size(), 3U);
  EXPECT_EQ(image->events[0].number, 0xFFFF'FFFEU);
  EXPECT_EQ(image->events[2].number, 1U);
  EXPECT_EQ(to_text(image->events[2]), "input 3: its start index was set");
}

TEST(NodeImage, RefusesWhatIsNoNodeAndAnotherMap) {
  auto words = node_words();
  words[0][0] = 0x424F;
  EXPECT_THAT(image_of(words).error(), HasSubstr("no pulse node of ours"));
  words[0][0] = 0x424E;
  words[0][1] = 2;
  EXPECT_THAT(image_of(words).error(), HasSubstr("version 2, this program knows version 1"));
  words[1].pop_back();
  EXPECT_THAT(image_of(words).error(), HasSubstr("another length"));
  EXPECT_FALSE(image_of({}));
}

TEST(NodeImage, AsksForNoMoreThanAnAnswerHolds) {
  for (const auto& read : image_reads()) {
    EXPECT_LE(read.count, 125);
  }
}

TEST(NodeScaleWrites, TouchTheStartIndexOnlyWhereItChangesAndThenInOneRequest) {
  const NodeScale before{1, 0, 0, 5};
  const auto value_only = scale_writes(2, before, {10, -3, 3, 5});
  ASSERT_EQ(value_only.size(), 1U);
  EXPECT_EQ(value_only[0], (NodeWrite{.first = 0x124, .words = {0, 10, 0xFFFD, 3}}));
  const auto all = scale_writes(7, before, {0x1'0002, 2, 1, 0x1'0000'0002});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], (NodeWrite{.first = 9, .words = {0x5EA1}}));
  EXPECT_EQ(all[1], (NodeWrite{.first = 0x174, .words = {1, 2, 2, 1, 0, 1, 0, 2}}));
}

TEST(NodeEvents, AreToldInPlainWords) {
  EXPECT_EQ(to_text({.kind = 1, .source = 3}), "started: watchdog");
  EXPECT_EQ(to_text({.kind = 8, .source = 9, .value = 12}),
            "mains: 12 edges lost, there was no room");
  EXPECT_EQ(to_text({.kind = 13, .value = 0x174}),
            "settings were changed, from holding register 0x0174 on");
  EXPECT_EQ(to_text({.kind = 17, .source = 2, .value = 1}),
            "found at the start: 1 damaged records of settings");
  EXPECT_EQ(to_text({.kind = 99, .source = 1, .value = 2}), "event of kind 99, source 1, value 2");
  EXPECT_EQ(reset_cause_text(7), "code 7");
}

}  // namespace
}  // namespace bornier::app
