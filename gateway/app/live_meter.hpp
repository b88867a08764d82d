// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "model/decode.hpp"
#include "model/wiring.hpp"
#include "reading/time.hpp"

/// What `check --live` finds out about one meter.
namespace bornier::app {

struct LiveFinding {
  model::Severity severity{};
  std::string about;     ///< "answer", "line", "points", "serial", or a rule of the wiring check
  std::string what;      ///< one sentence without its full stop
  std::string evidence;  ///< numbers and names; may be empty
  std::string remedy;    ///< may be empty
};

enum class SerialVerdict : std::uint8_t {
  same,            ///< the configured one
  other,           ///< another one
  not_configured,  ///< the meter tells one
  not_told,        ///< the model has none
  unknown,         ///< it was not told this time
};
/// "same", "other" …: the keys of JSON and CSV.
[[nodiscard]] auto to_text(SerialVerdict verdict) noexcept -> std::string_view;

struct LiveMeter {
  const MeterSettings* settings{};
  const BusSettings* bus{};
  bool from_daemon{};           ///< its values are what a running daemon has polled
  std::optional<bool> answers;  ///< nothing: not known
  std::size_t points{};         ///< that are configured
  std::size_t points_read{};    ///< of these
  std::string serial;           ///< the device's own
  SerialVerdict serial_verdict{SerialVerdict::unknown};
  std::vector<reading::Instant::duration> latencies;  ///< of each request that was answered
  std::optional<reading::Instant::duration> age;      ///< of the last answer to a daemon
  std::vector<LiveFinding> findings;

  void add(model::Severity severity, std::string about, std::string what, std::string evidence = {},
           std::string remedy = {});
};

/// One point as it was read once. Besides what decode() gives, its value may be `no_response`,
/// `exception` or `unsupported`.
struct PointSeen {
  model::Decoded decoded;
  std::uint8_t exception_code{};
};
using Look = std::vector<PointSeen>;

/// Points that the configuration reads, ascending.
[[nodiscard]] auto configured_points(const MeterSettings& meter) -> std::vector<std::size_t>;
/// Points that the check needs besides: of the wiring, and the serial number.
[[nodiscard]] auto further_points(const MeterSettings& meter) -> std::vector<std::size_t>;

/// How the meter is wired by what one look shows; nothing of a meter without three phases.
[[nodiscard]] auto wiring_of(const MeterSettings& meter, const Look& look)
    -> std::vector<model::WiringFinding>;
/// Judges a meter that answered: its points, serial number and wiring. What changes from look to
/// look is passed over, for loads change. `looks` has one element at least; `own` is the serial
/// number if it is known from elsewhere.
void judge(LiveMeter& meter, const std::vector<Look>& looks, std::string own = {});
/// The serial number alone; empty if the device did not tell it.
void judge_serial(LiveMeter& meter, std::string own);

}  // namespace bornier::app
