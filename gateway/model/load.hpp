// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/model.hpp"
#include "model/toml_reader.hpp"
#include "wire/result.hpp"

namespace bornier::model {

/// The model that `text` (TOML, format in DESIGN.md) describes, or all its mistakes at once, in the
/// order of the lines; of mistakes in TOML's own syntax only the first. `file` names the text in
/// diagnostics; the model's id must be its stem ("models/eastron-sdm630.toml").
[[nodiscard]] auto load_model(std::string_view text, const std::string& file)
    -> wire::Result<Model, std::vector<Diagnostic>>;

/// The model that a table of another file is by itself: one message (`topic`, `format` …), `medium`
/// and a table of `points`. Its mistakes go into `report`, which is the table's; then there is
/// nothing. Whoever calls finishes the reader.
[[nodiscard]] auto load_own_message(TableReader& table, Report& report, std::string id)
    -> std::optional<Model>;

}  // namespace bornier::model
