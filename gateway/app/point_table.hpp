// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_learning.hpp"
#include "app/meter_reader.hpp"
#include "app/output.hpp"
#include "reading/time.hpp"

/// What `bornier read` shows of a meter, be it read by the tool or by the gateway.
namespace bornier::app {

/// point, value, unit, state, time.
[[nodiscard]] auto point_columns() -> std::vector<Column>;

/// One row a point of the requests; what was not gathered had no answer.
[[nodiscard]] auto point_table(const MeterSettings& meter, const std::vector<Request>& requests,
                               const std::vector<Gathered>& gathered) -> Table;

/// Rows for those of the points that the meter is known to lack.
void add_lacking(Table& table, const MeterSettings& meter, std::span<const std::size_t> points,
                 const MeterLearning& learning);

/// Of a meter whose pulses another device counts: its index, before the rows of the device with the
/// count (`counts`) that it comes of.
[[nodiscard]] auto pulse_table(const PulseMeterSettings& meter, const std::string& count,
                               Table counts, reading::Stamp now) -> Table;

/// Why nothing, or not all, came of a poll, for people; empty if all did. `lacking`: the meter
/// lacks a SunSpec model or the scan list. The reason of a lost connection is to be added.
[[nodiscard]] auto why_unread(modbus::Outcome outcome, bool lacking, const BusSettings& bus,
                              const std::string& line, const MeterSettings& meter) -> std::string;

}  // namespace bornier::app
