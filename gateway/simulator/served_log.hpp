// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <string>
#include <string_view>

#include "reading/time.hpp"
#include "simulator/meter.hpp"

namespace bornier::simulator {

/// "answered", "exception-02", "silent".
[[nodiscard]] auto outcome_text(const Served& served) -> std::string;

/// The CSV of everything that was served, appended line by line and flushed: an oracle for tests.
/// Columns: time_ms,meter,unit,function,address,count,row,outcome,written (words in hexadecimal).
class ServedLog {
 public:
  /// False if the file cannot be opened. A new or empty file gets the header line.
  [[nodiscard]] auto open(const std::string& path) -> bool;
  /// `time`: just before the answer was handed to the socket. Does nothing unless open.
  void add(reading::Stamp time, const MeterDescription& meter, const Served& served);

 private:
  std::ofstream file_;
};

}  // namespace bornier::simulator
