// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <span>

#include "batch/batch.hpp"

/// As a payload, and as a body, where no checksum keeps the fuzzer out: what decodes must come back
/// the same.
extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace bornier::batch;
  const auto bytes = std::as_bytes(std::span{data, size});
  static_cast<void>(decode_batch(bytes).has_value());
  if (const auto entries = decode_entries(bytes)) {
    const auto again = decode_entries(encode_entries(*entries));
    if (!again || *again != canonical(*entries)) {
      std::abort();
    }
  }
  return 0;
}
