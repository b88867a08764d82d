// SPDX-License-Identifier: Apache-2.0
#include "app/local_messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bornier::app {
namespace {

using reading::Decimal;
using reading::PointNumber;
using reading::QualityFlag;
using testing::ElementsAre;

constexpr auto noon = reading::stamp_at(1'795'838'400'000);  // 2026-11-28T04:00:00Z

auto registration(std::string meter, std::vector<std::pair<std::string, std::string>> points)
    -> batch::Registration {
  batch::Registration result;
  result.meter.id = std::move(meter);
  for (auto& [name, unit] : points) {
    auto& point = result.points.emplace_back();
    point.name = name;
    point.unit = unit;
  }
  return result;
}

/// Meter 1 is "main" with voltage (1) and display (2), 2 the bus "plant-room" (3).
auto two_registrations() -> LocalNames {
  LocalNames names{"bornier"};
  names.add({registration("main", {{"voltage", "V"}, {"display", ""}}),
             registration("plant-room", {{"bus_occupancy", "%"}})},
            {{.meter = reading::MeterNumber{1}, .points = {PointNumber{1}, PointNumber{2}}},
             {.meter = reading::MeterNumber{2}, .points = {PointNumber{3}}}});
  return names;
}

/// Each message as "TOPIC PAYLOAD".
auto lines_of(LocalNames names, const reading::Entries& entries, bool trusted = true)
    -> std::vector<std::string> {
  std::deque<LocalMessage> messages;
  names.translate(entries, trusted, messages);
  std::vector<std::string> lines;
  for (const auto& message : messages) {
    lines.push_back(topic_of(message) + " " + payload_of(message));
  }
  return lines;
}

auto of_numbers(std::vector<reading::Number> numbers) -> reading::Entries {
  reading::Entries entries;
  entries.answers.push_back({.time = noon, .numbers = std::move(numbers), .texts = {}});
  return entries;
}

TEST(LocalMessages, CarryExactlyTheDigitsOfAReading) {
  const auto entries = of_numbers({{PointNumber{1}, {}, {23'020, -2}},
                                   {PointNumber{1}, {}, {-3, -4}},
                                   {PointNumber{1}, {}, {12, 4}},
                                   {PointNumber{3}, {}, {9'007'199'254'740'993, 0}}});
  EXPECT_THAT(
      lines_of(two_registrations(), entries),
      ElementsAre(
          R"(bornier/main/voltage {"time":"2026-11-28T04:00:00.000Z","value":230.20,"unit":"V"})",
          R"(bornier/main/voltage {"time":"2026-11-28T04:00:00.000Z","value":-0.0003,"unit":"V"})",
          R"(bornier/main/voltage {"time":"2026-11-28T04:00:00.000Z","value":120000,"unit":"V"})",
          R"(bornier/plant-room/bus_occupancy {"time":"2026-11-28T04:00:00.000Z","value":9007199254740993,"unit":"%"})"));
}

TEST(LocalMessages, PutATextInQuotes) {
  reading::Entries entries;
  entries.answers.push_back(
      {.time = noon, .numbers = {}, .texts = {{PointNumber{2}, {}, "E\"17\\\n\u00e9"}}});
  EXPECT_THAT(lines_of(two_registrations(), entries),
              ElementsAre("bornier/main/display {\"time\":\"2026-11-28T04:00:00.000Z\","
                          "\"value\":\"E\\\"17\\\\\\n\u00e9\"}"));
}

TEST(LocalMessages, NameTheQualityOnlyWhereItIsNotGood) {
  const auto quality =
      reading::Quality{}.with(QualityFlag::implausible).with(QualityFlag::time_of_meter);
  EXPECT_THAT(
      lines_of(two_registrations(), of_numbers({{PointNumber{1}, quality, {1, 0}}})),
      ElementsAre(
          R"(bornier/main/voltage {"time":"2026-11-28T04:00:00.000Z","value":1,"unit":"V","quality":["implausible","time_of_meter"]})"));
}

TEST(LocalMessages, CountFromTheBootWhileTheClockIsNotTrusted) {
  auto entries = of_numbers({{PointNumber{1}, {}, {1, 0}}});
  entries.answers[0].time = reading::stamp_at(83'125);
  EXPECT_THAT(lines_of(two_registrations(), entries, false),
              ElementsAre(R"(bornier/main/voltage {"since_boot_ms":83125,"value":1,"unit":"V"})"));
}

TEST(LocalMessages, TellChangesOfState) {
  reading::Entries entries;
  entries.states.push_back({.time = noon,
                            .meter = reading::MeterNumber{1},
                            .point = {},
                            .state = reading::Acquisition::no_response});
  entries.states.push_back({.time = noon,
                            .meter = reading::MeterNumber{1},
                            .point = PointNumber{2},
                            .state = reading::Acquisition::exception,
                            .exception_code = 2});
  EXPECT_THAT(
      lines_of(two_registrations(), entries),
      ElementsAre(
          R"(bornier/main/state {"time":"2026-11-28T04:00:00.000Z","state":"no response"})",
          R"(bornier/main/display/state {"time":"2026-11-28T04:00:00.000Z","state":"exception 2"})"));
}

TEST(LocalMessages, LeaveOutWhatHasNoName) {
  auto entries = of_numbers({{PointNumber{99}, {}, {1, 0}}});
  entries.states.push_back({.time = noon, .meter = reading::MeterNumber{99}, .point = {}});
  entries.states.push_back(
      {.time = noon, .meter = reading::MeterNumber{1}, .point = PointNumber{99}});
  entries.events.emplace_back();
  EXPECT_THAT(lines_of(two_registrations(), entries), ElementsAre());
}

TEST(LocalMessages, KnowOldNumbersAfterAReload) {
  auto names = two_registrations();
  names.add({registration("main", {{"voltage", "kV"}})},
            {{.meter = reading::MeterNumber{1}, .points = {PointNumber{4}}}});
  EXPECT_THAT(
      lines_of(names, of_numbers({{PointNumber{1}, {}, {230, 0}}, {PointNumber{4}, {}, {23, -2}}})),
      ElementsAre(
          R"(bornier/main/voltage {"time":"2026-11-28T04:00:00.000Z","value":230,"unit":"V"})",
          R"(bornier/main/voltage {"time":"2026-11-28T04:00:00.000Z","value":0.23,"unit":"kV"})"));
}

TEST(LocalMessages, KnowWhatIsOlderThanTheMeterHasToldAlready) {
  auto names = two_registrations();
  const auto own = reading::Quality{}.with(QualityFlag::time_of_meter);
  std::deque<LocalMessage> messages;
  auto entries = of_numbers({{PointNumber{1}, own, {50, 0}}});
  names.translate(entries, true, messages);
  entries.answers.front().time = noon - std::chrono::hours{1};
  names.translate(entries, true, messages);
  entries.answers.front().numbers.front().quality = {};  // by our clock, which was set back
  names.translate(entries, true, messages);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_TRUE(messages[0].newest);
  EXPECT_FALSE(messages[1].newest);
  EXPECT_TRUE(messages[2].newest);
}

}  // namespace
}  // namespace bornier::app
