// SPDX-License-Identifier: Apache-2.0
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/commands.hpp"
#include "app/version.hpp"
#include "batch/protobuf_log.hpp"
#include "model/diagnostic.hpp"

namespace {

/// Results go to stdout; what the operator should know goes to stderr. journald adds the time
/// itself.
void set_up_log() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("bornier"));
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  spdlog::set_pattern(journal ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$: %v",
                      spdlog::pattern_time_type::utc);
}

/// CLI11 says of a command that it does not know only that one is required.
auto complain_of_unknown_command(const CLI::App& app, const std::string& name) -> bool {
  std::vector<std::string_view> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    if (names.back() == name) {
      return false;
    }
  }
  std::cerr << "there is no command `" << name << "`" << bornier::model::did_you_mean(name, names)
            << "\nRun with --help for more information.\n";
  return true;
}

/// What the command line asks for, or the exit code if that is done already or cannot be. The
/// parser and its texts are gone afterwards: a daemon runs for months.
auto parse(int count, char** arguments) -> std::variant<int, bornier::app::Chosen> {
  CLI::App app{
      "Bornier reads a city's meters and delivers every reading: nothing lost, nothing doubled."};
  app.set_version_flag("--version", bornier::app::version);
  app.require_subcommand(1);
  app.footer(
      "Example: bornier run -c /etc/bornier/gateway.toml\nEvery command has its own --help.");

  bornier::app::Chosen chosen;
  bornier::app::add_run(app, chosen);
  bornier::app::add_check(app, chosen);
  bornier::app::add_plan(app, chosen);
  bornier::app::add_models(app, chosen);
  bornier::app::add_read(app, chosen);
  bornier::app::add_write(app, chosen);
  bornier::app::add_node(app, chosen);
  bornier::app::add_scan(app, chosen);
  bornier::app::add_listen(app, chosen);
  bornier::app::add_simulate(app, chosen);
  bornier::app::add_decode(app, chosen);
  bornier::app::add_buffer(app, chosen);
  bornier::app::add_status(app, chosen);
  if (count > 1 && arguments[1][0] != '-' && complain_of_unknown_command(app, arguments[1])) {
    return 2;
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return chosen;
}

}  // namespace

auto main(int count, char** arguments) -> int {
  set_up_log();
  bornier::batch::silence_protobuf();
  const auto parsed = parse(count, arguments);
  if (const auto* code = std::get_if<int>(&parsed)) {
    return *code;
  }
  try {
    return std::get<bornier::app::Chosen>(parsed)();
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return 1;
  }
}
