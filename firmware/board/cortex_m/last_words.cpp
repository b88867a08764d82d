// SPDX-License-Identifier: Apache-2.0
#include "board/cortex_m/last_words.hpp"

namespace bornier::board {

namespace {

struct Kept {
  std::uint32_t cause;
  std::uint32_t pc;
  std::uint32_t lr;
  std::uint32_t status;
  std::uint32_t seal;

  [[nodiscard]] auto right_seal() const noexcept -> std::uint32_t {
    return 0x4C57'4F52U ^ cause ^ (pc << 1U | pc >> 31U) ^ (lr << 2U | lr >> 30U) ^
           (status << 3U | status >> 29U);
  }
};

[[gnu::section(".noinit")]] Kept kept;

}  // namespace

auto leave_last_words(const LastWords& words) noexcept -> void {
  kept.cause = static_cast<std::uint32_t>(words.cause);
  kept.pc = words.fault.pc;
  kept.lr = words.fault.lr;
  kept.status = words.fault.status;
  kept.seal = kept.right_seal();
}

auto take_last_words() noexcept -> std::optional<LastWords> {
  if (kept.seal != kept.right_seal()) {
    return std::nullopt;
  }
  kept.seal = ~kept.seal;
  return LastWords{static_cast<node::ResetCause>(kept.cause), {kept.pc, kept.lr, kept.status}};
}

}  // namespace bornier::board
