// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "reading/time.hpp"

namespace bornier::modbus {

enum class Parity : std::uint8_t { none, even, odd };

/// How characters travel on a serial line; eight data bits each, as RTU demands.
struct SerialFormat {
  std::uint32_t baud{19'200};
  Parity parity{Parity::even};
  std::uint8_t stop_bits{1};

  friend auto operator==(const SerialFormat&, const SerialFormat&) noexcept -> bool = default;
};

/// Unit ids of meters on a serial line (MODBUS over Serial Line V1.02, section 2.2). Those of
/// Modbus TCP are 0 to 255.
[[nodiscard]] constexpr auto is_on_serial_lines(std::int64_t unit_id) noexcept -> bool {
  return unit_id >= 1 && unit_id <= 247;
}

/// So long the line is busy with `bytes`.
[[nodiscard]] constexpr auto transmission_time(const SerialFormat& format,
                                               std::size_t bytes) noexcept
    -> reading::Instant::duration {
  const std::uint64_t bits = 1U + 8U + (format.parity == Parity::none ? 0U : 1U) + format.stop_bits;
  const std::uint64_t microseconds = 1'000'000;
  return reading::Instant::duration{
      static_cast<std::int64_t>((bytes * bits * microseconds + format.baud - 1) / format.baud)};
}

/// The silence that parts two frames: 3.5 characters, and 1.75 ms above 19,200 baud
/// (MODBUS over Serial Line V1.02, section 2.5.1.1).
[[nodiscard]] constexpr auto frame_silence(const SerialFormat& format) noexcept
    -> reading::Instant::duration {
  constexpr std::uint32_t fastest_counted = 19'200;
  if (format.baud > fastest_counted) {
    return reading::Instant::duration{1'750};
  }
  return (transmission_time(format, 7) + reading::Instant::duration{1}) / 2;
}

}  // namespace bornier::modbus
