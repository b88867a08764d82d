// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

[[nodiscard]] inline auto text_of_file(const std::filesystem::path& path) -> std::string {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return std::move(text).str();
}

/// The files of all shipped models that speak MQTT.
[[nodiscard]] inline auto message_models() -> std::vector<std::filesystem::path> {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator{BORNIER_SOURCE_DIR "/config/models"}) {
    if (entry.path().extension() == ".toml" &&
        text_of_file(entry.path()).find("\nprotocol = \"mqtt\"") != std::string::npos) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace bornier::intake
