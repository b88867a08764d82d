// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The small notations of settings on the command line and in the configuration file.
namespace bornier::app {

/// "100ms", "1s", "15min", "1h", "30d": a whole number and one unit. Nothing for anything else or
/// above 100 years.
[[nodiscard]] auto parse_duration(std::string_view text)
    -> std::optional<std::chrono::milliseconds>;

/// "512MiB", "64KiB", "1GB", "200B": a whole number and one unit, to bytes.
[[nodiscard]] auto parse_bytes(std::string_view text) -> std::optional<std::uint64_t>;

/// "50kB/s", to bytes a second.
[[nodiscard]] auto parse_byte_rate(std::string_view text) -> std::optional<std::uint64_t>;

/// The shortest of the notations above that loses nothing: 90000 ms is "90s".
[[nodiscard]] auto to_text(std::chrono::milliseconds duration) -> std::string;

/// For people: "3.4 MiB", "812 B".
[[nodiscard]] auto bytes_for_people(std::uint64_t bytes) -> std::string;

/// For people, two units at most: "3 d 4 h", "12 s", "250 ms".
[[nodiscard]] auto duration_for_people(std::chrono::milliseconds duration) -> std::string;

}  // namespace bornier::app
