// SPDX-License-Identifier: Apache-2.0
#include "app/poll_answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using reading::Acquisition;
using reading::Decimal;
using testing::ElementsAre;
using testing::IsEmpty;

/// A meter whose current is multiplied with a register of another table.
class PollAnswersTest : public testing::Test {
 protected:
  PollAnswersTest() {
    meter.model = std::make_shared<const model::Model>(model::model_with_points(
        "current = { quantity = \"current\", table = \"input\", address = 0, type = \"int16\", "
        "unit "
        "= \"A\", scale = \"0.1*mul(ratio)\" }\n"
        "ratio = { quantity = \"device_setting\", address = 9, type = \"uint16\" }\n"
        "voltage = { quantity = \"voltage\", table = \"input\", address = 1, type = \"int16\", "
        "unit "
        "= \"V\" }\n"));
    meter.settings = model::Settings{*meter.model};
    const std::vector<std::size_t> points{0, 2};
    requests = *plan_requests(*meter.model, points);
  }

  static auto answer(const Request& request, std::vector<std::uint16_t> words) -> Gathered {
    return {.request = &request, .words = std::move(words), .exception_code = 0, .at = {}};
  }
  static auto points_of(const std::vector<model::Decoded>& decoded) -> std::vector<std::size_t> {
    std::vector<std::size_t> points;
    for (const auto& one : decoded) {
      points.push_back(one.point);
    }
    return points;
  }

  MeterSettings meter;
  std::vector<Request> requests;
};

TEST_F(PollAnswersTest, GiveASharedPointWithTheLastOfItsAnswers) {
  PollAnswers answers{meter, requests};
  EXPECT_THAT(points_of(answers.add(answer(requests[0], {25, 230}))), ElementsAre(2));
  const auto completed = answers.add(answer(requests[1], {40}));
  ASSERT_THAT(points_of(completed), ElementsAre(0));
  EXPECT_EQ(std::get<Decimal>(completed[0].value), (Decimal{100'000, -3}));
}

TEST_F(PollAnswersTest, GiveItInAnyOrder) {
  PollAnswers answers{meter, requests};
  EXPECT_THAT(answers.add(answer(requests[1], {40})), IsEmpty());
  EXPECT_THAT(points_of(answers.add(answer(requests[0], {25, 230}))), ElementsAre(2, 0));
}

TEST_F(PollAnswersTest, NeverMixTwoPolls) {
  PollAnswers first{meter, requests};
  EXPECT_THAT(points_of(first.add(answer(requests[0], {25, 230}))), ElementsAre(2));
  PollAnswers second{meter, requests};
  EXPECT_THAT(second.add(answer(requests[1], {40})), IsEmpty());
}

TEST_F(PollAnswersTest, SayNothingOfARefusal) {
  PollAnswers answers{meter, requests};
  EXPECT_THAT(answers.add({.request = &requests[1], .words = {}, .exception_code = 2, .at = {}}),
              IsEmpty());
  EXPECT_THAT(answers.failed(requests[1]), ElementsAre(0));
  EXPECT_THAT(answers.failed(requests[0]), ElementsAre(2)) << "the first reason stays";
}

// Carlo Gavazzi EM340: 11 read alone is the product code, within a longer answer a half of a
// voltage.
TEST(PollAnswersAlone, TakeEachPointFromItsOwnRequest) {
  MeterSettings meter;
  meter.model = std::make_shared<const model::Model>(model::model_with_points(
      "f = { quantity = \"device_setting\", address = 10, type = \"uint16\" }\n"
      "a = { quantity = \"voltage\", address = 11, type = \"uint16\", unit = \"V\", scale = "
      "\"mul(f)\", alone = true }\n"
      "g = { quantity = \"device_setting\", address = 11, type = \"uint32\" }\n"));
  meter.settings = model::Settings{*meter.model};
  const std::vector<std::size_t> points{0, 1, 2};
  const auto requests = *plan_requests(*meter.model, points);
  ASSERT_EQ(requests.size(), 2U);
  PollAnswers answers{meter, requests};
  std::map<std::size_t, Decimal> values;
  for (const auto& request : requests) {
    std::vector<std::uint16_t> words{2, 999, 5};
    if (request.count == 1) {
      words = {77};
    }
    for (const auto& decoded :
         answers.add({.request = &request, .words = words, .exception_code = 0, .at = {}})) {
      values[decoded.point] = std::get<Decimal>(decoded.value);
    }
  }
  EXPECT_TRUE(is_eq(compare(values.at(1), {154, 0})));
  EXPECT_EQ(values.at(2), (Decimal{999 * 65536 + 5, 0}));
}

}  // namespace
}  // namespace bornier::app
