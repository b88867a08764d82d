// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

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
#include "io/tls_files.hpp"

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
  if (configuration.platform) {
    const auto& platform = *configuration.platform;
    const io::TlsFiles files{
        .ca = platform.ca, .certificate = platform.certificate, .key = platform.key};
    const auto found = io::check_tls_files(files, io::SystemClock{}.now().stamp);
    list.insert(list.end(), found.begin(), found.end());
    if (!platform.password_file.empty() && access(platform.password_file.c_str(), R_OK) != 0) {
      list.push_back(platform.password_file.string() +
                     ": the password file cannot be read; make it readable for this user");
    }
  }
  return list;
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
  (options.live ? std::cerr : std::cout)
      << file << ": no mistakes; " << configuration->buses.size() << " buses, "
      << configuration->meters.size() << " meters, " << points << " points\n";
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
