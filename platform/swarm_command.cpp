// SPDX-License-Identifier: Apache-2.0
#include "platform/swarm_command.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "io/spawn.hpp"
#include "io/tls_files.hpp"
#include "platform/option_checks.hpp"
#include "platform/swarm.hpp"

namespace bornier::platform {
namespace {

/// As given on the command line; durations in milliseconds.
struct Options {
  SwarmSettings settings;
  std::uint64_t every = 10'000;
  std::uint64_t lasts = 60'000;
  std::uint64_t patience = 90'000;
};

auto duration() -> CLI::Validator {
  const std::map<std::string, std::uint64_t> units{{"ms", 1}, {"s", 1'000}, {"min", 60'000}};
  return CLI::AsNumberWithUnit{
      units,
      CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                     CLI::AsNumberWithUnit::UNIT_REQUIRED),
      "DURATION"};
}

auto at_least_a_millisecond(const std::string& milliseconds) -> std::string {
  return milliseconds == "0" ? "needs a time of 1ms or more" : std::string{};
}

auto carry_out(boost::asio::io_context& loop, const io::Clock& clock, const SwarmSettings& settings,
               int& code) -> boost::asio::awaitable<void> {
  auto report = co_await run_swarm(loop.get_executor(), clock, settings);
  code = report.all_confirmed() ? 0 : 1;
  print(std::cout, settings, std::move(report));
}

auto run(const Options& options) -> int {
  auto settings = options.settings;
  settings.shape.every = std::chrono::milliseconds{options.every};
  settings.lasts = std::chrono::milliseconds{options.lasts};
  settings.patience = std::chrono::milliseconds{options.patience};
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
  const auto options = std::make_shared<Options>();
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
      ->default_str("10s")
      ->transform(duration())
      ->check(at_least_a_millisecond);
  command.add_option("--for", options->lasts, "So long batches are sent")
      ->default_str("60s")
      ->transform(duration())
      ->check(at_least_a_millisecond);
  command.add_option("--patience", options->patience, "So long confirmations may then take")
      ->default_str("90s")
      ->transform(duration());
  command.footer(
      "Exits 0 if every batch was confirmed.\n"
      "Example: bornier-platform swarm --broker mqtt://127.0.0.1 --gateways 500 --meters 12 "
      "--points 20 --every 10s --for 60s");
  return [options] { return run(*options); };
}

}  // namespace bornier::platform
