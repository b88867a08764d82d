// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/live_meter.hpp"
#include "wire/result.hpp"

namespace bornier::app {

/// Judges meters by what a running daemon shows in its status, for it holds the lines. `endpoints`
/// are the names of the meters' lines, parallel to them. What is left over may be read directly:
/// the daemon knows neither the meter nor its line. Fails if the report is none.
[[nodiscard]] auto judge_by_status(std::string_view report, std::span<LiveMeter> meters,
                                   std::span<const std::string> endpoints)
    -> wire::Result<std::vector<LiveMeter*>, std::string>;

}  // namespace bornier::app
