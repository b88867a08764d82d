// SPDX-License-Identifier: Apache-2.0
#include "platform/catalog_rules.hpp"

#include <algorithm>

#include "platform/json.hpp"

namespace bornier::platform {
namespace {

/// A device keeps its number while only what people call it changes, or it ends.
auto is_same_device(batch::CatalogMeter older, const batch::CatalogMeter& newer) -> bool {
  older.name = newer.name;
  older.code = newer.code;
  older.labels = newer.labels;
  older.valid_to = newer.valid_to;
  return older == newer;
}

/// Whether a number that both have means two things. An older revision has none that a newer one
/// lacks.
auto contradicts(const batch::Catalog& arrived, const batch::Catalog& known) -> bool {
  const bool may_add = arrived.revision > known.revision;
  std::map<reading::MeterNumber, const batch::CatalogMeter*> devices;
  for (const auto& meter : known.meters) {
    devices.emplace(meter.number, &meter);
  }
  std::map<reading::PointNumber, const batch::CatalogPoint*> points;
  for (const auto& point : known.points) {
    points.emplace(point.number, &point);
  }
  return std::ranges::any_of(
             arrived.meters,
             [&](const batch::CatalogMeter& meter) {
               const auto found = devices.find(meter.number);
               return found == devices.end() ? !may_add : !is_same_device(*found->second, meter);
             }) ||
         std::ranges::any_of(arrived.points, [&](const batch::CatalogPoint& point) {
           const auto found = points.find(point.number);
           return found == points.end() ? !may_add : *found->second != point;
         });
}

/// Longer ones do not fit into every database's index.
constexpr std::size_t longest_name = 255;

/// Numbers twice in one catalog, points of a meter that it does not have, or names without end.
auto contradicts_itself(const batch::Catalog& catalog) -> bool {
  std::map<reading::MeterNumber, int> meters;
  std::map<reading::PointNumber, int> points;
  return std::ranges::any_of(catalog.meters,
                             [&meters](const batch::CatalogMeter& meter) {
                               return ++meters[meter.number] > 1 || meter.id.size() > longest_name;
                             }) ||
         std::ranges::any_of(catalog.points, [&](const batch::CatalogPoint& point) {
           return ++points[point.number] > 1 || !meters.contains(point.meter) ||
                  point.name.size() > longest_name;
         });
}

}  // namespace

auto judge(const batch::Catalog& catalog, const std::optional<batch::Catalog>& newest) -> Verdict {
  if (contradicts_itself(catalog)) {
    return Verdict::quarantined;
  }
  if (newest && contradicts(catalog, *newest)) {
    return Verdict::conflict;
  }
  return newest && catalog.revision <= newest->revision ? Verdict::already_there : Verdict::stored;
}

auto why_set_aside(Verdict verdict) -> std::optional<std::string_view> {
  switch (verdict) {
    case Verdict::conflict: return "the catalog redefines numbers of the stream";
    case Verdict::quarantined: return "the catalog contradicts itself";
    case Verdict::stored:
    case Verdict::already_there: return std::nullopt;
  }
  return std::nullopt;
}

auto labels_to_json(const std::map<std::string, std::string>& labels) -> std::string {
  std::string json = "{";
  for (const auto& [name, value] : labels) {
    json += json.size() > 1 ? "," : "";
    append_json_string(json, name);
    json += ':';
    append_json_string(json, value);
  }
  return json + "}";
}

auto codes_to_json(const std::map<std::int64_t, std::string>& labels)
    -> std::optional<std::string> {
  if (labels.empty()) {
    return std::nullopt;
  }
  std::map<std::string, std::string> by_text;
  for (const auto& [code, label] : labels) {
    by_text.emplace(std::to_string(code), label);
  }
  return labels_to_json(by_text);
}

}  // namespace bornier::platform
