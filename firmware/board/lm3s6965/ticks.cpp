// SPDX-License-Identifier: Apache-2.0
#include "board/lm3s6965/ticks.hpp"

#include <atomic>

#include "board/lm3s6965/chip.hpp"
#include "board/lm3s6965/handlers.hpp"

namespace bornier::board {

namespace {

constexpr Register control{0xE000E010};
constexpr Register reload{0xE000E014};
constexpr Register current{0xE000E018};
constexpr std::uint32_t last = 0xFF'FFFF;
constexpr unsigned cycles_per_micro_log2 = 3;
constexpr unsigned micros_per_turn_log2 = 21;
static_assert(core_hertz == 1'000'000U << cycles_per_micro_log2);
static_assert(std::uint64_t{1} << (micros_per_turn_log2 + cycles_per_micro_log2) == last + 1U);
constexpr std::uint32_t turn_pending = bit(26);  // of ICSR

std::atomic<std::uint32_t> turns;

}  // namespace

auto start_ticks() noexcept -> void {
  reload.write(last);
  current.write(0);
  control.write(0b111);  // core clock, interrupt, on
}

auto ticks() noexcept -> node::Tick {
  std::uint32_t seen = 0;
  std::uint32_t down = 0;
  bool pending = false;
  do {
    seen = turns.load(std::memory_order_relaxed);
    down = current.read();
    pending = scb_icsr.has(turn_pending);
  } while (seen != turns.load(std::memory_order_relaxed));
  // Where its interrupt has to wait for ours, a turn is over that is not counted yet.
  if (pending && down > last / 2) {
    ++seen;
  }
  return node::Tick{(seen << micros_per_turn_log2) + ((last - down) >> cycles_per_micro_log2)};
}

}  // namespace bornier::board

extern "C" auto tick_handler() noexcept -> void {
  auto& turns = bornier::board::turns;
  turns.store(turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}
