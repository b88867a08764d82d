// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "wire/result.hpp"

namespace bornier::app {

/// Asks the gateway that runs on this state directory for one thing; the answer's object. Nothing:
/// no gateway runs there. A text, for people: it did not answer, refused, or does not let this user
/// ask.
[[nodiscard]] auto ask_gateway(const std::filesystem::path& state_directory,
                               std::string_view request)
    -> wire::Result<std::optional<boost::json::object>, std::string>;

}  // namespace bornier::app
