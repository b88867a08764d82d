// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <set>
#include <utility>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/hypotheses.hpp"
#include "app/make_line.hpp"
#include "app/meter_place.hpp"
#include "app/scan.hpp"
#include "app/scan_options.hpp"
#include "app/scan_progress.hpp"
#include "app/scan_report.hpp"
#include "app/serial_port.hpp"
#include "io/serial_device.hpp"
#include "io/signals.hpp"
#include "io/spawn.hpp"
#include "model/notation.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

/// What the first look waits on a serial line, and behind something that passes on: most meters
/// answer within.
constexpr auto quick_look = 200ms;
constexpr auto quick_look_behind_a_socket = 500ms;

struct ScanOptions {
  MeterPlace place;
  std::string unit_ids;
  std::vector<std::uint32_t> bauds;
  std::vector<std::string> parities;
  std::string timeout = "1s";
  std::vector<std::string> models;
  std::string format = "table";
};

auto plan_of(const ScanOptions& options, const BusSettings& bus,
             std::span<const std::shared_ptr<const model::Model>> models) -> modbus::SweepPlan {
  modbus::SweepPlan plan;
  plan.units = *parse_unit_ids(options.unit_ids);
  plan.full = *model::parse_duration(options.timeout);
  plan.quick = std::min<reading::Instant::duration>(plan.full, quick_look_behind_a_socket);
  plan.formats = {bus.serial};
  if (bus.transport == Transport::rtu) {
    std::vector<modbus::Parity> parities;
    for (const auto& name : options.parities) {
      parities.push_back(parity_of(name));
    }
    plan.formats = formats_to_try(options.bauds, parities,
                                  static_cast<std::uint8_t>(options.place.stop_bits), models);
    plan.quick = std::min<reading::Instant::duration>(plan.full, quick_look);
  }
  return plan;
}

void print(const Scan& scan, const std::string& format) {
  const auto report = scan.report();
  for (const auto& remark : remarks_of(scan.sweep(), report)) {
    std::cerr << remark << "\n";
  }
  const auto blocks = [&report] {
    return report.units.empty()
               ? std::string{}
               : blocks_of(report, report.bus.device.empty() ? std::string{}
                                                             : lasting_name(report.bus.device));
  };
  if (format == "toml") {
    std::cout << blocks();
  } else if (const auto known = parse_format(format); known != Format::table) {
    std::cout << to_text(table_of(report), *known);
  } else if (!report.units.empty()) {
    std::cout << to_text(table_of(report), Format::table) << "\n" << blocks();
  }
  std::cout << std::flush;
}

void complain_of_nobody(const Scan& scan) {
  const bool serial = scan.report().bus.transport == Transport::rtu;
  std::cerr << "nobody answered; check that the meters have power"
            << (serial ? ", A and B (swapped?), the unit ids, and other --bauds and --parities"
                       : ", the unit ids, and the wiring behind a gateway")
            << "\n";
}

auto carry_out(Scan& scan, boost::asio::io_context& context, bool& ended)
    -> boost::asio::awaitable<void> {
  ended = co_await scan.run();
  context.stop();
}

auto stop_on_signal(boost::asio::io_context& context, bool& stopped)
    -> boost::asio::awaitable<void> {
  static_cast<void>(co_await io::stop_requested());
  stopped = true;
  context.stop();
}

auto run_scan(const ScanOptions& options) -> int {
  auto bus = bus_of(options.place);
  if (!bus) {
    return 1;
  }
  if (const auto objection = objection_to_device(bus->device); !objection.empty()) {
    std::cerr << objection << "\n";
    return 1;
  }
  ScanSettings settings;
  settings.models = load_models(model_folders({options.models.begin(), options.models.end()}),
                                model::Protocol::modbus);
  settings.plan = plan_of(options, *bus, settings.models);
  settings.question = question_for_all(settings.models);
  bus->serial = settings.plan.formats.front();
  settings.bus = *std::move(bus);
  const io::SystemClock clock;
  ScanProgress progress{std::cerr, ::isatty(STDERR_FILENO) == 1};
  boost::asio::io_context context{1};
  settings.make_line = [&context, &clock](const BusSettings& of_bus) {
    return make_line(context.get_executor(), clock, of_bus);
  };
  Scan scan{context.get_executor(), clock, std::move(settings), progress};
  bool ended = false;
  bool stopped = false;
  io::spawn(context.get_executor(), carry_out(scan, context, ended), "scan");
  io::spawn(context.get_executor(), stop_on_signal(context, stopped), "signals");
  context.run();
  progress.clear();
  if (stopped) {
    std::cerr << "stopped; this was found until then\n";
  }
  print(scan, options.format);
  if (scan.report().units.empty() && ended) {
    complain_of_nobody(scan);
  }
  return (ended || stopped) && !scan.report().units.empty() ? 0 : 1;
}

