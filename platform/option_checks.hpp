// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// What the options of `run` and `swarm` have in common: validators for CLI11, which puts the
/// option's name before what they return. Empty if the value is good.
namespace bornier::platform {

[[nodiscard]] auto check_broker(const std::string& url) -> std::string;
[[nodiscard]] auto check_city(const std::string& city) -> std::string;

}  // namespace bornier::platform
