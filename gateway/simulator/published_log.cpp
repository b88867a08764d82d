// SPDX-License-Identifier: Apache-2.0
#include "simulator/published_log.hpp"

#include <string_view>
#include <variant>

#include "reading/decimal.hpp"

namespace bornier::simulator {
namespace {

/// RFC 4180.
auto cell(std::string_view text) -> std::string {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string{text};
  }
  std::string quoted{'"'};
  for (const char character : text) {
    quoted += character;
    if (character == '"') {
      quoted += '"';
    }
  }
  return quoted + '"';
}

}  // namespace

auto PublishedLog::open(const std::string& path) -> bool {
  file_.open(path, std::ios::app);
  if (!file_) {
    return false;
  }
  if (file_.tellp() == std::ofstream::pos_type{0}) {
    file_ << "time_ms,meter,topic,point,value,unit,own_time_ms\n" << std::flush;
  }
  return true;
}

void PublishedLog::add(reading::Stamp sent, const MessageMeter& meter, const std::string& topic,
                       const std::vector<intake::Sample>& samples) {
  if (!file_.is_open()) {
    return;
  }
  const auto& description = meter.description();
  const auto beginning = std::to_string(reading::milliseconds_since_1970(sent)) + ',' +
                         cell(description.name) + ',' + cell(topic) + ',';
  for (const auto& sample : samples) {
    const auto own = sample.time ? std::to_string(reading::milliseconds_since_1970(*sample.time))
                                 : std::string{};
    for (const auto& decoded : sample.points) {
      const auto* number = std::get_if<reading::Decimal>(&decoded.value);
      const auto* text = std::get_if<std::string>(&decoded.value);
      if (number == nullptr && text == nullptr) {
        continue;
      }
      const auto& point = description.model->points[decoded.point];
      file_ << beginning << point.name << ','
            << (number != nullptr ? to_text(*number) : cell(*text)) << ','
            << unit_of(point, meter.settings()) << ',' << own << '\n';
    }
  }
  file_ << std::flush;
}

}  // namespace bornier::simulator
