// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/meter_place.hpp"
#include "modbus/serial_format.hpp"
#include "model/model.hpp"
#include "wire/pdu.hpp"

/// What `bornier scan` tries, and in which order.
namespace bornier::app {

/// "1-20,30": each once, in the order written; nothing if that is no such list of 0 to 255.
[[nodiscard]] auto parse_unit_ids(std::string_view text)
    -> std::optional<std::vector<std::uint8_t>>;

/// The formats in which a serial line is tried; those that more of the models have from their maker
/// come first. Bauds and parities that are given are tried in all combinations; where none is,
/// every maker's format is, beside the commonest.
[[nodiscard]] auto formats_to_try(const std::vector<std::uint32_t>& bauds,
                                  const std::vector<modbus::Parity>& parities,
                                  std::uint8_t stop_bits,
                                  std::span<const std::shared_ptr<const model::Model>> models)
    -> std::vector<modbus::SerialFormat>;

/// What every unit is asked. A meter that does not refuse what it does not have would be taken for
/// nobody: if there is such a model, it is something that this one has.
[[nodiscard]] auto question_for_all(std::span<const std::shared_ptr<const model::Model>> models)
    -> wire::Read;

/// "9600 8N1".
[[nodiscard]] auto to_text(const modbus::SerialFormat& format) -> std::string;

}  // namespace bornier::app
