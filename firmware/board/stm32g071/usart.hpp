// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "node/queue.hpp"
#include "node/settings.hpp"

namespace bornier::board {

/// USART1 at PA9 and PA10; the line driver's enable at PA12 is the hardware's.
class Usart {
 public:
  auto start(node::ByteQueue& received) noexcept -> void;
  /// Not while transmitting.
  auto set(const node::Line& line) noexcept -> void;
  /// `bytes` stays as it is until not transmitting.
  auto send(std::span<const std::byte> bytes) noexcept -> void;
  /// Until the last stop bit has left.
  [[nodiscard]] auto transmitting() const noexcept -> bool;

 private:
  node::Line line_;
  bool is_set_ = false;
};

}  // namespace bornier::board
