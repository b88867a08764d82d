// SPDX-License-Identifier: Apache-2.0
#include "platform/retention.hpp"

#include <charconv>

namespace bornier::platform {

auto parse_keep(std::string_view text) -> std::optional<std::chrono::hours> {
  constexpr int most = 100'000;
  int number{};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  const std::string_view unit{parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)};
  if (parsed.ec != std::errc{} || number < 1 || number > most) {
    return std::nullopt;
  }
  if (unit == "d") {
    return std::chrono::days{number};
  }
  if (unit == "w") {
    return std::chrono::weeks{number};
  }
  if (unit == "y") {
    return std::chrono::ceil<std::chrono::hours>(std::chrono::years{number});
  }
  return std::nullopt;
}

}  // namespace bornier::platform
