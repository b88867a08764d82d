// SPDX-License-Identifier: Apache-2.0
#include "buffer/sealing.hpp"

#include <gtest/gtest.h>

#include <random>

#include "buffer/store_fixture.hpp"

namespace bornier::buffer {
namespace {

auto table() -> PointTable {
  return PointTable{three_points()};
}

using namespace std::chrono_literals;

auto header() -> batch::Header {
  batch::Header first;
  first.city = "tolyatti";
  first.gateway = "cab-0117";
  first.stream = batch::StreamId{1};
  first.sequence = batch::Sequence{7};
  first.oldest_held = batch::Sequence{7};
  return first;
}

auto body(const EncodedBatch& encoded) -> reading::Entries {
  return std::get<reading::Entries>(batch::decode_batch(encoded.payload).value().body);
}

/// Random digits keep their size when they are compressed: about eight bytes each.
auto noise(int answers, const std::vector<reading::PointNumber>& points) -> reading::Entries {
  std::mt19937_64 random{1};
  reading::Entries all;
  for (int i = 0; i < answers; ++i) {
    std::vector<reading::Number> numbers;
    for (const auto point : points) {
      numbers.push_back(number(point, static_cast<std::int64_t>(random() >> 2U)));
    }
    all.answers.push_back(answer(new_year + i * 1s, std::move(numbers)));
  }
  return all;
}

TEST(Sealing, MakesNoBatchOfNothing) {
  EXPECT_TRUE(encode_batches(header(), {}, table(), 65'536).empty());
}

TEST(Sealing, SplitsAnAnswerThatHasBillingAndDetailPoints) {
  reading::Entries both;
  both.answers.push_back(answer(new_year, {number(gauge, 1), number(counter, 2)}));
  const auto batches = encode_batches(header(), both, table(), 65'536);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].header.sequence, batch::Sequence{7});
  EXPECT_EQ(batches[1].header.sequence, batch::Sequence{8});
  EXPECT_EQ(batches[1].header.batch_class, batch::Class::billing);
  EXPECT_EQ(body(batches[0]).answers.at(0), answer(new_year, {number(gauge, 1)}));
  EXPECT_EQ(body(batches[1]).answers.at(0), answer(new_year, {number(counter, 2)}));
}

TEST(Sealing, PutsEventsWithBillingForThatIsEvictedLast) {
  auto both = entries(new_year, 1, gauge);
  both.events.push_back({.time = new_year,
                         .kind = reading::EventKind::gateway_started,
                         .meter = {},
                         .number = 0,
                         .text = "1.0"});
  EXPECT_EQ(encode_batches(header(), both, table(), 65'536).size(), 1U);
  both.answers.push_back(answer(new_year, {number(counter, 2)}));
  const auto batches = encode_batches(header(), both, table(), 65'536);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_TRUE(body(batches[0]).events.empty());
  EXPECT_EQ(body(batches[1]).events.size(), 1U);
}

TEST(Sealing, SplitsByMeterWhatIsTooLarge) {
  const auto batches = encode_batches(header(), noise(200, {gauge, other_gauge}), table(), 2'500);
  ASSERT_EQ(batches.size(), 2U);
  for (const auto& encoded : batches) {
    EXPECT_LE(encoded.payload.size(), 2'500U);
    EXPECT_EQ(encoded.header.first, new_year) << "series stay long";
    EXPECT_EQ(encoded.header.last, new_year + 199s);
    EXPECT_EQ(encoded.header.readings, 200U);
  }
}

TEST(Sealing, SplitsASingleMeterByTimeUntilItFits) {
  const auto batches = encode_batches(header(), noise(1000, {gauge}), table(), 2'000);
  ASSERT_GE(batches.size(), 4U);
  std::uint64_t readings = 0;
  for (const auto& encoded : batches) {
    EXPECT_LE(encoded.payload.size(), 2'000U);
    readings += encoded.header.readings;
  }
  EXPECT_EQ(readings, 1000U);
}

TEST(Sealing, LetsASingleAnswerExceedTheBound) {
  EXPECT_EQ(encode_batches(header(), entries(new_year, 1), table(), 1).size(), 1U);
}

TEST(Sealing, StatesInItsResultWhatTheHeaderSays) {
  const auto batches = encode_batches(header(), noise(3, {gauge}), table(), 65'536);
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].header, batch::decode_header(batches[0].payload).value());
}

}  // namespace
}  // namespace bornier::buffer
