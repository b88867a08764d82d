// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "app/configuration.hpp"
#include "model/toml_reader.hpp"

namespace bornier::app {

/// Reads one [[bus]]; its mistakes go into `report`. `before` are the buses above it in the file.
[[nodiscard]] auto read_bus(const toml::table& table, std::span<const BusSettings> before,
                            const Surroundings& surroundings, model::Report& report) -> BusSettings;

}  // namespace bornier::app
