// SPDX-License-Identifier: Apache-2.0
#include "buffer/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "buffer/inspection.hpp"
#include "buffer/store_fixture.hpp"

namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
using batch::Sequence;
using batch::SequenceRange;
using batch::StreamId;
using reading::GapReason;
using reading::Stamp;
using testing::ElementsAre;
using testing::Pair;

constexpr std::uint64_t first_stream = 0xABCD;

class StoreTest : public testing::Test {
 protected:
  void open(Settings settings, const Clock& clock = clock_at(new_year),
            std::uint64_t random = first_stream) {
    store.reset();
    auto opened = Store::open(std::move(settings), clock, random);
    ASSERT_TRUE(opened) << to_text(opened.error());
    store.emplace(std::move(*opened));
    if (!store->catalog().value()) {
      ASSERT_TRUE(store->save_catalog(three_points()));
    }
  }
  void open() { open(settings_in(directory)); }

  void append(Stamp time, std::int64_t value, reading::PointNumber point = gauge) {
    const auto appended = store->append(entries(time, value, point), clock_at(time));
    ASSERT_TRUE(appended) << to_text(appended.error());
  }

  auto seal(Stamp now, std::size_t batch_max = 64U * 1024U) -> Sealed {
    SealOrder order;
    order.now = clock_at(now).now;
    order.clock_trusted = true;
    order.batch_max = batch_max;
    return store->seal(order).value();
  }

  auto confirm(std::uint64_t first, std::uint64_t last, Stamp now = new_year) -> std::uint64_t {
    const std::vector ranges{SequenceRange{Sequence{first}, Sequence{last}}};
    return store->confirm(store->stream(), ranges, now).value();
  }

  auto waiting() -> std::vector<std::uint64_t> {
    std::vector<std::uint64_t> sequences;
    for (const auto& info : store->unconfirmed(Sequence{0}, 1000).value()) {
      sequences.push_back(info.sequence.value());
    }
    return sequences;
  }

  auto batch(std::uint64_t sequence) -> batch::Batch {
    return batch::decode_batch(store->payload(Sequence{sequence}).value().value()).value();
  }

  auto gap(std::uint64_t sequence) -> reading::Gap {
    return std::get<reading::Gap>(batch(sequence).body);
  }

  TemporaryDirectory directory;
  std::optional<Store> store;
};

TEST_F(StoreTest, BeginsAFreshStreamInAnEmptyDirectory) {
  open();
  EXPECT_EQ(store->opened().how, Opened::How::fresh);
  EXPECT_EQ(store->stream(), StreamId{first_stream});
  EXPECT_EQ(store->newest(), Sequence{0});
}

TEST_F(StoreTest, KeepsItsStreamNumbersAndCatalogWhenOpenedAgain) {
  open();
  append(new_year, 1);
  seal(new_year + 1s);
  const auto catalog = store->catalog().value();
  open(settings_in(directory), clock_at(new_year + 1min), 0x9999);
  EXPECT_EQ(store->opened().how, Opened::How::existing);
  EXPECT_EQ(store->stream(), StreamId{first_stream});
  EXPECT_EQ(store->newest(), Sequence{1});
  EXPECT_EQ(store->catalog().value(), catalog);
  EXPECT_EQ(store->catalog().value()->stream, StreamId{first_stream});
}

TEST_F(StoreTest, RefusesADirectoryThatAnotherStoreHolds) {
  open();
  const auto second = Store::open(settings_in(directory), clock_at(new_year), 2);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::in_use);
  EXPECT_EQ(remedy(second.error().fault), Remedy::ask_operator);
}

TEST_F(StoreTest, CanBeLookedAtWhileItIsHeld) {
  open();
  append(new_year, 1);
  EXPECT_THAT(values_in(directory.path()), ElementsAre(Pair(1, 1)));
}

TEST_F(StoreTest, RefusesADirectoryThatCannotBeMade) {
  auto settings = settings_in(directory);
  settings.directory = "/proc/no-such-directory";
  const auto opened = Store::open(settings, clock_at(new_year), 1);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::directory_unusable);
}

