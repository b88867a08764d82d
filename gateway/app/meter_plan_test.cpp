// SPDX-License-Identifier: Apache-2.0
#include "app/meter_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "app/configuration.hpp"
#include "app/testing.hpp"

namespace bornier::app {
namespace {

auto holds(const Request& request, const model::Point& point) -> bool {
  return request.table == point.table && request.first <= point.address &&
         request.first + request.count >= point.address + point.encoding.registers;
}

class RealModel : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    model = find_model({BORNIER_SOURCE_DIR "/config/models"}, GetParam()).model;
    ASSERT_NE(model, nullptr);
    all.resize(model->points.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
  }

  std::shared_ptr<const model::Model> model;
  std::vector<std::size_t> all;
};

TEST_P(RealModel, HasEachPointInOneRequestThatHoldsItAndWhatItNeeds) {
  const auto requests = plan_requests(*model, all);
  ASSERT_TRUE(requests) << requests.error();
  std::vector<int> times(all.size());
  for (const auto& request : *requests) {
    for (const auto point : request.points) {
      ++times[point];
      EXPECT_TRUE(holds(request, model->points[point])) << model->points[point].name;
      for (const auto needed : model->points[point].together) {
        EXPECT_TRUE(holds(request, model->points[needed]))
            << model->points[point].name << " without " << model->points[needed].name;
      }
    }
  }
  EXPECT_EQ(times, std::vector<int>(all.size(), 1));
}

TEST_P(RealModel, IsAskedWithinItsLimits) {
  const auto requests = plan_requests(*model, all);
  ASSERT_TRUE(requests) << requests.error();
  const auto& limits = model->limits;
  for (const auto& request : *requests) {
    EXPECT_GE(request.count, 1);
    EXPECT_LE(request.count, limits.registers_per_request);
    if (limits.even) {
      EXPECT_EQ(request.first % 2, 0);
      EXPECT_EQ(request.count % 2, 0);
    }
    const bool in_a_range =
        limits.ranges.empty() ||
        std::any_of(limits.ranges.begin(), limits.ranges.end(), [&](const auto& range) {
          return range.table == request.table && range.first <= request.first &&
                 request.first + request.count - 1 <= range.last;
        });
    EXPECT_TRUE(in_a_range) << "from " << request.first << ", " << request.count << " registers";
  }
}

TEST_P(RealModel, IsAskedForASinglePointWithAllThatItNeeds) {
  for (const auto point : all) {
    const std::vector<std::size_t> one{point};
    const auto requests = plan_requests(*model, one);
    ASSERT_TRUE(requests) << requests.error();
    ASSERT_EQ(requests->size(), 1U) << model->points[point].name;
    EXPECT_EQ(requests->front().points, one);
  }
}

INSTANTIATE_TEST_SUITE_P(MeterPlan, RealModel,
                         testing::Values("abb-aquamaster3", "eastron-sdm630",
                                         "landisgyr-uh50-wzu485", "schneider-iem3155"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(MeterPlan, ReadsNothingForNoPoints) {
  const auto meter = two_point_meter({});
  const auto requests = plan_requests(*meter.model, {});
  ASSERT_TRUE(requests);
  EXPECT_TRUE(requests->empty());
}

TEST(MeterPlan, NamesThePointThatDoesNotFitARequest) {
  auto model = model::model_with_points(
      "wide = { quantity = \"energy_active_import\", address = 0, type = \"uint64\", unit = "
      "\"kW.h\" }\n");
  model.limits.registers_per_request = 3;
  const std::vector<std::size_t> points{0};
  const auto requests = plan_requests(model, points);
  ASSERT_FALSE(requests);
  EXPECT_EQ(requests.error(), "`wide` does not fit one request within the meter's limit");
}

// A scale far away from its value, or read with another function code.
TEST(MeterPlan, ReadsTogetherWhatItCanAndSharesWhatItCannot) {
  const auto model = model::model_with_points(
      "near = { quantity = \"voltage\", address = 0, type = \"int16\", unit = \"V\", scale = "
      "\"pow10(sf)\" }\n"
      "sf = { quantity = \"device_setting\", address = 1, type = \"int16\" }\n"
      "far = { quantity = \"current\", table = \"input\", address = 0, type = \"int16\", unit = "
      "\"A\", scale = \"mul(ratio)\" }\n"
      "ratio = { quantity = \"device_setting\", address = 9000, type = \"uint16\" }\n"
      "own = { quantity = \"current\", table = \"input\", address = 1, type = \"int16\", unit = "
      "\"A\" }\n");
  const std::vector<std::size_t> points{4, 0, 2};
  const auto requests = plan_requests(model, points);
  ASSERT_TRUE(requests) << requests.error();
  ASSERT_EQ(requests->size(), 3U);
  using Points = std::vector<std::size_t>;
  EXPECT_EQ((*requests)[0].table, wire::Table::input_register);
  EXPECT_EQ((*requests)[0].points, Points{4});
  EXPECT_EQ((*requests)[0].shared, Points{2});
  EXPECT_EQ((*requests)[1].count, 2);
  EXPECT_EQ((*requests)[1].points, Points{0});
  EXPECT_EQ((*requests)[2].first, 9000);
  EXPECT_EQ((*requests)[2].points, Points{});
  EXPECT_EQ((*requests)[2].shared, Points{2});
}

TEST(MeterPlan, TearsASumApartBeforeItTearsAValueFromItsScale) {
  auto model = model::model_with_points(
      "total = { quantity = \"voltage\", sum = [\"v1\", \"v2\"] }\n"
      "v1 = { quantity = \"voltage\", address = 3, type = \"int16\", unit = \"V\", scale = "
      "\"pow10(sf)\" }\n"
      "sf = { quantity = \"device_setting\", address = 4, type = \"int16\" }\n"
      "v2 = { quantity = \"voltage\", address = 90, type = \"int16\", unit = \"V\" }\n"
      "other = { quantity = \"voltage\", address = 0, type = \"uint64\", unit = \"mV\", alone = "
      "true "
      "}\n");
  model.limits.registers_per_request = 4;
  const std::vector<std::size_t> points{0, 1};
  const auto requests = plan_requests(model, points);
  ASSERT_TRUE(requests) << requests.error();
  ASSERT_EQ(requests->size(), 2U);
  EXPECT_EQ((*requests)[0].count, 2);
  EXPECT_EQ((*requests)[0].points, std::vector<std::size_t>{1});
  EXPECT_EQ((*requests)[0].shared, std::vector<std::size_t>{0});
}

TEST(MeterPlan, ReadsThePartsOfADerivedPoint) {
  const auto model = model::model_with_points(
      "total = { quantity = \"energy_active_import\", sum = [\"t1\", \"t2\"] }\n"
      "t1 = { quantity = \"energy_active_import\", tariff = 1, address = 0, type = \"uint32\", "
      "unit "
      "= \"Wh\" }\n"
      "t2 = { quantity = \"energy_active_import\", tariff = 2, address = 2, type = \"uint32\", "
      "unit "
      "= \"Wh\" }\n");
  const std::vector<std::size_t> points{0};
  const auto requests = plan_requests(model, points);
  ASSERT_TRUE(requests) << requests.error();
  ASSERT_EQ(requests->size(), 1U);
  EXPECT_EQ(requests->front().count, 4);
  EXPECT_EQ(requests->front().points, points);
}

TEST(MeterPlan, ReadsAloneWhatMustBeAloneAndItsScaleBesides) {
  const auto model = model::model_with_points(
      "v = { quantity = \"voltage\", address = 0, type = \"int16\", unit = \"V\", scale = "
      "\"pow10(sf)\", alone = true }\n"
      "sf = { quantity = \"device_setting\", address = 1, type = \"int16\" }\n");
  const std::vector<std::size_t> points{0, 1};
  const auto requests = plan_requests(model, points);
  ASSERT_TRUE(requests) << requests.error();
  ASSERT_EQ(requests->size(), 2U);
  EXPECT_EQ((*requests)[0].count, 1);
  EXPECT_EQ((*requests)[0].shared, std::vector<std::size_t>{0});
  EXPECT_EQ((*requests)[1].points, std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace bornier::app
