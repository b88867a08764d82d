// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/node_tool.hpp"
#include "model/writing.hpp"

namespace bornier::app {
namespace {

/// Splits `words` into the meter and the value.
void take_words(NodeOptions& options, const std::string& value_name) {
  const std::size_t meters = options.node.configuration.empty() ? 0 : 1;
  if (options.node.configuration.empty() && !options.node.place.is_given()) {
    throw CLI::RequiredError("-c FILE METER, or --tcp HOST:PORT, or --rtu DEVICE,");
  }
  if (options.node.place.is_given()) {
    check_place(options.node.place);
  }
  const auto values = value_name.empty() ? 0U : 1U;
  if (options.words.size() != meters + values) {
    const std::string meter = meters == 0 ? "" : "the id of one meter";
    const std::string both = meters != 0 && values != 0 ? " and " : "";
    throw CLI::ValidationError((meters + values == 0 ? "nothing" : meter + both + value_name) +
                               " is expected besides the options");
  }
  options.node.meter = meters == 0 ? "" : options.words.front();
  options.value = values == 0 ? "" : options.words.back();
}

void check_address(const NodeOptions& options) {
  const bool is_number = options.value.find_first_not_of("0123456789") == std::string::npos &&
                         !options.value.empty() && options.value.size() < 4;
  if (!is_number || !modbus::is_on_serial_lines(std::stoi(options.value))) {
    throw CLI::ValidationError("\"" + options.value + "\" is no node's address; 1 to 247 are");
  }
  if (!options.new_format.empty() && !model::parse_character_format(options.new_format)) {
    throw CLI::ValidationError("--new-format",
                               options.new_format + " is none of 8E1, 8O1, 8N1, 8N2");
  }
  const bool moves_line = options.new_baud != 0 || !options.new_format.empty();
  const auto& place = options.node.place;
  if (moves_line && (!place.tcp.empty() || !place.rtu_over_tcp.empty())) {
    throw CLI::ValidationError(
        "--new-baud and --new-format need the line itself (--rtu): a converter would have to "
        "change its own at the same time");
  }
}

/// Which node: -c FILE METER, or where it is.
auto add_node_options(CLI::App& command, NodeOptions& options, const std::string& value_name)
    -> void {
  auto* file = command
                   .add_option("-c,--configuration", options.node.configuration,
                               "Take the node from this configuration; a gateway that runs on it "
                               "asks and records")
                   ->type_name("FILE");
  const auto what = value_name.empty() ? "[METER]" : "[METER] " + value_name;
  command
      .add_option("what", options.words,
                  "The meter's id there" + (value_name.empty() ? "" : ", and " + value_name))
      ->type_name(what);
  add_place_options(command, options.node.place, file);
  command.add_flag("--raw", options.node.raw, "Explain every frame on stderr");
  add_models_option(command, options.node.models);
}

void add_input_option(CLI::App& command, NodeOptions& options) {
  command.add_option("--input", options.input, "Pulse input, 1 to 8")
      ->required()
      ->check(CLI::Range(1, 8));
}

void add_yes_option(CLI::App& command, NodeOptions& options) {
  command.add_flag("--yes", options.yes, "Do not ask for confirmation");
}

void add_info(CLI::App& parent, Chosen& chosen) {
  const auto options = std::make_shared<NodeOptions>();
  auto* command =
      parent.add_subcommand("info", "Shows all that a node tells: inputs, events, state");
  add_node_options(*command, *options, "");
  add_format_option(*command, options->format);
  command->add_flag("--configuration-lines", options->configuration,
                    "Print the sections for a gateway's configuration instead");
  command->footer(
      "Example: bornier node info --rtu /dev/ttyUSB0 --baud 9600 --parity even --unit-id 1");
  command->callback([options, &chosen] {
    take_words(*options, "");
    chosen = [options] { return show_node(*options); };
  });
}

void add_set_address(CLI::App& parent, Chosen& chosen) {
  const auto options = std::make_shared<NodeOptions>();
  auto* command = parent.add_subcommand(
      "set-address", "Gives a node another address, on trial until it answers there");
  add_node_options(*command, *options, "ADDRESS");
  command->add_option("--new-baud", options->new_baud, "Another bit rate as well");
  command->add_option("--new-format", options->new_format, "Another format as well: 8E1, 8N1 …");
  command->add_flag("--force", options->force, "Even if somebody answers there");
  add_yes_option(*command, *options);
  command->footer(
      "What fails on the way leaves the node as it was, after 30 s or a power cut.\n"
      "Example: bornier node set-address --rtu /dev/ttyUSB0 --baud 9600 --parity even --unit-id 1 "
      "17");
  command->callback([options, &chosen] {
    take_words(*options, "ADDRESS");
    check_address(*options);
    require_confirmation(options->yes);
    chosen = [options] { return set_node_address(*options); };
  });
}

void add_set_pulse_value(CLI::App& parent, Chosen& chosen) {
  const auto options = std::make_shared<NodeOptions>();
  auto* command =
      parent.add_subcommand("set-pulse-value", "Notes what a pulse of an input is worth");
  add_node_options(*command, *options, "VALUE");
  add_input_option(*command, *options);
  add_yes_option(*command, *options);
  command->footer(
      "Units: {pulse}, Wh, kWh, varh, kvarh, L, m3, J, kJ, MJ, GJ.\n"
      "Examples: bornier node set-pulse-value -c /etc/bornier/gateway.toml cellar --input 3 \"10 "
      "L\"\n"
      "          bornier node set-pulse-value --rtu /dev/ttyUSB0 --baud 9600 --parity even "
      "--unit-id "
      "17 --input 1 \"1000 {pulse}/kWh\"");
  command->callback([options, &chosen] {
    take_words(*options, "VALUE");
    require_confirmation(options->yes);
    chosen = [options] { return set_pulse_value(*options); };
  });
}

void add_set_index(CLI::App& parent, Chosen& chosen) {
  const auto options = std::make_shared<NodeOptions>();
  auto* command = parent.add_subcommand(
      "set-index", "Notes what the meter at an input shows now; its count stays what it is");
  add_node_options(*command, *options, "INDEX");
  add_input_option(*command, *options);
  add_yes_option(*command, *options);
  command->footer(
      "Example: bornier node set-index -c /etc/bornier/gateway.toml cellar --input 3 \"1234.567 "
      "m3\"");
  command->callback([options, &chosen] {
    take_words(*options, "INDEX");
    require_confirmation(options->yes);
    chosen = [options] { return set_index(*options); };
  });
}

}  // namespace

void add_node(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("node", "Commissions a pulse node: address, worth of a pulse, index");
  command->require_subcommand(1);
  command->footer(
      "Example: bornier node info --rtu /dev/ttyUSB0 --baud 9600 --parity even --unit-id 1");
  add_info(*command, chosen);
  add_set_address(*command, chosen);
  add_set_pulse_value(*command, chosen);
  add_set_index(*command, chosen);
}

}  // namespace bornier::app
