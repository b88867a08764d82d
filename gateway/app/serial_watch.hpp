// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_plan.hpp"
#include "model/decode.hpp"
#include "reading/time.hpp"

/// Is the device that answers the one that was installed? Its serial number tells.
namespace bornier::app {

/// What a nameplate has and a register has not is not told apart: leading zeros, blanks, dashes,
/// dots and strokes, upper and lower case.
[[nodiscard]] auto is_same_serial(std::string_view left, std::string_view right) -> bool;

/// "0" and "----" are none: nobody has written one into the meter.
[[nodiscard]] auto is_serial(std::string_view text) -> bool;

/// When to ask one meter for its serial number, and what the answers mean.
class SerialWatch {
 public:
  /// Another device than before, or than was configured.
  struct Exchange {
    std::string before;
    std::string now;
  };

  /// Both are borrowed for the time of the call.
  SerialWatch(const MeterSettings& meter, const BusSettings& bus);

  /// After the start, after an outage and once a day; never if the model has no serial number.
  [[nodiscard]] auto is_due(reading::Instant now) const -> bool;
  /// What is asked for when it is due. Stays where it is.
  [[nodiscard]] auto requests() const noexcept -> const std::vector<Request>& { return requests_; }
  /// The meter was away: another one may have come back. A moment ago it was not, though: a line
  /// that breaks all the time does not cost a request each time.
  void was_away(reading::Instant now);
  /// It was asked and gave nothing: later again, much later if it refused.
  void gave_nothing(bool refused, reading::Instant now);
  /// What an answer says, asked for here or in any poll; an exchange is told once.
  [[nodiscard]] auto look_at(std::span<const model::Decoded> points, reading::Instant now)
      -> std::optional<Exchange>;

  /// The device's own; empty until it is known.
  [[nodiscard]] auto found() const noexcept -> const std::string& { return found_; }
  /// It is not the configured one, or without one not the first one that was found.
  [[nodiscard]] auto is_exchanged() const -> bool;

 private:
  std::string expected_;
  std::string found_;
  std::optional<std::size_t> point_;
  std::vector<Request> requests_;
  reading::Instant due_;
  std::optional<reading::Instant> looked_;
};

}  // namespace bornier::app
