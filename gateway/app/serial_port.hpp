// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>
#include <string>

#include "app/configuration.hpp"

/// What people are told about the place where a line should be.
namespace bornier::app {

/// Why what stands at the path can be no serial port, with the remedy; empty if it may be one, or
/// if nothing stands there yet. Nothing is opened: that would move the control lines of a port.
[[nodiscard]] auto objection_to_device(const std::string& device) -> std::string;

/// One sentence, with the remedy, about a line that could not be opened. `name` is the line's.
[[nodiscard]] auto why_not_connected(const BusSettings& bus, const std::string& name,
                                     const boost::system::error_code& failure) -> std::string;

/// Whose answer does not come, and what to look at.
[[nodiscard]] auto why_silent(const BusSettings& bus, const std::string& name, wire::UnitId unit)
    -> std::string;

}  // namespace bornier::app
