// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/meter_place.hpp"
#include "app/meter_reader.hpp"
#include "app/poll_answers.hpp"
#include "app/read_plain.hpp"
#include "app/serial_port.hpp"
#include "io/spawn.hpp"
#include "model/notation.hpp"
#include "model/plain_registers.hpp"
#include "model/register_types.hpp"
#include "model/select.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

struct Options {
  std::string configuration;
  std::string meter;
  MeterPlace place;
  std::string model;
  std::vector<std::string> points;
  std::vector<std::string> models;
  std::string holding, input, coils, discrete;  ///< without a model: where to begin, or nothing
  int count = 1;
  std::string type;
  std::string word_order = "big", byte_order = "big";
  bool try_orders = false;
  Showing showing;
  std::string every;
};

/// What is to be read, and where.
struct Target {
  BusSettings bus;
  MeterSettings meter;
};

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
  auto bus = bus_of(options.place);
  if (!bus) {
    return std::nullopt;
  }
  Target target{.bus = std::move(*bus), .meter = {}};
  target.meter.id = options.model;
  target.meter.unit_id = wire::UnitId{static_cast<std::uint8_t>(options.place.unit_id)};
  target.meter.model = find_model_or_complain(options.models, options.model);
  if (!target.meter.model) {
    return std::nullopt;
  }
  target.meter.settings = model::Settings{*target.meter.model};
  const auto patterns = options.points.empty() ? std::vector<std::string>{"all"} : options.points;
  return select_points(target.meter, patterns) ? std::optional{std::move(target)} : std::nullopt;
}

