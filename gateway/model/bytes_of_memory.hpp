// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// How what has to be remembered is written: numbers with the low byte first, names as digests.
namespace bornier::model {

/// FNV-1a: two names of one meter that meet in 64 bits do not happen in ten years.
[[nodiscard]] constexpr auto digest(std::string_view text) noexcept -> std::uint64_t {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
  for (const char letter : text) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x0000'0100'0000'01B3;
  }
  return hash;
}

inline void put(std::uint64_t number, std::size_t bytes, std::string& to) {
  for (; bytes > 0; --bytes, number >>= 8U) {
    to += static_cast<char>(number & 0xFFU);
  }
}

[[nodiscard]] constexpr auto get(std::string_view bytes) noexcept -> std::uint64_t {
  std::uint64_t number = 0;
  for (std::size_t index = bytes.size(); index > 0; --index) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[index - 1]);
  }
  return number;
}

}  // namespace bornier::model
