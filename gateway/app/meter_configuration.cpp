// SPDX-License-Identifier: Apache-2.0
#include "app/meter_configuration.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "model/scale_expression.hpp"
#include "model/select.hpp"

namespace bornier::app {
namespace {

using model::DurationRange;
using model::quoted;
using model::TableReader;

void read_installed(TableReader& settings, Identity& meter) {
  const auto* node = settings.node("installed");
  if (node == nullptr) {
    return;
  }
  const auto date = node->value_exact<toml::date>();
  if (!date) {
    settings.complain("installed", "`installed` must be a date without quotes, such as 2026-11-23");
    return;
  }
  const auto two_digits = [](unsigned number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  meter.installed =
      std::to_string(date->year) + "-" + two_digits(date->month) + "-" + two_digits(date->day);
}

void read_ratios(TableReader& settings, MeteringPoint& meter) {
  std::array<reading::Weight, 2> ratios;
  constexpr std::array<const char*, 2> keys{"ct", "vt"};
  for (std::size_t index = 0; index < keys.size(); ++index) {
    if (meter.model->primary_values) {
      settings.forbid(keys[index],
                      "model \"" + meter.model->id +
                          "\" gives primary values, in which the ratio is contained; remove it");
      continue;
    }
    const auto text = settings.text(keys[index]);
    const auto ratio = text ? model::parse_ratio(*text) : std::nullopt;
    if (ratio) {
      ratios[index] = *ratio;
      meter.ratio += std::string{meter.ratio.empty() ? "" : " "} + keys[index] + "=" + *text;
    } else if (text) {
      settings.complain(keys[index], model::quoted(*text) +
                                         " is no ratio of transformers; write primary by "
                                         "secondary, such as \"250/5\", without blanks");
    }
  }
  // Within what parse_ratio takes, their product fits.
  static_cast<void>(meter.settings->set_ratios(ratios[0], ratios[1]));
}

}  // namespace

void MeterConfiguration::read_identity(TableReader& settings, Identity& meter) {
  meter.id = settings.required_id("id");
  if (!meter.id.empty() && !ids_.insert(meter.id).second) {
    settings.complain("id", "there are two meters with the id \"" + meter.id +
                                "\"; an id names one metering point");
  }
  if (names_of_buses_.contains(meter.id)) {
    settings.complain("id", "there is a bus \"" + meter.id +
                                "\" as well, and with bus_health_every both have points; rename "
                                "one of them");
  }
  meter.name = settings.text("name").value_or(std::string{});
  meter.code = settings.text("code").value_or(std::string{});
  meter.serial = settings.text("serial").value_or(std::string{});
  meter.labels = settings.text_map("labels");
  read_installed(settings, meter);
}

void MeterConfiguration::read_model(TableReader& settings, model::Protocol protocol,
                                    MeteringPoint& meter) {
  const auto id = settings.required_text("model");
  if (id.empty()) {
    return;
  }
  auto lookup = surroundings_.find_model(id);
  meter.model = std::move(lookup.model);
  if (meter.model && meter.model->protocol != protocol) {
    settings.complain("model", "model \"" + id +
                                   (protocol == model::Protocol::mqtt
                                        ? "\" is read over Modbus; its meters are [[meter]]"
                                        : "\" speaks MQTT; its meters are [[mqtt.meter]]"));
    meter.model.reset();
    return;
  }
  if (meter.model) {
    meter.settings = model::Settings{*meter.model};
    return;
  }
  if (lookup.diagnostics.empty()) {
    const std::vector<std::string_view> known{models_.begin(), models_.end()};
    settings.complain("model", "there is no model \"" + id + "\"" +
                                   (model::nearest(id, known)
                                        ? model::did_you_mean(id, known)
                                        : "; put its file into a folder of `models` in [gateway]"));
    return;
  }
  if (refused_models_.insert(id).second) {
    report_.add(std::move(lookup.diagnostics));
  }
}

void MeterConfiguration::read_choices(TableReader& settings, MeteringPoint& meter) {
  read_ratios(settings, meter);
  const auto* table = settings.table("settings");
  if (table == nullptr) {
    return;
  }
  TableReader choices{*table, "[meter.settings]", report_};
  for (const auto& setting : meter.model->settings) {
    const std::vector<std::string_view> names{setting.choices.begin(), setting.choices.end()};
    const auto chosen = choices.choice(setting.name, names);
    if (chosen && !meter.settings->choose(*meter.model, setting.name, setting.choices[*chosen])) {
      choices.complain(setting.name, "model \"" + meter.model->id + "\" does not take " +
                                         setting.choices[*chosen]);
    }
  }
  choices.finish();
}

auto MeterConfiguration::read_points(TableReader& settings, const MeteringPoint& meter,
                                     const DurationRange& range, milliseconds usual,
                                     const std::vector<std::size_t>& needed)
    -> std::map<std::size_t, milliseconds> {
  const auto patterns = settings.texts("points").value_or(std::vector<std::string>{"essential"});
  auto points = model::select(*meter.model, patterns);
  if (!points) {
    for (const auto& unknown : points.error()) {
      settings.complain(
          "points",
          "model \"" + meter.model->id + "\" has no point or group \"" + unknown.pattern + "\"" +
              (unknown.suggestion.empty() ? "; see `bornier models " + meter.model->id + "`"
                                          : "; did you mean `" + unknown.suggestion + "`?"));
    }
  } else if (points->empty()) {
    settings.complain(
        "points",
        "`points` names nothing; write a group such as \"essential\", or names of points");
  }
  std::map<std::size_t, milliseconds> own_period;
  usual = read_every(settings, meter, range, usual, own_period);
  std::map<std::size_t, milliseconds> periods;
  if (!points) {
    return periods;
  }
  points->insert(points->end(), needed.begin(), needed.end());
  for (const auto point : *points) {
    if (periods.contains(point)) {
      continue;
    }
    const auto own = own_period.find(point);
    periods[point] = own == own_period.end() ? usual : own->second;
    own_period.erase(point);
  }
  for (const auto& [point, period] : own_period) {
    settings.complain("every",
                      "`every` gives a period to `" + meter.model->points[point].name +
                          "`, which `points` does not select; add it there, or remove the period");
  }
  return periods;
}

/// The usual period; those of single points into `own_period`.
auto MeterConfiguration::read_every(TableReader& settings, const MeteringPoint& meter,
                                    const DurationRange& range, milliseconds usual,
                                    std::map<std::size_t, milliseconds>& own_period)
    -> milliseconds {
  const auto* node = settings.node("every");
  if (node == nullptr) {
    return usual;
  }
  const auto* periods = node->as_table();
  if (periods == nullptr) {
    return settings.duration_at(*node, "every", range).value_or(usual);
  }
  std::vector<std::string_view> names{"default"};
  for (const auto& point : meter.model->points) {
    names.push_back(point.name);
  }
  for (const auto& [key, value] : *periods) {
    const auto period = settings.duration_at(value, key.str(), range);
    const auto point = model::find_point(*meter.model, key.str());
    if (key.str() == "default") {
      usual = period.value_or(usual);
    } else if (point) {
      own_period[*point] = period.value_or(usual);
    } else {
      report_.add(key.source(), "`every` names " + quoted(key.str()) + ", which model \"" +
                                    meter.model->id + "\" does not have" +
                                    model::did_you_mean(key.str(), names));
    }
  }
  return usual;
}

}  // namespace bornier::app
