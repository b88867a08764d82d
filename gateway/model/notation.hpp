// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The small notations of settings, in every file and on the command line.
namespace bornier::model {

/// "100ms", "1s", "15min", "1h", "30d": a whole number and one unit. Nothing for anything else or
/// above 100 years.
[[nodiscard]] auto parse_duration(std::string_view text)
    -> std::optional<std::chrono::milliseconds>;

/// "512MiB", "64KiB", "1GB", "200B": a whole number and one unit, to bytes.
[[nodiscard]] auto parse_bytes(std::string_view text) -> std::optional<std::uint64_t>;

/// "50kB/s", to bytes a second.
[[nodiscard]] auto parse_byte_rate(std::string_view text) -> std::optional<std::uint64_t>;

/// In the largest unit that loses nothing: 90000 ms is "90s", 1048576 bytes are "1MiB".
[[nodiscard]] auto to_text(std::chrono::milliseconds duration) -> std::string;
[[nodiscard]] auto bytes_to_text(std::uint64_t bytes) -> std::string;

}  // namespace bornier::model
