// SPDX-License-Identifier: Apache-2.0
#include "batch/catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace bornier::batch {
namespace {

using reading::MeterNumber;
using reading::PointNumber;
using reading::stamp_at;

constexpr auto first_day = stamp_at(1'700'000'000'000);
constexpr auto second_day = stamp_at(1'700'086'400'000);

auto point(const std::string& name, const std::string& unit) -> CatalogPoint {
  CatalogPoint result;
  result.name = name;
  result.quantity = name;
  result.medium = "electricity";
  result.unit = unit;
  result.kind = "counter";
  return result;
}

auto main_meter() -> Registration {
  Registration result;
  result.meter.id = "school-12-main";
  result.meter.serial = "21045678";
  result.meter.model = "eastron-sdm630";
  result.meter.model_version = "3";
  result.meter.ratio = "ct=250/5";
  result.points = {point("energy_active_import", "kW.h"), point("voltage_l1_n", "V")};
  return result;
}

auto water_meter() -> Registration {
  Registration result;
  result.meter.id = "school-12-water";
  result.points = {point("volume", "m3")};
  return result;
}

auto empty_catalog() -> Catalog {
  Catalog catalog;
  catalog.city = "tolyatti";
  catalog.gateway = "cab-0117";
  catalog.stream = StreamId{7};
  return catalog;
}

class Registering : public testing::Test {
 protected:
  const Catalog before =
      register_meters(empty_catalog(), {main_meter(), water_meter()}, first_day).catalog;

  /// The numbers that the main meter and its points get once `change` was made to it.
  template <class Change>
  auto after(const Change& change) const -> Registered {
    auto meter = main_meter();
    change(meter);
    return register_meters(before, {meter, water_meter()}, second_day);
  }

  /// Whatever happens, what a number meant it means for ever.
  void expect_append_only(const Catalog& after) const {
    ASSERT_GE(after.meters.size(), before.meters.size());
    ASSERT_GE(after.points.size(), before.points.size());
    EXPECT_TRUE(std::equal(before.points.begin(), before.points.end(), after.points.begin()));
    for (std::size_t index = 0; index < before.meters.size(); ++index) {
      auto meter = after.meters[index];
      meter.valid_to = before.meters[index].valid_to;
      EXPECT_EQ(meter, before.meters[index]);
    }
  }
};

TEST_F(Registering, NumbersMetersAndPointsFromOne) {
  const auto result = register_meters(empty_catalog(), {main_meter(), water_meter()}, first_day);
  EXPECT_TRUE(result.changed);
  EXPECT_EQ(result.catalog.revision, Revision{1});
  ASSERT_EQ(result.numbers.size(), 2U);
  EXPECT_EQ(result.numbers[0].meter, MeterNumber{1});
  EXPECT_EQ(result.numbers[0].points, (std::vector{PointNumber{1}, PointNumber{2}}));
  EXPECT_EQ(result.numbers[1].meter, MeterNumber{2});
  EXPECT_EQ(result.numbers[1].points, (std::vector{PointNumber{3}}));
  EXPECT_EQ(result.catalog.points[2].meter, MeterNumber{2});
  EXPECT_EQ(result.catalog.meters[0].valid_from, first_day);
  EXPECT_EQ(result.catalog.meters[0].valid_to, std::nullopt);
}

TEST_F(Registering, KeepsRevisionAndNumbersOfAnUnchangedConfiguration) {
  const auto result = register_meters(before, {water_meter(), main_meter()}, second_day);
  EXPECT_FALSE(result.changed);
  EXPECT_EQ(result.catalog, before);
  EXPECT_EQ(result.numbers[0].meter, MeterNumber{2});
  EXPECT_EQ(result.numbers[1].points, (std::vector{PointNumber{1}, PointNumber{2}}));
}

TEST_F(Registering, GivesAPointWithAnotherUnitANewNumber) {
  const auto result = after([](Registration& r) { r.points[0].unit = "GJ"; });
  EXPECT_EQ(result.catalog.revision, Revision{2});
  EXPECT_EQ(result.numbers[0].meter, MeterNumber{1});
  EXPECT_EQ(result.numbers[0].points, (std::vector{PointNumber{4}, PointNumber{2}}));
  expect_append_only(result.catalog);
}

TEST_F(Registering, GivesACounterThatWrapsElsewhereANewNumber) {
  const auto result = after([](Registration& r) { r.points[0].rollover = "1000000"; });
  EXPECT_EQ(result.numbers[0].points, (std::vector{PointNumber{4}, PointNumber{2}}));
  expect_append_only(result.catalog);
  const auto decoded = decode_catalog(encode_catalog(result.catalog));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, result.catalog);
  EXPECT_EQ(decoded->points[3].rollover, "1000000");
}

