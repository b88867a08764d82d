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
#include "app/output.hpp"
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
  std::string broker;  ///< instead of `meters`: of one meter
  std::string model;
  std::string device;
  std::string every;
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

/// The description of the one meter that the options name.
auto description_of_options(const SimulateOptions& options) -> std::string {
  const auto name = options.device.empty() ? options.model : options.device;
  std::string text = "[[mqtt]]\nbroker = " + json_string(options.broker) +
                     "\n[[mqtt.meter]]\nname = " + json_string(name) +
                     "\nmodel = " + json_string(options.model) + "\n";
  if (!options.device.empty()) {
    text += "device = " + json_string(options.device) + "\n";
  }
  if (!options.every.empty()) {
    text += "every = " + json_string(options.every) + "\n";
  }
  return text;
}

auto load_or_explain(const SimulateOptions& options) -> std::optional<simulator::Description> {
  const bool has_file = !options.meters.empty();
  const auto text = has_file ? read_text(options.meters) : description_of_options(options);
  if (!text) {
    std::cerr << options.meters << ": cannot be read\n";
    return std::nullopt;
  }
  auto description = simulator::load_description(*text, options.meters, sources(options));
  if (description) {
    return *std::move(description);
  }
  if (has_file) {
    print_diagnostics(description.error());
    return std::nullopt;
  }
  for (const auto& mistake : description.error()) {
    std::cerr << mistake.message << "\n";
  }
  return std::nullopt;
}

auto run_simulate(const SimulateOptions& options) -> int {
  auto description = load_or_explain(options);
  if (!description) {
    return 1;
  }
  if (!options.log.empty() && description->endpoints.empty()) {
    std::cerr << "--log tells the answers of meters that are asked, and here are none; write "
                 "--published\n";
    return 1;
  }
  if (!options.published.empty() && description->brokers.empty()) {
    std::cerr << "--published tells what meters publish, and none of these does; write --log\n";
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
  auto* meters =
      command->add_option("--meters", options->meters, "Description of the meters (TOML)")
          ->type_name("FILE");
  auto* broker = command
                     ->add_option("--broker", options->broker,
                                  "One meter that publishes to this broker, instead of --meters")
                     ->type_name("mqtt://HOST:PORT")
                     ->excludes(meters);
  auto* model = command->add_option("--model", options->model, "Model of that meter")
                    ->type_name("ID")
                    ->needs(broker);
  broker->needs(model);
  command->add_option("--device", options->device, "What stands for {device} in its topics")
      ->type_name("NAME")
      ->needs(broker);
  command->add_option("--every", options->every, "How often it sends each message (10s)")
      ->type_name("DURATION")
      ->needs(broker);
  command->add_option("--log", options->log, "CSV to which a line is added for every answer served")
      ->type_name("FILE");
  command
      ->add_option("--published", options->published,
                   "CSV to which a line is added for every value that a broker has taken")
      ->type_name("FILE");
  add_models_option(*command, options->models);
  command->footer(
      "Examples: bornier simulate --meters building.toml --log served.csv\n"
      "          bornier simulate --meters devices.toml --published published.csv\n"
      "          bornier simulate --broker mqtt://127.0.0.1:1883 --model shelly-pro-3em "
      "--device shellypro3em-1");
  command->callback([options, &chosen] {
    if (options->meters.empty() && options->broker.empty()) {
      throw CLI::RequiredError{"--meters or --broker"};
    }
    chosen = [options] { return run_simulate(*options); };
  });
}

}  // namespace bornier::app
