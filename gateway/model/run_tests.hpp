// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/decode.hpp"
#include "model/model.hpp"

namespace bornier::model {

/// A reading that a frame of a model file does not give.
struct TestFailure {
  std::string test;  ///< its title
  std::string point;
  std::string expected;
  std::string found;
};

/// Decodes the frames of Model::tests.
[[nodiscard]] auto run_tests(const Model& model) -> std::vector<TestFailure>;

/// The registers of one test, as decode() takes them. Look into `test`.
[[nodiscard]] auto blocks_of(const FrameTest& test) -> std::vector<RegisterBlock>;
/// The choices of one test; loading has checked them.
[[nodiscard]] auto settings_of(const Model& model, const FrameTest& test) -> Settings;

}  // namespace bornier::model
