// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "reading/time.hpp"

namespace bornier::io {

/// The only way to the time. The shell looks once per turn and passes what it saw on.
class Clock {
 public:
  virtual ~Clock() = default;
  /// CLOCK_BOOTTIME and the system's UTC.
  [[nodiscard]] virtual auto now() const -> reading::Now = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] auto now() const -> reading::Now override;
};

/// /proc/sys/kernel/random/boot_id, 36 characters: tells which boot an Instant belongs to. Empty if
/// the kernel does not say.
[[nodiscard]] auto boot_id() -> std::string;

enum class ClockTrust : std::uint8_t {
  automatic,  ///< only if the evidence is good
  system,     ///< the operator vouches for the system clock as it is
};

struct ClockEvidence {
  bool synchronised{};  ///< the kernel says that something (NTP, PTP, GPS) disciplines the clock
  bool has_rtc{};       ///< a battery-backed clock set the time at boot
  reading::Stamp now;
  reading::Stamp built;  ///< of this program: the time cannot be earlier
};
[[nodiscard]] auto clock_evidence() -> ClockEvidence;
[[nodiscard]] auto is_trusted(ClockTrust trust, const ClockEvidence& evidence) noexcept -> bool;

/// How far UTC moved against the steady time between two looks, forward positive; nothing if that
/// is less than `threshold`.
[[nodiscard]] auto clock_step(reading::Now before, reading::Now after,
                              std::chrono::milliseconds threshold) noexcept
    -> std::optional<std::chrono::milliseconds>;

}  // namespace bornier::io
