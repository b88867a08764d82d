// SPDX-License-Identifier: Apache-2.0
#include "intake/coding.hpp"

#include <cstdint>

namespace bornier::intake {
namespace {

using ByteList = std::vector<std::byte>;

auto hex_digit(char letter) -> int {
  if (letter >= '0' && letter <= '9') {
    return letter - '0';
  }
  const char lower = static_cast<char>(letter | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

auto of_hex(std::string_view text) -> std::optional<ByteList> {
  ByteList bytes;
  int high = -1;
  for (const char letter : text) {
    if (letter == ' ' && high < 0) {
      continue;
    }
    const int digit = hex_digit(letter);
    if (digit < 0) {
      return std::nullopt;
    }
    if (high >= 0) {
      bytes.push_back(static_cast<std::byte>(high * 16 + digit));
    }
    high = high >= 0 ? -1 : digit;
  }
  return high < 0 ? std::optional{bytes} : std::nullopt;
}

auto base64_digit(char letter) -> int {
  if (letter >= 'A' && letter <= 'Z') {
    return letter - 'A';
  }
  if (letter >= 'a' && letter <= 'z') {
    return letter - 'a' + 26;
  }
  if (letter >= '0' && letter <= '9') {
    return letter - '0' + 52;
  }
  if (letter == '+' || letter == '-') {
    return 62;
  }
  return letter == '/' || letter == '_' ? 63 : -1;
}

auto of_base64(std::string_view text) -> std::optional<ByteList> {
  const auto padded = text.size();
  for (int count = 0; count < 2 && text.ends_with('='); ++count) {
    text.remove_suffix(1);
  }
  // One digit alone holds no byte, and padding fills up to four.
  if (text.size() % 4 == 1 || (padded != text.size() && padded % 4 != 0)) {
    return std::nullopt;
  }
  ByteList bytes;
  std::uint32_t waiting = 0;
  unsigned bits = 0;
  for (const char letter : text) {
    const int digit = base64_digit(letter);
    if (digit < 0) {
      return std::nullopt;
    }
    waiting = (waiting << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::byte>((waiting >> bits) & 0xFFU));
    }
  }
  return bytes;
}

}  // namespace

auto bytes_of(std::string_view text, model::Coding coding) -> std::optional<ByteList> {
  return coding == model::Coding::base64 ? of_base64(text) : of_hex(text);
}

}  // namespace bornier::intake
