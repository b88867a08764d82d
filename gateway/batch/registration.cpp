// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "batch/catalog.hpp"

namespace bornier::batch {
namespace {

/// What makes a device another device for whoever reads its values.
[[nodiscard]] auto identity(const CatalogMeter& meter) {
  return std::tie(meter.id, meter.serial, meter.model, meter.model_version, meter.ratio);
}

/// What people call it: may be corrected without a new number.
[[nodiscard]] auto description(CatalogMeter& meter) {
  return std::tie(meter.name, meter.code, meter.labels);
}

/// Everything but the numbers.
[[nodiscard]] auto same_definition(CatalogPoint left, const CatalogPoint& right) -> bool {
  left.number = right.number;
  left.meter = right.meter;
  return left == right;
}

template <class Number, class Entries>
[[nodiscard]] auto next_number(const Entries& entries) -> Number {
  typename Number::Underlying highest = 0;
  for (const auto& entry : entries) {
    highest = std::max(highest, entry.number.value());
  }
  return Number{highest + 1};
}

class Registrar {
 public:
  Registrar(Catalog catalog, reading::Stamp now)
      : now_{now},
        next_meter_{next_number<reading::MeterNumber>(catalog.meters).value()},
        next_point_{next_number<reading::PointNumber>(catalog.points).value()} {
    result_.catalog = std::move(catalog);
  }

  auto run(const std::vector<Registration>& configured) -> Registered {
    for (const Registration& registration : configured) {
      auto& numbers = result_.numbers.emplace_back();
      numbers.meter = register_meter(registration.meter);
      in_use_.insert(numbers.meter);
      numbers.points = register_points(numbers.meter, registration.points);
    }
    for (CatalogMeter& meter : result_.catalog.meters) {
      if (!meter.valid_to && !in_use_.contains(meter.number)) {
        meter.valid_to = now_;
        result_.changed = true;
      }
    }
    if (result_.changed) {
      result_.catalog.revision = Revision{result_.catalog.revision.value() + 1};
    }
    return std::move(result_);
  }

 private:
  /// A meter that was ended is not taken up again: it comes back as another one.
  auto register_meter(CatalogMeter meter) -> reading::MeterNumber {
    auto& meters = result_.catalog.meters;
    const auto known = std::find_if(meters.begin(), meters.end(), [&](const CatalogMeter& other) {
      return !other.valid_to && identity(other) == identity(meter);
    });
    if (known != meters.end()) {
      if (description(*known) != description(meter)) {
        description(*known) = description(meter);
        result_.changed = true;
      }
      return known->number;
    }
    meter.number = reading::MeterNumber{next_meter_++};
    meter.valid_from = now_;
    meter.valid_to.reset();
    result_.changed = true;
    return meters.emplace_back(std::move(meter)).number;
  }

  auto register_points(reading::MeterNumber meter, const std::vector<CatalogPoint>& configured)
      -> std::vector<reading::PointNumber> {
    auto& points = result_.catalog.points;
    std::vector<std::size_t> known;
    for (std::size_t index = 0; index < points.size(); ++index) {
      if (points[index].meter == meter) {
        known.push_back(index);
      }
    }
    std::vector<reading::PointNumber> numbers;
    for (const CatalogPoint& point : configured) {
      const auto same = std::find_if(known.begin(), known.end(), [&](std::size_t index) {
        return same_definition(point, points[index]);
      });
      numbers.push_back(same != known.end() ? points[*same].number : add_point(meter, point));
    }
    return numbers;
  }

  auto add_point(reading::MeterNumber meter, CatalogPoint point) -> reading::PointNumber {
    point.number = reading::PointNumber{next_point_++};
    point.meter = meter;
    result_.changed = true;
    return result_.catalog.points.emplace_back(std::move(point)).number;
  }

  reading::Stamp now_;
  std::uint32_t next_meter_;
  std::uint32_t next_point_;
  Registered result_;
  std::unordered_set<reading::MeterNumber> in_use_;
};

}  // namespace

auto register_meters(Catalog catalog, const std::vector<Registration>& configured,
                     reading::Stamp now) -> Registered {
  return Registrar{std::move(catalog), now}.run(configured);
}

}  // namespace bornier::batch
