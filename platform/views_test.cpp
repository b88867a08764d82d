// SPDX-License-Identifier: Apache-2.0
// What outsiders see: contract.md, "Views of the platform's database".
#include <gtest/gtest.h>

#include "platform/names.hpp"
#include "platform/testing.hpp"
#include "reading/time_text.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;

TEST_P(ViewsTest, ShowAReadingWithEverythingThatIsKnownOfIt) {
  store_catalog();
  auto entries = answer(noon + 7ms, {number(energy, 4'216'030, -3)});
  entries.answers[0].numbers[0].quality =
      reading::Quality{}.with(reading::QualityFlag::time_redated);
  store(3, entries, noon + 1500ms);
  EXPECT_EQ(
      query("SELECT city, gateway, meter, point, quantity, medium, phase, tariff, obis, unit, "
            "time, value, text, quality, received_at, stream, sequence FROM reading_view"),
      (Rows{{"tolyatti", "cab-0117", "school-12-main", "energy_active_import",
             "energy_active_import", "electricity", "", "0", "1-0:1.8.0", "kW.h",
             "2026-03-01T12:00:00.007Z", "4216.030", "-", "256", "2026-03-01T12:00:01.500Z",
             "0123456789abcdef", "3"}}));
}

TEST_P(ViewsTest, KeepTheDigitsOfAValue) {
  store_catalog();
  store(1, answer(noon, {number(power, 230, -2)}));
  store(2, answer(noon + 1s, {number(power, -300, -4)}));
  store(3, answer(noon + 2s, {number(power, 12, 4)}));
  store(4, answer(noon + 3s, {number(power, INT64_MIN, 0)}));
  store(5, answer(noon + 4s, {number(power, 0, -3), number(energy, -1, -18)}));
  store(6, answer(noon + 5s, {number(power, 9, 60)}));
  EXPECT_EQ(query("SELECT value FROM reading_view ORDER BY time, point DESC"),
            (Rows{{"2.30"},
                  {"-0.0300"},
                  {"120000"},
                  {"-9223372036854775808"},
                  {"0.000"},
                  {"-0.000000000000000001"},
                  {"9" + std::string(60, '0')}}));
}

TEST_P(ViewsTest, ShowEveryMillisecondAsItIs) {
  store_catalog();
  const auto first = reading::stamp_at(-1);
  reading::Entries entries;
  for (int step = 0; step < 2000; ++step) {
    entries.answers.push_back({first + step * 86'400'999ms, {number(power, step, 0)}, {}});
  }
  store(1, entries);
  const auto rows = query("SELECT time, value FROM reading_view ORDER BY 1");
  ASSERT_EQ(rows.size(), 2000U);
  EXPECT_EQ(rows.front().front(), "1969-12-31T23:59:59.999Z");
  for (int step = 0; step < 2000; ++step) {
    const auto& row = rows[static_cast<std::size_t>(step)];
    ASSERT_EQ(row, (std::vector{to_text(first + step * 86'400'999ms), std::to_string(step)}));
  }
}

TEST_P(ViewsTest, ShowTextsAndTheLabelsOfCodes) {
  store_catalog();
  auto entries = answer(noon, {number(valve, 1, 0), number(power, 1, 0)});
  entries.answers[0].texts.push_back({display, {}, "E-17 \u00b0C"});
  store(1, entries);
  EXPECT_EQ(
      query("SELECT point, value, text FROM reading_view ORDER BY point"),
      (Rows{{"display", "-", "E-17 \u00b0C"}, {"power_active", "1", "-"}, {"valve", "1", "open"}}));
}

TEST_P(ViewsTest, ShowNamesWithAnyCharacter) {
  const std::string name = R"(a "b" \c, {d} 'e' NULL)";
  auto catalog = gateway.catalog();
  catalog.meters[0].name = name;
  catalog.meters[0].id = name;
  catalog.points[0].name = name;
  catalog.points[0].obis = "NULL";
  store_catalog(catalog);
  store(1, answer(noon, {number(energy, 1, 0)}));
  EXPECT_EQ(query("SELECT meter, point, obis FROM reading_view"), (Rows{{name, name, "NULL"}}));
  EXPECT_EQ(query("SELECT name FROM meter_view"), (Rows{{name}}));
}

