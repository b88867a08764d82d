// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace bornier::platform {

/// Adds the subcommand `swarm`. What is returned runs it once it is parsed and gives the exit code.
[[nodiscard]] auto add_swarm(CLI::App& app) -> std::function<int()>;

}  // namespace bornier::platform