TEST_F(StoreTest, SealsWhatWasAppendedUnderTheNextNumber) {
  open();
  append(new_year, 1);
  append(new_year + 1s, 2);
  const auto sealed = seal(new_year + 2s);
  ASSERT_EQ(sealed.batches.size(), 1U);
  EXPECT_FALSE(sealed.more);
  const auto& info = sealed.batches.front();
  EXPECT_EQ(info.sequence, Sequence{1});
  EXPECT_EQ(info.readings, 2U);
  EXPECT_EQ(info.first, new_year);
  EXPECT_EQ(info.last, new_year + 1s);
  EXPECT_EQ(info.sealed_at, new_year + 2s);
  const auto sealed_batch = batch(1);
  EXPECT_EQ(sealed_batch.header.city, "tolyatti");
  EXPECT_EQ(sealed_batch.header.gateway, "cab-0117");
  EXPECT_EQ(sealed_batch.header.stream, StreamId{first_stream});
  EXPECT_EQ(sealed_batch.header.catalog_revision, batch::Revision{1});
  EXPECT_EQ(reading::count_readings(std::get<reading::Entries>(sealed_batch.body)), 2U);
  EXPECT_EQ(store->figures().value().journal.count, 0U);
}

TEST_F(StoreTest, SealsNothingWhenNothingWaits) {
  open();
  EXPECT_TRUE(seal(new_year).batches.empty());
  EXPECT_EQ(store->newest(), Sequence{0});
}

TEST_F(StoreTest, GivesBillingAndDetailABatchEach) {
  open();
  append(new_year, 1, gauge);
  append(new_year, 2, counter);
  const auto sealed = seal(new_year + 1s);
  ASSERT_EQ(sealed.batches.size(), 2U);
  EXPECT_EQ(sealed.batches[0].batch_class, batch::Class::detail);
  EXPECT_EQ(sealed.batches[1].batch_class, batch::Class::billing);
  EXPECT_EQ(batch(2).header.batch_class, batch::Class::billing);
}

TEST_F(StoreTest, ReportsEachSealedNumberOnce) {
  open();
  append(new_year, 1);
  EXPECT_EQ(seal(new_year).batches.size(), 1U);
  append(new_year, 2);
  const auto second = seal(new_year);
  ASSERT_EQ(second.batches.size(), 1U);
  EXPECT_EQ(second.batches.front().sequence, Sequence{2});
}

TEST_F(StoreTest, Promise2_ResendsABatchByteForByte) {
  open();
  append(new_year, 1);
  seal(new_year);
  const auto first = store->payload(Sequence{1}).value();
  append(new_year + 1s, 2);
  seal(new_year + 1min);
  open();
  EXPECT_EQ(store->payload(Sequence{1}).value(), first);
}

TEST_F(StoreTest, HasNoPayloadForANumberThatItDoesNotHold) {
  open();
  EXPECT_EQ(store->payload(Sequence{1}).value(), std::nullopt);
  EXPECT_EQ(store->payload(Sequence{~std::uint64_t{0}}).value(), std::nullopt);
}

TEST_F(StoreTest, ConfirmsIdempotentlyAndIgnoresWhatItDoesNotKnow) {
  open();
  for (int value = 1; value <= 3; ++value) {
    append(new_year, value);
    seal(new_year);
  }
  EXPECT_EQ(confirm(2, 2), 1U);
  EXPECT_EQ(confirm(2, 2), 0U);
  EXPECT_EQ(confirm(7, 9), 0U);
  EXPECT_THAT(waiting(), ElementsAre(1, 3));
  EXPECT_EQ(confirm(0, ~std::uint64_t{0}), 2U);
  EXPECT_THAT(waiting(), ElementsAre());
}

TEST_F(StoreTest, IgnoresAConfirmationOfAForeignStream) {
  open();
  append(new_year, 1);
  seal(new_year);
  const std::vector ranges{SequenceRange{Sequence{1}, Sequence{1}}};
  EXPECT_EQ(store->confirm(StreamId{0x1234}, ranges, new_year).value(), 0U);
  EXPECT_THAT(waiting(), ElementsAre(1));
}

TEST_F(StoreTest, ListsUnconfirmedBatchesPageByPage) {
  open();
  for (int value = 1; value <= 5; ++value) {
    append(new_year, value);
    seal(new_year);
  }
  const auto page = store->unconfirmed(Sequence{2}, 2).value();
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].sequence, Sequence{3});
  EXPECT_EQ(page[1].sequence, Sequence{4});
}

