// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "node/settings.hpp"
#include "node/time.hpp"

namespace bornier::node {

/// Address, baud and format of the line, and how they change: what was written is in force once the
/// answer has left, and the settings of before return unless somebody confirms within 30 s.
///
/// Confirmed by writing a register, not by any request: a foreign meter that already has the new
/// address is polled all the time, and would confirm the collision with it. Only what is confirmed
/// is kept in the store, so a power cut ends a trial too.
class LineTrial {
 public:
  using Words = std::array<std::uint16_t, 3>;
  static constexpr Micros patience = seconds(30);

  explicit LineTrial(const Settings& settings) noexcept { reset(settings); }

  /// No trial: what the settings say.
  auto reset(const Settings& settings) noexcept -> void {
    confirmed_ = {settings.word(0), settings.word(1), settings.word(2)};
    asked_ = confirmed_;
    in_force_ = confirmed_;
    deadline_.reset();
  }

  /// What holding registers show: the latest that was written.
  [[nodiscard]] auto asked() const noexcept -> const Words& { return asked_; }
  auto ask(const Words& words) noexcept -> void { asked_ = words; }
  [[nodiscard]] auto line() const noexcept -> Line { return line_of(in_force_); }

  /// The answer has left, or there was none. True where other settings are in force from now on.
  auto apply(Instant now) noexcept -> bool {
    if (asked_ == in_force_) {
      return false;
    }
    in_force_ = asked_;
    deadline_.reset();
    if (in_force_ != confirmed_) {
      deadline_ = now + patience;
    }
    return true;
  }

  [[nodiscard]] auto on_trial() const noexcept -> bool { return deadline_.has_value(); }
  [[nodiscard]] auto left(Instant now) const noexcept -> Micros {
    return deadline_ ? elapsed(now, *deadline_) : 0;
  }

  /// True where this ended a trial: the settings are to be kept.
  auto confirm() noexcept -> bool {
    const bool ended = on_trial();
    deadline_.reset();
    confirmed_ = in_force_;
    asked_ = in_force_;
    return ended;
  }

  /// True where the settings of before have returned.
  auto step(Instant now) noexcept -> bool {
    if (!deadline_ || now < *deadline_) {
      return false;
    }
    deadline_.reset();
    in_force_ = confirmed_;
    asked_ = confirmed_;
    return true;
  }

 private:
  Words confirmed_{};
  Words asked_{};
  Words in_force_{};
  std::optional<Instant> deadline_;
};

}  // namespace bornier::node
