// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace CLI {
class App;
}

/// One function a command: it adds the command to the command line and, when that is chosen, sets
/// what `main` runs. The number is the exit code: 0, or 1 if the command failed. (2, wrong usage,
/// is main's.)
namespace bornier::app {

using Chosen = std::function<int()>;

void add_run(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_plan(CLI::App& app, Chosen& chosen);
void add_models(CLI::App& app, Chosen& chosen);
void add_read(CLI::App& app, Chosen& chosen);
void add_write(CLI::App& app, Chosen& chosen);
void add_node(CLI::App& app, Chosen& chosen);
void add_scan(CLI::App& app, Chosen& chosen);
void add_listen(CLI::App& app, Chosen& chosen);
void add_simulate(CLI::App& app, Chosen& chosen);
void add_decode(CLI::App& app, Chosen& chosen);
void add_buffer(CLI::App& app, Chosen& chosen);
void add_status(CLI::App& app, Chosen& chosen);

}  // namespace bornier::app
