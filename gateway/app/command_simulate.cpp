// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "io/clock.hpp"
#include "io/signals.hpp"
#include "io/spawn.hpp"
#include "simulator/description.hpp"
#include "simulator/simulator.hpp"

namespace bornier::app {
namespace {

struct SimulateOptions {
  std::string meters;
  std::string log;
  std::vector<std::string> models;
};

auto read_text(const std::filesystem::path& path) -> std::optional<std::string> {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    return std::nullopt;
  }
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

auto sources(const SimulateOptions& options) -> simulator::Sources {
  const auto folders = model_folders({options.models.begin(), options.models.end()});
  const auto base = std::filesystem::path{options.meters}.parent_path();
  simulator::Sources from;
  from.model = [folders](std::string_view id) {
    auto found = find_model(folders, std::string{id});
    print_diagnostics(found.diagnostics);
    return std::move(found.model);
  };
  from.text = [base](const std::string& path) { return read_text(base / path); };
  return from;
}

auto serve(simulator::Description description, const io::Clock& clock,
           boost::asio::io_context& context, int& code) -> boost::asio::awaitable<void> {
  const auto ended = co_await simulator::run(std::move(description), clock, std::cout);
  if (!ended) {
    std::cerr << ended.error() << "\n";
    code = 1;
  }
  context.stop();
}

auto stop_on_signal(boost::asio::io_context& context) -> boost::asio::awaitable<void> {
  static_cast<void>(co_await io::stop_requested());
  context.stop();
}

auto run_simulate(const SimulateOptions& options) -> int {
  const auto text = read_text(options.meters);
  if (!text) {
    std::cerr << options.meters << ": cannot be read\n";
    return 1;
  }
  auto description = simulator::load_description(*text, options.meters, sources(options));
  if (!description) {
    print_diagnostics(description.error());
    return 1;
  }
  if (!options.log.empty()) {
    description->log = options.log;
  }
  const io::SystemClock clock;
  boost::asio::io_context context{1};
  int code = 0;
  io::spawn(context.get_executor(), serve(std::move(*description), clock, context, code),
            "simulator");
  io::spawn(context.get_executor(), stop_on_signal(context), "signals");
  context.run();
  return code;
}

}  // namespace

void add_simulate(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<SimulateOptions>();
  auto* command = app.add_subcommand(
      "simulate", "Serves simulated meters over TCP and serial lines and logs every answer");
  command->add_option("--meters", options->meters, "Description of the meters (TOML)")
      ->required()
      ->type_name("FILE");
  command->add_option("--log", options->log, "CSV to which a line is added for every answer served")
      ->type_name("FILE");
  add_models_option(*command, options->models);
  command->footer("Example: bornier simulate --meters building.toml --log served.csv");
  command->callback([options, &chosen] { chosen = [options] { return run_simulate(*options); }; });
}

}  // namespace bornier::app
