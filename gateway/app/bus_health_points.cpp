// SPDX-License-Identifier: Apache-2.0
#include "app/bus_health_points.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "reading/quantity.hpp"

namespace bornier::app {
namespace {

using reading::Decimal;

/// The codes of the Modbus Application Protocol V1.1b3, section 7.
constexpr std::array<std::uint8_t, 9> exception_codes{1, 2, 3, 4, 5, 6, 8, 10, 11};

auto point_of(std::string name, std::string_view quantity) -> batch::CatalogPoint {
  auto point = gateways_point(quantity);
  point.name = std::move(name);
  return point;
}

/// What has come to a count since then. It began anew if it is smaller.
auto since(std::uint64_t before, std::uint64_t now) -> Decimal {
  return {static_cast<std::int64_t>(now < before ? now : now - before), 0};
}

auto of_code(const modbus::UnitCounts& counts, std::uint8_t code) -> std::uint64_t {
  const auto found = counts.exceptions.find(code);
  return found == counts.exceptions.end() ? 0 : found->second;
}

auto latency(const modbus::UnitHealth& unit, std::uint32_t permille) -> std::optional<Decimal> {
  const auto took = unit.latencies.percentile(permille);
  if (!took) {
    return std::nullopt;
  }
  const auto tenths = std::chrono::duration_cast<std::chrono::microseconds>(*took).count() / 100;
  return Decimal{tenths, -1};
}

/// Of the meter's unit id; all 0 before it was asked.
auto health_of(const BusHealthPoints::Bus& bus, std::uint8_t unit_id) -> modbus::UnitHealth {
  const auto found = bus.units->find(unit_id);
  return found == bus.units->end() ? modbus::UnitHealth{} : found->second;
}

auto counts_of(const modbus::UnitHealth& unit) -> modbus::UnitCounts {
  const modbus::UnitCounts& counts = unit;
  return counts;
}

/// In the order of health_points_of_meters.
auto values(const modbus::UnitHealth& now, const modbus::UnitCounts& before)
    -> std::vector<std::optional<Decimal>> {
  const bool answered = since(before.answers, now.answers).mantissa != 0;
  std::vector<std::optional<Decimal>> list{answered ? latency(now, 500) : std::nullopt,
                                           answered ? latency(now, 990) : std::nullopt,
                                           since(before.requests, now.requests),
                                           since(before.timeouts, now.timeouts),
                                           since(before.damaged, now.damaged),
                                           since(before.foreign, now.foreign),
                                           since(before.late, now.late)};
  for (const auto code : exception_codes) {
    list.emplace_back(since(of_code(before, code), of_code(now, code)));
  }
  return list;
}

}  // namespace

auto health_points_of_meters() -> std::vector<batch::CatalogPoint> {
  std::vector<batch::CatalogPoint> points{
      point_of("bus_latency_50", "bus_latency"), point_of("bus_latency_99", "bus_latency"),
      point_of("bus_requests", "bus_requests"),  point_of("bus_timeouts", "bus_timeouts"),
      point_of("bus_damaged", "bus_damaged"),    point_of("bus_foreign", "bus_foreign"),
      point_of("bus_late", "bus_late")};
  for (const auto code : exception_codes) {
    points.push_back(point_of("bus_exceptions_" + std::to_string(code), "bus_exceptions"));
  }
  return points;
}

auto gateways_point(std::string_view name) -> batch::CatalogPoint {
  const auto& quantity = *reading::find_quantity(name);
  batch::CatalogPoint point;
  point.name = name;
  point.quantity = name;
  point.unit = quantity.unit;
  point.kind = to_text(quantity.kind);
  point.batch_class = batch::Class::detail;
  return point;
}

auto registration_of(const BusSettings& bus) -> batch::Registration {
  batch::Registration registration;
  registration.meter.id = bus.name;
  registration.points.push_back(point_of("bus_occupancy", "bus_occupancy"));
  return registration;
}

void BusHealthPoints::change(const Configuration& configuration, const Numbers& numbers,
                             const Buses& buses) {
  const auto before = std::exchange(meters_, {});
  buses_.clear();
  if (configuration.gateway.bus_health_every.count() == 0) {
    return;
  }
  const auto count = health_points_of_meters().size();
  for (std::size_t index = 0; index < configuration.meters.size(); ++index) {
    const auto& settings = configuration.meters[index];
    const auto& points = numbers.at(index).points;
    Meter meter{.bus_name = configuration.buses.at(settings.bus).name,
                .bus = settings.bus,
                .unit_id = settings.unit_id.value(),
                .points = {points.end() - static_cast<std::ptrdiff_t>(count), points.end()},
                .told = {}};
    const auto former = before.find(settings.id);
    const bool is_same = former != before.end() && former->second.unit_id == meter.unit_id &&
                         former->second.bus_name == meter.bus_name;
    meter.told =
        is_same ? former->second.told : counts_of(health_of(buses.at(settings.bus), meter.unit_id));
    meters_.emplace(settings.id, std::move(meter));
  }
  for (std::size_t bus = 0; bus < configuration.buses.size(); ++bus) {
    buses_.push_back(numbers.at(configuration.meters.size() + bus).points.front());
  }
}

auto BusHealthPoints::take(const Buses& buses) -> std::vector<reading::Number> {
  std::vector<reading::Number> numbers;
  for (std::size_t bus = 0; bus < buses_.size(); ++bus) {
    numbers.push_back({.point = buses_[bus],
                       .quality = {},
                       .value = {static_cast<std::int64_t>(buses.at(bus).occupancy_permille), -1}});
  }
  for (auto& [id, meter] : meters_) {
    const auto now = health_of(buses.at(meter.bus), meter.unit_id);
    const auto list = values(now, std::exchange(meter.told, counts_of(now)));
    for (std::size_t place = 0; place < list.size(); ++place) {
      if (list[place]) {
        numbers.push_back({.point = meter.points.at(place), .quality = {}, .value = *list[place]});
      }
    }
  }
  return numbers;
}

}  // namespace bornier::app
