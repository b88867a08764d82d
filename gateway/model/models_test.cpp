// SPDX-License-Identifier: Apache-2.0
// Every model in config/models, with the frames that it carries.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "model/decode.hpp"
#include "model/encode.hpp"
#include "model/run_tests.hpp"
#include "model/select.hpp"
#include "model/test_models.hpp"

namespace bornier::model {
namespace {

auto content(const std::filesystem::path& path) -> std::string {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return std::move(text).str();
}

auto model_files() -> std::vector<std::filesystem::path> {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator{BORNIER_SOURCE_DIR "/config/models"}) {
    const bool has_registers =
        content(entry.path()).find("\nprotocol = \"mqtt\"") == std::string::npos;
    if (entry.path().extension() == ".toml" && has_registers) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

/// The first block of TOML in the README beside the models, as a reader copies it.
auto lesson() -> std::string {
  const auto readme = content(BORNIER_SOURCE_DIR "/config/models/README.md");
  const std::string fence = "   ```";
  const auto begin = readme.find(fence + "toml\n") + fence.size() + 5;
  std::istringstream lines{readme.substr(begin, readme.find(fence + "\n", begin) - begin)};
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    text += (line.starts_with("   ") ? line.substr(3) : line) + "\n";
  }
  return text;
}

TEST(Lesson, IsAModelThatDecodesItsOwnFrames) {
  const auto model = load_model(lesson(), "my-meter.toml");
  ASSERT_TRUE(model) << to_text(model.error());
  ASSERT_FALSE(model->tests.empty());
  for (const TestFailure& failure : run_tests(*model)) {
    ADD_FAILURE() << failure.test << ": " << failure.point << " is " << failure.found << ", not "
                  << failure.expected;
  }
}

class ModelFile : public testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    auto result = load_model(content(GetParam()), GetParam().filename().string());
    ASSERT_TRUE(result) << to_text(result.error());
    model = *std::move(result);
  }

  Model model;
};

TEST_P(ModelFile, DecodesItsOwnFrames) {
  ASSERT_FALSE(model.tests.empty());
  for (const TestFailure& failure : run_tests(model)) {
    ADD_FAILURE() << failure.test << ": " << failure.point << " is " << failure.found << ", not "
                  << failure.expected;
  }
}

TEST_P(ModelFile, GivesItsFramesBackWhenItsReadingsAreEncoded) {
  for (const FrameTest& test : model.tests) {
    const auto settings = settings_of(model, test);
    const auto blocks = blocks_of(test);
    RegisterImage image;
    for (const TestRegisters& registers : test.registers) {
      for (std::size_t offset = 0; offset < registers.words.size(); ++offset) {
        image.write(registers.table, static_cast<std::uint16_t>(registers.first + offset),
                    registers.words[offset]);
      }
    }
    for (const auto& [name, expected] : test.expected) {
      const std::vector<std::size_t> points{*find_point(model, name)};
      if (!model.points[points.front()].parts.empty()) {
        continue;
      }
      const Decoded before = decode(model, settings, points, blocks).front();
      if (std::holds_alternative<reading::Acquisition>(before.value) ||
          before.quality.has(reading::QualityFlag::coarse)) {
        continue;
      }
      const auto value = std::holds_alternative<std::string>(before.value)
                             ? PointValue{std::get<std::string>(before.value)}
                             : PointValue{std::get<reading::Decimal>(before.value)};
      const auto written = encode(model, settings, points.front(), value, image);
      EXPECT_TRUE(written) << test.title << ": " << name;
    }
  }
}

TEST_P(ModelFile, HasEssentialPointsAndBillingOnesWhereItCountsWhatIsBilled) {
  const bool counts = std::ranges::any_of(model.points, [](const Point& point) {
    return point.quantity->kind == reading::Kind::counter &&
           point.quantity->name != "hour_counter" && point.quantity->name != "power_failures";
  });
  for (const std::string group : {"billing", "essential", "all"}) {
    if (group == "billing" && !counts) {
      continue;
    }
    const auto points = select(model, std::vector{group});
    ASSERT_TRUE(points);
    EXPECT_FALSE(points->empty()) << group;
  }
}

INSTANTIATE_TEST_SUITE_P(Config, ModelFile, testing::ValuesIn(model_files()),
                         [](const auto& instance) {
                           std::string name = instance.param.stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(ConfigModels, CarryEveryPointOfTheirRegisterFacts) {
  const auto count = [](std::string_view id) -> std::size_t {
    const std::string file = std::string{id} + ".toml";
    const auto model = load_model(content(BORNIER_SOURCE_DIR "/config/models/" + file), file);
    return model ? model->points.size() : 0;
  };
  EXPECT_EQ(count("eastron-sdm630"), 89U);
  EXPECT_EQ(count("schneider-iem3155"), 49U);
  EXPECT_EQ(count("landisgyr-uh50-wzu485"), 21U);
  EXPECT_EQ(count("abb-aquamaster3"), 16U);
}

}  // namespace
}  // namespace bornier::model
