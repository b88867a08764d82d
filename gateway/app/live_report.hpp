// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "app/live_meter.hpp"
#include "app/output.hpp"

namespace bornier::app {

struct LiveCounts {
  std::size_t errors{};
  std::size_t hints{};
};
[[nodiscard]] auto count(std::span<const LiveMeter> meters) -> LiveCounts;

/// For people: a line for each meter, then each finding with evidence and remedy. As JSON one
/// object with `meters[]` and their `findings[]`. As CSV a row for each meter.
[[nodiscard]] auto to_text(std::span<const LiveMeter> meters, Format format) -> std::string;

}  // namespace bornier::app
