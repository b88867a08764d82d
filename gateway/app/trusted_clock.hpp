// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/collector.hpp"
#include "buffer/store.hpp"
#include "io/clock.hpp"

namespace bornier::app {

/// The system's clocks and whether UTC is to be believed. Once trusted it stays so until the
/// program ends: a clock that loses its source goes on from a right time.
class TrustedClock {
 public:
  explicit TrustedClock(io::ClockTrust trust)
      : trust_{trust},
        boot_id_{io::boot_id()},
        trusted_{io::is_trusted(trust, io::clock_evidence())} {}

  [[nodiscard]] auto clock() const noexcept -> const io::Clock& { return clock_; }
  [[nodiscard]] auto is_trusted() const noexcept -> bool { return trusted_; }
  [[nodiscard]] auto moment() const -> Collector::Moment {
    return {.now = clock_.now(), .trusted = trusted_};
  }
  [[nodiscard]] auto for_buffer() const -> buffer::Clock {
    return {.boot_id = boot_id_, .now = clock_.now(), .trusted = trusted_};
  }

  /// Looks at the evidence again; true if the clock became trusted by it.
  [[nodiscard]] auto became_trusted() -> bool {
    if (trusted_) {
      return false;
    }
    trusted_ = io::is_trusted(trust_, io::clock_evidence());
    return trusted_;
  }

 private:
  io::SystemClock clock_;
  io::ClockTrust trust_;
  std::string boot_id_;
  bool trusted_;
};

}  // namespace bornier::app
