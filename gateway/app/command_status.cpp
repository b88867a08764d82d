// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/daemon.hpp"
#include "app/print_report.hpp"
#include "io/local_socket.hpp"

namespace bornier::app {
namespace {

struct StatusOptions {
  std::string configuration;
  std::string state_directory;
  Format format{};
};

auto run_status(const StatusOptions& options) -> int {
  std::filesystem::path folder = options.state_directory;
  if (folder.empty()) {
    const auto configuration = load_or_complain(options.configuration);
    if (!configuration) {
      return 1;
    }
    folder = configuration->gateway.state_directory;
  }
  const auto path = (folder / socket_name).string();
  const auto answer = io::ask_local(path, R"({"command":"status"})", std::chrono::seconds{5});
  if (!answer) {
    std::cerr << path << ": " << answer.error().message()
              << "; is the gateway running (`bornier run`)?\n";
    return 1;
  }
  const auto text = print_report(*answer, options.format);
  if (!text) {
    std::cerr << path << ": " << text.error() << "\n";
    return 1;
  }
  std::cout << *text;
  return 0;
}

}  // namespace

void add_status(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<StatusOptions>();
  auto* command =
      app.add_subcommand("status", "Shows the state of a running gateway and why there is no data");
  auto* where = command->add_option_group("where", "Which gateway");
  where->add_option("-c,--configuration", options->configuration, "The gateway's configuration")
      ->type_name("FILE");
  where->add_option("--state-directory", options->state_directory, "Its state directory")
      ->type_name("DIR");
  where->require_option(1);
  add_format_option(*command, options->format);
  command->footer("Example: bornier status -c /etc/bornier/gateway.toml --format json");
  command->callback([options, &chosen] { chosen = [options] { return run_status(*options); }; });
}

}  // namespace bornier::app