/// With the register that it begins at; nothing where a model is read.
auto plain_read_of(const Options& options) -> std::optional<PlainRead> {
  for (const auto& [text, table] : {std::pair{&options.holding, wire::Table::holding_register},
                                    std::pair{&options.input, wire::Table::input_register},
                                    std::pair{&options.coils, wire::Table::coil},
                                    std::pair{&options.discrete, wire::Table::discrete_input}}) {
    if (const auto first = model::parse_register(*text, table)) {
      PlainRead plain{.table = table,
                      .first = *first,
                      .count = static_cast<std::uint32_t>(options.count),
                      .encoding = model::parse_register_type(options.type),
                      .try_orders = options.try_orders};
      if (plain.encoding) {
        plain.encoding->low_word_first = options.word_order == "little";
        plain.encoding->low_byte_first = options.byte_order == "little";
      }
      return plain;
    }
  }
  return std::nullopt;
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
  if (one == nullptr || one->is_silent()) {
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
  std::cout << to_text(table, format) << std::flush;
}

/// What `read` has to say besides the table.
void complain(const Target& target, modbus::Outcome outcome, const std::vector<Gathered>& gathered,
              const std::string& name, const std::string& last_error) {
  if (outcome == modbus::Outcome::silent) {
    std::cerr << why_silent(target.bus, name, target.meter.unit_id) << "\n";
  } else if (outcome == modbus::Outcome::bus_down) {
    std::cerr << name << ": the connection was lost: " << last_error << "\n";
  } else if (outcome == modbus::Outcome::failed) {
    const bool lacking = !gathered.empty() && gathered.front().lacking;
    std::cerr << (lacking ? "the meter has no SunSpec model of this kind"
                          : "the meter refuses every request")
              << "; is it a " << target.meter.model->title << "?\n";
  }
}

auto read_points(Target target, Showing showing, const io::Clock& clock)
    -> boost::asio::awaitable<bool> {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto& model = *target.meter.model;
  const auto requests =
      plan_requests(model, target.meter.polls.front().points, cost_of(target.bus, model.timing));
  if (!requests) {
    std::cerr << requests.error() << "\n";
    co_return false;
  }
  auto line = make_line(executor, clock, target.bus, showing.raw);
  const auto name = line->name();
  MeterReader reader{executor, target.bus, std::move(line), clock, MeterReader::Neighbours::none};
  const auto connected = co_await reader.connect();
  if (!connected) {
    std::cerr << why_not_connected(target.bus, name, connected.error()) << "\n";
    co_return false;
  }
  Wakeup pause{executor, clock};
  const auto refresh = model.timing.refresh;
  bool is_old = refresh.count() > 0;
  for (;;) {
    const auto begun = clock.now().instant;
    std::vector<Gathered> gathered;
    const Arrived arrived = [&gathered](const Gathered& one) { gathered.push_back(one); };
    const auto outcome =
        co_await reader.read(target.meter, *requests, MeterReader::Effort::full, arrived);
    if (outcome == modbus::Outcome::answered && std::exchange(is_old, false)) {
      std::cerr << "this meter shows old data at the first read; reading again in "
                << refresh.count() / 1'000 << " s\n";
      co_await pause.wait(clock.now().instant + refresh);
      continue;
    }
    if (!gathered.empty() || showing.format != Format::table) {
      print(target.meter, *requests, gathered, showing.format);
    }
    complain(target, outcome, gathered, name, reader.figures().last_error);
    if (!showing.every) {
      co_return outcome == modbus::Outcome::answered;
    }
    co_await pause.wait(begun + *showing.every);
    begin_again(showing.format);
  }
}

/// Points of several periods are read together here.
void merge_polls(MeterSettings& meter) {
  auto& points = meter.polls.front().points;
  for (auto poll = std::next(meter.polls.begin()); poll != meter.polls.end(); ++poll) {
    points.insert(points.end(), poll->points.begin(), poll->points.end());
  }
  std::sort(points.begin(), points.end());
}

auto run(boost::asio::awaitable<bool> reading, boost::asio::io_context& context) -> int {
  bool read = false;
  const auto keep = [&read](boost::asio::awaitable<bool> one) -> boost::asio::awaitable<void> {
    read = co_await std::move(one);
  };
  io::spawn(context.get_executor(), keep(std::move(reading)), "read");
  context.run();
  return read ? 0 : 1;
}

auto run(const Options& options) -> int {
  const io::SystemClock clock;
  boost::asio::io_context context{1};
  if (const auto plain = plain_read_of(options)) {
    const auto bus = bus_of(options.place);
    const wire::UnitId unit{static_cast<std::uint8_t>(options.place.unit_id)};
    return bus ? run(read_plain(*bus, unit, *plain, options.showing, clock), context) : 1;
  }
  auto target =
      options.configuration.empty() ? target_of_options(options) : target_of_configuration(options);
  if (!target) {
    return 1;
  }
  merge_polls(target->meter);
  return run(read_points(std::move(*target), options.showing, clock), context);
}

/// What CLI11 cannot check by itself.
void check(Options& options) {
  const bool plain = !(options.holding + options.input + options.coils + options.discrete).empty();
  if (options.configuration.empty() && !options.place.is_given()) {
    throw CLI::RequiredError("-c FILE METER, or --tcp HOST:PORT, or --rtu DEVICE,");
  }
  if (options.configuration.empty() && options.model.empty() && !plain) {
    throw CLI::RequiredError(
        "--model ID, or where to read (--holding, --input, --coils, --discrete),");
  }
  if (options.place.is_given()) {
    check_place(options.place);
  }
  if (plain && !plain_read_of(options)) {
    throw CLI::ValidationError(
        options.holding + options.input + options.coils + options.discrete +
        " is no such register; write a reference such as 40001, or an address as on the wire, 0 to "
        "65535");
  }
  if (plain && plain_read_of(options)->first + options.count > 65'536) {
    throw CLI::ValidationError("--count", "that goes past address 65535");
  }
  if (!options.type.empty() && !model::parse_register_type(options.type)) {
    throw CLI::ValidationError(
        "--type", options.type + " is no register type; one of: " + model::register_type_names());
  }
  const auto encoding = model::parse_register_type(options.type);
  if (encoding && encoding->type == model::RegisterType::boolean) {
    throw CLI::ValidationError("--type",
                               "bool is what coils and discrete inputs hold; leave it out");
  }
  if (encoding && options.count < encoding->registers) {
    throw CLI::ValidationError(
        "--count", options.type + " takes " + std::to_string(encoding->registers) + " registers");
  }
  if (!options.every.empty()) {
    options.showing.every = model::parse_duration(options.every);
    if (!options.showing.every || options.showing.every->count() == 0) {
      throw CLI::ValidationError("--watch", options.every + " is no period; write 1s or 500ms");
    }
  }
}

/// For meters that nobody has a model of. Returns the options that say where to begin.
auto add_plain_options(CLI::App& command, Options& options, CLI::Option* file, CLI::Option* model)
    -> std::vector<CLI::Option*> {
  std::vector<CLI::Option*> places;
  const auto add = [&](const char* name, std::string& text, const char* what) {
    places.push_back(command.add_option(name, text, what)->type_name("REGISTER"));
  };
  add("--holding", options.holding,
      "Without a model: holding registers from here: 40001 or 0 is the first, @40001 an address");
  add("--input", options.input, "The same for input registers: 30001 or 0 is the first");
  add("--coils", options.coils, "The same for coils, by address from 0");
  add("--discrete", options.discrete, "The same for discrete inputs");
  for (auto* place : places) {
    place->excludes(file)->excludes(model);
    for (auto* other : places) {
      if (other != place) {
        place->excludes(other);
      }
    }
  }
  auto* count = command.add_option("--count", options.count, "How many of them (default 1)")
                    ->check(CLI::Range(1, 65'536));
  auto* type =
      command.add_option("--type", options.type, "What they hold: float32, uint32, string:8 …");
  for (auto* option : {count, type}) {
    option->excludes(file)->excludes(model);
  }
  for (auto* bits : {places[2], places[3]}) {
    type->excludes(bits);
  }
  for (const auto& [name, text] : {std::pair{"--word-order", &options.word_order},
                                   std::pair{"--byte-order", &options.byte_order}}) {
    command.add_option(name, *text, "big (default) or little")
        ->check(CLI::IsMember({"big", "little"}))
        ->needs(type);
  }
  command
      .add_flag("--try-orders", options.try_orders,
                "All orders of words and bytes, the likely one marked")
      ->needs(type);
  return places;
}

}  // namespace

void add_read(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("read", "Reads a meter and prints its points or registers");
  auto* file = command
                   ->add_option("-c,--configuration", options->configuration,
                                "Take the meter from this configuration")
                   ->type_name("FILE");
  auto* meter = command->add_option("meter", options->meter, "Its id there")->needs(file);
  file->needs(meter);
  add_place_options(*command, options->place, file);
  auto* model =
      command->add_option("--model", options->model, "Its model")->type_name("ID")->excludes(file);
  command->add_option("--points", options->points, "Groups, names and patterns such as voltage_*")
      ->delimiter(',')
      ->allow_extra_args(false);
  auto* points = command->get_option("--points");
  for (auto* place : add_plain_options(*command, *options, file, model)) {
    points->excludes(place);
  }
  command->add_option("--watch", options->every, "Read again that often (default 1s), until Ctrl-C")
      ->expected(0, 1)
      ->default_str("1s")
      ->type_name("PERIOD");
  command->add_flag("--raw", options->showing.raw, "Explain every frame on stderr");
  add_models_option(*command, options->models);
  add_format_option(*command, options->showing.format);
  command->footer(
      "Examples: bornier read -c /etc/bornier/gateway.toml school-12-main\n"
      "          bornier read --tcp 10.4.0.20:502 --unit-id 17 --model eastron-sdm630 --points "
      "billing,voltage_*\n"
      "          bornier read --rtu /dev/ttyUSB0 --baud 9600 --parity none --unit-id 1 --model "
      "eastron-sdm630 --watch\n"
      "          bornier read --tcp 10.4.0.20:502 --input 30001 --count 6 --type float32 "
      "--try-orders");
  command->callback([options, command, &chosen] {
    if (command->count("--watch") > 0 && options->every.empty()) {
      options->every = "1s";
    }
    check(*options);
    chosen = [options] { return run(*options); };
  });
}

}  // namespace bornier::app
