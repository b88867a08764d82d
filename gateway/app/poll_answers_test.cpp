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

/// A meter whose energy is counted in kWh or MWh, as a register of another table tells.
class PollAnswersOfASettingTest : public testing::Test {
 protected:
  PollAnswersOfASettingTest() {
    meter.model = std::make_shared<const model::Model>(model::loaded(std::string{model::head} +
                                                                     R"toml([setting.prefix]
register = "prefix"
options = [{ name = "k", value = 0, weight = 1 }, { name = "M", value = 1, weight = 1000 }]
[points]
prefix = { quantity = "device_setting", address = 9, type = "uint16" }
energy = { quantity = "energy_active_import", table = "input", address = 40, type = "uint16", unit = "kW.h", scale = "setting(prefix)" }
voltage = { quantity = "voltage", table = "input", address = 41, type = "uint16", unit = "V" }
)toml"));
    meter.settings = model::Settings{*meter.model};
    const std::vector<std::size_t> points{1, 2};
    requests = *plan_requests(*meter.model, points);
  }

  /// The energy that a poll gives; nothing if it gives none.
  auto poll(std::uint16_t energy, std::uint16_t prefix) -> std::string {
    PollAnswers answers{meter, requests, &shown};
    auto decoded = answers.add(answer(requests[0], {energy, 230}));
    EXPECT_EQ(decoded.size(), 1U) << "the voltage does not wait";
    decoded = answers.add(answer(requests[1], {prefix}));
    news = answers.take_news();
    return decoded.empty() ? "" : to_text(*meter.model, *meter.settings, decoded.front());
  }
  static auto answer(const Request& request, std::vector<std::uint16_t> words) -> Gathered {
    return {.request = &request, .words = std::move(words), .exception_code = 0, .at = {}};
  }

  MeterSettings meter;
  std::vector<Request> requests;
  SettingsShown shown;
  std::vector<std::size_t> news;
};

TEST_F(PollAnswersOfASettingTest, ReadTheSettingAfterWhatDependsOnIt) {
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].table, wire::Table::input_register);
  EXPECT_FALSE(requests[0].confirms);
  EXPECT_EQ(requests[1].table, wire::Table::holding_register);
  EXPECT_TRUE(requests[1].confirms);
}

TEST_F(PollAnswersOfASettingTest, GiveNothingInThePollInWhichItChanges) {
  EXPECT_EQ(poll(1500, 0), "1500 kW.h");
  EXPECT_THAT(news, ElementsAre(0));
  EXPECT_EQ(poll(1501, 0), "1501 kW.h");
  EXPECT_THAT(news, IsEmpty());
  EXPECT_EQ(poll(1501, 1), "") << "the counter was read while the prefix was still k, or not";
  EXPECT_THAT(news, ElementsAre(0));
  EXPECT_EQ(poll(1, 1), "1000 kW.h");
}

TEST_F(PollAnswersOfASettingTest, HoldAPollAgainstWhatWasShownBeforeItBegan) {
  EXPECT_EQ(poll(1500, 0), "1500 kW.h");
  PollAnswers interrupted{meter, requests, &shown};
  EXPECT_EQ(interrupted.add(answer(requests[0], {1500, 230})).size(), 1U);
  EXPECT_EQ(poll(1, 1), "");
  EXPECT_THAT(interrupted.add(answer(requests[1], {1})), IsEmpty());
}

TEST_F(PollAnswersOfASettingTest, SayThatAnUnknownSettingIsOutOfRange) {
  EXPECT_EQ(poll(1500, 7), "out of range");
  EXPECT_EQ(poll(1500, 7), "out of range");
}

}  // namespace
}  // namespace bornier::app
