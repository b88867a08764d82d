// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "platform/swarm_gateway.hpp"

/// What the options of `run` and `swarm` have in common: validators for CLI11, which puts the
/// option's name before what they return. Empty if the value is good.
namespace bornier::platform {

[[nodiscard]] auto check_broker(const std::string& url) -> std::string;
[[nodiscard]] auto check_city(const std::string& city) -> std::string;
[[nodiscard]] auto check_share(const std::string& share) -> std::string;
[[nodiscard]] auto check_client_id(const std::string& id) -> std::string;
/// A time as parse_duration() takes it, of `least` or more.
[[nodiscard]] auto check_duration(const std::string& text, std::chrono::milliseconds least)
    -> std::string;

/// "500ms", "10s", "1min": digits and a unit, at most a week.
[[nodiscard]] auto parse_duration(std::string_view text)
    -> std::optional<std::chrono::milliseconds>;

/// Not more than one computer makes up, catalogs included, and a broker takes.
[[nodiscard]] auto check_load(std::uint32_t gateways, const SwarmShape& shape) -> std::string;

/// The parser repeats arguments that it does not expect: `text` without the passwords that are in
/// `arguments`.
[[nodiscard]] auto without_passwords(std::string text, std::span<const char* const> arguments)
    -> std::string;

}  // namespace bornier::platform
