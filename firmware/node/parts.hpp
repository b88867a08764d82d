// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "node/digital_input.hpp"
#include "node/event_log.hpp"
#include "node/journal.hpp"
#include "node/line_trial.hpp"
#include "node/pulse_input.hpp"
#include "node/queue.hpp"
#include "node/settings.hpp"
#include "node/time.hpp"

namespace bornier::node {

/// Of a hard fault that ended the boot before; zeros where there was none.
struct FaultRecord {
  std::uint32_t pc = 0;
  std::uint32_t lr = 0;
  std::uint32_t status = 0;
};

/// What a board knows when it starts.
struct Boot {
  Tick now;
  std::uint16_t levels = 0;  ///< of the pins, bit by input
  ResetCause cause{};
  std::uint64_t serial = 0;
  FaultRecord fault;
};

/// What registers show and set.
struct Parts {
  static constexpr Micros unlock_time = seconds(60);

  Parts(const Boot& start, const Stores& stores, const Defaults& defaults) noexcept
      : boot{start},
        settings{defaults},
        journal{stores},
        line{settings},
        now{Clock{start.now}.now()} {}

  [[nodiscard]] auto is_unlocked() const noexcept -> bool {
    return unlocked_at && elapsed(*unlocked_at, now) < unlock_time;
  }

  Boot boot;
  EdgeQueue edges;
  ByteQueue bytes;
  std::array<PulseInput, pulse_inputs> pulses;
  DigitalInput door;
  DigitalInput mains;
  Settings settings;
  EventLog log;
  Journal journal;
  LineTrial line;
  Instant now;
  std::optional<Instant> unlocked_at;
  std::uint32_t boots = 0;
  std::uint32_t uptime = 0;       ///< seconds
  std::uint32_t events_read = 0;  ///< the next event's number when events_unread was cleared
  bool brown_out = false;
  bool settings_written = false;  ///< inputs are to be configured anew
};

}  // namespace bornier::node
