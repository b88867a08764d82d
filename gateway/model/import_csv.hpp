// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "wire/result.hpp"

namespace bornier::model {

/// A model file that a person completes.
struct ImportedModel {
  std::string text;                ///< TOML
  std::vector<std::string> notes;  ///< what was guessed, for whoever imports
};

/// Rows of a register list (RFC 4180, comma or semicolon, a heading; lines with # are comments) to
/// a model file. Columns by their heading, whatever their order: name, address or register, and
/// where there are any: table, type, unit, scale, phase, word_order, quantity. A register number
/// such as 40001 tells the table. A name that begins with a quantity of the dictionary is that
/// quantity. `id` is the model's, `file` is for messages.
[[nodiscard]] auto import_csv(std::string_view csv, const std::string& id, const std::string& file)
    -> wire::Result<ImportedModel, std::vector<Diagnostic>>;

}  // namespace bornier::model
