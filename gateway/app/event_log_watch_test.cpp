// SPDX-License-Identifier: Apache-2.0
#include "app/event_log_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t places = 20;

/// A meter with a log of 20 entries of 6 registers each, of which one request reads 10.
auto meter_with_log() -> MeterSettings {
  auto meter = two_point_meter({});
  meter.model = std::make_shared<const model::Model>(model::loaded(std::string{model::head} + R"(
[limits]
registers_per_request = 60
[points]
next = { quantity = "status", address = 0, type = "uint32" }
boots = { quantity = "status", address = 2, type = "uint32" }
uptime = { quantity = "hour_counter", unit = "s", address = 4, type = "uint32" }
[event_log]
table = "input"
address = 1000
registers = 6
entries = 20
next = "next"
boots = "boots"
uptime = "uptime"
number = { register = 0, type = "uint32" }
boot = { register = 2, type = "uint16" }
kind = { register = 3, type = "uint16", bits = [8, 15] }
source = { register = 3, type = "uint16", bits = [0, 7] }
time = { register = 4, type = "uint16" }
value = { register = 5, type = "uint16" }
kinds = { 1 = "boot", 3 = "storm on input {source+1}" }
)"));
  meter.settings = model::Settings{*meter.model};
  return meter;
}

/// The device's side: a ring like the node's.
class Device {
 public:
  void boot() {
    ++boots;
    uptime = 0;
    add(0x0100);
  }
  void add(std::uint16_t kind_and_source) {
    ring_[next % places] = {
        static_cast<std::uint16_t>(next >> 16U), static_cast<std::uint16_t>(next),
        static_cast<std::uint16_t>(boots),       kind_and_source,
        static_cast<std::uint16_t>(uptime),      0};
    ++next;
  }
  [[nodiscard]] auto words(const Request& request) const -> std::vector<std::uint16_t> {
    std::vector<std::uint16_t> all;
    for (const auto& entry : ring_) {
      all.insert(all.end(), entry.begin(), entry.end());
    }
    const auto first = all.begin() + (request.first - 1000);
    return {first, first + request.count};
  }
  [[nodiscard]] auto points() const -> std::vector<model::Decoded> {
    return {{.point = 0, .value = reading::Decimal{next, 0}, .quality = {}},
            {.point = 1, .value = reading::Decimal{boots, 0}, .quality = {}},
            {.point = 2, .value = reading::Decimal{uptime, 0}, .quality = {}}};
  }

  std::uint32_t next{1};
  std::uint32_t boots{};
  std::uint32_t uptime{};

 private:
  std::array<std::array<std::uint16_t, 6>, places> ring_{};
};

class EventLogWatchTest : public testing::Test {
 protected:
  EventLogWatchTest() { device.boot(); }

  static constexpr reading::Instant start{1h};

  /// Numbers of the events that a look finds.
  auto look() -> std::vector<std::int64_t> {
    for (const auto& request : watch.look_at(device.points(), start)) {
      requests.push_back({request.first, request.count});
      watch.take(device.words(request));
    }
    last = watch.finish();
    std::vector<std::int64_t> numbers;
    for (const auto& event : last) {
      numbers.push_back(event.number);
    }
    return numbers;
  }

  MeterSettings meter = meter_with_log();
  Device device;
  EventLogWatch watch{meter, {}};
  std::vector<std::pair<int, int>> requests;
  std::vector<EventLogWatch::Event> last;
};

TEST_F(EventLogWatchTest, AsksHowFarTheLogIsInOneRequest) {
  ASSERT_EQ(watch.requests().size(), 1U);
  EXPECT_EQ(watch.requests()[0].first, 0);
  EXPECT_EQ(watch.requests()[0].count, 6);
}

TEST_F(EventLogWatchTest, IsDueAtTheStartAndAMinuteLater) {
  EXPECT_TRUE(watch.is_due({}));
  look();
  EXPECT_FALSE(watch.is_due(start + 1min - 1us));
  EXPECT_TRUE(watch.is_due(start + 1min));
}

TEST_F(EventLogWatchTest, IsDueAfterAnOutage) {
  look();
  watch.was_away();
  EXPECT_TRUE(watch.is_due(start));
}

TEST_F(EventLogWatchTest, IsDueTenSecondsAfterALookOnceAPollShowsThatThereIsMore) {
  look();
  watch.hear(device.points());
  EXPECT_FALSE(watch.is_due(start + 10s)) << "nothing new";
  watch.hear({});
  EXPECT_FALSE(watch.is_due(start + 10s)) << "a poll of other points";
  device.add(0x0300);
  watch.hear(device.points());
  EXPECT_FALSE(watch.is_due(start + 10s - 1us));
  EXPECT_TRUE(watch.is_due(start + 10s));
}

TEST_F(EventLogWatchTest, IsNotDueSoonerForWhatAPollShowsWhereTheLogIsRefused) {
  look();
  watch.gave_nothing(true, start);
  device.add(0x0300);
  watch.hear(device.points());
  EXPECT_FALSE(watch.is_due(start + 1h - 1us));
}

TEST_F(EventLogWatchTest, AsksAgainInAMinuteAfterSilenceAndInAnHourAfterARefusal) {
  watch.gave_nothing(false, start);
  EXPECT_FALSE(watch.is_due(start + 1min - 1us));
  EXPECT_TRUE(watch.is_due(start + 1min));
  watch.gave_nothing(true, start);
  EXPECT_FALSE(watch.is_due(start + 1h - 1us));
  EXPECT_TRUE(watch.is_due(start + 1h));
}

TEST_F(EventLogWatchTest, IsNeverDueOfAMeterWithoutALog) {
  EXPECT_FALSE(EventLogWatch(two_point_meter({}), {}).is_due(start));
}

TEST_F(EventLogWatchTest, FindsAllThatTheLogHoldsAtFirst) {
  device.add(0x0302);
  EXPECT_THAT(look(), ElementsAre(1, 2));
}

TEST_F(EventLogWatchTest, FindsEachEventOnce) {
  look();
  EXPECT_THAT(look(), IsEmpty());
  requests.clear();
  device.add(0x0302);
  EXPECT_THAT(look(), ElementsAre(2));
  EXPECT_THAT(requests, ElementsAre(std::pair{1000 + 2 * 6, 6})) << "the one entry";
}

TEST_F(EventLogWatchTest, SaysWhenItWasAndWhat) {
  device.uptime = 100;
  device.add(0x0302);
  device.uptime = 160;
  look();
  EXPECT_THAT(
      last,
      testing::Contains(EventLogWatch::Event{
          .age = 60s, .number = 2, .text = "boot 1, 100 s after it began: storm on input 3"}));
}

TEST_F(EventLogWatchTest, DoesNotDateWhatWasBeforeTheLastBoot) {
  device.add(0x0302);
  device.boot();
  look();
  ASSERT_EQ(last.size(), 3U);
  EXPECT_FALSE(last[1].age);
  EXPECT_EQ(last[2].age, 0ms);
}

TEST_F(EventLogWatchTest, ReadsEntriesAroundTheEndOfTheRing) {
  device.next = 16;
  look();
  requests.clear();
  for (int event = 0; event < 12; ++event) {
    device.add(0x0300);
  }
  EXPECT_EQ(look().size(), 12U);
  EXPECT_THAT(requests, ElementsAre(std::pair{1000 + 16 * 6, 24}, std::pair{1000, 48}));
}

TEST_F(EventLogWatchTest, ReadsNoMoreInARequestThanTheMeterAllows) {
  look();
  requests.clear();
  for (int event = 0; event < 15; ++event) {
    device.add(0x0300);
  }
  EXPECT_EQ(look().size(), 15U);
  EXPECT_THAT(requests, ElementsAre(std::pair{1012, 60}, std::pair{1072, 30}));
}

TEST_F(EventLogWatchTest, TellsWhatWasOverwritten) {
  look();
  for (std::uint32_t event = 0; event < places; ++event) {
    device.add(0x0300);
  }
  EXPECT_EQ(look().size(), places) << "all are there";
  for (std::uint32_t event = 0; event < places + 3; ++event) {
    device.add(0x0300);
  }
  EXPECT_EQ(look().size(), places + 1);
  EXPECT_EQ(last.front().number, 22);
  EXPECT_EQ(last.front().text, "3 events of its log were overwritten before they were read");
  EXPECT_EQ(last[1].number, 25);
}

TEST_F(EventLogWatchTest, TellsWhatWasOverwrittenBetweenLookAndRead) {
  look();
  for (std::uint32_t event = 0; event < places; ++event) {
    device.add(0x0300);
  }
  const auto asked = watch.look_at(device.points(), start);
  device.add(0x0301);  // in the place of number 2
  for (const auto& request : asked) {
    watch.take(device.words(request));
  }
  last = watch.finish();
  ASSERT_EQ(last.size(), places);
  EXPECT_EQ(last.front().text, "1 events of its log were overwritten before they were read");
  EXPECT_EQ(last[1].number, 3);
  EXPECT_THAT(look(), ElementsAre(22));
}

TEST_F(EventLogWatchTest, FindsTheSameAgainAfterALookThatWasNotFinished) {
  look();
  for (int event = 0; event < 15; ++event) {
    device.add(0x0300);
  }
  const auto asked = watch.look_at(device.points(), start);
  ASSERT_EQ(asked.size(), 2U);
  watch.take(device.words(asked.front()));  // the second one had no answer
  EXPECT_EQ(look().size(), 15U);
}

// What the node had not saved when the power went: firmware/DESIGN.md, "The store".
TEST_F(EventLogWatchTest, KnowsNumbersThatADeviceGivesAgainAfterAPowerCut) {
  for (int event = 0; event < 4; ++event) {
    device.add(0x0300);
  }
  look();  // up to number 5
  device.next = 3;
  device.boot();
  EXPECT_THAT(look(), ElementsAre(3)) << "the boot; 1 and 2 were there";
  device.add(0x0301);
  EXPECT_THAT(look(), ElementsAre(4)) << "and what came after it";
}

TEST_F(EventLogWatchTest, FindsAllOfALogThatBeganAnew) {
  device.boots = 7;
  for (int event = 0; event < 4; ++event) {
    device.add(0x0300);
  }
  look();
  device = {};
  device.boot();
  EXPECT_THAT(look(), ElementsAre(1));
}

TEST_F(EventLogWatchTest, FindsAllOnceAnotherDeviceAnswers) {
  look();
  watch.forget();
  EXPECT_THAT(look(), ElementsAre(1));
}

TEST_F(EventLogWatchTest, GoesOnWhereAnEarlierRunWas) {
  EXPECT_EQ(watch.memory(), "") << "nothing is known yet";
  look();
  device.add(0x0300);
  watch = EventLogWatch{meter, {}, watch.memory()};
  EXPECT_THAT(look(), ElementsAre(2));
}

TEST_F(EventLogWatchTest, FindsAllInADeviceWithAnotherSerialNumber) {
  meter.serial = "A 1";
  watch = EventLogWatch{meter, {}};
  look();
  const auto memory = watch.memory();
  watch = EventLogWatch{meter, {}, memory};
  EXPECT_THAT(look(), IsEmpty());
  meter.serial = "A 2";
  watch = EventLogWatch{meter, {}, memory};
  EXPECT_THAT(look(), ElementsAre(1));
}

TEST_F(EventLogWatchTest, MakesNothingOfAMemoryThatIsNone) {
  watch = EventLogWatch{meter, {}, "3 x"};
  EXPECT_THAT(look(), ElementsAre(1));
}

TEST_F(EventLogWatchTest, GoesOnBeyondTheHighestNumber) {
  device.next = 0xFFFF'FFFE;
  look();
  for (int event = 0; event < 4; ++event) {
    device.add(0x0300);
  }
  EXPECT_THAT(look(), ElementsAre(0xFFFF'FFFE, 0xFFFF'FFFF, 0, 1));
}

TEST_F(EventLogWatchTest, AsksForNoEntriesWhereTheMeterDoesNotTellHowFarItIs) {
  auto points = device.points();
  points[0].value = reading::Acquisition::not_available;
  EXPECT_THAT(watch.look_at(points, start), IsEmpty());
}

}  // namespace
}  // namespace bornier::app
