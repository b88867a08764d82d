// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

#include "app/bus_plan.hpp"
#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "model/notation.hpp"

namespace bornier::app {
namespace {

struct PlanOptions {
  std::string configuration;
  Format format{};
};

auto with_digits(double value, int digits) -> std::string {
  std::string text(32, ' ');
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  text.resize(static_cast<std::size_t>(std::max(length, 0)));
  return text;
}

auto milliseconds_of(std::chrono::microseconds time) -> std::string {
  return with_digits(static_cast<double>(time.count()) / 1'000, 0);
}

/// "1.2 MB"
auto amount(double bytes) -> std::string {
  constexpr double kilo = 1'000;
  const char* unit = "B";
  for (const char* larger : {"kB", "MB", "GB", "TB"}) {
    if (bytes < kilo) {
      break;
    }
    bytes /= kilo;
    unit = larger;
  }
  return with_digits(bytes, bytes < 10 ? 1 : 0) + " " + unit;
}

auto polls_of(const Configuration& configuration, const Plan& plan) -> Table {
  Table table{.columns = {{.name = "bus"},
                          {.name = "meter"},
                          {.name = "every"},
                          {.name = "points", .right_aligned = true, .number = true},
                          {.name = "requests", .right_aligned = true, .number = true},
                          {.name = "registers", .right_aligned = true, .number = true},
                          {.name = "takes_ms", .right_aligned = true, .number = true},
                          {.name = "bus_percent", .right_aligned = true, .number = true}},
              .rows = {}};
  for (std::size_t bus = 0; bus < plan.buses.size(); ++bus) {
    for (const auto& poll : plan.buses[bus].polls) {
      const auto part =
          static_cast<double>(poll.takes.count()) / 10 / static_cast<double>(poll.every.count());
      table.rows.push_back({configuration.buses[bus].name, configuration.meters[poll.meter].id,
                            model::to_text(poll.every), std::to_string(poll.points),
                            std::to_string(poll.requests), std::to_string(poll.registers),
                            milliseconds_of(poll.takes), with_digits(part, 2)});
    }
  }
  for (std::size_t index = 0; index < plan.messages.size(); ++index) {
    const auto& meter = configuration.mqtt_meters[index];
    const auto& messages = plan.messages[index];
    table.rows.push_back({configuration.brokers[meter.broker].name, meter.id,
                          "about " + model::to_text(messages.usual),
                          std::to_string(messages.points), "", "", "", ""});
  }
  return table;
}

void print_sums(const Configuration& configuration, const Plan& plan) {
  std::cout << "\n";
  for (std::size_t bus = 0; bus < plan.buses.size(); ++bus) {
    const auto& one = plan.buses[bus];
    std::cout << "bus " << configuration.buses[bus].name << ": busy "
              << with_digits(one.occupancy * 100, 1)
              << " % of the time; at a mark that all share the "
              << "last is read after " << milliseconds_of(one.longest_wait) << " ms\n";
  }
  if (!plan.messages.empty()) {
    std::cout << "meters that speak MQTT send when they like: reckoned with a fifth of their "
                 "silent_after, or `every`\n";
  }
  std::cout << with_digits(plan.readings_a_day, 0) << " readings a day; about "
            << amount(plan.sent_a_day) << " a day to the platform, " << amount(plan.written_a_day)
            << " a day to the disk; an outage of " << with_digits(plan.days_kept, 1)
            << " days fits the buffer\n";
}

auto run_plan(const PlanOptions& options) -> int {
  const auto configuration = load_or_complain(options.configuration);
  if (!configuration) {
    return 1;
  }
  const auto plan = plan_of(*configuration);
  if (!plan) {
    std::cerr << options.configuration << ": error: " << plan.error() << "\n";
    return 1;
  }
  std::cout << to_text(polls_of(*configuration, *plan), options.format);
  if (options.format == Format::table) {
    print_sums(*configuration, *plan);
  }
  const bool works =
      std::ranges::all_of(plan->buses, [](const PlannedBus& bus) { return bus.occupancy <= 1; });
  for (const auto& warning : plan->warnings) {
    std::cerr << options.configuration << ": warning: " << warning << "\n";
  }
  return works ? 0 : 1;
}

}  // namespace

void add_plan(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<PlanOptions>();
  auto* command = app.add_subcommand(
      "plan", "Tells what a configuration asks of its buses, link and disk, without touching them");
  add_configuration_option(*command, options->configuration);
  add_format_option(*command, options->format);
  command->footer("Example: bornier plan -c /etc/bornier/gateway.toml");
  command->callback([options, &chosen] { chosen = [options] { return run_plan(*options); }; });
}

}  // namespace bornier::app
