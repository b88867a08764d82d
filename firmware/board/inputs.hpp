// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "node/queue.hpp"

namespace bornier::board {

/// Each board's pins stand in its inputs.cpp.
auto start_inputs() noexcept -> void;
/// From now on edges go into the queue.
auto watch_inputs(node::EdgeQueue& edges) noexcept -> void;
[[nodiscard]] auto input_levels() noexcept -> std::uint16_t;
[[nodiscard]] auto supply_is_low() noexcept -> bool;
/// The loop came round: after a storm, which is cut off so that the loop does come round.
auto allow_edges() noexcept -> void;

}  // namespace bornier::board
