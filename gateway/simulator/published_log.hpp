// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "intake/read_message.hpp"
#include "reading/time.hpp"
#include "simulator/message_meter.hpp"

namespace bornier::simulator {

/// The CSV of every value that a broker has acknowledged, appended message by message and flushed:
/// an oracle for tests. Columns: time_ms,meter,topic,point,value,unit,own_time_ms.
class PublishedLog {
 public:
  /// False if the file cannot be opened. A new or empty file gets the header line.
  [[nodiscard]] auto open(const std::string& path) -> bool;
  /// `sent`: just before the message was handed over. Samples that have no value are no line. Does
  /// nothing unless open.
  void add(reading::Stamp sent, const MessageMeter& meter, const std::string& topic,
           const std::vector<intake::Sample>& samples);

 private:
  std::ofstream file_;
};

}  // namespace bornier::simulator
