// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "node/queue.hpp"

namespace bornier::board {

/// Pulse inputs 0 to 7 at PC0 to PC7, door at PC8, mains at PC9; the supply is watched by the PVD.
auto start_inputs() noexcept -> void;
/// From now on edges go into the queue.
auto watch_inputs(node::EdgeQueue& edges) noexcept -> void;
[[nodiscard]] auto input_levels() noexcept -> std::uint16_t;
[[nodiscard]] auto supply_is_low() noexcept -> bool;
/// The loop came round: after a storm, which is cut off so that the loop does come round.
auto allow_edges() noexcept -> void;

}  // namespace bornier::board
