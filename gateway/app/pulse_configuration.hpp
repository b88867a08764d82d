// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_configuration.hpp"
#include "model/toml_reader.hpp"

namespace bornier::app {

/// The tables `pulse` of a [[meter]] or [[mqtt.meter]]: meters whose pulses that device counts.
/// What has mistakes is reported and left out; `device`, whose model may be missing for mistakes of
/// its own, is not yet an index. `title` is how their table is written: "[[meter.pulse]]".
[[nodiscard]] auto read_pulse_meters(model::TableReader& device_table, std::string_view title,
                                     const MeteringPoint& device, MeterConfiguration& meters,
                                     model::Report& report) -> std::vector<PulseMeterSettings>;

/// The points that these meters need of their device.
[[nodiscard]] auto counts_of(const std::vector<PulseMeterSettings>& meters)
    -> std::vector<std::size_t>;

}  // namespace bornier::app
