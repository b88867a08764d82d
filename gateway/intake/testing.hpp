// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "model/load.hpp"

namespace bornier::intake {

/// A model of messages and points, with what every file begins with.
[[nodiscard]] inline auto model_of(std::string_view parts) -> std::shared_ptr<const model::Model> {
  const auto text = R"(format = 1
id = "m"
version = "1"
manufacturer = "Maker"
title = "Meter"
medium = "electricity"
confidence = "high"
protocol = "mqtt"
)" + std::string{parts};
  auto model = model::load_model(text, "m.toml");
  if (!model) {
    for (const auto& mistake : model.error()) {
      ADD_FAILURE() << to_text(mistake);
    }
    return std::make_shared<const model::Model>();
  }
  return std::make_shared<const model::Model>(*std::move(model));
}

}  // namespace bornier::intake
