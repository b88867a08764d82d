// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bornier::board {

/// The chip's register that says why it faulted; 0 where it has none.
[[nodiscard]] auto fault_status() noexcept -> std::uint32_t;

/// In the fault record for an address, where there is none to tell.
inline constexpr std::uint32_t stack_overflowed = 0xFFFF'FFFF;
inline constexpr std::uint32_t unexpected_interrupt = 0xFFFF'FFFE;

/// Once a turn of the loop: resets the chip where the stack has reached its end. The stack lies at
/// the lowest address of the memory, so that what overflows it is a fault at once; but not in the
/// emulator, where reading and writing nothing is allowed.
auto check_stack() noexcept -> void;

/// A word of the vector table.
union Vector {
  const void* stack;
  void (*handler)();
};

}  // namespace bornier::board

extern "C" {
auto reset_handler() noexcept -> void;
auto fault_handler() noexcept -> void;
[[noreturn]] auto unexpected_handler() noexcept -> void;
extern std::uint32_t stack_bottom[];  // NOLINT(modernize-avoid-c-arrays)
extern std::uint32_t stack_top[];     // NOLINT(modernize-avoid-c-arrays)
}
[[noreturn]] auto run_board() noexcept -> void;

namespace bornier::board {

inline constexpr std::size_t exceptions = 16;

/// With what all chips have; the rest is unexpected until it is named.
template <std::size_t interrupts>
constexpr auto core_vectors() noexcept -> std::array<Vector, exceptions + interrupts> {
  std::array<Vector, exceptions + interrupts> table{};
  for (auto& vector : table) {
    vector.handler = unexpected_handler;
  }
  table[0].stack = stack_top;
  table[1].handler = reset_handler;
  table[3].handler = fault_handler;
  return table;
}

}  // namespace bornier::board
