// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace bornier::buffer {

/// What a source of readings must know again after a restart: which messages it has taken, the
/// newest state of its counters. It is accepted in one with the readings that it came with: after a
/// power cut both are there or neither is, so a message whose memo is missing may be taken again.
///
/// One that is lost otherwise (damage) is as good as never written: its only harm is that readings
/// may be taken twice. The same goes for one that does not fit; it is not written, and an older one
/// of its key stays.
struct Memo {
  std::string key;    ///< the source's own name for it; a newer one replaces it
  std::string value;  ///< opaque bytes
  friend auto operator==(const Memo&, const Memo&) -> bool = default;
};

constexpr std::size_t max_memo_key = 128;
constexpr std::size_t max_memo_value = 32'768;

[[nodiscard]] inline auto fits(const Memo& memo) noexcept -> bool {
  return memo.key.size() <= max_memo_key && memo.value.size() <= max_memo_value;
}

}  // namespace bornier::buffer
