// SPDX-License-Identifier: Apache-2.0
#include "app/live_report.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>

#include "app/people_text.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

auto number_of(const LiveMeter& meter, model::Severity severity) -> std::size_t {
  return static_cast<std::size_t>(
      std::ranges::count(meter.findings, severity, &LiveFinding::severity));
}

struct Latency {
  milliseconds median;
  milliseconds worst;
};
auto latency_of(const LiveMeter& meter) -> std::optional<Latency> {
  auto sorted = meter.latencies;
  if (sorted.empty()) {
    return std::nullopt;
  }
  std::ranges::sort(sorted);
  return Latency{.median = std::chrono::round<milliseconds>(sorted[sorted.size() / 2]),
                 .worst = std::chrono::round<milliseconds>(sorted.back())};
}

auto answers_text(const LiveMeter& meter) -> std::string {
  if (!meter.answers) {
    return "not known";
  }
  if (!*meter.answers) {
    return "NO";
  }
  return meter.age ? "yes, " + duration_for_people(duration_cast<milliseconds>(*meter.age)) + " ago"
                   : "yes";
}

auto serial_text(const LiveMeter& meter) -> std::string {
  const auto& configured = meter.settings->serial;
  switch (meter.serial_verdict) {
    case SerialVerdict::same: return meter.serial + " as configured";
    case SerialVerdict::other: return meter.serial + " INSTEAD OF " + configured;
    case SerialVerdict::not_configured: return meter.serial + ", none configured";
    case SerialVerdict::not_told:
      return configured.empty() ? "-" : configured + ", this model does not tell it";
    case SerialVerdict::unknown:
      return configured.empty() ? "not known" : configured + ", not compared";
  }
  return {};
}

auto findings_text(const LiveMeter& meter) -> std::string {
  const auto errors = number_of(meter, model::Severity::error);
  const auto hints = number_of(meter, model::Severity::hint);
  std::string text;
  if (errors > 0) {
    text = std::to_string(errors) + (errors == 1 ? " error" : " errors");
  }
  if (hints > 0) {
    text += (text.empty() ? "" : ", ") + std::to_string(hints) + (hints == 1 ? " hint" : " hints");
  }
  return text.empty() ? "-" : text;
}

void append_findings(std::string& text, const LiveMeter& meter, model::Severity severity) {
  for (const auto& finding : meter.findings) {
    if (finding.severity != severity) {
      continue;
    }
    text += severity == model::Severity::error ? "error  " : "hint   ";
    text += meter.settings->id + ": " + finding.what + "\n";
    if (!finding.evidence.empty()) {
      text += "       " + finding.evidence + "\n";
    }
    if (!finding.remedy.empty()) {
      text += "       -> " + finding.remedy + "\n";
    }
  }
}

auto for_people(std::span<const LiveMeter> meters) -> std::string {
  Table table{.columns = {{.name = "meter"},
                          {.name = "bus"},
                          {.name = "unit", .right_aligned = true},
                          {.name = "answers"},
                          {.name = "points"},
                          {.name = "serial number"},
                          {.name = "latency"},
                          {.name = "findings"}},
              .rows = {}};
  for (const auto& meter : meters) {
    const auto latency = latency_of(meter);
    table.rows.push_back({meter.settings->id, meter.bus->name,
                          std::to_string(meter.settings->unit_id.value()), answers_text(meter),
                          std::to_string(meter.points_read) + " of " + std::to_string(meter.points),
                          serial_text(meter),
                          latency ? std::to_string(latency->median.count()) + " ms, worst " +
                                        std::to_string(latency->worst.count())
                                  : "-",
                          findings_text(meter)});
  }
  auto text = to_table(table) + "\n";
  for (const auto severity : {model::Severity::error, model::Severity::hint}) {
    for (const auto& meter : meters) {
      append_findings(text, meter, severity);
    }
  }
  const auto counts = count(meters);
  text += std::to_string(meters.size()) + (meters.size() == 1 ? " meter, " : " meters, ") +
          std::to_string(counts.errors) + (counts.errors == 1 ? " error, " : " errors, ") +
          std::to_string(counts.hints) + (counts.hints == 1 ? " hint\n" : " hints\n");
  return text;
}

