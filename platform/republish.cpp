// SPDX-License-Identifier: Apache-2.0
#include "platform/republish.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "batch/named_readings.hpp"
#include "platform/json.hpp"
#include "platform/names.hpp"

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
  append_member(json, "time", to_iso_8601(reading.time));
  if (reading.number) {
    json += ",\"value\":" + reading::to_text(*reading.number);
  } else {
    append_member(json, "text", reading.text);
  }
  append_member(json, "unit", reading.definition ? reading.definition->unit : "");
  json += ",\"quality\":" + std::to_string(reading.quality.flags) + "}";
}

}  // namespace

auto to_iso_8601(reading::Stamp stamp) -> std::string {
  using std::chrono::sys_time;
  const sys_time<std::chrono::milliseconds> time{stamp.time_since_epoch()};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

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
