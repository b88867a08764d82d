// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request: what is understood can be written, and means the same again.
#include <algorithm>
#include <cstdlib>

#include "wire/pdu.hpp"

using namespace bornier::wire;

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  const auto pdu = std::as_bytes(std::span{data, size});
  const auto request = decode_request(pdu);
  if (!request) {
    static_cast<void>(exception_for(request.error()));
    return 0;
  }
  const auto encoded = encode_request(*request);
  if (!encoded) {
    std::abort();
  }
  // Only the unused bits of a coil write may differ: they are tidied.
  const bool same = std::ranges::equal(encoded->bytes(), pdu);
  if (!same && !std::holds_alternative<WriteCoils>(*request)) {
    std::abort();
  }
  const auto again = decode_request(encoded->bytes());
  if (!again || encode_request(*again) != encoded) {
    std::abort();
  }
  return 0;
}
