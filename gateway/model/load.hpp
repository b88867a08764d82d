// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/model.hpp"
#include "wire/result.hpp"

namespace bornier::model {

/// The model that `text` (TOML, format in DESIGN.md) describes, or all its mistakes at once, in the
/// order of the lines; of mistakes in TOML's own syntax only the first. `file` names the text in
/// diagnostics; the model's id must be its stem ("models/eastron-sdm630.toml").
[[nodiscard]] auto load_model(std::string_view text, const std::string& file)
    -> wire::Result<Model, std::vector<Diagnostic>>;

}  // namespace bornier::model
