// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "app/broker_configuration.hpp"
#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "io/clock.hpp"
#include "io/mqtt_client.hpp"
#include "io/signals.hpp"
#include "io/spawn.hpp"
#include "model/toml_reader.hpp"
#include "simulator/description.hpp"
#include "simulator/simulator.hpp"

namespace bornier::app {
namespace {

struct SimulateOptions {
  std::string meters;
  std::string log;
  std::string published;
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
  from.broker = [base, number = 0](model::TableReader& table, model::Report& report) mutable {
    auto settings = read_broker(table, report);
    resolve_paths(settings, base);
    const auto mistakes = objections_to_files(settings, io::SystemClock{}.now().stamp);
    for (const auto& mistake : mistakes) {
      table.complain("broker", mistake);
    }
    auto client_id = "simulate-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
    return mistakes.empty() ? mqtt_settings_of(settings, std::move(client_id), "simulate")
                            : io::MqttSettings{};
  };
  return from;
}

auto serve(simulator::Simulator& simulator, simulator::Description description,
           boost::asio::io_context& context, int& code) -> boost::asio::awaitable<void> {
  const auto ended = co_await simulator::run(simulator, std::move(description), std::cout);
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
  if (!options.published.empty()) {
    description->published = options.published;
  }
  const io::SystemClock clock;
  boost::asio::io_context context{1};
  simulator::Simulator simulator{context.get_executor(), clock};
  int code = 0;
  io::spawn(context.get_executor(), serve(simulator, std::move(*description), context, code),
            "simulator");
  io::spawn(context.get_executor(), stop_on_signal(context), "signals");
  context.run();
  return code;
}

}  // namespace

void add_simulate(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<SimulateOptions>();
  auto* command = app.add_subcommand(
      "simulate",
      "Serves simulated meters over TCP and serial lines, lets others publish to MQTT brokers, and "
      "logs every answer and every value published");
  command->add_option("--meters", options->meters, "Description of the meters (TOML)")
      ->required()
      ->type_name("FILE");
  command->add_option("--log", options->log, "CSV to which a line is added for every answer served")
      ->type_name("FILE");
  command
      ->add_option("--published", options->published,
                   "CSV to which a line is added for every value that a broker has taken")
      ->type_name("FILE");
  add_models_option(*command, options->models);
  command->footer(
      "Examples:\n"
      "  bornier simulate --meters building.toml --log served.csv\n"
      "  bornier simulate --meters devices.toml --published published.csv\n"
      "with a devices.toml such as\n"
      "  [[mqtt]]\n"
      "  broker = \"mqtt://127.0.0.1:1883\"\n"
      "  [[mqtt.meter]]\n"
      "  name = \"flat-1\"\n"
      "  model = \"shelly-pro-3em\"\n"
      "  device = \"shellypro3em-1\"\n"
      "  every = \"10s\"");
  command->callback([options, &chosen] { chosen = [options] { return run_simulate(*options); }; });
}

}  // namespace bornier::app
