// SPDX-License-Identifier: Apache-2.0
#include "app/pulse_meters.hpp"

#include <algorithm>
#include <utility>

namespace bornier::app {

auto choose_periods(Configuration& configuration, reading::Stamp now)
    -> std::vector<const PulseMeterSettings*> {
  std::vector<const PulseMeterSettings*> changed;
  for (auto& meter : configuration.pulse_meters) {
    std::size_t chosen = 0;
    while (chosen + 1 < meter.periods.size() && meter.periods[chosen + 1].from <= now) {
      ++chosen;
    }
    if (std::exchange(meter.period, chosen) != chosen) {
      changed.push_back(&meter);
    }
  }
  return changed;
}

auto next_period(const Configuration& configuration, reading::Stamp now)
    -> std::optional<reading::Stamp> {
  std::optional<reading::Stamp> next;
  for (const auto& meter : configuration.pulse_meters) {
    for (const auto& period : meter.periods) {
      if (period.from > now && (!next || period.from < *next)) {
        next = period.from;
      }
    }
  }
  return next;
}

auto device_of(const Configuration& configuration, const PulseMeterSettings& meter)
    -> const MeteringPoint& {
  if (meter.protocol == model::Protocol::mqtt) {
    return configuration.mqtt_meters.at(meter.device);
  }
  return configuration.meters.at(meter.device);
}

auto registration_of(const PulseMeterSettings& meter) -> batch::Registration {
  batch::Registration registration;
  auto& entry = registration.meter;
  entry.id = meter.id;
  entry.name = meter.name;
  entry.code = meter.code;
  entry.serial = meter.serial;
  entry.ratio = period_of(meter).text;
  entry.labels = meter.labels;
  batch::CatalogPoint point;
  point.name = meter.quantity->name;
  point.quantity = meter.quantity->name;
  point.medium = to_text(meter.medium);
  point.obis = reading::obis(*meter.quantity, meter.medium, {}, 0);
  point.unit = period_of(meter).unit;
  point.kind = to_text(meter.quantity->kind);
  point.batch_class = batch::Class::billing;
  point.rollover = period_of(meter).rollover;
  registration.points.push_back(std::move(point));
  return registration;
}

auto PulseMeters::number_of(const std::string& id, const batch::Registered::Numbers& numbers)
    -> std::size_t {
  const auto point = numbers.points.at(0);
  if (const auto known = numbers_.find(id); known != numbers_.end()) {
    const auto& view = collector_.meter(known->second);
    if (view.number == numbers.meter && view.views.front().number == point) {
      return known->second;
    }
    collector_.remove_meter(known->second);
  }
  return collector_.add_meter(numbers.meter, {{0, point}});
}

void PulseMeters::change(const Configuration& configuration,
                         std::span<const batch::Registered::Numbers> numbers,
                         const Devices& devices, const Collector::Moment& at) {
  collector_.forget_pulses();
  std::map<std::string, std::size_t> now;
  std::map<std::size_t, std::vector<PulseLink>> links;
  for (std::size_t index = 0; index < configuration.pulse_meters.size(); ++index) {
    const auto& meter = configuration.pulse_meters[index];
    const auto& period = period_of(meter);
    PulseLink link{.meter = number_of(meter.id, numbers[index]),
                   .count = meter.count,
                   .rule = period.rule,
                   .from = period.from,
                   .until = std::nullopt,
                   .always = meter.periods.size() == 1};
    if (meter.period + 1 < meter.periods.size()) {
      link.until = meter.periods[meter.period + 1].from;
    }
    now.emplace(meter.id, link.meter);
    numbers_.erase(meter.id);
    links[devices.at(device_of(configuration, meter).id)].push_back(link);
  }
  for (const auto& [id, number] : numbers_) {
    collector_.remove_meter(number);
  }
  numbers_ = std::move(now);
  for (auto& [device, pulses] : links) {
    collector_.count_pulses(device, std::move(pulses), at);
  }
}

}  // namespace bornier::app