void check_scan(ScanOptions& options) {
  if (!options.place.is_given()) {
    throw CLI::RequiredError("--rtu DEVICE, --tcp HOST:PORT, or --rtu-over-tcp HOST:PORT,");
  }
  const bool serial = options.place.tcp.empty();
  if (options.unit_ids.empty()) {
    options.unit_ids = serial ? "1-247" : "1-20";
  }
  const auto units = parse_unit_ids(options.unit_ids);
  if (!units) {
    throw CLI::ValidationError(
        "--unit-ids", options.unit_ids + " is no list of unit ids; write 1-20 or 1,5,30-40");
  }
  for (const auto unit : *units) {
    if (serial && !modbus::is_on_serial_lines(unit)) {
      throw CLI::ValidationError(
          "--unit-ids", std::to_string(unit) + " is no meter's on a serial line, 1 to 247 are");
    }
  }
  const auto timeout = model::parse_duration(options.timeout);
  if (!timeout || *timeout < 10ms || *timeout > 1min) {
    throw CLI::ValidationError("--timeout",
                               options.timeout + " is not 10ms to 1min; write 500ms or 2s");
  }
  if (options.format != "toml" && !parse_format(options.format)) {
    throw CLI::ValidationError("--format", options.format + " is none of table, json, csv, toml");
  }
}

void add_places(CLI::App& command, ScanOptions& options) {
  auto* rtu = command.add_option("--rtu", options.place.rtu, "A serial line")->type_name("DEVICE");
  auto* tcp = command.add_option("--tcp", options.place.tcp, "A Modbus TCP meter or gateway")
                  ->type_name("HOST[:PORT]")
                  ->excludes(rtu);
  command
      .add_option("--rtu-over-tcp", options.place.rtu_over_tcp,
                  "A serial line behind a converter that only passes bytes")
      ->type_name("HOST[:PORT]")
      ->excludes(rtu)
      ->excludes(tcp);
  command
      .add_option("--unit-ids", options.unit_ids,
                  "Which, in this order; default 1-247, over TCP 1-20")
      ->type_name("LIST");
  std::set<std::uint32_t> known;
  for (const auto baud : io::known_bauds()) {
    known.insert(baud);
  }
  command
      .add_option("--bauds", options.bauds,
                  "Bit rates to try; default: what makers of known meters deliver")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(known))
      ->needs(rtu)
      ->type_name("LIST");
  command.add_option("--parities", options.parities, "none, even, odd; default none and even")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"none", "even", "odd"}))
      ->needs(rtu)
      ->type_name("LIST");
  command.add_option("--stop-bits", options.place.stop_bits, "1 (default) or 2")
      ->check(CLI::Range(1, 2))
      ->needs(rtu);
}

}  // namespace

void add_scan(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<ScanOptions>();
  auto* command = app.add_subcommand("scan", "Finds the meters on a line and names their models");
  add_places(*command, *options);
  command
      ->add_option("--timeout", options->timeout,
                   "What the longer look at slow meters waits for an answer (default 1s)")
      ->type_name("DURATION");
  add_models_option(*command, options->models);
  command
      ->add_option("--format", options->format,
                   "table (default), json, csv, or toml: only what goes into the configuration")
      ->type_name("FORMAT");
  command->footer(
      "Only reads. Ctrl-C ends it with what was found until then.\n"
      "Examples: bornier scan --rtu /dev/ttyUSB0\n"
      "          bornier scan --rtu /dev/ttyUSB0 --bauds 9600,19200 --parities none,even "
      "--unit-ids 1-30\n"
      "          bornier scan --tcp 10.4.0.20 --unit-ids 1-20\n"
      "          bornier scan --rtu /dev/ttyUSB0 --format toml >> cabinet.toml");
  command->callback([options, &chosen] {
    check_scan(*options);
    chosen = [options] { return run_scan(*options); };
  });
}

}  // namespace bornier::app
