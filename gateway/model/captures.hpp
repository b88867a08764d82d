// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

#include "model/model.hpp"
#include "model/toml_reader.hpp"

namespace bornier::model {

/// The names of all captures in the topics and requirements of a model.
[[nodiscard]] auto captures_of(const Model& model) -> std::set<std::string>;

/// `device` and `captures` of a meter of this model.
[[nodiscard]] auto read_captures(TableReader& settings, const Model& model)
    -> std::map<std::string, std::string>;

}  // namespace bornier::model
