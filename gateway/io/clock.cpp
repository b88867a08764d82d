// SPDX-License-Identifier: Apache-2.0
#include "io/clock.hpp"

#include <sys/timex.h>

#include <ctime>
#include <filesystem>
#include <fstream>

namespace bornier::io {
namespace {

auto microseconds(clockid_t id) -> std::chrono::microseconds {
  timespec time{};
  clock_gettime(id, &time);
  return std::chrono::seconds{time.tv_sec} +
         std::chrono::floor<std::chrono::microseconds>(std::chrono::nanoseconds{time.tv_nsec});
}

}  // namespace

auto SystemClock::now() const -> reading::Now {
  const auto utc = std::chrono::floor<std::chrono::milliseconds>(microseconds(CLOCK_REALTIME));
  return {reading::Instant{microseconds(CLOCK_BOOTTIME)}, reading::Stamp{utc}};
}

auto boot_id() -> std::string {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(file, id);
  return id;
}

auto clock_evidence() -> ClockEvidence {
  timex kernel{};
  const int state = adjtimex(&kernel);  // modes 0: only reads
  std::error_code ignored;
  ClockEvidence evidence;
  evidence.synchronised = state != -1 && state != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0;
  evidence.has_rtc = std::filesystem::exists("/sys/class/rtc/rtc0", ignored);
  evidence.now = SystemClock{}.now().stamp;
  evidence.built = reading::stamp_at(std::int64_t{BORNIER_BUILT_ON_DAY} * 86'400'000);
  return evidence;
}

auto is_trusted(ClockTrust trust, const ClockEvidence& evidence) noexcept -> bool {
  if (trust == ClockTrust::system)
    return true;
  if (evidence.now < evidence.built)
    return false;
  return evidence.synchronised || evidence.has_rtc;
}

auto clock_step(reading::Now before, reading::Now after,
                std::chrono::milliseconds threshold) noexcept
    -> std::optional<std::chrono::milliseconds> {
  const auto elapsed =
      std::chrono::round<std::chrono::milliseconds>(after.instant - before.instant);
  const auto moved = (after.stamp - before.stamp) - elapsed;
  if (std::chrono::abs(moved) < threshold)
    return std::nullopt;
  return moved;
}

}  // namespace bornier::io
