// SPDX-License-Identifier: Apache-2.0
#include "app/live_meter.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "app/people_text.hpp"
#include "app/serial_watch.hpp"
#include "model/detect.hpp"
#include "reading/acquisition.hpp"

namespace bornier::app {
namespace {

using model::Severity;
using reading::Acquisition;

/// What may be the matter with a point of a meter that answers.
enum class Trouble : std::uint8_t {
  none,
  not_polled,
  refused,
  silent,
  out_of_range,
  implausible,
  unsupported,
  not_available,
};

auto trouble_of(const PointSeen& seen) -> Trouble {
  const auto* reason = std::get_if<Acquisition>(&seen.decoded.value);
  if (reason == nullptr) {
    return seen.decoded.quality.has(reading::QualityFlag::implausible) ? Trouble::implausible
                                                                       : Trouble::none;
  }
  switch (*reason) {
    case Acquisition::ok: return Trouble::none;
    case Acquisition::exception: return Trouble::refused;
    case Acquisition::out_of_range: return Trouble::out_of_range;
    case Acquisition::unsupported: return Trouble::unsupported;
    case Acquisition::not_available: return Trouble::not_available;
    case Acquisition::not_polled_yet: return Trouble::not_polled;
    case Acquisition::no_response:
    case Acquisition::bus_down: return Trouble::silent;
  }
  return Trouble::silent;
}

auto find(const Look& look, std::size_t point) -> const PointSeen* {
  const auto found = std::ranges::find_if(
      look, [point](const PointSeen& seen) { return seen.decoded.point == point; });
  return found == look.end() ? nullptr : &*found;
}

/// Of the point in every look; none if it changes.
auto trouble_in_all(const std::vector<Look>& looks, std::size_t point) -> Trouble {
  std::optional<Trouble> common;
  for (const auto& look : looks) {
    const auto* seen = find(look, point);
    const auto trouble = seen == nullptr ? Trouble::silent : trouble_of(*seen);
    if (common && *common != trouble) {
      return Trouble::none;
    }
    common = trouble;
  }
  return common.value_or(Trouble::none);
}

auto name_with_detail(const MeterSettings& meter, const PointSeen* seen, std::size_t point)
    -> std::string {
  auto text = meter.model->points[point].name;
  if (seen == nullptr) {
    return text;
  }
  if (seen->exception_code != 0) {
    return text + " (exception " + std::to_string(seen->exception_code) + ")";
  }
  const auto* number = std::get_if<reading::Decimal>(&seen->decoded.value);
  return number == nullptr ? text
                           : text + " " +
                                 model::to_text(*meter.model, *meter.settings,
                                                {.point = point, .value = *number, .quality = {}});
}

struct Words {
  Trouble trouble;
  Severity severity;
  const char* before;  ///< "3 of 12"
  const char* after;
  const char* remedy;
};
constexpr std::array words{
    Words{Trouble::refused, Severity::error, "the meter refuses ", " configured points",
          "look whether the model is the right one; what this meter lacks can be left out of "
          "`points`"},
    Words{Trouble::silent, Severity::error, "the meter keeps silent on ", " configured points",
          "look whether the model is the right one; what this meter lacks can be left out of "
          "`points`"},
    Words{Trouble::out_of_range, Severity::error, "the model cannot make sense of ",
          " configured points",
          "look whether the model is the right one, and at the meter's `settings`"},
    Words{Trouble::implausible, Severity::error, "implausible are ", " configured points",
          "look whether the model is the right one, and at the meter's `settings`"},
    Words{Trouble::not_polled, Severity::hint, "not polled yet are ", " configured points",
          "look again in a while; if they are new in the configuration, start the daemon again"},
    Words{Trouble::unsupported, Severity::hint, "the meter lacks ", " configured points",
          "leave them out of `points`"},
    Words{Trouble::not_available, Severity::hint, "the meter has no value for ",
          " configured points", ""},
};

void judge_points(LiveMeter& meter, const std::vector<Look>& looks) {
  constexpr std::size_t most_names = 6;
  const auto points = configured_points(*meter.settings);
  meter.points = points.size();
  std::vector<Trouble> troubles;
  for (const auto point : points) {
    troubles.push_back(trouble_in_all(looks, point));
  }
  meter.points_read = points.size();
  for (const auto& each : words) {
    std::string names;
    std::size_t count = 0;
    for (std::size_t index = 0; index < points.size(); ++index) {
      if (troubles[index] == each.trouble && ++count <= most_names) {
        names +=
            (count == 1 ? "" : ", ") +
            name_with_detail(*meter.settings, find(looks.back(), points[index]), points[index]);
      }
    }
    if (count == 0) {
      continue;
    }
    meter.points_read -= each.trouble == Trouble::implausible ? 0 : count;
    if (count > most_names) {
      names += " and " + std::to_string(count - most_names) + " more";
    }
    meter.add(
        each.severity, "points",
        each.before + std::to_string(count) + " of " + std::to_string(points.size()) + each.after,
        std::move(names), each.remedy);
  }
}

/// What every look finds; an error only if all call it one.
void judge_wiring(LiveMeter& meter, const std::vector<Look>& looks) {
  std::vector<model::WiringFinding> common;
  for (std::size_t index = 0; index < looks.size(); ++index) {
    auto found = wiring_of(*meter.settings, looks[index]);
    for (auto& finding : found) {
      const auto before = std::ranges::find(common, finding.rule, &model::WiringFinding::rule);
      if (before != common.end() && before->severity == Severity::hint) {
        finding.severity = Severity::hint;
      }
    }
    if (index > 0) {
      std::erase_if(found, [&common](const auto& finding) {
        return std::ranges::find(common, finding.rule, &model::WiringFinding::rule) == common.end();
      });
    }
    common = std::move(found);
  }
  for (auto& finding : common) {
    meter.add(finding.severity, std::string{model::to_text(finding.rule)}, std::move(finding.what),
              std::move(finding.evidence), std::move(finding.remedy));
  }
}

}  // namespace

auto to_text(SerialVerdict verdict) noexcept -> std::string_view {
  switch (verdict) {
    case SerialVerdict::same: return "same";
    case SerialVerdict::other: return "other";
    case SerialVerdict::not_configured: return "not configured";
    case SerialVerdict::not_told: return "not told";
    case SerialVerdict::unknown: return "unknown";
  }
  return {};
}

void LiveMeter::add(Severity severity, std::string about, std::string what, std::string evidence,
                    std::string remedy) {
  findings.push_back({.severity = severity,
                      .about = std::move(about),
                      .what = std::move(what),
                      .evidence = std::move(evidence),
                      .remedy = std::move(remedy)});
}

auto configured_points(const MeterSettings& meter) -> std::vector<std::size_t> {
  std::vector<std::size_t> points;
  for (const auto& poll : meter.polls) {
    points.insert(points.end(), poll.points.begin(), poll.points.end());
  }
  std::ranges::sort(points);
  return points;
}

auto further_points(const MeterSettings& meter) -> std::vector<std::size_t> {
  auto wanted = model::points_of_three_phases(*meter.model);
  if (const auto serial = model::serial_point(*meter.model)) {
    wanted.push_back(*serial);
  }
  std::ranges::sort(wanted);
  const auto configured = configured_points(meter);
  std::vector<std::size_t> further;
  std::ranges::set_difference(wanted, configured, std::back_inserter(further));
  return further;
}

auto wiring_of(const MeterSettings& meter, const Look& look) -> std::vector<model::WiringFinding> {
  std::vector<model::Decoded> decoded;
  std::ranges::transform(look, std::back_inserter(decoded), &PointSeen::decoded);
  const auto values = model::three_phases(*meter.model, *meter.settings, decoded);
  return values ? model::check_wiring(*values) : std::vector<model::WiringFinding>{};
}

void judge_serial(LiveMeter& meter, std::string own) {
  const auto& configured = meter.settings->serial;
  meter.serial = is_serial(own) ? std::move(own) : std::string{};
  if (!model::serial_point(*meter.settings->model)) {
    meter.serial_verdict = SerialVerdict::not_told;
  } else if (meter.serial.empty()) {
    meter.serial_verdict = SerialVerdict::unknown;
  } else if (configured.empty()) {
    meter.serial_verdict = SerialVerdict::not_configured;
    meter.add(
        Severity::hint, "serial", "the configuration does not say which device this is",
        "its serial number is " + meter.serial,
        "write serial = \"" + meter.serial + "\" in its [[meter]]: then an exchange is noticed");
  } else if (is_same_serial(configured, meter.serial)) {
    meter.serial_verdict = SerialVerdict::same;
  } else {
    meter.serial_verdict = SerialVerdict::other;
    meter.add(Severity::error, "serial", "another device answers in this meter's place",
              "serial number " + meter.serial + ", configured is " + configured,
              "if it was exchanged, write serial = \"" + meter.serial +
                  "\" in its [[meter]] (its readings then count as another device's); if not, "
                  "look at bus and unit id");
  }
}

void judge(LiveMeter& meter, const std::vector<Look>& looks, std::string own) {
  judge_points(meter, looks);
  const auto serial = model::serial_point(*meter.settings->model);
  if (serial && own.empty()) {
    const auto* seen = find(looks.back(), *serial);
    const auto* text = seen == nullptr ? nullptr : std::get_if<std::string>(&seen->decoded.value);
    own = text == nullptr ? std::string{} : *text;
  }
  judge_serial(meter, std::move(own));
  judge_wiring(meter, looks);
}

}  // namespace bornier::app
