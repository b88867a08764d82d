// SPDX-License-Identifier: Apache-2.0
#include "simulator/served_log.hpp"

#include <iomanip>
#include <sstream>

namespace bornier::simulator {

auto outcome_text(const Served& served) -> std::string {
  if (served.exception) {
    std::ostringstream text;
    text << "exception-" << std::setw(2) << std::setfill('0')
         << static_cast<int>(*served.exception);
    return text.str();
  }
  return served.answer ? "answered" : "silent";
}

namespace {

/// "4000 0000"; empty of a read.
auto written_text(const Served& served) -> std::string {
  std::ostringstream text;
  text << std::hex << std::uppercase << std::setfill('0');
  for (const auto word : served.written) {
    text << (text.tellp() > 0 ? " " : "") << std::setw(4) << word;
  }
  return text.str();
}

}  // namespace

auto ServedLog::open(const std::string& path) -> bool {
  file_.open(path, std::ios::app);
  if (!file_) {
    return false;
  }
  if (file_.tellp() == std::ofstream::pos_type{0}) {
    file_ << "time_ms,meter,unit,function,address,count,row,outcome,written\n" << std::flush;
  }
  return true;
}

void ServedLog::add(reading::Stamp time, const MeterDescription& meter, const Served& served) {
  if (!file_.is_open()) {
    return;
  }
  file_ << reading::milliseconds_since_1970(time) << ',' << meter.name << ','
        << int{meter.unit.value()} << ',' << int{served.function} << ',' << served.address << ','
        << served.count << ',' << served.row << ',' << outcome_text(served) << ','
        << written_text(served) << '\n'
        << std::flush;
}

}  // namespace bornier::simulator
