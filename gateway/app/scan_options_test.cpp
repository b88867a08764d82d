// SPDX-License-Identifier: Apache-2.0
#include "app/scan_options.hpp"

#include <gmock/gmock.h>

#include "app/hypotheses.hpp"

namespace bornier::app {
namespace {

using modbus::Parity;
using testing::ElementsAre;
using testing::IsEmpty;
using Models = std::vector<std::shared_ptr<const model::Model>>;

auto maker(unsigned baud, model::Parity parity) -> std::shared_ptr<const model::Model> {
  model::Model model;
  model.serial.baud = baud;
  model.serial.parity = parity;
  return std::make_shared<const model::Model>(std::move(model));
}

auto names_of(const std::vector<modbus::SerialFormat>& formats) -> std::vector<std::string> {
  std::vector<std::string> names;
  for (const auto& format : formats) {
    names.push_back(to_text(format));
  }
  return names;
}

TEST(UnitIds, AreListsOfNumbersAndRanges) {
  EXPECT_THAT(*parse_unit_ids("5"), ElementsAre(5));
  EXPECT_THAT(*parse_unit_ids("3-5,1"), ElementsAre(3, 4, 5, 1));
  EXPECT_THAT(*parse_unit_ids("1-3,2,0,255"), ElementsAre(1, 2, 3, 0, 255));
  EXPECT_EQ(parse_unit_ids("0-255")->size(), 256U);
}

TEST(UnitIds, AreRefusedWhereTheyMeanNothing) {
  for (const auto* text : {"", "256", "5-1", "1,", ",1", "1-", "-5", "a", "1 2", "1-2-3"}) {
    EXPECT_FALSE(parse_unit_ids(text)) << text;
  }
}

TEST(FormatsToTry, AreAllCombinationsOfWhatIsAskedFor) {
  EXPECT_THAT(names_of(formats_to_try({9'600, 2'400}, {Parity::odd, Parity::none}, 2, {})),
              ElementsAre("9600 8O2", "9600 8N2", "2400 8O2", "2400 8N2"));
  EXPECT_THAT(names_of(formats_to_try({38'400}, {}, 1, {})), ElementsAre("38400 8N1", "38400 8E1"));
}

TEST(FormatsToTry, BeginWithWhatMostMakersDeliver) {
  const Models models{maker(19'200, model::Parity::even), maker(9'600, model::Parity::even),
                      maker(19'200, model::Parity::even)};
  EXPECT_THAT(names_of(formats_to_try({9'600, 19'200}, {Parity::none, Parity::even}, 1, models)),
              ElementsAre("19200 8E1", "9600 8E1", "9600 8N1", "19200 8N1"));
}

TEST(FormatsToTry, HoldEveryMakersFormatWhereNoneIsAskedFor) {
  const Models models{maker(115'200, model::Parity::even)};
  EXPECT_THAT(names_of(formats_to_try({}, {}, 1, models)),
              ElementsAre("115200 8E1", "9600 8N1", "9600 8E1", "19200 8N1", "19200 8E1"));
  EXPECT_THAT(names_of(formats_to_try({9'600}, {}, 1, models)),
              ElementsAre("9600 8N1", "9600 8E1"));
}

TEST(FormatsToTry, BeginWithTheCommonestOfTheShippedModels) {
  const auto models = load_models({BORNIER_SOURCE_DIR "/config/models"}, model::Protocol::modbus);
  const auto names = names_of(formats_to_try({}, {}, 1, models));
  ASSERT_GE(names.size(), 3U);
  EXPECT_EQ(names.front(), "9600 8N1");
  EXPECT_THAT(names, testing::UnorderedElementsAre("9600 8N1", "9600 8E1", "19200 8N1", "19200 8E1",
                                                   "2400 8N1", "38400 8N1", "115200 8E1"));
}

TEST(QuestionForAll, IsOneThatAModelWhichRefusesNothingAnswers) {
  const auto models = load_models({BORNIER_SOURCE_DIR "/config/models"}, model::Protocol::modbus);
  const auto question = question_for_all(models);
  // WZU-485E-MOD: holding registers 1 to 41, and silence for everything else.
  EXPECT_EQ(question.table, wire::Table::holding_register);
  EXPECT_GE(question.first.value(), 1);
  EXPECT_LE(question.first.value() + question.quantity - 1, 41);
  EXPECT_EQ(question_for_all({}).quantity, 1);
}

}  // namespace
}  // namespace bornier::app
