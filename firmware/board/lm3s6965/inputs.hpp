// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "node/queue.hpp"

namespace bornier::board {

/// Pulse inputs 0 to 7 at PD0 to PD7, door at PC4, mains at PC5, and the supply's comparator at
/// PC6, which is high while the supply is low.
auto start_inputs() noexcept -> void;
/// From now on edges go into the queue.
auto watch_inputs(node::EdgeQueue& edges) noexcept -> void;
[[nodiscard]] auto input_levels() noexcept -> std::uint16_t;
[[nodiscard]] auto supply_is_low() noexcept -> bool;
/// The loop came round: after a storm, which is cut off so that the loop does come round.
auto allow_edges() noexcept -> void;

}  // namespace bornier::board
