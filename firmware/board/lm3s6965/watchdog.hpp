// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bornier::board {

/// Not fed for 2 s, its interrupt leaves a word for the next boot; 2 s later the chip is reset.
auto start_watchdog() noexcept -> void;
auto feed_watchdog() noexcept -> void;

/// Wakes the loop every millisecond.
auto start_heartbeat() noexcept -> void;

}  // namespace bornier::board
