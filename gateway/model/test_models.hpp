// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "model/load.hpp"

namespace bornier::model {

/// Every text of a mistake, one a line; for comparing and for failing readably.
[[nodiscard]] inline auto to_text(const std::vector<Diagnostic>& diagnostics) -> std::string {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    text += to_text(diagnostic) + '\n';
  }
  return text;
}

/// The smallest head of a model that loads; 9 lines.
inline constexpr std::string_view head = R"(format = 1
id = "m"
version = "1"
manufacturer = "Maker"
title = "Meter"
medium = "electricity"
confidence = "low"
[defaults]
table = "holding"
)";

/// A model that a test relies on.
[[nodiscard]] inline auto loaded(std::string_view text) -> Model {
  auto model = load_model(text, "m.toml");
  if (!model) {
    ADD_FAILURE() << to_text(model.error());
    return {};
  }
  return *std::move(model);
}

/// A model with these points and no more.
[[nodiscard]] inline auto model_with_points(std::string_view points) -> Model {
  return loaded(std::string{head} + "[points]\n" + std::string{points});
}

}  // namespace bornier::model
