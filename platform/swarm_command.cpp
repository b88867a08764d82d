// SPDX-License-Identifier: Apache-2.0
#include "platform/swarm_command.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "io/spawn.hpp"
#include "io/tls_files.hpp"
#include "platform/option_checks.hpp"
#include "platform/swarm.hpp"

namespace bornier::platform {
namespace {

/// As given on the command line.
struct SwarmOptions {
  SwarmSettings settings;
  std::string every = "10s";
  std::string lasts = "60s";
  std::string patience = "90s";
};

auto at_least(std::chrono::milliseconds least) -> CLI::Validator {
  return {[least](std::string& text) { return check_duration(text, least); }, "DURATION"};
}

auto carry_out(boost::asio::io_context& loop, const io::Clock& clock, const SwarmSettings& settings,
               int& code) -> boost::asio::awaitable<void> {
  auto report = co_await run_swarm(loop.get_executor(), clock, settings);
  code = report.all_confirmed() ? 0 : 1;
  print(std::cout, settings, std::move(report));
}

auto publish_swarm(const SwarmOptions& options) -> int {
  auto settings = options.settings;
  settings.shape.every = parse_duration(options.every).value();
  settings.lasts = parse_duration(options.lasts).value();
  settings.patience = parse_duration(options.patience).value();
  const io::SystemClock clock;
  const auto mistakes = io::check_tls_files(settings.mqtt.tls, clock.now().stamp);
  for (const auto& mistake : mistakes) {
    spdlog::error("{}", mistake);
  }
  if (!mistakes.empty()) {
    return 1;
  }
  int code = 1;
  boost::asio::io_context loop{1};
  io::spawn(loop.get_executor(), carry_out(loop, clock, settings, code), "swarm");
  loop.run();
  return code;
}

}  // namespace

auto add_swarm(CLI::App& app) -> std::function<int()> {
  const auto options = std::make_shared<SwarmOptions>();
  auto& settings = options->settings;
  auto& shape = settings.shape;
  auto& command = *app.add_subcommand(
      "swarm", "Load test: made-up gateways that send batches and wait for their confirmations");
  command.add_option("--broker", settings.mqtt.broker, "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
      ->required()
      ->check(check_broker);
  command.add_option("--ca", settings.mqtt.tls.ca,
                     "PEM file, as for run; --certificate, --key too");
  command.add_option("--certificate", settings.mqtt.tls.certificate,
                     "One for all: it must be allowed to publish as each of them");
  command.add_option("--key", settings.mqtt.tls.key, "Of the certificate");
  command.add_option("--city", shape.city, "Whose gateways they are")
      ->capture_default_str()
      ->check(check_city);
  command
      .add_option("--gateways", settings.gateways, "How many, each with a connection of its own")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command.add_option("--meters", shape.meters, "Of a gateway")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  command.add_option("--points", shape.points, "Of a meter")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  command.add_option("--samples", shape.samples, "Of each point in a batch")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  command
      .add_option("--every", options->every, "Between the batches of a gateway: 500ms, 10s, 1min")
      ->capture_default_str()
      ->check(at_least(std::chrono::milliseconds{1}));
  command.add_option("--for", options->lasts, "So long batches are sent")
      ->capture_default_str()
      ->check(at_least(std::chrono::milliseconds{1}));
  command.add_option("--patience", options->patience, "So long confirmations may then take")
      ->capture_default_str()
      ->check(at_least(std::chrono::milliseconds{0}));
  command.footer(
      "Exits 0 if every batch was confirmed.\n"
      "Example: bornier-platform swarm --broker mqtt://127.0.0.1 --gateways 500 --meters 12 "
      "--points 20 --every 10s --for 60s");
  command.callback([options] {
    if (auto mistake = check_load(options->settings.gateways, options->settings.shape);
        !mistake.empty()) {
      throw CLI::ValidationError{std::move(mistake)};
    }
  });
  return [options] { return publish_swarm(*options); };
}

}  // namespace bornier::platform