TEST_F(Registering, GivesAnExchangedDeviceNewNumbersAndEndsTheOldOne) {
  const auto changes = {
      +[](Registration& r) { r.meter.serial = "99"; },
      +[](Registration& r) { r.meter.model_version = "4"; },
      +[](Registration& r) { r.meter.model = "schneider-iem3155"; },
      +[](Registration& r) { r.meter.ratio = "ct=100/5"; },
  };
  for (const auto& change : changes) {
    const auto result = after(change);
    EXPECT_EQ(result.catalog.revision, Revision{2});
    EXPECT_EQ(result.numbers[0].meter, MeterNumber{3});
    EXPECT_EQ(result.numbers[0].points, (std::vector{PointNumber{4}, PointNumber{5}}));
    EXPECT_EQ(result.catalog.meters[0].valid_to, second_day);
    EXPECT_EQ(result.catalog.meters[2].valid_from, second_day);
    expect_append_only(result.catalog);
  }
}

TEST_F(Registering, EndsAMeterThatIsNoLongerConfiguredOnce) {
  const auto removed = register_meters(before, {main_meter()}, second_day);
  EXPECT_TRUE(removed.changed);
  EXPECT_EQ(removed.catalog.meters[1].valid_to, second_day);
  EXPECT_EQ(removed.catalog.meters[0].valid_to, std::nullopt);
  expect_append_only(removed.catalog);
  EXPECT_FALSE(register_meters(removed.catalog, {main_meter()}, second_day).changed);
}

TEST_F(Registering, TakesAMeterThatComesBackForANewOne) {
  const auto removed = register_meters(before, {main_meter()}, second_day);
  const auto back = register_meters(removed.catalog, {main_meter(), water_meter()}, second_day);
  EXPECT_EQ(back.numbers[1].meter, MeterNumber{3});
  EXPECT_EQ(back.numbers[1].points, (std::vector{PointNumber{4}}));
}

TEST_F(Registering, CorrectsANameWithoutNewNumbers) {
  const auto result = after([](Registration& r) { r.meter.name = "Main meter"; });
  EXPECT_EQ(result.catalog.revision, Revision{2});
  EXPECT_EQ(result.numbers[0].meter, MeterNumber{1});
  EXPECT_EQ(result.catalog.meters[0].name, "Main meter");
}

TEST(CatalogBytes, ComeBackAsTheyWere) {
  auto catalog = register_meters(empty_catalog(), {main_meter(), water_meter()}, first_day).catalog;
  catalog.meters[0].name = "Школа 12";
  catalog.meters[0].code = "PRM 30001";
  catalog.meters[0].labels = {{"floor", "0"}, {"room", "cellar"}};
  catalog.meters[1].valid_to = second_day;
  catalog.points[1].phase = "l1_n";
  catalog.points[1].tariff = 63;
  catalog.points[1].obis = "1-0:32.7.0";
  catalog.points[1].batch_class = Class::billing;
  catalog.points[1].labels = {{-1, "unknown"}, {3, "open"}};
  EXPECT_EQ(decode_catalog(encode_catalog(catalog)).value(), catalog);
}

TEST(CatalogBytes, AreRefusedWithoutIdentity) {
  auto catalog = empty_catalog();
  EXPECT_EQ(decode_catalog(encode_catalog(catalog)).error(), Fault::header_incomplete)
      << "revision 0 was never registered";
  catalog.revision = Revision{1};
  EXPECT_TRUE(decode_catalog(encode_catalog(catalog)).has_value());
  catalog.stream = StreamId{0};
  EXPECT_EQ(decode_catalog(encode_catalog(catalog)).error(), Fault::header_incomplete);
  const std::vector<std::byte> garbage(3, std::byte{0xFF});
  EXPECT_EQ(decode_catalog(garbage).error(), Fault::not_protobuf);
}

TEST(CatalogBytes, AreRefusedWithMoreEntriesThanAllowed) {
  auto catalog = empty_catalog();
  catalog.revision = Revision{1};
  catalog.meters.resize(1);
  catalog.points.resize(max_catalog_entries - 1);
  EXPECT_TRUE(decode_catalog(encode_catalog(catalog)).has_value());
  catalog.points.resize(max_catalog_entries);
  EXPECT_EQ(decode_catalog(encode_catalog(catalog)).error(), Fault::too_large);
}

TEST(CatalogBytes, AreRefusedWithMoreBytesThanAllowed) {
  auto catalog = empty_catalog();
  catalog.revision = Revision{1};
  catalog.meters.resize(1);
  catalog.meters[0].name.assign(max_catalog_bytes - 100, 'x');
  EXPECT_TRUE(decode_catalog(encode_catalog(catalog)).has_value());
  catalog.meters[0].name.assign(max_catalog_bytes, 'x');
  EXPECT_EQ(decode_catalog(encode_catalog(catalog)).error(), Fault::too_large);
}

}  // namespace
}  // namespace bornier::batch
