// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <span>

#include "batch/catalog.hpp"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace bornier::batch;
  if (const auto catalog = decode_catalog(std::as_bytes(std::span{data, size}))) {
    if (decode_catalog(encode_catalog(*catalog)) != catalog) {
      std::abort();
    }
  }
  return 0;
}
