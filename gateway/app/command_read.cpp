// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/make_line.hpp"
#include "app/meter_reader.hpp"
#include "app/poll_answers.hpp"
#include "app/serial_port.hpp"
#include "io/serial_device.hpp"
#include "io/spawn.hpp"
#include "model/select.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

struct Options {
  std::string configuration;
  std::string meter;
  std::string tcp;
  std::string rtu;
  int baud = 0;
  std::string parity;
  int stop_bits = 1;
  std::string model;
  int unit_id = 1;
  std::vector<std::string> points;
  std::vector<std::string> models;
  Format format{};
};

/// What is to be read, and where.
struct Target {
  BusSettings bus;
  MeterSettings meter;
};

/// HOST:PORT, HOST, or [IPV6]:PORT.
auto parse_endpoint(std::string_view text, BusSettings& bus) -> bool {
  const auto colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
  auto host = text.substr(0, has_port ? colon : text.size());
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  bus.host = std::string{host};
  if (!has_port) {
    return !host.empty();
  }
  const auto port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), bus.port);
  return !host.empty() && error == std::errc{} && end == port.data() + port.size() && bus.port != 0;
}

auto parity_of(std::string_view name) -> modbus::Parity {
  if (name == "none") {
    return modbus::Parity::none;
  }
  return name == "odd" ? modbus::Parity::odd : modbus::Parity::even;
}

auto select_points(MeterSettings& meter, const std::vector<std::string>& patterns) -> bool {
  auto points = model::select(*meter.model, patterns);
  if (!points) {
    for (const auto& unknown : points.error()) {
      std::cerr << "model \"" << meter.model->id << "\" has no point or group \"" << unknown.pattern
                << "\""
                << (unknown.suggestion.empty() ? ""
                                               : "; did you mean `" + unknown.suggestion + "`?")
                << "\n";
    }
    return false;
  }
  meter.polls = {{.every = {}, .points = std::move(*points)}};
  return true;
}

auto target_of_configuration(const Options& options) -> std::optional<Target> {
  auto configuration = load_or_complain(options.configuration);
  if (!configuration) {
    return std::nullopt;
  }
  std::vector<std::string_view> ids;
  for (auto& meter : configuration->meters) {
    ids.push_back(meter.id);
    if (meter.id == options.meter) {
      Target target{.bus = configuration->buses[meter.bus], .meter = meter};
      if (!options.points.empty() && !select_points(target.meter, options.points)) {
        return std::nullopt;
      }
      return target;
    }
  }
  std::cerr << options.configuration << ": there is no meter \"" << options.meter << "\""
            << model::did_you_mean(options.meter, ids) << "\n";
  return std::nullopt;
}

auto target_of_options(const Options& options) -> std::optional<Target> {
  Target target;
  target.bus.name = "bus";
  if (!options.rtu.empty()) {
    target.bus.transport = Transport::rtu;
    target.bus.device = options.rtu;
    target.bus.serial = {.baud = static_cast<std::uint32_t>(options.baud),
                         .parity = parity_of(options.parity),
                         .stop_bits = static_cast<std::uint8_t>(options.stop_bits)};
  } else if (!parse_endpoint(options.tcp, target.bus)) {
    std::cerr << "--tcp " << options.tcp << " is not HOST:PORT\n";
    return std::nullopt;
  }
  target.meter.id = options.model;
  target.meter.unit_id = wire::UnitId{static_cast<std::uint8_t>(options.unit_id)};
  target.meter.model = find_model_or_complain(options.models, options.model);
  if (!target.meter.model) {
    return std::nullopt;
  }
  target.meter.settings = model::Settings{*target.meter.model};
  const auto patterns = options.points.empty() ? std::vector<std::string>{"all"} : options.points;
  return select_points(target.meter, patterns) ? std::optional{std::move(target)} : std::nullopt;
}

void add_row(Table& table, const MeterSettings& meter, std::size_t point, std::string value,
             std::string state, std::optional<reading::Stamp> at) {
  const auto& of_model = meter.model->points[point];
  table.rows.push_back({of_model.name, std::move(value),
                        std::string{model::unit_of(of_model, *meter.settings)}, std::move(state),
                        at ? to_text(*at) : ""});
}

