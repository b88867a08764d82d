// SPDX-License-Identifier: Apache-2.0
// Every model of config/models that speaks MQTT, with the messages that it carries.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "intake/run_message_tests.hpp"
#include "intake/testing.hpp"
#include "model/load.hpp"

namespace bornier::intake {
namespace {

class MessageModel : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(MessageModel, GivesTheReadingsOfItsOwnMessages) {
  const auto model = model::load_model(text_of_file(GetParam()), GetParam().filename().string());
  ASSERT_TRUE(model) << [&] {
    std::string mistakes;
    for (const auto& mistake : model.error()) {
      mistakes += to_text(mistake) + "\n";
    }
    return mistakes;
  }();
  EXPECT_GE(model->tests.size(), 2U);
  for (const auto& failure : run_message_tests(*model)) {
    ADD_FAILURE() << failure.test << ": " << failure.point << " is " << failure.found << ", not "
                  << failure.expected;
  }
}

INSTANTIATE_TEST_SUITE_P(Config, MessageModel, testing::ValuesIn(message_models()),
                         [](const auto& instance) {
                           std::string name = instance.param.stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace bornier::intake