TEST_P(ViewsTest, ShowTheLaterSequenceWhereTwoTellOfOneMoment) {
  store_catalog();
  store_at(2, noon, 20);
  store_at(1, noon, 10);
  EXPECT_EQ(values(), (Rows{{"2.0", "0123456789abcdef", "2"}}));
  EXPECT_EQ(count("reading"), "2");
}

TEST_P(ViewsTest, ShowTheLaterOrdinalWhereOneBatchTellsTwice) {
  store_catalog();
  auto entries = answer(noon, {number(energy, 1, 0)});
  entries.answers.push_back(entries.answers.front());
  entries.answers.back().numbers.front().value.mantissa = 2;
  store(1, entries);
  EXPECT_EQ(query("SELECT value FROM reading_view"), (Rows{{"2"}}));
  EXPECT_EQ(count("reading"), "2");
}

TEST_P(ViewsTest, ShowTheStreamThatWasHeardOfLaterAcrossStreams) {
  store_catalog();
  store_at(9, noon, 90);
  open_stream(5);
  store_at(1, noon, 10);
  EXPECT_EQ(values(), (Rows{{"1.0", "0000000000000005", "1"}}));
  EXPECT_EQ(query("SELECT value FROM latest_view"), (Rows{{"1.0"}}));
}

TEST_P(ViewsTest, ShowTheNewestReadingOfEachPoint) {
  store_catalog();
  store(1, answer(noon + 5s, {number(energy, 5, 0), number(power, 50, 0)}));
  store(2, answer(noon + 1s, {number(energy, 1, 0)}));
  EXPECT_EQ(query("SELECT point, value, time FROM latest_view ORDER BY point"),
            (Rows{{"energy_active_import", "5", "2026-03-01T12:00:05.000Z"},
                  {"power_active", "50", "2026-03-01T12:00:05.000Z"}}));
}

TEST_P(ViewsTest, CountWhatIsMissingInTheStreamOfToday) {
  store_catalog();
  store_at(1, noon, 1);
  store_at(4, noon + 1s, 2);
  store({gateway.batch_arrival(gateway.tombstone(6), noon + 2s)});
  const std::string sql =
      "SELECT city, gateway, last_seen, received, missing, newest, stream FROM gateway_view";
  EXPECT_EQ(query(sql), (Rows{{"tolyatti", "cab-0117", "2026-03-01T12:00:02.000Z", "3", "3", "6",
                               "0123456789abcdef"}}));
  open_stream(5);
  EXPECT_EQ(query(sql), (Rows{{"tolyatti", "cab-0117", "2026-03-01T12:00:02.000Z", "0", "0", "-",
                               "0000000000000005"}}));
}

TEST_P(ViewsTest, CountFromTheOldestThatWasHeldWhereANumberingBeginsLate) {
  store_catalog();
  auto header = gateway.header(500);
  header.oldest_held = batch::Sequence{497};
  store({gateway.batch_arrival(batch::encode_batch(header, {}))});
  EXPECT_EQ(query("SELECT received, missing FROM gateway_view"), (Rows{{"1", "3"}}));
}

TEST_P(ViewsTest, ShowAStatusUnlessItIsTheWillOfAnOlderSession) {
  batch::Status status;
  status.gateway = gateway.name;
  status.session = 7;
  status.online = true;
  status.time = noon;
  status.version = "0.1.0";
  store({StatusArrival{gateway.city, status, noon, false}});
  auto will = status;
  will.session = 6;
  will.online = false;
  store({StatusArrival{gateway.city, will, noon + 1s, false}});
  EXPECT_EQ(query("SELECT online, version, last_seen FROM gateway_view"),
            (Rows{{"1", "0.1.0", "2026-03-01T12:00:00.000Z"}}));
  will.session = 7;
  store({StatusArrival{gateway.city, will, noon + 2s, false}});
  EXPECT_EQ(query("SELECT online FROM gateway_view"), (Rows{{"0"}}));
}

TEST_P(ViewsTest, LearnNothingOfWhenAGatewayWasSeenFromARetainedStatus) {
  batch::Status status;
  status.gateway = gateway.name;
  status.online = true;
  store({StatusArrival{gateway.city, status, noon, true}});
  EXPECT_EQ(query("SELECT last_seen FROM gateway_view"), (Rows{{"-"}}));
}

