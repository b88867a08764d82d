// SPDX-License-Identifier: Apache-2.0
#include "app/registrations.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "app/bus_health_points.hpp"
#include "app/pulse_meters.hpp"

namespace bornier::app {
namespace {

auto registration_of(const MeteringPoint& meter) -> batch::Registration {
  batch::Registration registration;
  auto& entry = registration.meter;
  entry.id = meter.id;
  entry.name = meter.name;
  entry.code = meter.code;
  entry.serial = meter.serial;
  entry.model = meter.model->id;
  entry.model_version = meter.model->version;
  entry.ratio = meter.ratio;
  entry.labels = meter.labels;
  return registration;
}

auto catalog_point_of(const MeteringPoint& meter, std::size_t index) -> batch::CatalogPoint {
  const auto& point = meter.model->points[index];
  batch::CatalogPoint entry;
  entry.name = point.name;
  entry.quantity = std::string{point.quantity->name};
  entry.medium = std::string{to_text(point.medium)};
  entry.phase = point.phase;
  entry.tariff = point.tariff;
  entry.obis = point.obis;
  entry.unit = std::string{model::unit_of(point, *meter.settings)};
  entry.kind = std::string{to_text(point.quantity->kind)};
  entry.batch_class = point.billing ? batch::Class::billing : batch::Class::detail;
  entry.labels = point.labels;
  const auto wraps =
      point.rollover ? model::primary_limit(point, *meter.settings, *point.rollover) : std::nullopt;
  entry.rollover = wraps ? reading::to_text(*wraps) : "";
  return entry;
}

auto states_times(const model::Model& model) -> bool {
  return std::ranges::any_of(
      model.messages, [](const model::Message& message) { return message.time || message.each; });
}

}  // namespace

auto registrations(const Configuration& configuration) -> std::vector<batch::Registration> {
  const bool has_health = configuration.gateway.bus_health_every.count() > 0;
  std::vector<batch::Registration> list;
  for (const auto& meter : configuration.meters) {
    auto registration = registration_of(meter);
    for (const auto& poll : meter.polls) {
      for (const auto point : poll.points) {
        registration.points.push_back(catalog_point_of(meter, point));
      }
    }
    if (has_health) {
      std::ranges::move(health_points_of_meters(), std::back_inserter(registration.points));
    }
    list.push_back(std::move(registration));
  }
  for (const auto& bus : configuration.buses) {
    if (has_health) {
      list.push_back(registration_of(bus));
    }
  }
  for (const auto& meter : configuration.mqtt_meters) {
    auto registration = registration_of(meter);
    for (const auto& [point, every] : meter.points) {
      registration.points.push_back(catalog_point_of(meter, point));
    }
    if (states_times(*meter.model)) {
      registration.points.push_back(gateways_point("arrival_delay"));
    }
    list.push_back(std::move(registration));
  }
  for (const auto& meter : configuration.pulse_meters) {
    list.push_back(registration_of(meter));
  }
  return list;
}

auto mqtt_numbers(const Configuration& configuration,
                  const std::vector<batch::Registered::Numbers>& numbers)
    -> std::span<const batch::Registered::Numbers> {
  const auto after = configuration.pulse_meters.size();
  return std::span{numbers}.first(numbers.size() - after).last(configuration.mqtt_meters.size());
}

auto pulse_numbers(const Configuration& configuration,
                   const std::vector<batch::Registered::Numbers>& numbers)
    -> std::span<const batch::Registered::Numbers> {
  return std::span{numbers}.last(configuration.pulse_meters.size());
}

}  // namespace bornier::app
