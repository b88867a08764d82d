// SPDX-License-Identifier: Apache-2.0
#include "app/command_options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "app/pulse_meters.hpp"

namespace bornier::app {

void add_configuration_option(CLI::App& command, std::string& file) {
  command.add_option("-c,--configuration", file, "The gateway's configuration")
      ->required()
      ->type_name("FILE");
}

void add_format_option(CLI::App& command, Format& format, const std::string& usual) {
  command
      .add_option_function<std::string>(
          "--format",
          [&format](const std::string& name) {
            const auto known = parse_format(name);
            if (!known) {
              throw CLI::ValidationError("--format", name + " is none of table, json, csv");
            }
            format = *known;
          },
          "table, json or csv; default " + usual)
      ->type_name("FORMAT");
}

void add_models_option(CLI::App& command, std::vector<std::string>& folders) {
  command
      .add_option(
          "--models", folders,
          "Folder with model files, searched before /etc/bornier/models and the shipped ones")
      ->allow_extra_args(false)  // what follows is not one more folder
      ->type_name("DIR");
}

void print_diagnostics(const std::vector<model::Diagnostic>& diagnostics) {
  for (const auto& diagnostic : diagnostics) {
    std::cerr << to_text(diagnostic) << "\n";
  }
}

auto load_or_complain(const std::string& file) -> std::optional<Configuration> {
  auto configuration = load_configuration(file);
  if (!configuration) {
    print_diagnostics(configuration.error());
    return std::nullopt;
  }
  return std::move(*configuration);
}

auto find_meter_or_complain(const Configuration& configuration, const std::string& file,
                            const std::string& id) -> const MeterSettings* {
  std::vector<std::string_view> ids;
  for (const auto& meter : configuration.meters) {
    if (meter.id == id) {
      return &meter;
    }
    ids.push_back(meter.id);
  }
  const auto sender = std::ranges::find(configuration.mqtt_meters, id, &MqttMeterSettings::id);
  if (sender != configuration.mqtt_meters.end()) {
    std::cerr
        << file << ": meter \"" << id
        << "\" speaks MQTT: it sends of its own accord and is not asked; `bornier status` shows "
           "what came, `bornier listen` what comes\n";
    return nullptr;
  }
  const auto counted = std::ranges::find(configuration.pulse_meters, id, &PulseMeterSettings::id);
  if (counted != configuration.pulse_meters.end()) {
    std::cerr << file << ": meter \"" << id << "\" has no registers: its pulses are counted by \""
              << device_of(configuration, *counted).id << "\"\n";
    return nullptr;
  }
  std::cerr << file << ": there is no meter \"" << id << "\"" << model::did_you_mean(id, ids)
            << "\n";
  return nullptr;
}

auto find_model_or_complain(const std::vector<std::string>& folders, const std::string& id)
    -> std::shared_ptr<const model::Model> {
  const auto all = model_folders({folders.begin(), folders.end()});
  auto found = find_model(all, id);
  if (!found.model && found.diagnostics.empty()) {
    const auto known = list_models(all);
    const std::vector<std::string_view> names{known.begin(), known.end()};
    std::cerr << "there is no model \"" << id << "\""
              << (model::nearest(id, names) ? model::did_you_mean(id, names)
                                            : "; name its folder with --models")
              << "\n";
  }
  print_diagnostics(found.diagnostics);
  return std::move(found.model);
}

auto find_modbus_model_or_complain(const std::vector<std::string>& folders, const std::string& id)
    -> std::shared_ptr<const model::Model> {
  auto model = find_model_or_complain(folders, id);
  if (model && model->protocol != model::Protocol::modbus) {
    std::cerr
        << "meters of model \"" << id
        << "\" speak MQTT: they send of their own accord and are not asked; configure them as "
           "[[mqtt.meter]]\n";
    return nullptr;
  }
  return model;
}

void require_confirmation(bool yes) {
  if (!yes && ::isatty(STDIN_FILENO) != 1) {
    throw CLI::ValidationError(
        "there is no terminal to ask for confirmation; --yes writes without asking");
  }
}

auto is_confirmed() -> bool {
  std::cerr << "Write it? [y/N] " << std::flush;
  std::string reply;
  std::getline(std::cin, reply);
  const bool yes = reply == "y" || reply == "Y" || reply == "yes";
  std::cerr << (yes ? "" : "nothing was written\n");
  return yes;
}

}  // namespace bornier::app
