// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/detect.hpp"
#include "model/model.hpp"

namespace bornier::app {

/// What an unknown meter can be asked to find out whether it is of one of these models: at most
/// four requests each, the most telling one first.
[[nodiscard]] auto hypotheses_of(std::span<const std::shared_ptr<const model::Model>> models)
    -> std::vector<model::Hypothesis>;

/// All models in the folders that speak it; the diagnostics of those that do not load go to stderr.
[[nodiscard]] auto load_models(const std::vector<std::filesystem::path>& folders,
                               model::Protocol protocol)
    -> std::vector<std::shared_ptr<const model::Model>>;

}  // namespace bornier::app
