// SPDX-License-Identifier: Apache-2.0
#include "platform/republish.hpp"

#include <utility>

#include "batch/named_readings.hpp"
#include "platform/json.hpp"
#include "platform/names.hpp"
#include "reading/time_text.hpp"

namespace bornier::platform {
namespace {

void append_member(std::string& json, std::string_view name, std::string_view text) {
  json += json.back() == '{' ? "\"" : ",\"";
  json += name;
  json += "\":";
  append_json_string(json, text);
}

void append_reading(std::string& json, const batch::NamedReading& reading) {
  json += json.back() == '[' ? "{" : ",{";
  append_member(json, "meter", reading.meter ? reading.meter->id : "");
  append_member(json, "point", reading.definition ? reading.definition->name : "");
  append_member(json, "time", to_text(reading.time));
  if (reading.number) {
    json += ",\"value\":" + reading::to_text(*reading.number);
  } else {
    append_member(json, "text", reading.text);
  }
  append_member(json, "unit", reading.definition ? reading.definition->unit : "");
  json += ",\"quality\":" + std::to_string(reading.quality.flags) + "}";
}

}  // namespace

void Republisher::learn(batch::Catalog catalog) {
  const Stream stream{catalog.city, catalog.gateway, catalog.stream};
  catalogs_.insert_or_assign(stream, std::move(catalog));
}

auto Republisher::to_json(const batch::Batch& batch) const -> std::optional<std::string> {
  const auto& header = batch.header;
  const auto catalog = catalogs_.find(Stream{header.city, header.gateway, header.stream});
  if (catalog == catalogs_.end() || !std::holds_alternative<reading::Entries>(batch.body)) {
    return std::nullopt;
  }
  std::string json = "{";
  append_member(json, "city", header.city);
  append_member(json, "gateway", header.gateway);
  append_member(json, "stream", to_text(header.stream));
  json += ",\"sequence\":" + std::to_string(header.sequence.value()) + ",\"readings\":[";
  const batch::CatalogIndex index{catalog->second};
  batch::for_each_reading(
      batch, index, [&json](const batch::NamedReading& reading) { append_reading(json, reading); });
  return json + "]}";
}

}  // namespace bornier::platform
