// SPDX-License-Identifier: Apache-2.0
#include "batch/batch.hpp"

namespace bornier::batch {

auto to_text(StreamId stream) -> std::string {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned shift = 64; shift > 0; shift -= 4) {
    text += digits[(stream.value() >> (shift - 4)) & 0xFU];
  }
  return text;
}

}  // namespace bornier::batch
