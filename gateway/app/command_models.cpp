// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command_options.hpp"
#include "app/commands.hpp"

namespace bornier::app {
namespace {

struct Options {
  std::string id;
  std::vector<std::string> models;
  Format format{};
};

auto table_name(wire::Table table) -> std::string {
  switch (table) {
    case wire::Table::coil: return "coil";
    case wire::Table::discrete_input: return "discrete";
    case wire::Table::input_register: return "input";
    case wire::Table::holding_register: return "holding";
  }
  return {};
}

auto list(const Options& options) -> int {
  Table table{.columns = {{.name = "model"},
                          {.name = "medium"},
                          {.name = "points", .right_aligned = true, .number = true},
                          {.name = "confidence"},
                          {.name = "title"}},
              .rows = {}};
  int code = 0;
  const auto folders = model_folders({options.models.begin(), options.models.end()});
  for (const auto& id : list_models(folders)) {
    const auto found = find_model(folders, id);
    print_diagnostics(found.diagnostics);
    if (!found.model) {
      code = 1;
      continue;
    }
    table.rows.push_back({id, std::string{to_text(found.model->medium)},
                          std::to_string(found.model->points.size()), found.model->confidence,
                          found.model->manufacturer + " " + found.model->title});
  }
  std::cout << to_text(table, options.format);
  return code;
}

auto show(const Options& options) -> int {
  const auto model = find_model_or_complain(options.models, options.id);
  if (!model) {
    return 1;
  }
  const model::Settings settings{*model};
  Table table{.columns = {{.name = "point"},
                          {.name = "unit", .unit = true},
                          {.name = "kind"},
                          {.name = "table"},
                          {.name = "address", .right_aligned = true, .number = true},
                          {.name = "registers", .right_aligned = true, .number = true},
                          {.name = "group"},
                          {.name = "obis"}},
              .rows = {}};
  for (const auto& point : model->points) {
    const bool is_derived = !point.parts.empty();
    table.rows.push_back(
        {point.name, std::string{model::unit_of(point, settings)},
         std::string{to_text(point.quantity->kind)},
         is_derived ? "derived" : table_name(point.table),
         is_derived ? "" : std::to_string(point.address), std::to_string(point.encoding.registers),
         point.billing ? "billing" : (point.essential ? "essential" : ""), point.obis});
  }
  if (options.format == Format::table) {
    std::cout << model->id << " version " << model->version << ": " << model->manufacturer << " "
              << model->title << "\nconfidence " << model->confidence << "; sources:\n";
    for (const auto& source : model->sources) {
      std::cout << "  " << source << "\n";
    }
    for (const auto& quirk : model->quirks) {
      std::cout << "note: " << quirk << "\n";
    }
    for (const auto& setting : model->settings) {
      std::cout << "setting " << setting.name << ": " << setting.title << ";";
      for (const auto& choice : setting.choices) {
        std::cout << " \"" << choice << "\"";
      }
      std::cout << " (default \"" << setting.choices[setting.initial] << "\")\n";
    }
    std::cout << "\n";
  }
  std::cout << to_text(table, options.format);
  return 0;
}

}  // namespace

void add_models(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("models", "Lists the meter models, or shows one");
  command->add_option("id", options->id, "The model to show")->type_name("ID");
  add_models_option(*command, options->models);
  add_format_option(*command, options->format);
  command->footer("Example: bornier models eastron-sdm630");
  command->callback([options, &chosen] {
    chosen = [options] { return options->id.empty() ? list(*options) : show(*options); };
  });
}

}  // namespace bornier::app
