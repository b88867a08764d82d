// SPDX-License-Identifier: Apache-2.0
#include "app/refusals_file.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "model/register_types.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;

constexpr std::size_t largest_file = 4U << 20U;
constexpr std::array tables{wire::Table::coil, wire::Table::discrete_input,
                            wire::Table::input_register, wire::Table::holding_register};

auto to_json(const std::vector<modbus::Range>& ranges) -> json::array {
  json::array list;
  for (const auto& range : ranges) {
    list.push_back(json::array{model::to_text(range.table), range.first, range.count});
  }
  return list;
}

/// ["input", first, count]; throws what Boost.JSON throws on another shape.
auto range_of(const json::value& value) -> modbus::Range {
  const auto& parts = value.as_array();
  const std::string_view name = parts.at(0).as_string();
  const auto* const table =
      std::ranges::find(tables, name, [](auto one) { return model::to_text(one); });
  const modbus::Range range{.table = table == tables.end() ? wire::Table{} : *table,
                            .first = parts.at(1).to_number<std::uint16_t>(),
                            .count = parts.at(2).to_number<std::uint16_t>()};
  if (table == tables.end() || std::uint32_t{range.first} + range.count > 65'536) {
    throw std::out_of_range{json::serialize(value)};
  }
  return range;
}

auto ranges_of(const json::value& value) -> std::vector<modbus::Range> {
  std::vector<modbus::Range> ranges;
  for (const auto& one : value.as_array()) {
    ranges.push_back(range_of(one));
  }
  return ranges;
}

}  // namespace

auto refusals_text(const RefusalsByMeter& refusals, const std::vector<MeterSettings>& meters)
    -> std::string {
  json::object list;
  for (const auto& meter : meters) {
    const auto known = refusals.find(meter.id);
    if (known != refusals.end() && known->second != modbus::Refusals{}) {
      list[meter.id] = json::object{{"model", meter.model->id},
                                    {"version", meter.model->version},
                                    {"boundaries", to_json(known->second.boundaries)},
                                    {"lacking", to_json(known->second.lacking)}};
    }
  }
  return json::serialize(json::object{{"meters", std::move(list)}}) + "\n";
}

auto parse_refusals(std::string_view text, const std::vector<MeterSettings>& meters)
    -> wire::Result<RefusalsByMeter, std::string> {
  RefusalsByMeter refusals;
  try {
    const auto document = json::parse(json::string_view{text.data(), text.size()});
    const auto& list = document.as_object().at("meters").as_object();
    for (const auto& meter : meters) {
      const auto* known = list.if_contains(meter.id);
      if (known == nullptr) {
        continue;
      }
      const auto& entry = known->as_object();
      if (entry.at("model").as_string() == meter.model->id &&
          entry.at("version").as_string() == meter.model->version) {
        refusals[meter.id] = {.boundaries = ranges_of(entry.at("boundaries")),
                              .lacking = ranges_of(entry.at("lacking"))};
      }
    }
  } catch (const std::exception& error) {
    return std::string{error.what()};
  }
  return refusals;
}

auto load_refusals(const std::filesystem::path& directory, const std::vector<MeterSettings>& meters)
    -> RefusalsByMeter {
  const auto file = directory / refusals_file;
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) {
    return {};
  }
  std::ifstream in{file, std::ios::binary};
  if (error || size > largest_file || !in) {
    spdlog::warn("{}: cannot be read; what meters refuse is found out again", file.string());
    return {};
  }
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto refusals = parse_refusals(text, meters);
  if (!refusals) {
    spdlog::warn("{}: {}; what meters refuse is found out again", file.string(), refusals.error());
    return {};
  }
  return std::move(*refusals);
}

}  // namespace bornier::app
