// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "intake/run_message_tests.hpp"
#include "model/import_csv.hpp"
#include "model/load.hpp"
#include "model/register_types.hpp"
#include "model/run_tests.hpp"
#include "model/select.hpp"
#include "model/writing.hpp"

namespace bornier::app {
namespace {

struct ModelsOptions {
  std::string id;
  std::string text;
  std::vector<std::string> files;
  std::string csv;
  std::vector<std::string> models;
  Format format{};
};

/// Whether each word of `wanted` stands somewhere in what describes the model.
auto is_about(const model::Model& model, std::string_view wanted) -> bool {
  auto all = model.id + " " + model.manufacturer + " " + model.title + " " +
             std::string{to_text(model.medium)};
  for (const auto& quirk : model.quirks) {
    all += " " + quirk;
  }
  for (const auto& point : model.points) {
    all += " " + point.name + " " + std::string{point.quantity->name} + " " + point.obis;
  }
  all = model::lower(all);
  std::istringstream words{model::lower(wanted)};
  std::string word;
  while (words >> word) {
    if (all.find(word) == std::string::npos) {
      return false;
    }
  }
  return true;
}

/// All models, or those that ModelsOptions::text is about.
auto list(const ModelsOptions& options) -> int {
  Table table{.columns = {{.name = "model"},
                          {.name = "medium"},
                          {.name = "protocol"},
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
    if (!is_about(*found.model, options.text)) {
      continue;
    }
    table.rows.push_back({id, std::string{to_text(found.model->medium)},
                          std::string{to_text(found.model->protocol)},
                          std::to_string(found.model->points.size()), found.model->confidence,
                          found.model->manufacturer + " " + found.model->title});
  }
  if (table.rows.empty() && !options.text.empty()) {
    std::cerr
        << "no model has \"" << options.text
        << "\" in its name, notes or points; `bornier read` without a model shows what a meter "
           "holds\n";
    return 1;
  }
  std::cout << to_text(table, options.format);
  return code;
}

/// What `bornier write` may do with it; a name other than its own that it has there.
auto access_text(const model::Access& access) -> std::string {
  if (!access.writable) {
    return {};
  }
  std::string text = access.write_only ? "only" : "yes";
  text += access.locked ? ", locked" : "";
  const auto name = model::name_of(access.sets);
  return name.empty() ? text : text + ", " + std::string{name};
}

auto group_of(const model::Point& point) -> std::string {
  return point.billing ? "billing" : (point.essential ? "essential" : "");
}

/// Where the points of a model stand in registers.
auto registers_of(const model::Model& model) -> Table {
  const model::Settings settings{model};
  Table table{.columns = {{.name = "point"},
                          {.name = "unit", .unit = true},
                          {.name = "kind"},
                          {.name = "table"},
                          {.name = "address", .right_aligned = true, .number = true},
                          {.name = "registers", .right_aligned = true, .number = true},
                          {.name = "group"},
                          {.name = "write"},
                          {.name = "obis"}},
              .rows = {}};
  for (const auto& point : model.points) {
    const bool is_derived = !point.parts.empty();
    table.rows.push_back({point.name, std::string{model::unit_of(point, settings)},
                          std::string{to_text(point.quantity->kind)},
                          is_derived ? "derived" : std::string{model::to_text(point.table)},
                          is_derived ? "" : std::to_string(point.address),
                          std::to_string(point.encoding.registers), group_of(point),
                          access_text(point.access), point.obis});
  }
  return table;
}

/// Where they stand in messages.
auto places_of(const model::Model& model) -> Table {
  const model::Settings settings{model};
  Table table{.columns = {{.name = "point"},
                          {.name = "unit", .unit = true},
                          {.name = "kind"},
                          {.name = "messages"},
                          {.name = "place"},
                          {.name = "group"},
                          {.name = "obis"}},
              .rows = {}};
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    const auto& point = model.points[index];
    table.rows.push_back({point.name, std::string{model::unit_of(point, settings)},
                          std::string{to_text(point.quantity->kind)},
                          model::message_names(model, index), model::place_text(model, index),
                          group_of(point), point.obis});
  }
  return table;
}

void describe(const model::Model& model) {
  std::cout << model.id << " version " << model.version << ": " << model.manufacturer << " "
            << model.title << "\nconfidence " << model.confidence << "; sources:\n";
  for (const auto& source : model.sources) {
    std::cout << "  " << source << "\n";
  }
  for (const auto& quirk : model.quirks) {
    std::cout << "note: " << quirk << "\n";
  }
  for (const auto& setting : model.settings) {
    std::cout << "setting " << setting.name << ": " << setting.title << ";";
    for (const auto& choice : setting.choices) {
      std::cout << " \"" << choice << "\"";
    }
    if (setting.point) {
      std::cout << " (read from the meter: " << model.points[*setting.point].name << ")\n";
    } else {
      std::cout << " (default \"" << setting.choices[setting.initial] << "\")\n";
    }
  }
  if (!model.writing.hint.empty()) {
    std::cout << "before writing: " << model.writing.hint << "\n";
  }
  for (const auto& message : model.messages) {
    std::cout << "message " << message.name << ": " << to_text(message.topic) << "\n";
  }
  for (const auto& availability : model.availabilities) {
    std::cout << "availability: " << to_text(availability.topic) << "\n";
  }
  for (const auto& [name, value] : model.captures) {
    std::cout << "{" << name << "} is \"" << value
              << "\" unless the meter's `captures` say otherwise\n";
  }
  std::cout << "\n";
}

auto show(const ModelsOptions& options) -> int {
  const auto model = find_model_or_complain(options.models, options.id);
  if (!model) {
    return 1;
  }
  if (options.format == Format::table) {
    describe(*model);
  }
  const bool has_messages = model->protocol == model::Protocol::mqtt;
  std::cout << to_text(has_messages ? places_of(*model) : registers_of(*model), options.format);
  return 0;
}

auto content(const std::filesystem::path& path) -> std::optional<std::string> {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return file ? std::optional{std::move(text).str()} : std::nullopt;
}

const std::vector<model::ExpectedSample> no_samples;

/// The frames of model files that need not be where the gateway finds them.
auto test_files(const ModelsOptions& options) -> int {
  int code = 0;
  for (const auto& file : options.files) {
    const auto text = content(file);
    if (!text) {
      std::cerr << file << ": cannot be read\n";
      code = 1;
      continue;
    }
    const auto model = model::load_model(*text, file);
    if (!model) {
      print_diagnostics(model.error());
      code = 1;
      continue;
    }
    const bool has_messages = model->protocol == model::Protocol::mqtt;
    const auto failures =
        has_messages ? intake::run_message_tests(*model) : model::run_tests(*model);
    for (const auto& failure : failures) {
      std::cout << file << ": " << failure.test << ": " << failure.point << " is " << failure.found
                << ", not " << failure.expected << "\n";
    }
    std::size_t readings = 0;
    for (const auto& test : model->tests) {
      readings += test.expected.size();
      for (const auto& sample : test.message ? test.message->samples : no_samples) {
        readings += sample.points.size();
      }
    }
    std::cout << file << ": " << model->points.size() << " points; " << model->tests.size()
              << " tests, " << readings - failures.size() << " of " << readings
              << " readings are right\n";
    if (model->tests.empty()) {
      std::cout << file << ": nothing shows that it reads right: add a [[test]]\n";
    }
    if (!failures.empty() || model->tests.empty()) {
      code = 1;
    }
  }
  return code;
}

/// "My meter.csv" → "my-meter"
auto id_of(const std::filesystem::path& file) -> std::string {
  std::string id;
  for (const char letter : model::lower(file.stem().string())) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (plain) {
      id += letter;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  constexpr std::size_t longest = 64;
  id = id.substr(0, longest);
  while (id.ends_with('-')) {
    id.pop_back();
  }
  return id.empty() ? "my-meter" : id;
}

auto import_file(const ModelsOptions& options) -> int {
  const auto text = content(options.csv);
  if (!text) {
    std::cerr << options.csv << ": cannot be read\n";
    return 1;
  }
  const auto id = id_of(options.csv);
  const auto imported = model::import_csv(*text, id, options.csv);
  if (!imported) {
    print_diagnostics(imported.error());
    return 1;
  }
  std::cout << imported->text;
  for (const auto& note : imported->notes) {
    std::cerr << note << "\n";
  }
  std::cerr << "keep this as " << id << ".toml, then: bornier models test " << id << ".toml\n";
  return 0;
}

}  // namespace

void add_models(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<ModelsOptions>();
  auto* command =
      app.add_subcommand("models", "Lists, shows, searches, tests and imports meter models");
  command->add_option("id", options->id, "The model to show")->type_name("ID");
  add_models_option(*command, options->models);
  add_format_option(*command, options->format);
  command->footer(
      "Examples: bornier models eastron-sdm630\n"
      "          bornier models search multical heat\n"
      "          bornier models test my-meter.toml\n"
      "          bornier models import registers.csv > my-meter.toml");

  auto* search =
      command->add_subcommand("search", "Models with these words in name, notes or points");
  search->add_option("words", options->files, "All must be there")->required();
  add_models_option(*search, options->models);
  add_format_option(*search, options->format);
  auto* test = command->add_subcommand("test", "Loads model files and runs the frames in them");
  test->add_option("files", options->files, "Model files")->required()->type_name("FILE ...");
  auto* import =
      command->add_subcommand("import", "Makes a model file of a register list, to complete");
  import
      ->add_option("file", options->csv,
                   "CSV with the columns name, address, and table, type, unit, scale")
      ->required()
      ->type_name("FILE");

  command->callback([options, search, test, import, &chosen] {
    if (search->parsed()) {
      for (const auto& word : options->files) {
        options->text += (options->text.empty() ? "" : " ") + word;
      }
    }
    if (test->parsed()) {
      chosen = [options] { return test_files(*options); };
    } else if (import->parsed()) {
      chosen = [options] { return import_file(*options); };
    } else {
      chosen = [options] { return options->id.empty() ? list(*options) : show(*options); };
    }
  });
}

}  // namespace bornier::app