TEST_F(StoreTest, KeepsConfirmedBatchesForAWhile) {
  auto settings = settings_in(directory);
  settings.keep_confirmed = 24h;
  open(settings);
  append(new_year, 1);
  seal(new_year);
  confirm(1, 1, new_year);
  seal(new_year + 24h - 1ms);
  EXPECT_TRUE(store->payload(Sequence{1}).value().has_value());
  seal(new_year + 24h);
  EXPECT_FALSE(store->payload(Sequence{1}).value().has_value());
  EXPECT_EQ(store->figures().value().confirmed.count, 0U);
}

TEST_F(StoreTest, ReclaimsConfirmedBatchesThatThePlatformLacks) {
  open();
  for (int value = 1; value <= 3; ++value) {
    append(new_year, value);
    seal(new_year);
  }
  confirm(1, 3);
  const std::vector missing{SequenceRange{Sequence{2}, Sequence{9}}};
  EXPECT_EQ(store->reclaim(missing).value().size(), 2U);
  EXPECT_THAT(waiting(), ElementsAre(2, 3));
}

TEST_F(StoreTest, EvictsWhatIsOlderThanMaxAge) {
  auto settings = settings_in(directory);
  settings.max_age = 30 * 24h;
  open(settings);
  append(new_year, 1);
  seal(new_year);
  EXPECT_TRUE(seal(new_year + 30 * 24h - 1ms).replaced.empty());
  const auto sealed = seal(new_year + 30 * 24h);
  ASSERT_EQ(sealed.replaced.size(), 1U);
  EXPECT_TRUE(sealed.replaced.front().tombstone);
  EXPECT_EQ(gap(1), (reading::Gap{.first = new_year,
                                  .last = new_year,
                                  .readings = 1,
                                  .points = {gauge},
                                  .reason = GapReason::evicted_age}));
  EXPECT_THAT(waiting(), ElementsAre(1));
}

TEST_F(StoreTest, Promise5_EvictsNothingByAgeWhileTheClockIsNotTrusted) {
  open();
  append(new_year, 1);
  seal(new_year);
  SealOrder order;
  order.now = clock_at(new_year + 10 * 365 * 24h).now;
  order.clock_trusted = false;
  EXPECT_TRUE(store->seal(order).value().replaced.empty());
}

TEST_F(StoreTest, CarriesEverythingOverToANewStream) {
  open();
  for (int value = 1; value <= 3; ++value) {
    append(new_year, value);
    seal(new_year);
  }
  confirm(1, 1);
  append(new_year, 4);
  ASSERT_TRUE(store->open_new_stream(0x77, "conflict at batch 2", clock_at(new_year + 1min)));
  EXPECT_EQ(store->stream(), StreamId{0x77});
  EXPECT_EQ(store->catalog().value()->stream, StreamId{0x77});
  const auto sealed = seal(new_year + 2min);
  EXPECT_FALSE(sealed.more);
  EXPECT_THAT(waiting(), ElementsAre(1, 2, 3));
  std::vector<std::int64_t> values;
  std::vector<std::string> events;
  for (const auto& carried : batches_of(*store)) {
    EXPECT_EQ(carried.header.stream, StreamId{0x77});
    const auto& body = std::get<reading::Entries>(carried.body);
    for (const auto& one : body.answers) {
      values.push_back(one.numbers.front().value.mantissa);
    }
    for (const auto& event : body.events) {
      events.push_back(event.text);
    }
  }
  EXPECT_THAT(values, ElementsAre(2, 3, 4));
  EXPECT_THAT(events, ElementsAre("conflict at batch 2"));
}

TEST_F(StoreTest, AConfirmationUnderWayFreesWhatIsNotYetSealedAgain) {
  open();
  for (int value = 1; value <= 3; ++value) {
    append(new_year, value);
    seal(new_year);
  }
  ASSERT_TRUE(store->open_new_stream(0x77, "conflict at batch 2", clock_at(new_year + 1min)));
  const std::vector stored{SequenceRange{Sequence{1}, Sequence{2}}};
  EXPECT_EQ(store->confirm(StreamId{first_stream}, stored, new_year + 1min).value(), 2U);
  EXPECT_EQ(store->confirm(StreamId{first_stream}, stored, new_year + 1min).value(), 0U);
  seal(new_year + 2min);
  std::vector<std::int64_t> values;
  for (const auto& carried : batches_of(*store)) {
    for (const auto& one : std::get<reading::Entries>(carried.body).answers) {
      values.push_back(one.numbers.front().value.mantissa);
    }
  }
  EXPECT_THAT(values, ElementsAre(3));
}

