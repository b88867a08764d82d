// SPDX-License-Identifier: Apache-2.0
// A board as small as can be: it only has to link (see CMakeLists.txt), nobody runs it.
#include "node/node.hpp"

namespace node = bornier::node;

namespace {

class NoStore final : public node::Store {
 public:
  [[nodiscard]] auto slot_count() const noexcept -> std::uint16_t override { return 0; }
  [[nodiscard]] auto read(std::uint16_t, std::size_t, std::span<std::byte>) noexcept
      -> bool override {
    return true;
  }
  [[nodiscard]] auto destroys(std::uint16_t) noexcept -> std::uint16_t override { return 1; }
  auto begin_write(std::uint16_t, std::span<const std::byte>) noexcept -> void override {}
  [[nodiscard]] auto state() noexcept -> node::StoreState override {
    return node::StoreState::idle;
  }
};

}  // namespace

// Visible from outside, or the compiler would know what is in them.
node::Inputs board_inputs;
std::size_t board_sent;

extern "C" {
auto abort() noexcept -> void;

// In the table of a class with virtual functions; none is ever called.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
auto __cxa_pure_virtual() noexcept -> void {
  abort();
}

auto node_entry() noexcept -> void {
  NoStore store;
  node::Node pulse_node{{}, {store, store, store}};
  for (;;) {
    pulse_node.edges().push({});
    pulse_node.bytes().push(std::byte{0}, false, node::Tick{0});
    board_sent = pulse_node.step(board_inputs).send.size();
  }
}
}
