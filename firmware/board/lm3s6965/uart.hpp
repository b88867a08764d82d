// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "node/queue.hpp"
#include "node/settings.hpp"

namespace bornier::board {

/// UART0 at PA0 and PA1, with the line driver's enable at PB0.
class Uart {
 public:
  auto start(node::ByteQueue& received) noexcept -> void;
  /// Not while transmitting.
  auto set(const node::Line& line) noexcept -> void;
  /// `bytes` stays as it is until not transmitting.
  auto send(std::span<const std::byte> bytes) noexcept -> void;
  /// Until the last stop bit has left; releases the line then. The loop's, each time.
  [[nodiscard]] auto transmitting() noexcept -> bool;

 private:
  node::Line line_;
  bool is_set_ = false;
  bool driving_ = false;
};

}  // namespace bornier::board
