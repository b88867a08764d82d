// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <vector>

#include "app/check_live.hpp"
#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/meter_plan.hpp"
#include "app/serial_port.hpp"
#include "io/clock.hpp"

namespace bornier::app {
namespace {

/// What the files say only together with the machine they stand on.
auto problems(const Configuration& configuration) -> std::vector<std::string> {
  std::vector<std::string> list;
  for (const auto& bus : configuration.buses) {
    if (const auto objection = objection_to_device(bus.device); !objection.empty()) {
      list.push_back("bus \"" + bus.name + "\": " + objection);
    }
  }
  for (const auto& meter : configuration.meters) {
    for (const auto& poll : meter.polls) {
      const auto requests = plan_requests(*meter.model, poll.points);
      if (!requests) {
        list.push_back("meter \"" + meter.id + "\": " + requests.error());
      }
    }
  }
  const auto look_at_files = [&](const BrokerSettings& broker) {
    const auto found = objections_to_files(broker, io::SystemClock{}.now().stamp);
    list.insert(list.end(), found.begin(), found.end());
  };
  for (const auto& broker : configuration.brokers) {
    look_at_files(broker);
  }
  if (configuration.platform) {
    look_at_files(*configuration.platform);
  }
  if (configuration.local) {
    look_at_files(*configuration.local);
  }
  return list;
}

auto pulses_of(const Configuration& configuration) -> std::string {
  const auto meters = configuration.pulse_meters.size();
  return meters == 0 ? "" : std::to_string(meters) + " meters whose pulses they count, ";
}

struct CheckOptions {
  std::string configuration;
  bool live = false;
  std::vector<std::string> meters;
  Format format{};
};

auto run_check(const CheckOptions& options) -> int {
  const auto& file = options.configuration;
  const auto configuration = load_or_complain(file);
  if (!configuration) {
    return 1;
  }
  const auto found = problems(*configuration);
  for (const auto& problem : found) {
    std::cerr << file << ": error: " << problem << "\n";
  }
  if (!found.empty()) {
    return 1;
  }
  std::size_t points = 0;
  for (const auto& meter : configuration->meters) {
    for (const auto& poll : meter.polls) {
      points += poll.points.size();
    }
  }
  for (const auto& meter : configuration->mqtt_meters) {
    points += meter.points.size();
  }
  points += configuration->pulse_meters.size();
  (options.live ? std::cerr : std::cout)
      << file << ": no mistakes; " << configuration->buses.size() << " buses, "
      << configuration->brokers.size() << " brokers, "
      << configuration->meters.size() + configuration->mqtt_meters.size() << " meters, "
      << pulses_of(*configuration) << points << " points\n";
  return options.live ? check_live(*configuration, file, options.meters, options.format) : 0;
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<CheckOptions>();
  auto* command = app.add_subcommand(
      "check", "Validates a configuration and all it names; touches no bus without --live");
  add_configuration_option(*command, options->configuration);
  auto* live = command->add_flag(
      "--live", options->live,
      "Then reads each meter: does it answer, is it the right device, is it wired rightly?");
  command->add_option("meters", options->meters, "Only these meters")
      ->type_name("METER")
      ->needs(live);
  add_format_option(*command, options->format);
  command->get_option("--format")->needs(live);
  command->footer(
      "Examples: bornier check -c /etc/bornier/gateway.toml\n"
      "          bornier check -c /etc/bornier/gateway.toml --live\n"
      "          bornier check -c /etc/bornier/gateway.toml --live school-12-main --format json\n"
      "Exit code 1 if anything is wrong; a hint alone is not.");
  command->callback([options, &chosen] { chosen = [options] { return run_check(*options); }; });
}

}  // namespace bornier::app
