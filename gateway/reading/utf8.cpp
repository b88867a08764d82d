// SPDX-License-Identifier: Apache-2.0
#include "reading/utf8.hpp"

#include <cstddef>

namespace bornier::reading {
namespace {

/// Bytes of the well-formed sequence at the start of `text`; 0 if there is none.
[[nodiscard]] auto sequence_size(std::string_view text) noexcept -> std::size_t {
  const auto at = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned lead = at(0);
  if (lead < 0x80) {
    return 1;
  }
  // The second byte's range is narrower after some leads: no overlong forms, no surrogates.
  const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  const std::size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                           : lead >= 0xE0 && lead <= 0xEF ? 3
                           : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                          : 0;
  if (size == 0 || text.size() < size || at(1) < lowest || at(1) > highest) {
    return 0;
  }
  for (std::size_t index = 2; index < size; ++index) {
    if ((at(index) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  return size;
}

}  // namespace

auto is_utf8(std::string_view text) noexcept -> bool {
  while (!text.empty()) {
    const std::size_t size = sequence_size(text);
    if (size == 0) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

auto to_utf8(std::string_view text) -> std::string {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = sequence_size(text);
    result += size == 0 ? std::string_view{"\xEF\xBF\xBD"} : text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

}  // namespace bornier::reading
