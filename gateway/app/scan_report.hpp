// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/output.hpp"
#include "modbus/serial_format.hpp"
#include "modbus/sweep.hpp"
#include "model/detect.hpp"

/// How the result of a scan is told.
namespace bornier::app {

struct ScannedUnit {
  modbus::SerialFormat format;  ///< not looked at where there is no serial line
  std::uint8_t unit{};
  model::Verdict verdict;
  bool identified{};  ///< false: there was no time for it
};

struct ScanReport {
  BusSettings bus;
  std::vector<ScannedUnit> units;
  bool answers_any_unit{};  ///< whichever was asked for: of `units` one is kept

  /// Of the units under the format that most of them have: a bus has one.
  [[nodiscard]] auto usual_format() const -> modbus::SerialFormat;
};

/// "certain", "looks like" or "unknown".
[[nodiscard]] auto certainty_of(const ScannedUnit& unit) -> std::string;
/// Why the model is named, or why none is.
[[nodiscard]] auto reason_of(const ScannedUnit& unit) -> std::string;
/// Of all units, in the order of their ids.
[[nodiscard]] auto table_of(const ScanReport& report) -> Table;

/// One [[bus]] and a [[meter]] for each unit whose model has a name; about others, and those under
/// another format than most, a comment. `check` accepts it behind a [gateway]. `device`: the name
/// to write for a serial line.
[[nodiscard]] auto blocks_of(const ScanReport& report, const std::string& device) -> std::string;

/// The name of this device in /dev/serial/by-path, which stays when adapters are plugged in another
/// order; the name itself, from the root, if it has none.
[[nodiscard]] auto lasting_name(const std::string& device) -> std::string;

/// What the sweep noticed besides units, in sentences with their remedy.
[[nodiscard]] auto remarks_of(const modbus::Sweep& sweep, const ScanReport& report)
    -> std::vector<std::string>;

}  // namespace bornier::app
