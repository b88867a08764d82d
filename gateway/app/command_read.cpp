// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "app/ask_gateway.hpp"
#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/learn_at_once.hpp"
#include "app/live_reader.hpp"
#include "app/meter_learning.hpp"
#include "app/meter_place.hpp"
#include "app/meter_reader.hpp"
#include "app/point_table.hpp"
#include "app/pulse_meters.hpp"
#include "app/read_plain.hpp"
#include "app/serial_port.hpp"
#include "io/spawn.hpp"
#include "model/notation.hpp"
#include "model/plain_registers.hpp"
#include "model/register_types.hpp"
#include "model/select.hpp"

namespace bornier::app {
namespace {

struct ReadOptions {
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
  std::filesystem::path state_directory;       ///< empty without a configuration
  std::optional<PulseMeterSettings> pulses{};  ///< of which `meter` counts the pulses
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

auto target_of_configuration(const ReadOptions& options) -> std::optional<Target> {
  auto configuration = load_or_complain(options.configuration);
  if (!configuration) {
    return std::nullopt;
  }
  choose_periods(*configuration, io::SystemClock{}.now().stamp);
  const auto counted =
      std::ranges::find(configuration->pulse_meters, options.meter, &PulseMeterSettings::id);
  const bool is_counted = counted != configuration->pulse_meters.end();
  const auto* meter =
      find_meter_or_complain(*configuration, options.configuration,
                             is_counted ? device_of(*configuration, *counted).id : options.meter);
  if (meter == nullptr) {
    return std::nullopt;
  }
  Target target{.bus = configuration->buses[meter->bus],
                .meter = *meter,
                .state_directory = configuration->gateway.state_directory};
  if (is_counted) {
    target.pulses = *counted;
    target.meter.polls = {{.every = {}, .points = {counted->count}}};
    return target;
  }
  if (!options.points.empty() && !select_points(target.meter, options.points)) {
    return std::nullopt;
  }
  return target;
}

auto target_of_options(const ReadOptions& options) -> std::optional<Target> {
  auto bus = bus_of(options.place);
  if (!bus) {
    return std::nullopt;
  }
  Target target{.bus = std::move(*bus), .meter = {}, .state_directory = {}};
  target.meter.id = options.model;
  target.meter.unit_id = wire::UnitId{static_cast<std::uint8_t>(options.place.unit_id)};
  target.meter.model = find_modbus_model_or_complain(options.models, options.model);
  if (!target.meter.model) {
    return std::nullopt;
  }
  target.meter.settings = model::Settings{*target.meter.model};
  const auto patterns = options.points.empty() ? std::vector<std::string>{"all"} : options.points;
  return select_points(target.meter, patterns) ? std::optional{std::move(target)} : std::nullopt;
}

/// With the register that it begins at; nothing where a model is read.
auto plain_read_of(const ReadOptions& options) -> std::optional<PlainRead> {
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

/// A line for each finding, and none again while it stays. Left out is what is no news to somebody
/// who reads values, and what one look at a load that changes may pretend.
void say_wiring(const MeterSettings& meter, const std::vector<Request>& requests,
                const std::vector<Gathered>& gathered, std::string& said) {
  std::string text;
  std::string rules;
  for (const auto& finding : wiring_of(meter, look_of(meter, requests, gathered))) {
    if (finding.rule != model::WiringRule::load_too_small &&
        finding.rule != model::WiringRule::sum_differs &&
        finding.rule != model::WiringRule::power_factor) {
      rules += to_text(finding.rule);
      text += "wiring: " + finding.what + " (" + finding.evidence + ")\n";
    }
  }
  if (std::exchange(said, rules) != rules) {
    std::cerr << text;
  }
}

auto read_points(Target target, Showing showing, const io::Clock& clock)
    -> boost::asio::awaitable<bool> {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto& model = *target.meter.model;
  const auto cost = cost_of(target.bus, model.timing);
  MeterLearning learning{target.meter};
  auto requests = plan_requests(model, target.meter.polls.front().points, cost);
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
  std::string said;
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
    const bool learned = co_await learn_at_once(reader, target.meter, learning, gathered, outcome);
    const auto readable = without_lacking(learning, target.meter.polls.front().points);
    if (learned && !readable.empty()) {
      reader.forget(*requests);
      requests = plan_requests(model, readable, cost, learning.known());
      if (!requests) {
        std::cerr << requests.error() << "\n";
        co_return false;
      }
      continue;
    }
    if (!gathered.empty() || showing.format != Format::table) {
      auto table = point_table(target.meter, *requests, gathered);
      if (!readable.empty()) {
        add_lacking(table, target.meter, target.meter.polls.front().points, learning);
      }
      if (target.pulses) {
        table = pulse_table(*target.pulses, model.points[target.pulses->count].name,
                            std::move(table), clock.now().stamp);
      }
      std::cout << to_text(table, showing.format) << std::flush;
    }
    const bool lacking = !gathered.empty() && gathered.front().lacking;
    const auto why = why_unread(outcome, lacking, target.bus, name, target.meter);
    if (!why.empty()) {
      std::cerr << why << (outcome == modbus::Outcome::bus_down ? reader.figures().last_error : "")
                << "\n";
    }
    if (showing.format == Format::table) {
      say_wiring(target.meter, *requests, gathered, said);
    }
    if (!showing.every) {
      co_return outcome == modbus::Outcome::answered;
    }
    co_await pause.wait(begun + *showing.every);
    begin_again(showing.format);
  }
}

/// A line that only one program may have: a running gateway has it.
auto is_exclusive(const BusSettings& bus) -> bool {
  return bus.transport != Transport::tcp;
}

auto request_for(const ReadOptions& options) -> std::string {
  boost::json::object request{{"command", "read"}, {"meter", options.meter}};
  if (!options.points.empty()) {
    request["points"] = boost::json::array(options.points.begin(), options.points.end());
  }
  return boost::json::serialize(request);
}

auto rows_in(const boost::json::object& answer, std::size_t columns)
    -> std::vector<std::vector<std::string>> {
  std::vector<std::vector<std::string>> rows;
  const auto* all = answer.if_contains("rows");
  const auto* list = all == nullptr ? nullptr : all->if_array();
  for (std::size_t index = 0; list != nullptr && index < list->size(); ++index) {
    std::vector<std::string> cells;
    if (const auto* row = (*list)[index].if_array()) {
      for (const auto& cell : *row) {
        cells.emplace_back(cell.is_string() ? cell.get_string().c_str() : "");
      }
    }
    cells.resize(columns);
    rows.push_back(std::move(cells));
  }
  return rows;
}

/// Prints what the gateway tells; true if the meter was read.
auto print_answer(const boost::json::object& answer, Format format) -> bool {
  Table table{.columns = point_columns(), .rows = {}};
  table.rows = rows_in(answer, table.columns.size());
  if (!table.rows.empty() || format != Format::table) {
    std::cout << to_text(table, format) << std::flush;
  }
  const auto* told = answer.if_contains("told");
  if (told != nullptr && told->is_string() && !told->get_string().empty()) {
    std::cerr << told->get_string().c_str() << "\n";
  }
  const auto* read = answer.if_contains("read");
  return read != nullptr && read->is_bool() && read->get_bool();
}

/// The exit code; nothing: no gateway runs there.
auto read_through_gateway(const Target& target, const ReadOptions& options) -> std::optional<int> {
  const auto request = request_for(options);
  for (bool first = true;; first = false) {
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = ask_gateway(target.state_directory, request);
    if (!answer) {
      std::cerr << answer.error() << "\n";
      return 1;
    }
    if (!*answer) {
      return std::nullopt;
    }
    if (first && options.showing.raw) {
      std::cerr << "--raw shows nothing: the running gateway asks the meter\n";
    }
    const bool read = print_answer(**answer, options.showing.format);
    if (!options.showing.every) {
      return read ? 0 : 1;
    }
    std::this_thread::sleep_until(begun + *options.showing.every);
    begin_again(options.showing.format);
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

auto run_read(boost::asio::awaitable<bool> reading, boost::asio::io_context& context) -> int {
  bool read = false;
  const auto keep = [&read](boost::asio::awaitable<bool> one) -> boost::asio::awaitable<void> {
    read = co_await std::move(one);
  };
  io::spawn(context.get_executor(), keep(std::move(reading)), "read");
  context.run();
  return read ? 0 : 1;
}

auto run_read(const ReadOptions& options) -> int {
  const io::SystemClock clock;
  boost::asio::io_context context{1};
  if (const auto plain = plain_read_of(options)) {
    const auto bus = bus_of(options.place);
    const wire::UnitId unit{static_cast<std::uint8_t>(options.place.unit_id)};
    return bus ? run_read(read_plain(*bus, unit, *plain, options.showing, clock), context) : 1;
  }
  auto target =
      options.configuration.empty() ? target_of_options(options) : target_of_configuration(options);
  if (!target) {
    return 1;
  }
  if (!target->state_directory.empty() && is_exclusive(target->bus)) {
    if (const auto code = read_through_gateway(*target, options)) {
      return *code;
    }
  }
  merge_polls(target->meter);
  return run_read(read_points(std::move(*target), options.showing, clock), context);
}

/// What CLI11 cannot check by itself.
void check_read(ReadOptions& options) {
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
auto add_plain_options(CLI::App& command, ReadOptions& options, CLI::Option* file,
                       CLI::Option* model) -> std::vector<CLI::Option*> {
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
  const auto options = std::make_shared<ReadOptions>();
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
    check_read(*options);
    chosen = [options] { return run_read(*options); };
  });
}

}  // namespace bornier::app