auto or_null(const std::string& text) -> json::value {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

auto as_json(const LiveMeter& meter) -> json::object {
  json::array findings;
  for (const auto& finding : meter.findings) {
    findings.push_back(json::object{{"severity", to_text(finding.severity)},
                                    {"about", finding.about},
                                    {"what", finding.what},
                                    {"evidence", or_null(finding.evidence)},
                                    {"remedy", or_null(finding.remedy)}});
  }
  const auto latency = latency_of(meter);
  return {
      {"id", meter.settings->id},
      {"bus", meter.bus->name},
      {"unit_id", meter.settings->unit_id.value()},
      {"model", meter.settings->model->id},
      {"source", meter.from_daemon ? "daemon" : "meter"},
      {"answers", meter.answers ? json::value(*meter.answers) : json::value(nullptr)},
      {"age_ms", meter.age ? json::value(duration_cast<milliseconds>(*meter.age).count())
                           : json::value(nullptr)},
      {"points", meter.points},
      {"points_read", meter.points_read},
      {"serial_configured", or_null(meter.settings->serial)},
      {"serial", or_null(meter.serial)},
      {"serial_verdict", to_text(meter.serial_verdict)},
      {"latency_median_ms", latency ? json::value(latency->median.count()) : json::value(nullptr)},
      {"latency_worst_ms", latency ? json::value(latency->worst.count()) : json::value(nullptr)},
      {"findings", std::move(findings)}};
}

auto as_csv(std::span<const LiveMeter> meters) -> std::string {
  auto text = csv_row({"meter", "bus", "unit_id", "source", "answers", "points", "points_read",
                       "serial_configured", "serial", "serial_verdict", "latency_median_ms",
                       "latency_worst_ms", "errors", "hints", "findings"});
  for (const auto& meter : meters) {
    std::string findings;
    for (const auto& finding : meter.findings) {
      findings += (findings.empty() ? "" : "; ") + std::string{to_text(finding.severity)} + ": " +
                  finding.what;
    }
    const auto latency = latency_of(meter);
    text += csv_row(
        {meter.settings->id, meter.bus->name, std::to_string(meter.settings->unit_id.value()),
         meter.from_daemon ? "daemon" : "meter",
         meter.answers ? (*meter.answers ? "yes" : "no") : "", std::to_string(meter.points),
         std::to_string(meter.points_read), meter.settings->serial, meter.serial,
         std::string{to_text(meter.serial_verdict)},
         latency ? std::to_string(latency->median.count()) : "",
         latency ? std::to_string(latency->worst.count()) : "",
         std::to_string(number_of(meter, model::Severity::error)),
         std::to_string(number_of(meter, model::Severity::hint)), findings});
  }
  return text;
}

}  // namespace

auto count(std::span<const LiveMeter> meters) -> LiveCounts {
  LiveCounts counts;
  for (const auto& meter : meters) {
    counts.errors += number_of(meter, model::Severity::error);
    counts.hints += number_of(meter, model::Severity::hint);
  }
  return counts;
}

auto to_text(std::span<const LiveMeter> meters, Format format) -> std::string {
  if (format == Format::table) {
    return for_people(meters);
  }
  if (format == Format::csv) {
    return as_csv(meters);
  }
  json::array list;
  for (const auto& meter : meters) {
    list.push_back(as_json(meter));
  }
  const auto counts = count(meters);
  return json::serialize(json::object{
             {"errors", counts.errors}, {"hints", counts.hints}, {"meters", std::move(list)}}) +
         "\n";
}

}  // namespace bornier::app
