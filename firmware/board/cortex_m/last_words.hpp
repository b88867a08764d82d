// SPDX-License-Identifier: Apache-2.0
// What the program leaves behind when it ends otherwise than by losing its supply: in memory that
// no start clears, for the next boot.
#pragma once

#include <cstdint>
#include <optional>

#include "node/event_log.hpp"
#include "node/parts.hpp"

namespace bornier::board {

struct LastWords {
  node::ResetCause cause{};
  node::FaultRecord fault;
};

auto leave_last_words(const LastWords& words) noexcept -> void;
/// Nothing after a power cut: what memory holds then has no right checksum. Once.
[[nodiscard]] auto take_last_words() noexcept -> std::optional<LastWords>;

}  // namespace bornier::board
