// SPDX-License-Identifier: Apache-2.0
#include "model/run_tests.hpp"

namespace bornier::model {

auto run_tests(const Model& model) -> std::vector<TestFailure> {
  std::vector<TestFailure> failures;
  for (const FrameTest& test : model.tests) {
    const auto settings = settings_of(model, test);
    const auto blocks = blocks_of(test);
    for (const auto& [name, expected] : test.expected) {
      const auto point = find_point(model, name);
      const std::vector<std::size_t> points{point.value_or(0)};
      const auto found =
          point ? to_text(model, settings, decode(model, settings, points, blocks).front())
                : std::string{"no such point"};
      if (found != expected) {
        failures.push_back({test.title, name, expected, found});
      }
    }
  }
  return failures;
}

auto blocks_of(const FrameTest& test) -> std::vector<RegisterBlock> {
  std::vector<RegisterBlock> blocks;
  for (const TestRegisters& registers : test.registers) {
    blocks.push_back({registers.table, registers.first, registers.words});
  }
  return blocks;
}

auto settings_of(const Model& model, const FrameTest& test) -> Settings {
  Settings settings{model};
  for (const auto& [name, choice] : test.settings) {
    static_cast<void>(settings.choose(model, name, choice));
  }
  return settings;
}

}  // namespace bornier::model
