// SPDX-License-Identifier: Apache-2.0
// Any bytes from a TCP stream: cut into frames, each of which can be written again.
#include <algorithm>
#include <cstdlib>

#include "wire/tcp_frame.hpp"

using namespace bornier::wire;

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  auto rest = std::as_bytes(std::span{data, size});
  for (;;) {
    const auto length = tcp_length(rest);
    if (!length || *length > rest.size()) {
      return 0;
    }
    const auto frame = decode_tcp(rest.first(*length));
    if (!frame) {
      std::abort();
    }
    const auto encoded = encode_tcp(frame->transaction, frame->unit, frame->pdu);
    if (!encoded || !std::ranges::equal(encoded->bytes(), rest.first(*length))) {
      std::abort();
    }
    rest = rest.subspan(*length);
  }
}
