// SPDX-License-Identifier: Apache-2.0
#include "platform/json.hpp"

#include <cstddef>
#include <cstdint>

namespace bornier::platform {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text`; 0 if there is none (Unicode 15,
/// table 3-7).
auto utf8_length(std::string_view text) -> std::size_t {
  const auto at = [text](std::size_t index) {
    return index < text.size() ? static_cast<std::uint8_t>(text[index]) : std::uint8_t{};
  };
  const auto continues = [&at](std::size_t index) { return (at(index) & 0xC0U) == 0x80U; };
  const auto lead = at(0);
  const auto second = at(1);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF && continues(1)) {
    return 2;
  }
  if ((lead & 0xF0U) == 0xE0U && continues(1) && continues(2)) {
    const bool overlong = lead == 0xE0 && second < 0xA0;
    const bool surrogate = lead == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4 && continues(1) && continues(2) && continues(3)) {
    const bool overlong = lead == 0xF0 && second < 0x90;
    const bool beyond = lead == 0xF4 && second > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

void append_control(std::string& json, std::uint8_t byte) {
  static constexpr std::string_view hex = "0123456789abcdef";
  json += "\\u00";
  json += hex[byte >> 4U];
  json += hex[byte & 0xFU];
}

}  // namespace

void append_json_string(std::string& json, std::string_view text) {
  json += '"';
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto byte = static_cast<std::uint8_t>(text.front());
    if (length == 0) {
      json += "\xEF\xBF\xBD";
    } else if (byte == '"' || byte == '\\') {
      json += '\\';
      json += text.front();
    } else if (byte < 0x20) {
      append_control(json, byte);
    } else {
      json += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  json += '"';
}

}  // namespace bornier::platform
