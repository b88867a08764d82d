// SPDX-License-Identifier: Apache-2.0
// Every model of config/models that speaks MQTT, with the messages that it carries.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "intake/run_message_tests.hpp"
#include "model/load.hpp"

namespace bornier::intake {
namespace {

auto content(const std::filesystem::path& path) -> std::string {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return std::move(text).str();
}

auto message_models() -> std::vector<std::filesystem::path> {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator{BORNIER_SOURCE_DIR "/config/models"}) {
    if (content(entry.path()).find("\nprotocol = \"mqtt\"") != std::string::npos &&
        entry.path().extension() == ".toml") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

class MessageModel : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(MessageModel, GivesTheReadingsOfItsOwnMessages) {
  const auto model = model::load_model(content(GetParam()), GetParam().filename().string());
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
