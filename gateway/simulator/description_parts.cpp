// SPDX-License-Identifier: Apache-2.0
#include "simulator/description_parts.hpp"

#include <array>
#include <utility>

namespace bornier::simulator {

using model::TableReader;

auto read_name(TableReader& reader, Whole& whole) -> std::string {
  auto name = reader.required_text("name");
  if (!name.empty() && !whole.names.insert(name).second) {
    reader.complain("name", "there are two meters named " + model::quoted(name) +
                                "; give each a name of its own");
  }
  return name;
}

auto read_model(TableReader& reader, model::Protocol protocol, Whole& whole)
    -> std::shared_ptr<const model::Model> {
  reader.require("model");
  const auto id = reader.text("model");
  if (!id) {
    return nullptr;
  }
  auto known = whole.models.find(*id);
  if (known == whole.models.end()) {
    known = whole.models.emplace(*id, whole.sources.model(*id)).first;
  }
  const auto& found = known->second;
  if (found == nullptr) {
    reader.complain("model", "there is no model " + model::quoted(*id));
  } else if (found->protocol != protocol) {
    reader.complain("model", "meters of model " + model::quoted(*id) +
                                 (protocol == model::Protocol::modbus
                                      ? " speak MQTT; put them into a [[mqtt.meter]]"
                                      : " are asked over Modbus; put them into an "
                                        "[[endpoint.meter]]"));
    return nullptr;
  }
  return found;
}

auto read_recording(TableReader& reader, const model::Model* model, const Whole& whole) -> Played {
  Played played;
  const auto csv = reader.text("csv");
  std::vector<Mapping> mappings;
  for (const std::string& text : reader.texts("map").value_or(std::vector<std::string>{})) {
    if (auto mapping = parse_mapping(text)) {
      mappings.push_back(*std::move(mapping));
    } else {
      reader.complain("map", mapping.error());
    }
  }
  constexpr std::array<std::string_view, 2> ends{"hold", "wrap"};
  played.wrap = reader.choice("at_end", ends) == 1U;
  if (!csv) {
    return played;
  }
  const auto text = whole.sources.text(*csv);
  if (!text) {
    reader.complain("csv", "cannot read " + model::quoted(*csv));
  } else if (mappings.empty()) {
    reader.complain("csv", "say which columns are which points: map = [\"column*factor=point\"]");
  } else if (model != nullptr) {
    auto recording = Recording::from_csv(*text, mappings, *model);
    if (recording) {
      played.recording = std::make_shared<const Recording>(*std::move(recording));
    } else {
      reader.complain("csv", *csv + ": " + recording.error());
    }
  }
  return played;
}

auto read_settings(const model::Model& model, TableReader& reader, model::Report& report)
    -> std::map<std::string, std::string> {
  std::map<std::string, std::string> settings;
  const toml::table* table = reader.table("settings");
  if (table == nullptr) {
    return settings;
  }
  TableReader choices{*table, "`settings`", report};
  for (const model::Setting& setting : model.settings) {
    const std::vector<std::string_view> names{setting.choices.begin(), setting.choices.end()};
    if (const auto chosen = choices.choice(setting.name, names)) {
      settings[setting.name] = setting.choices[*chosen];
    }
  }
  choices.finish();
  return settings;
}

auto read_fixed(const model::Model& model, TableReader& reader, model::Report& report)
    -> std::map<std::string, std::string> {
  auto fixed = reader.text_map("fixed");  // says so of what is no table or no text
  const toml::node* node = reader.node("fixed");
  const toml::table* table = node == nullptr ? nullptr : node->as_table();
  if (table == nullptr) {
    return fixed;
  }
  std::vector<std::string_view> names;
  for (const model::Point& point : model.points) {
    names.push_back(point.name);
  }
  for (const auto& [name, value] : *table) {
    const auto* written = value.as_string();
    const auto point = model::find_point(model, name.str());
    if (!point) {
      report.add(name.source(), "model " + model::quoted(model.id) + " has no point " +
                                    model::quoted(name.str()) +
                                    model::did_you_mean(name.str(), names));
    } else if (written != nullptr && !value_of(model.points[*point], written->get())) {
      report.add(value, model::quoted(written->get()) +
                            " is no decimal number; write \"0.01\", or \"?\" for not available");
    }
  }
  return fixed;
}

}  // namespace bornier::simulator
