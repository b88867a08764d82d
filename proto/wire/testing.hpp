// SPDX-License-Identifier: Apache-2.0
// For tests: frames as a manual prints them, and a Fault that nobody expected.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "wire/fault.hpp"
#include "wire/result.hpp"

namespace bornier::wire {

/// Where Result::value() has none.
[[noreturn]] inline auto throw_exception_from_error(Fault fault, const boost::source_location&)
    -> void {
  throw std::runtime_error{std::string{to_text(fault)}};
}

/// bytes("07 03 0010"): pairs of hexadecimal digits; blanks between them do not count.
[[nodiscard]] inline auto bytes(std::string_view hex) -> std::vector<std::byte> {
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') {
      digits += c;
    }
  }
  std::vector<std::byte> result;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    std::uint8_t value = 0;
    const char* const end = digits.data() + at + 2;
    if (at + 2 > digits.size() || std::from_chars(digits.data() + at, end, value, 16).ptr != end) {
      throw std::invalid_argument{"not pairs of hexadecimal digits: " + digits};
    }
    result.push_back(std::byte{value});
  }
  return result;
}

[[nodiscard]] inline auto copy(std::span<const std::byte> bytes) -> std::vector<std::byte> {
  return {bytes.begin(), bytes.end()};
}

[[nodiscard]] inline auto join(std::span<const std::byte> first, std::span<const std::byte> second)
    -> std::vector<std::byte> {
  auto joined = copy(first);
  joined.insert(joined.end(), second.begin(), second.end());
  return joined;
}

}  // namespace bornier::wire
