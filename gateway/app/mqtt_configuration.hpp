// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/configuration.hpp"
#include "app/meter_configuration.hpp"
#include "model/toml_reader.hpp"

namespace bornier::app {

/// Reads one [[mqtt]] with its meters into `configuration`; its mistakes go into `report`.
void read_mqtt(const toml::table& table, MeterConfiguration& meters, model::Report& report,
               Configuration& configuration);

}  // namespace bornier::app
