// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

#include "modbus/sweep.hpp"
#include "reading/time.hpp"

namespace bornier::app {

/// How far a scan or the like is, for whoever waits: a bar that is drawn anew at a terminal,
/// otherwise a line every ten seconds.
class ScanProgress {
 public:
  /// `out` is borrowed.
  ScanProgress(std::ostream& out, bool is_terminal) : out_{out}, is_terminal_{is_terminal} {}

  /// `doing`: "9600 8N1, unit 57".
  void show(const modbus::Sweep& sweep, const std::string& doing, reading::Instant now);
  /// `done` of `all`; `text` says the rest.
  void show(std::size_t done, std::size_t all, const std::string& text, reading::Instant now);
  /// A line that stays, above the bar.
  void say(const std::string& line);
  /// Takes the bar away.
  void clear();

 private:
  std::ostream& out_;
  bool is_terminal_;
  bool drawn_{};
  std::optional<reading::Instant> shown_;
};

}  // namespace bornier::app