auto quality_text(const model::Decoded& decoded) -> std::string {
  using reading::QualityFlag;
  std::string text = "ok";
  for (const auto& [flag, word] :
       {std::pair{QualityFlag::coarse, ", coarse"}, std::pair{QualityFlag::derived, ", derived"},
        std::pair{QualityFlag::implausible, ", implausible"}}) {
    text += decoded.quality.has(flag) ? word : "";
  }
  return text;
}

/// Null: there was no answer.
auto why_there_is_nothing(const Gathered* one) -> std::string {
  if (one == nullptr) {
    return std::string{to_text(reading::Acquisition::no_response)};
  }
  return one->lacking ? std::string{to_text(reading::Acquisition::unsupported)}
                      : "exception " + std::to_string(one->exception_code);
}

void print(const MeterSettings& meter, const std::vector<Request>& requests,
           const std::vector<Gathered>& gathered, Format format) {
  Table table{.columns = {{.name = "point"},
                          {.name = "value", .right_aligned = true, .number = false},
                          {.name = "unit", .unit = true},
                          {.name = "state"},
                          {.name = "time"}},
              .rows = {}};
  PollAnswers answers{meter, requests};
  for (const auto& request : requests) {
    const auto found = std::find_if(gathered.begin(), gathered.end(),
                                    [&](const auto& one) { return one.request == &request; });
    if (found == gathered.end() || found->words.empty()) {
      const auto state = why_there_is_nothing(found == gathered.end() ? nullptr : &*found);
      for (const auto point : answers.failed(request)) {
        add_row(table, meter, point, "", state,
                found == gathered.end() ? std::nullopt : std::optional{found->at.stamp});
      }
      continue;
    }
    for (const auto& value : answers.add(*found)) {
      if (const auto* number = std::get_if<reading::Decimal>(&value.value)) {
        add_row(table, meter, value.point, reading::to_text(*number), quality_text(value),
                found->at.stamp);
      } else if (const auto* text = std::get_if<std::string>(&value.value)) {
        add_row(table, meter, value.point, *text, quality_text(value), found->at.stamp);
      } else {
        add_row(table, meter, value.point, "",
                std::string{to_text(std::get<reading::Acquisition>(value.value))}, found->at.stamp);
      }
    }
  }
  std::cout << to_text(table, format);
}

auto read_once(const Target& target, const io::Clock& clock, Format format, int& code)
    -> boost::asio::awaitable<void> {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto requests = plan_requests(*target.meter.model, target.meter.polls.front().points);
  if (!requests) {
    std::cerr << requests.error() << "\n";
    co_return;
  }
  auto line = make_line(executor, clock, target.bus);
  const auto name = line->name();
  MeterReader reader{executor, target.bus, std::move(line), clock, MeterReader::Neighbours::none};
  const auto connected = co_await reader.connect();
  if (!connected) {
    std::cerr << why_not_connected(target.bus, name, connected.error()) << "\n";
    co_return;
  }
  std::vector<Gathered> gathered;
  const Arrived arrived = [&gathered](const Gathered& one) { gathered.push_back(one); };
  auto outcome = co_await reader.read(target.meter, *requests, MeterReader::Effort::full, arrived);
  const auto refresh = target.meter.model->timing.refresh;
  if (outcome == modbus::Outcome::answered && refresh.count() > 0) {
    std::cerr << "this meter shows old data at the first read; reading again in "
              << refresh.count() / 1'000 << " s\n";
    Wakeup pause{executor, clock};
    co_await pause.wait(clock.now().instant + refresh);
    gathered.clear();
    outcome = co_await reader.read(target.meter, *requests, MeterReader::Effort::full, arrived);
  }
  if (!gathered.empty() || format != Format::table) {
    print(target.meter, *requests, gathered, format);
  }
  if (outcome == modbus::Outcome::silent) {
    std::cerr << "unit " << int{target.meter.unit_id.value()} << " at " << name
              << (target.bus.transport == Transport::rtu
                      ? " does not answer; check the unit id, bit rate and parity, and the wiring "
                        "(A and B swapped?)\n"
                      : " does not answer; check the unit id, and the wiring behind a gateway\n");
  } else if (outcome == modbus::Outcome::bus_down) {
    std::cerr << name << ": the connection was lost: " << reader.figures().last_error << "\n";
  } else if (outcome == modbus::Outcome::failed) {
    const bool lacking = !gathered.empty() && gathered.front().lacking;
    std::cerr << (lacking ? "the meter has no SunSpec model of this kind"
                          : "the meter refuses every request")
              << "; is it a " << target.meter.model->title << "?\n";
  }
  code = outcome == modbus::Outcome::answered ? 0 : 1;
}

