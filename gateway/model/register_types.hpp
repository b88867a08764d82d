// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/model.hpp"

namespace bornier::model {

/// "uint16", "string:8": as model files and people write it, big word and byte order.
[[nodiscard]] auto parse_register_type(std::string_view name) -> std::optional<Encoding>;
/// "input", "holding", "coil" or "discrete".
[[nodiscard]] auto to_text(wire::Table table) noexcept -> std::string_view;
/// All types, for messages.
[[nodiscard]] auto register_type_names() -> std::string;

}  // namespace bornier::model