TEST_P(ViewsTest, ShowTheDevicesOfAMeteringPointOneAfterTheOther) {
  store_catalog();
  open_stream(5);
  auto catalog = gateway.catalog(2);
  auto exchanged = catalog.meters[0];
  exchanged.number = reading::MeterNumber{2};
  exchanged.serial = "99";
  exchanged.valid_from = noon + 1h;
  catalog.meters.push_back(exchanged);
  store({CatalogArrival{catalog, batch::encode_catalog(catalog), noon}});
  EXPECT_EQ(
      query("SELECT meter, name, code, serial, labels, model, valid_from, valid_to "
            "FROM meter_view ORDER BY valid_from"),
      (Rows{
          {"school-12-main", "School 12", "PRM 0117", "21045678", R"({"building":"school \"12\""})",
           "eastron-sdm630", "2026-03-01T12:00:00.000Z", "2026-03-01T13:00:00.000Z"},
          {"school-12-main", "School 12", "PRM 0117", "99", R"({"building":"school \"12\""})",
           "eastron-sdm630", "2026-03-01T13:00:00.000Z", "-"}}));
}

TEST_P(ViewsTest, ShowTheStateOfTodayOfMetersAndPoints) {
  store_catalog();
  const reading::MeterNumber meter{1};
  using enum reading::Acquisition;
  reading::Entries entries;
  entries.states = {{noon, meter, std::nullopt, no_response, 0},
                    {noon, meter, energy, not_available, 0},
                    {noon + 1s, meter, power, exception, 2}};
  store(1, entries);
  entries.states = {{noon + 3s, meter, std::nullopt, ok, 0}};
  store(3, entries);
  entries.states = {{noon + 2s, meter, std::nullopt, bus_down, 0}};
  store(2, entries);
  EXPECT_EQ(
      query("SELECT meter, point, state, since, exception_code FROM state_view "
            "ORDER BY point NULLS FIRST"),
      (Rows{{"school-12-main", "-", "ok", "2026-03-01T12:00:03.000Z", "0"},
            {"school-12-main", "energy_active_import", "not available", "2026-03-01T12:00:00.000Z",
             "0"},
            {"school-12-main", "power_active", "exception", "2026-03-01T12:00:01.000Z", "2"}}));
}

TEST_P(ViewsTest, ShowEventsAndGaps) {
  store_catalog();
  reading::Entries entries;
  entries.events = {
      {noon, reading::EventKind::clock_step, std::nullopt, -3600000, "NTP"},
      {noon + 1s, reading::EventKind::meter_exchanged, reading::MeterNumber{1}, 0, "1 to 2"}};
  entries.gaps = {
      {noon, noon + 1s, 0, {energy, reading::PointNumber{99}}, reading::GapReason::memory_full}};
  store(1, entries);
  EXPECT_EQ(
      query("SELECT time, kind, meter, number, text FROM event_view ORDER BY time"),
      (Rows{{"2026-03-01T12:00:00.000Z", "clock_step", "-", "-3600000", "NTP"},
            {"2026-03-01T12:00:01.000Z", "meter_exchanged", "school-12-main", "0", "1 to 2"}}));
  EXPECT_EQ(query("SELECT city, gateway, first, last, readings, reason, points, declared_by, "
                  "sequence FROM gap_view"),
            (Rows{{"tolyatti", "cab-0117", "2026-03-01T12:00:00.000Z", "2026-03-01T12:00:01.000Z",
                   "0", "memory_full", R"(["school-12-main/energy_active_import","point 99"])",
                   "entry", "1"}}));
}

TEST_P(ViewsTest, HaveALabelForEveryKind) {
  for (int kind = 1; kind <= static_cast<int>(reading::EventKind::meter_event); ++kind) {
    EXPECT_NE(to_text(static_cast<reading::EventKind>(kind)), "");
  }
  EXPECT_EQ(query("SELECT count(*) FROM label WHERE kind = 'event'"), (Rows{{"11"}}));
  EXPECT_EQ(query("SELECT count(*) FROM label WHERE kind = 'gap'"), (Rows{{"5"}}));
  EXPECT_EQ(query("SELECT text FROM label WHERE kind = 'state' AND number = 7"),
            (Rows{{"unsupported"}}));
}

TEST_P(ViewsTest, HaveIntervalsAsAnEmptyView) {
  store_catalog();
  EXPECT_TRUE(query("SELECT city, gateway, meter, point, time, value, coverage FROM interval_view")
                  .empty());
}

}  // namespace
}  // namespace bornier::platform
