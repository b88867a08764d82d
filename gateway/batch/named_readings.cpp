// SPDX-License-Identifier: Apache-2.0
#include "batch/named_readings.hpp"

#include <variant>

namespace bornier::batch {
namespace {

template <class Index, class Number>
[[nodiscard]] auto find(const Index& index, Number number) -> typename Index::mapped_type {
  const auto found = index.find(number);
  return found == index.end() ? nullptr : found->second;
}

}  // namespace

CatalogIndex::CatalogIndex(const Catalog& catalog) {
  for (const CatalogPoint& point : catalog.points) {
    points_.emplace(point.number, &point);
  }
  for (const CatalogMeter& meter : catalog.meters) {
    meters_.emplace(meter.number, &meter);
  }
}

auto CatalogIndex::point(reading::PointNumber number) const -> const CatalogPoint* {
  return find(points_, number);
}

auto CatalogIndex::meter(reading::MeterNumber number) const -> const CatalogMeter* {
  return find(meters_, number);
}

void for_each_reading(const Batch& batch, const CatalogIndex& catalog,
                      const std::function<void(const NamedReading&)>& visit) {
  const auto* entries = std::get_if<reading::Entries>(&batch.body);
  if (entries == nullptr) {
    return;
  }
  NamedReading named;
  const auto show = [&](reading::PointNumber point, reading::Quality quality) {
    named.point = point;
    named.quality = quality;
    named.definition = catalog.point(point);
    named.meter = named.definition == nullptr ? nullptr : catalog.meter(named.definition->meter);
    visit(named);
    ++named.ordinal;
  };
  for (const auto& answer : entries->answers) {
    named.time = answer.time;
    auto text = answer.texts.begin();
    const auto show_texts_before = [&](auto end_of_points) {
      for (; text != answer.texts.end() && end_of_points(text->point); ++text) {
        named.number.reset();
        named.text = text->value;
        show(text->point, text->quality);
      }
    };
    for (const auto& number : answer.numbers) {
      show_texts_before([&](reading::PointNumber point) { return point < number.point; });
      named.number = number.value;
      named.text = {};
      show(number.point, number.quality);
    }
    show_texts_before([](reading::PointNumber) { return true; });
  }
}

}  // namespace bornier::batch
