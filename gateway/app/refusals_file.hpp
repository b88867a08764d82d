// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/configuration.hpp"
#include "modbus/refusal_search.hpp"
#include "wire/result.hpp"

namespace bornier::app {

/// What meters refuse, kept in the state directory so that it is found out once.
inline constexpr const char* refusals_file = "refusals.json";

/// By the meter's id in the configuration.
using RefusalsByMeter = std::map<std::string, modbus::Refusals>;

/// The file's text. Meters of which nothing is known are left out.
[[nodiscard]] auto refusals_text(const RefusalsByMeter& refusals,
                                 const std::vector<MeterSettings>& meters) -> std::string;

/// What `text` says of these meters, as far as it was learned with the same version of the same
/// model; or why it is not such a file.
[[nodiscard]] auto parse_refusals(std::string_view text, const std::vector<MeterSettings>& meters)
    -> wire::Result<RefusalsByMeter, std::string>;

/// The state directory's file; nothing is known if there is none or it is damaged, which is logged.
[[nodiscard]] auto load_refusals(const std::filesystem::path& directory,
                                 const std::vector<MeterSettings>& meters) -> RefusalsByMeter;

}  // namespace bornier::app
