// SPDX-License-Identifier: Apache-2.0
#include "node/pulse_input.hpp"

namespace bornier::node {

auto PulseInput::configure(const PulseSettings& settings, Instant now) noexcept -> void {
  settings_ = settings;
  phase_ = Phase::unknown;
  active_ = settings_.enabled && level_ != settings_.active_low;
  held_ = 0;
  stuck_ = false;
  has_counted_ = false;
  interval_ = 0;
  last_edge_ = now;
}

auto PulseInput::edge(bool level, Instant at) noexcept -> void {
  settle(at);
  settle_storm(at);
  ++edges_;
  storm_ = storm_ || (settings_.enabled && edges_ > storm_edges);
  level_ = level;
  const bool active = settings_.enabled && level != settings_.active_low;
  if (active == active_) {
    return;  // the edge between was lost: what is held goes on
  }
  if (active && phase_ == Phase::ready) {
    phase_ = Phase::rising;
    begun_ = at;
    held_ = 0;
  } else if (!active) {
    held_ += elapsed(last_edge_, at);
  }
  active_ = active;
  last_edge_ = at;
}

auto PulseInput::step(Instant now) noexcept -> void {
  settle(now);
  settle_storm(now);
}

auto PulseInput::settle(Instant now) noexcept -> void {
  const auto since_edge = elapsed(last_edge_, now);
  if (active_) {
    if (phase_ == Phase::rising && held_ + since_edge >= settings_.min_width) {
      count_one();
    }
    stuck_ = stuck_ || (settings_.stuck_after != 0 && since_edge >= settings_.stuck_after);
    return;
  }
  if (phase_ == Phase::ready || since_edge < settings_.debounce) {
    return;
  }
  if (phase_ == Phase::rising) {
    ++rejected_;
  }
  phase_ = settings_.enabled ? Phase::ready : Phase::unknown;
  stuck_ = false;
}

auto PulseInput::count_one() noexcept -> void {
  phase_ = Phase::counted;
  ++count_;
  if (has_counted_) {
    interval_ = saturated(elapsed(last_begun_, begun_));
  }
  last_begun_ = begun_;
  has_counted_ = true;
}

/// A storm begins with the edge that is one too many and ends with a whole second of fewer.
auto PulseInput::settle_storm(Instant now) noexcept -> void {
  const auto since = elapsed(second_begun_, now);
  if (since < seconds(1)) {
    return;
  }
  storm_ = storm_ && edges_ > storm_edges && since < seconds(2);
  edges_ = 0;
  second_begun_ = now;
}

}  // namespace bornier::node
