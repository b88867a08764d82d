// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/time.hpp"

namespace bornier::node {

struct DigitalSettings {
  bool enabled = true;
  bool active_low = true;
  Micros debounce = milliseconds(20);

  friend constexpr auto operator==(const DigitalSettings&, const DigitalSettings&) noexcept
      -> bool = default;
};

/// A contact whose state is what was held for `debounce`.
class DigitalInput {
 public:
  /// What the pin shows now is the state: a boot is no change.
  auto start(const DigitalSettings& settings, bool level, Instant now) noexcept -> void {
    settings_ = settings;
    level_ = level;
    last_edge_ = now;
    state_ = raw();
  }

  auto set(const DigitalSettings& settings) noexcept -> void { settings_ = settings; }

  auto edge(bool level, Instant at) noexcept -> void {
    step(at);
    if (level != level_) {
      level_ = level;
      last_edge_ = at;
    }
  }

  auto step(Instant now) noexcept -> void {
    if (elapsed(last_edge_, now) >= settings_.debounce) {
      state_ = raw();
    }
  }

  [[nodiscard]] auto active() const noexcept -> bool { return state_; }
  [[nodiscard]] auto level() const noexcept -> bool { return level_; }
  [[nodiscard]] auto last_edge() const noexcept -> Instant { return last_edge_; }

 private:
  [[nodiscard]] auto raw() const noexcept -> bool {
    return settings_.enabled && level_ != settings_.active_low;
  }

  DigitalSettings settings_;
  Instant last_edge_;
  bool level_ = true;
  bool state_ = false;
};

}  // namespace bornier::node