TEST_F(StoreTest, ReclaimsAsManyAsAreAskedFor) {
  open();
  constexpr std::uint64_t many = 1100;  // more than the rows of one page
  for (std::uint64_t value = 1; value <= many; ++value) {
    append(new_year, static_cast<std::int64_t>(value));
    seal(new_year);
  }
  ASSERT_EQ(confirm(1, many), many);
  const std::vector missing{SequenceRange{Sequence{1}, Sequence{many}}};
  const auto reclaimed = store->reclaim(missing).value();
  ASSERT_EQ(reclaimed.size(), many);
  EXPECT_EQ(reclaimed.back().sequence, Sequence{many});
  EXPECT_EQ(store->figures().value().confirmed.count, 0U);
}

TEST_F(StoreTest, RefusesACatalogThatWouldNotReadBack) {
  open();
  auto large = three_points();
  large.points.resize(batch::max_catalog_entries - large.meters.size());
  EXPECT_TRUE(store->save_catalog(large));
  large.points.emplace_back();
  const auto refused = store->save_catalog(large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::catalog_full);
  EXPECT_EQ(remedy(refused.error().fault), Remedy::ask_operator);
  EXPECT_THAT(to_text(refused.error()), testing::HasSubstr("262145 meters and points"));
  EXPECT_EQ(store->catalog().value()->points.size(), batch::max_catalog_entries - 2);
  append(new_year, 1);
  open();
  EXPECT_EQ(store->opened().how, Opened::How::existing);
}

