// SPDX-License-Identifier: Apache-2.0
// What a compiler may call without being asked (GCC manual, "Standards"). A board has its own; what
// only has to link has these.
#include <cstddef>

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names are
// reserved
extern "C" {
auto memcpy(void* to, const void*, std::size_t) noexcept -> void* {
  return to;
}
auto memmove(void* to, const void*, std::size_t) noexcept -> void* {
  return to;
}
auto memset(void* to, int, std::size_t) noexcept -> void* {
  return to;
}
auto memcmp(const void*, const void*, std::size_t) noexcept -> int {
  return 0;
}
auto abort() noexcept -> void {
  for (;;) {
  }
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