auto run(const Options& options) -> int {
  const auto target =
      options.configuration.empty() ? target_of_options(options) : target_of_configuration(options);
  if (!target) {
    return 1;
  }
  auto all = *target;
  if (all.meter.polls.size() > 1) {  // points of several periods are read together here
    for (auto poll = std::next(all.meter.polls.begin()); poll != all.meter.polls.end(); ++poll) {
      auto& points = all.meter.polls.front().points;
      points.insert(points.end(), poll->points.begin(), poll->points.end());
    }
    std::sort(all.meter.polls.front().points.begin(), all.meter.polls.front().points.end());
  }
  const io::SystemClock clock;
  boost::asio::io_context context{1};
  int code = 1;
  io::spawn(context.get_executor(), read_once(all, clock, options.format, code), "read");
  context.run();
  return code;
}

}  // namespace

void add_read(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("read", "Reads one meter once and prints its points");
  auto* file = command
                   ->add_option("-c,--configuration", options->configuration,
                                "Take the meter from this configuration")
                   ->type_name("FILE");
  auto* meter = command->add_option("meter", options->meter, "Its id there")->needs(file);
  auto* tcp =
      command->add_option("--tcp", options->tcp, "Without a configuration: where the meter is")
          ->type_name("HOST:PORT")
          ->excludes(file);
  auto* rtu = command->add_option("--rtu", options->rtu, "The same, on a serial line")
                  ->type_name("DEVICE")
                  ->excludes(file)
                  ->excludes(tcp);
  std::set<int> bauds;
  for (const auto baud : io::known_bauds()) {
    bauds.insert(static_cast<int>(baud));
  }
  auto* baud = command->add_option("--baud", options->baud, "Of the line")
                   ->check(CLI::IsMember(bauds))
                   ->needs(rtu);
  auto* parity = command->add_option("--parity", options->parity, "none, even or odd")
                     ->check(CLI::IsMember({"none", "even", "odd"}))
                     ->needs(rtu);
  command->add_option("--stop-bits", options->stop_bits, "1 (default) or 2")
      ->check(CLI::Range(1, 2))
      ->needs(rtu);
  rtu->needs(baud)->needs(parity);
  auto* model =
      command->add_option("--model", options->model, "Its model")->type_name("ID")->excludes(file);
  command->add_option("--unit-id", options->unit_id, "Its Modbus address (default 1)")
      ->check(CLI::Range(0, 255))
      ->excludes(file);
  command->add_option("--points", options->points, "Groups, names and patterns such as voltage_*")
      ->delimiter(',')
      ->allow_extra_args(false);
  file->needs(meter);
  tcp->needs(model);
  rtu->needs(model);
  add_models_option(*command, options->models);
  add_format_option(*command, options->format);
  command->footer(
      "Examples: bornier read -c /etc/bornier/gateway.toml school-12-main\n"
      "          bornier read --tcp 10.4.0.20:502 --unit-id 17 --model eastron-sdm630 --points "
      "billing,voltage_*\n"
      "          bornier read --rtu /dev/ttyUSB0 --baud 9600 --parity none --unit-id 1 --model "
      "eastron-sdm630");
  command->callback([options, &chosen] {
    if (options->configuration.empty() && options->tcp.empty() && options->rtu.empty()) {
      throw CLI::RequiredError(
          "-c FILE METER, --tcp HOST:PORT --model ID, or --rtu DEVICE --baud N --parity P --model "
          "ID,");
    }
    if (!options->rtu.empty() && !modbus::is_on_serial_lines(options->unit_id)) {
      throw CLI::ValidationError("--unit-id", std::to_string(options->unit_id) +
                                                  " is no meter's on a serial line, 1 to 247 are");
    }
    chosen = [options] { return run(*options); };
  });
}

}  // namespace bornier::app
