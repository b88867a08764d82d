// SPDX-License-Identifier: Apache-2.0
// From reset to run_board(), and from a fault to reset.
#include <cstddef>
#include <cstdint>

#include "board/cortex_m/core.hpp"
#include "board/cortex_m/last_words.hpp"
#include "board/cortex_m/startup.hpp"

namespace board = bornier::board;

// NOLINTBEGIN(modernize-avoid-c-arrays): places, named by sections.ld
extern "C" {
extern std::uint32_t data_image[];
extern std::uint32_t data_begin[];
extern std::uint32_t data_end[];
extern std::uint32_t bss_begin[];
extern std::uint32_t bss_end[];
using Constructor = void (*)();
extern const Constructor constructors_begin[];
extern const Constructor constructors_end[];
}
// NOLINTEND(modernize-avoid-c-arrays)

namespace {

// Tests look how much of it is left. No code of ours, no address and no small number.
constexpr std::uint32_t paint = 0xC5C5'A3A3;
constexpr std::ptrdiff_t guard_words = 4;
/// Words below this function's frame that it may need itself.
constexpr std::ptrdiff_t own_frame = 16;

[[gnu::noinline]] auto fill(std::uint32_t* from, const std::uint32_t* end, std::uint32_t with)
    -> void {
  while (from < end) {
    *from++ = with;
  }
}

}  // namespace

namespace bornier::board {

auto check_stack() noexcept -> void {
  const std::uint32_t* const end = stack_bottom + guard_words;
  for (const std::uint32_t* word = stack_bottom; word < end; ++word) {
    if (*word != paint) {
      leave_last_words({node::ResetCause::fault, {stack_overflowed, 0, 0}});
      reset_chip();
    }
  }
}

}  // namespace bornier::board

extern "C" {

auto reset_handler() noexcept -> void {
  std::uint32_t* frame = nullptr;
  asm volatile("mov %0, sp" : "=r"(frame));
  fill(stack_bottom, frame - own_frame, paint);
  const std::uint32_t* from = data_image;
  for (auto* to = data_begin; to < data_end;) {
    *to++ = *from++;
  }
  fill(bss_begin, bss_end, 0);
  for (const auto* constructor = constructors_begin; constructor < constructors_end;
       ++constructor) {
    (*constructor)();
  }
  run_board();
}

/// `frame`: r0 to r3, r12, lr, pc, xPSR, where the stack still held them.
[[gnu::used, noreturn]] auto record_fault(const std::uint32_t* frame) noexcept -> void {
  board::LastWords words{bornier::node::ResetCause::fault, {}};
  constexpr std::ptrdiff_t frame_size = 8;
  if (frame >= stack_bottom && frame + frame_size <= stack_top) {
    words.fault = {frame[6], frame[5], board::fault_status()};
  } else {
    words.fault = {board::stack_overflowed, reinterpret_cast<std::uint32_t>(frame),
                   board::fault_status()};
  }
  board::leave_last_words(words);
  board::reset_chip();
}

/// Begins a fresh stack, for the one there was may have overflowed, and it does not return.
[[gnu::naked]] auto fault_handler() noexcept -> void {
  asm volatile(
      "mrs r0, msp\n"
      "ldr r1, =stack_top\n"
      "mov sp, r1\n"
      "bl record_fault\n");
}

[[noreturn]] auto unexpected_handler() noexcept -> void {
  board::leave_last_words(
      {bornier::node::ResetCause::fault, {board::unexpected_interrupt, board::scb_icsr.read(), 0}});
  board::reset_chip();
}

// What the standard library calls where a promise of its own is broken.
[[noreturn]] auto abort() noexcept -> void {
  const auto caller = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  board::leave_last_words({bornier::node::ResetCause::fault, {caller, 0, 0}});
  board::reset_chip();
}
[[noreturn]] auto __cxa_pure_virtual() noexcept -> void {
  abort();
}

}  // extern "C"
