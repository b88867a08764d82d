// SPDX-License-Identifier: Apache-2.0
#include "platform/json.hpp"

#include <cstdint>

#include "reading/utf8.hpp"

namespace bornier::platform {
namespace {

void append_control(std::string& json, std::uint8_t byte) {
  static constexpr std::string_view hex = "0123456789abcdef";
  json += "\\u00";
  json += hex[byte >> 4U];
  json += hex[byte & 0xFU];
}

}  // namespace

void append_json_string(std::string& json, std::string_view text) {
  json += '"';
  for (const char character : reading::to_utf8(text)) {
    const auto byte = static_cast<std::uint8_t>(character);
    if (byte < 0x20) {
      append_control(json, byte);
      continue;
    }
    if (byte == '"' || byte == '\\') {
      json += '\\';
    }
    json += character;
  }
  json += '"';
}

}  // namespace bornier::platform