TEST_F(StoreTest, CutsChunksWhoseTextsABodyCannotHold) {
  open();
  reading::Entries many_texts;
  reading::Entries long_texts;
  for (int index = 0; index < 40'000; ++index) {
    const auto time = new_year + std::chrono::milliseconds{index};
    many_texts.answers.push_back(
        {.time = time,
         .numbers = {},
         .texts = {{.point = gauge, .quality = {}, .value = std::to_string(index)}}});
  }
  for (int index = 0; index < 5'000; ++index) {
    const auto time = new_year + std::chrono::milliseconds{index};
    long_texts.answers.push_back(
        {.time = time,
         .numbers = {},
         .texts = {{.point = gauge, .quality = {}, .value = std::string(1'000, 'x')}}});
  }
  ASSERT_TRUE(store->append(many_texts, clock_at(new_year)));
  ASSERT_TRUE(store->append(long_texts, clock_at(new_year)));
  while (seal(new_year, 4U << 20U).more) {
  }
  std::uint64_t readings = 0;
  for (const auto& sealed : batches_of(*store)) {
    const auto& body = std::get<reading::Entries>(sealed.body);
    readings += reading::count_readings(body);
    EXPECT_TRUE(body.gaps.empty());
  }
  EXPECT_EQ(readings, 45'000U);
}

TEST_F(StoreTest, FinishesCarryingOverAfterARestart) {
  open();
  for (int value = 1; value <= 20; ++value) {
    append(new_year, value);
    seal(new_year);
  }
  ASSERT_TRUE(store->open_new_stream(0x77, "conflict", clock_at(new_year)));
  EXPECT_TRUE(seal(new_year).more);
  open();
  while (seal(new_year).more) {
  }
  EXPECT_EQ(store->newest(), Sequence{21});
  const auto values = values_in(directory.path());
  EXPECT_EQ(values.size(), 20U);
  for (const auto& [value, count] : values) {
    EXPECT_EQ(count, 1) << value;
  }
}

TEST_F(StoreTest, TellsWhatItHolds) {
  open();
  append(new_year, 1);
  append(new_year + 1s, 2, counter);
  seal(new_year + 2s);
  confirm(2, 2);
  append(new_year + 3s, 3);
  const auto figures = store->figures().value();
  ASSERT_EQ(figures.streams.size(), 1U);
  EXPECT_EQ(figures.streams[0].newest, Sequence{2});
  EXPECT_EQ(figures.oldest_held, Sequence{1});
  EXPECT_EQ(figures.unconfirmed.count, 1U);
  EXPECT_EQ(figures.confirmed.count, 1U);
  EXPECT_EQ(figures.confirmed.first, new_year + 1s);
  EXPECT_EQ(figures.journal.readings, 1U);
  EXPECT_EQ(figures.journal.last, new_year + 3s);
  EXPECT_EQ(figures.gaps.count, 0U);
  EXPECT_LE(figures.used_bytes, figures.file_bytes);
}

TEST_F(StoreTest, Promise5_LeavesReadingsUnsealedUntilTheirClockIsTrusted) {
  open(settings_in(directory), untrusted_clock_at(new_year));
  // 3,600,000 ms after boot, which was one hour before new_year.
  const Stamp since_boot = reading::stamp_at(3'600'000);
  ASSERT_TRUE(store->append(entries(since_boot, 1), untrusted_clock_at(new_year)));
  EXPECT_TRUE(seal(new_year + 1s).batches.empty());
  EXPECT_EQ(store->figures().value().undated.count, 1U);

  ASSERT_TRUE(store->redate("boot-a", clock_at(new_year).utc_offset()));
  ASSERT_TRUE(store->redate("boot-a", 5ms)) << "a second offset is accepted but changes nothing";
  EXPECT_EQ(seal(new_year + 2s).batches.size(), 1U);
  const auto answers = std::get<reading::Entries>(batch(1).body).answers;
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].time, new_year);
  EXPECT_TRUE(answers[0].numbers[0].quality.has(reading::QualityFlag::time_redated));
  EXPECT_FALSE(answers[0].numbers[0].quality.has(reading::QualityFlag::estimated));
}

TEST_F(StoreTest, DatesUntrustedReadingsThatArriveAfterTheirBootWasDated) {
  open();
  ASSERT_TRUE(store->redate("boot-a", clock_at(new_year).utc_offset()));
  ASSERT_TRUE(
      store->append(entries(reading::stamp_at(3'600'000), 1), untrusted_clock_at(new_year)));
  EXPECT_EQ(seal(new_year + 1s).batches.size(), 1U);
  EXPECT_EQ(batch(1).header.first, new_year);
}

TEST_F(StoreTest, Promise5_EstimatesTheTimesOfABootWhoseClockWasNeverTrusted) {
  open();
  append(new_year, 1);
  // A board without RTC: after the restart its clock shows an older time than is known already.
  const auto lost_clock = untrusted_clock_at(new_year - 20 * 24h, "boot-b");
  ASSERT_TRUE(store->append(entries(reading::stamp_at(5'000), 2), lost_clock));
  ASSERT_TRUE(store->append(entries(reading::stamp_at(7'000), 3), lost_clock));
  open(settings_in(directory), clock_at(new_year + 1h, "boot-c"));
  seal(new_year + 1h);
  const auto answers = std::get<reading::Entries>(batch(1).body).answers;
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[1].time, new_year) << "not before the latest known time";
  EXPECT_EQ(answers[2].time, new_year + 2s) << "distances stay";
  EXPECT_TRUE(answers[2].numbers[0].quality.has(reading::QualityFlag::estimated));
  EXPECT_FALSE(answers[0].numbers[0].quality.has(reading::QualityFlag::estimated));
}

TEST_F(StoreTest, DatesAnEarlierBootByItsOwnTrustedCommit) {
  open(settings_in(directory), untrusted_clock_at(new_year));
  ASSERT_TRUE(
      store->append(entries(reading::stamp_at(3'600'000), 1), untrusted_clock_at(new_year)));
  append(new_year + 1s, 2);  // same boot, trusted now
  open(settings_in(directory), clock_at(new_year + 1h, "boot-b"));
  seal(new_year + 1h);
  const auto answers = std::get<reading::Entries>(batch(1).body).answers;
  EXPECT_EQ(answers.at(0).time, new_year);
  EXPECT_FALSE(answers.at(0).numbers[0].quality.has(reading::QualityFlag::estimated));
}

}  // namespace
}  // namespace bornier::buffer
