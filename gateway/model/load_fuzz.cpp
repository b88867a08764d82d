// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "model/load.hpp"

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  const std::string text{data, data + size};
  const auto model = bornier::model::load_model(text, "m.toml");
  if (!model && model.error().empty()) {
    std::abort();  // a refusal always says why
  }
  return 0;
}
