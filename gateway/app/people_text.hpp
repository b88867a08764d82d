// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// Sizes, spans and units as people like to read them.
namespace bornier::app {

/// "3.4 MiB", "812 B".
[[nodiscard]] auto bytes_for_people(std::uint64_t bytes) -> std::string;

/// Two units at most: "3 d 4 h", "12 s", "250 ms".
[[nodiscard]] auto duration_for_people(std::chrono::milliseconds duration) -> std::string;

/// "kvarh" for UCUM's "kV.A{reactive}.h": what it writes in braces is no unit to people.
[[nodiscard]] auto unit_for_people(std::string_view ucum) -> std::string;

}  // namespace bornier::app
