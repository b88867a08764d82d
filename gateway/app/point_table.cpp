// SPDX-License-Identifier: Apache-2.0
#include "app/point_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "app/poll_answers.hpp"
#include "app/pulse_meters.hpp"
#include "app/serial_port.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

void add_row(Table& table, const MeterSettings& meter, std::size_t point, std::string value,
             std::string state, std::optional<reading::Stamp> at) {
  const auto& of_model = meter.model->points[point];
  table.rows.push_back({of_model.name, std::move(value),
                        std::string{model::unit_of(of_model, *meter.settings)}, std::move(state),
                        at ? to_text(*at) : ""});
}

auto quality_text(const model::Decoded& decoded) -> std::string {
  using reading::QualityFlag;
  std::string text = "ok";
  for (const auto& [flag, word] :
       {std::pair{QualityFlag::coarse, ", coarse"}, std::pair{QualityFlag::derived, ", derived"},
        std::pair{QualityFlag::implausible, ", implausible"}}) {
    text += decoded.quality.has(flag) ? word : "";
  }
  return text;
}

/// Null: there was no answer.
auto why_there_is_nothing(const Gathered* one) -> std::string {
  if (one == nullptr || one->is_silent()) {
    return std::string{to_text(reading::Acquisition::no_response)};
  }
  return one->lacking ? std::string{to_text(reading::Acquisition::unsupported)}
                      : "exception " + std::to_string(one->exception_code);
}

}  // namespace

auto point_table(const MeterSettings& meter, const std::vector<Request>& requests,
                 const std::vector<Gathered>& gathered) -> Table {
  Table table{.columns = point_columns(), .rows = {}};
  PollAnswers answers{meter, requests};
  for (const auto& request : requests) {
    const auto found = std::find_if(gathered.begin(), gathered.end(),
                                    [&](const auto& one) { return one.request == &request; });
    if (found == gathered.end() || found->words.empty()) {
      const auto state = why_there_is_nothing(found == gathered.end() ? nullptr : &*found);
      for (const auto point : answers.failed(request)) {
        add_row(table, meter, point, "", state,
                found == gathered.end() ? std::nullopt : std::optional{found->at.stamp});
      }
      continue;
    }
    for (const auto& value : answers.add(*found)) {
      if (const auto* number = std::get_if<reading::Decimal>(&value.value)) {
        add_row(table, meter, value.point, reading::to_text(*number), quality_text(value),
                found->at.stamp);
      } else if (const auto* text = std::get_if<std::string>(&value.value)) {
        add_row(table, meter, value.point, *text, quality_text(value), found->at.stamp);
      } else {
        add_row(table, meter, value.point, "",
                std::string{to_text(std::get<reading::Acquisition>(value.value))}, found->at.stamp);
      }
    }
  }
  return table;
}

auto point_columns() -> std::vector<Column> {
  return {{.name = "point"},
          {.name = "value", .right_aligned = true, .number = false},
          {.name = "unit", .unit = true},
          {.name = "state"},
          {.name = "time"}};
}

void add_lacking(Table& table, const MeterSettings& meter, std::span<const std::size_t> points,
                 const MeterLearning& learning) {
  Request lacking;
  std::ranges::copy_if(points, std::back_inserter(lacking.points),
                       [&learning](const auto point) { return learning.is_lacking(point); });
  auto rows = point_table(meter, {lacking}, {}).rows;
  for (auto& row : rows) {
    row[3] = "exception " + std::to_string(learning.exception_code());
    table.rows.push_back(std::move(row));
  }
}

auto pulse_table(const PulseMeterSettings& meter, const std::string& count, Table counts,
                 reading::Stamp now) -> Table {
  const auto& period = period_of(meter);
  const auto row = std::ranges::find_if(
      counts.rows, [&count](const auto& cells) { return cells.front() == count; });
  if (row == counts.rows.end()) {
    return counts;
  }
  const auto counted = reading::parse_decimal((*row)[1]);
  std::vector<std::string> cells{std::string{meter.quantity->name}, "", period.unit, (*row)[3],
                                 (*row)[4]};
  if (counted && now < period.from) {
    cells[3] = to_text(reading::Acquisition::not_polled_yet);
  } else if (counted) {
    const auto index = index_at(period.rule, *counted);
    cells[1] = index ? reading::to_text(*index) : "";
    cells[3] =
        index ? cells[3] + ", derived" : std::string{to_text(reading::Acquisition::out_of_range)};
  }
  counts.rows.insert(counts.rows.begin(), std::move(cells));
  return counts;
}

auto why_unread(modbus::Outcome outcome, bool lacking, const BusSettings& bus,
                const std::string& line, const MeterSettings& meter) -> std::string {
  switch (outcome) {
    case modbus::Outcome::answered:
      return lacking && meter.model->scan_list
                 ? "the meter shows other parameters than its model reads; with "
                   "`writes_scan_list = true` of a [[meter]] its scan list is written"
                 : "";
    case modbus::Outcome::silent: return why_silent(bus, line, meter.unit_id);
    case modbus::Outcome::bus_down: return line + ": the connection was lost: ";
    case modbus::Outcome::failed: break;
  }
  return std::string{lacking ? "the meter has no SunSpec model of this kind"
                             : "the meter refuses every request"} +
         "; is it a " + meter.model->title + "?";
}

}  // namespace bornier::app
