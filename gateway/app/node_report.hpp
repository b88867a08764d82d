// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "app/configuration.hpp"
#include "app/node_image.hpp"
#include "app/output.hpp"

/// A node as `bornier node info` shows it.
namespace bornier::app {

/// Firmware and serial number as people and configurations write them: "0.1", "0000563412005452".
[[nodiscard]] auto firmware_text(const NodeImage& image) -> std::string;
[[nodiscard]] auto node_serial_text(std::uint64_t serial) -> std::string;

/// input, state, count, index, pulse_value, rate, rejected, debounce, min_width, trouble.
[[nodiscard]] auto input_table(const NodeImage& image) -> Table;
/// number, boot, after, what: oldest first.
[[nodiscard]] auto event_table(const NodeImage& image) -> Table;
/// All of it; CSV has the inputs only.
[[nodiscard]] auto node_text(const NodeImage& image, Format format) -> std::string;

/// The `[[meter]]` and `[[meter.pulse]]` sections of a gateway that begins to read it `now`.
/// `meter` has the id, which may be empty, and the unit id.
[[nodiscard]] auto node_configuration(const NodeImage& image, const MeterSettings& meter,
                                      std::string_view bus, std::string_view now) -> std::string;

}  // namespace bornier::app
