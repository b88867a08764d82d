// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "board/cortex_m/startup.hpp"
#include "node/node.hpp"

namespace bornier::board {

/// The loop of every board. `Board` has the functions that are called here; what it gives to its
/// interrupts lives as long as the program.
template <class Board>
[[noreturn]] auto run(Board& board) noexcept -> void {
  // Of its own size in the image, instead of on the stack.
  static node::Node core{board.boot(), board.stores(), Board::defaults()};
  board.start(core.edges(), core.bytes());
  for (;;) {
    const auto outputs = core.step(board.inputs());
    if (!outputs.send.empty()) {
      board.send(outputs.send);
    }
    board.set_line(outputs.line);
    if (outputs.feed_watchdog) {
      board.feed_watchdog();
    }
    check_stack();
    board.rest();
  }
}

}  // namespace bornier::board
