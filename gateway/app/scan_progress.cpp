// SPDX-License-Identifier: Apache-2.0
#include "app/scan_progress.hpp"

#include <algorithm>
#include <chrono>
#include <ostream>

#include "app/people_text.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

constexpr reading::Instant::duration between_bars = 100ms;
constexpr reading::Instant::duration between_lines = 10s;
constexpr std::size_t bar_width = 24;

}  // namespace

void ScanProgress::show(const modbus::Sweep& sweep, const std::string& doing,
                        reading::Instant now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(sweep.time_left());
  show(sweep.asked(), sweep.asked() + sweep.still_to_ask(),
       doing + ", " + std::to_string(sweep.found().size()) + " found, at most " +
           duration_for_people(left) + " left",
       now);
}

void ScanProgress::show(std::size_t done, std::size_t all, const std::string& text,
                        reading::Instant now) {
  const auto between = is_terminal_ ? between_bars : between_lines;
  if (!shown_) {
    shown_ = is_terminal_ ? now - between : now;
  }
  if (now - *shown_ < between) {
    return;
  }
  shown_ = now;
  if (is_terminal_) {
    const auto filled = all == 0 ? bar_width : bar_width * std::min(done, all) / all;
    const auto bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
    out_ << "\r\x1b[K[" << bar << "] " << text << std::flush;
    drawn_ = true;
  } else {
    out_ << text << "\n" << std::flush;
  }
}

void ScanProgress::say(const std::string& line) {
  clear();
  out_ << line << "\n" << std::flush;
}

void ScanProgress::clear() {
  if (drawn_) {
    out_ << "\r\x1b[K" << std::flush;
    drawn_ = false;
  }
}

}  // namespace bornier::app
