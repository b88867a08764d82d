// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/output.hpp"
#include "model/diagnostic.hpp"

namespace CLI {
class App;
}

/// What several commands have in common on the command line.
namespace bornier::app {

void add_configuration_option(CLI::App& command, std::string& file);
/// `format` keeps its value where the option is not given; `usual` says in words which that is.
void add_format_option(CLI::App& command, Format& format, const std::string& usual = "table");
/// Folders that are searched for model files before the usual ones.
void add_models_option(CLI::App& command, std::vector<std::string>& folders);

/// Prints the diagnostics to stderr, one a line.
void print_diagnostics(const std::vector<model::Diagnostic>& diagnostics);

/// The configuration, or nothing after all its mistakes were printed.
[[nodiscard]] auto load_or_complain(const std::string& file) -> std::optional<Configuration>;

/// The meter, which `configuration` has; or null after the reason was printed.
[[nodiscard]] auto find_meter_or_complain(const Configuration& configuration,
                                          const std::string& file, const std::string& id)
    -> const MeterSettings*;

/// The model, or nothing after the reason was printed.
[[nodiscard]] auto find_model_or_complain(const std::vector<std::string>& folders,
                                          const std::string& id)
    -> std::shared_ptr<const model::Model>;
/// The same for a command that asks meters: nothing, and said so, if it speaks MQTT.
[[nodiscard]] auto find_modbus_model_or_complain(const std::vector<std::string>& folders,
                                                 const std::string& id)
    -> std::shared_ptr<const model::Model>;

/// Throws CLI::ValidationError where nobody could be asked and the answer was not given (--yes).
void require_confirmation(bool yes);
/// Whether a person at the terminal wants what was shown to be written; says so if not.
[[nodiscard]] auto is_confirmed() -> bool;

}  // namespace bornier::app
