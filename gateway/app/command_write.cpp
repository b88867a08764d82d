// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/ask_gateway.hpp"
#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/local_order.hpp"
#include "app/meter_place.hpp"
#include "app/meter_writer.hpp"
#include "app/point_table.hpp"
#include "app/serial_port.hpp"
#include "io/spawn.hpp"
#include "model/plain_registers.hpp"
#include "model/register_types.hpp"

namespace bornier::app {
namespace {

struct WriteOptions {
  std::string configuration;
  std::vector<std::string> words;  ///< METER and NAME=VALUE
  MeterPlace place;
  std::string model;
  std::vector<std::string> models;
  std::string holding, coil, value;
  std::string type = "uint16";
  std::string word_order = "big", byte_order = "big";
  unsigned function = 0;
  std::string password;
  bool yes = false;
  bool raw = false;
};

/// What is to be written, and where.
struct Job {
  std::optional<Configuration> configuration;  ///< where the meter stands in one
  BusSettings bus;
  WriteTarget target;
  Wanted wanted;
  LocalOrder order;
};

/// `METER`, or nothing.
auto meter_of(const WriteOptions& options) -> std::string {
  for (const auto& word : options.words) {
    if (word.find('=') == std::string::npos) {
      return word;
    }
  }
  return {};
}

/// NAME and VALUE, or nothing.
auto assignment_of(const WriteOptions& options) -> std::pair<std::string, std::string> {
  for (const auto& word : options.words) {
    if (const auto equals = word.find('='); equals != std::string::npos) {
      return {word.substr(0, equals), word.substr(equals + 1)};
    }
  }
  return {};
}

auto order_of(const WriteOptions& options) -> std::optional<LocalOrder> {
  LocalOrder order;
  order.meter = meter_of(options);
  order.password = reading::parse_decimal(options.password);
  const auto [name, value] = assignment_of(options);
  if (!name.empty()) {
    order.setting = name;
    order.value = value;
    return order;
  }
  const bool coil = !options.coil.empty();
  order.place.table = coil ? wire::Table::coil : wire::Table::holding_register;
  const auto first =
      model::parse_register(coil ? options.coil : options.holding, order.place.table);
  order.type = coil ? "bool" : options.type;
  const auto encoding = model::parse_register_type(order.type);
  if (!first || !encoding) {
    return std::nullopt;
  }
  order.place.first = *first;
  order.place.encoding = *encoding;
  order.place.encoding.low_word_first = options.word_order == "little";
  order.place.encoding.low_byte_first = options.byte_order == "little";
  order.place.function = options.function;
  order.value = options.value;
  return order;
}

auto meter_of_options(const WriteOptions& options) -> std::optional<MeterSettings> {
  MeterSettings meter;
  meter.unit_id = wire::UnitId{static_cast<std::uint8_t>(options.place.unit_id)};
  meter.id = "unit " + std::to_string(options.place.unit_id);
  if (options.model.empty()) {
    return meter;
  }
  meter.model = find_modbus_model_or_complain(options.models, options.model);
  if (!meter.model) {
    return std::nullopt;
  }
  meter.settings = model::Settings{*meter.model};
  return meter;
}

/// Fills the place of the job; nothing after the reason was printed.
auto find_meter(const WriteOptions& options, Job& job) -> std::optional<MeterSettings> {
  if (options.configuration.empty()) {
    auto bus = bus_of(options.place);
    if (!bus) {
      return std::nullopt;
    }
    job.bus = std::move(*bus);
    return meter_of_options(options);
  }
  job.configuration = load_or_complain(options.configuration);
  if (!job.configuration) {
    return std::nullopt;
  }
  const auto* meter =
      find_meter_or_complain(*job.configuration, options.configuration, job.order.meter);
  if (meter == nullptr) {
    return std::nullopt;
  }
  job.bus = job.configuration->buses[meter->bus];
  return *meter;
}

auto job_of(const WriteOptions& options) -> std::optional<Job> {
  Job job;
  job.order = *order_of(options);
  const auto meter = find_meter(options, job);
  if (!meter) {
    return std::nullopt;
  }
  if (meter->unit_id == wire::UnitId{0}) {
    std::cerr << "unit 0 is everybody's address: a write to it could reach all meters; name the "
                 "meter's own (a device that is alone behind its address often takes 1 or 255)\n";
    return std::nullopt;
  }
  auto target = target_of(job.order, *meter);
  if (!target) {
    std::cerr << target.error() << "\n";
    return std::nullopt;
  }
  job.target = std::move(*target);
  auto wanted = parse_wanted(job.target, job.order.value);
  if (!wanted) {
    std::cerr << wanted.error().text << "\n";
    return std::nullopt;
  }
  job.wanted = std::move(*wanted);
  if (job.configuration) {
    if (const auto* other = neighbour_at(*job.configuration, job.target, job.wanted)) {
      std::cerr << "meter \"" << other->id << "\" of the same bus has this unit id\n";
      return std::nullopt;
    }
  }
  return job;
}

/// Shows what is about to be done and asks, unless the answer was given. False: not now.
auto is_agreed(const Job& job, const std::string& now, bool yes) -> bool {
  std::cerr << job.target.meter.id << ": " << job.target.name << "\n";
  if (!job.target.requests.empty()) {
    std::cerr << "  now  " << now << "\n";
  }
  std::cerr << "  new  " << job.wanted.shown << "\n";
  const auto& hint = job.target.meter.model->writing.hint;
  if (!hint.empty()) {
    std::cerr << hint << "\n";
  }
  return yes || is_confirmed();
}

void print(const std::string& summary, const std::string& told) {
  std::cout << summary << std::endl;
  std::cerr << told << "\n";
}

auto text_in(const boost::json::object& answer, std::string_view key) -> std::string {
  const auto* value = answer.if_contains(key);
  return value != nullptr && value->is_string() ? value->get_string().c_str() : "";
}
auto flag_in(const boost::json::object& answer, std::string_view key) -> bool {
  const auto* value = answer.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

/// The exit code; nothing: no gateway runs there.
auto write_through_gateway(const Job& job, const WriteOptions& options) -> std::optional<int> {
  const auto& folder = job.configuration->gateway.state_directory;
  auto looked = ask_gateway(folder, to_json(job.order, "look"));
  if (!looked) {
    std::cerr << looked.error() << "\n";
    return 1;
  }
  if (!*looked) {
    return std::nullopt;
  }
  if (options.raw) {
    std::cerr << "--raw shows nothing: the running gateway asks the meter\n";
  }
  const auto now = text_in(**looked, "value");
  if (!flag_in(**looked, "answered")) {
    std::cerr << job.target.meter.id << ": " << job.target.name << ": " << now
              << "; nothing was written\n";
    return 1;
  }
  if (!is_agreed(job, now, options.yes)) {
    return 1;
  }
  const auto written = ask_gateway(folder, to_json(job.order, "write"));
  if (!written || !*written) {
    std::cerr << (written ? "the gateway has ended; whether it wrote is in its log"
                          : written.error())
              << "\n";
    return 1;
  }
  print(text_in(**written, "summary"), text_in(**written, "told"));
  return flag_in(**written, "success") ? 0 : 1;
}

auto write_directly(Job& job, const WriteOptions& options, const io::Clock& clock)
    -> boost::asio::awaitable<int> {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto line = make_line(executor, clock, job.bus, options.raw);
  const auto name = line->name();
  MeterReader reader{executor, job.bus, std::move(line), clock, MeterReader::Neighbours::none};
  const auto connected = co_await reader.connect();
  if (!connected) {
    std::cerr << why_not_connected(job.bus, name, connected.error()) << "\n";
    co_return 1;
  }
  const MeterWriter::LineMaker make_another = [&](const BusSettings& bus) {
    return make_line(executor, clock, bus, options.raw);
  };
  MeterWriter writer{executor, reader, clock, job.target, make_another};
  const auto seen = co_await writer.look();
  if (seen.outcome != modbus::Outcome::answered) {
    const auto silent = why_silent(job.bus, name, job.target.meter.unit_id);
    std::cerr << (seen.outcome == modbus::Outcome::silent ? silent
                                                          : job.target.name + ": " + seen.text)
              << "; nothing was written\n";
    co_return 1;
  }
  if (!is_agreed(job, seen.text, options.yes)) {
    co_return 1;
  }
  const auto report = co_await writer.write(job.wanted, job.order.password);
  print(summary(job.target, job.wanted, report), report.told);
  if (report.end != WriteEnd::impossible) {
    std::cerr << "no gateway runs there, so this is recorded nowhere\n";
  }
  co_return succeeded(report.end) ? 0 : 1;
}

auto run_write(const WriteOptions& options) -> int {
  auto job = job_of(options);
  if (!job) {
    return 1;
  }
  if (job->configuration) {
    if (const auto code = write_through_gateway(*job, options)) {
      return *code;
    }
  }
  const io::SystemClock clock;
  boost::asio::io_context context{1};
  int code = 1;
  const auto keep = [&code](boost::asio::awaitable<int> one) -> boost::asio::awaitable<void> {
    code = co_await std::move(one);
  };
  io::spawn(context.get_executor(), keep(write_directly(*job, options, clock)), "write");
  context.run();
  return code;
}

void check_what(const WriteOptions& options) {
  const auto assignments = static_cast<std::size_t>(std::ranges::count_if(
      options.words, [](const std::string& word) { return word.find('=') != std::string::npos; }));
  const auto meters = options.words.size() - assignments;
  const bool plain = !options.holding.empty() || !options.coil.empty();
  if (assignments + (plain ? 1U : 0U) != 1) {
    throw CLI::ValidationError(
        "one value is written at a time: NAME=VALUE, or --holding or --coil with --value");
  }
  if (meters != (options.configuration.empty() ? 0U : 1U)) {
    throw CLI::ValidationError(options.configuration.empty() ? "a meter's id needs -c FILE"
                                                             : "-c FILE needs the id of one meter");
  }
  if (assignments == 1 && options.configuration.empty() && options.model.empty()) {
    throw CLI::RequiredError("--model ID, which knows the name,");
  }
  if (plain && options.value.empty()) {
    throw CLI::RequiredError("--value");
  }
  if (assignments == 1 && !options.value.empty()) {
    throw CLI::ValidationError("the value stands behind the name already: NAME=VALUE");
  }
  if (plain && !order_of(options)) {
    throw CLI::ValidationError(
        options.holding + options.coil + " as " + options.type +
        " is no such register; write a reference such as 40001, or an address as on the wire, and "
        "one of the types " +
        model::register_type_names());
  }
}

/// What CLI11 cannot check by itself.
void check(const WriteOptions& options) {
  if (options.configuration.empty() && !options.place.is_given()) {
    throw CLI::RequiredError("-c FILE METER, or --tcp HOST:PORT, or --rtu DEVICE,");
  }
  check_place(options.place);
  check_what(options);
  if (!options.password.empty() && !reading::parse_decimal(options.password)) {
    throw CLI::ValidationError("--password", "a meter's password is a number");
  }
  require_confirmation(options.yes);
}

void add_what_options(CLI::App& command, WriteOptions& options) {
  auto* holding = command
                      .add_option("--holding", options.holding,
                                  "A holding register: 40001, or an address from 0")
                      ->type_name("REGISTER");
  auto* coil = command.add_option("--coil", options.coil, "A coil: its address from 0")
                   ->type_name("ADDRESS")
                   ->excludes(holding);
  command.add_option("--value", options.value, "What shall stand there");
  auto* type = command.add_option("--type", options.type, "Of the value; default uint16")
                   ->needs(holding)
                   ->excludes(coil);
  for (const auto& [name, order] : {std::pair{"--word-order", &options.word_order},
                                    std::pair{"--byte-order", &options.byte_order}}) {
    command.add_option(name, *order, "big (default) or little")
        ->check(CLI::IsMember({"big", "little"}))
        ->needs(type);
  }
  command
      .add_option("--function", options.function,
                  "Of Modbus: 6 or 16, of a coil 5 or 15; default 6, of several registers 16, or 5")
      ->check(CLI::IsMember({5, 6, 15, 16}));
}

}  // namespace

void add_write(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<WriteOptions>();
  auto* command =
      app.add_subcommand("write", "Writes one setting or register of a meter and reads it back");
  auto* file = command
                   ->add_option("-c,--configuration", options->configuration,
                                "Take the meter from this configuration; a gateway that runs on it "
                                "writes and records it")
                   ->type_name("FILE");
  command->add_option("what", options->words, "The meter's id there, and NAME=VALUE")
      ->type_name("[METER] [NAME=VALUE]");
  add_place_options(*command, options->place, file);
  command->add_option("--model", options->model, "Its model")->type_name("ID")->excludes(file);
  add_what_options(*command, *options);
  command->add_option("--password", options->password, "Opens locked settings; default the maker's")
      ->type_name("NUMBER");
  command->add_flag("--yes", options->yes, "Do not ask for confirmation");
  command->add_flag("--raw", options->raw, "Explain every frame on stderr");
  add_models_option(*command, options->models);
  command->footer(
      "Names that may be written: bornier models ID. The value before and after is shown.\n"
      "Examples: bornier write -c /etc/bornier/gateway.toml school-12-main energy_prefix=k\n"
      "          bornier write --rtu /dev/ttyUSB0 --baud 9600 --parity none --unit-id 1 --model "
      "eastron-sdm630 unit_id=17\n"
      "          bornier write --tcp 10.4.0.20:502 --unit-id 1 --holding 40001 --value 17\n"
      "          bornier write --tcp 10.4.0.20:502 --unit-id 1 --coil 3 --value 1 --yes");
  command->callback([options, &chosen] {
    check(*options);
    chosen = [options] { return run_write(*options); };
  });
}

}  // namespace bornier::app
