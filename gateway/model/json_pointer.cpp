// SPDX-License-Identifier: Apache-2.0
#include "model/json_pointer.hpp"

namespace bornier::model {

auto parse_json_pointer(std::string_view text) -> std::optional<JsonPointer> {
  JsonPointer pointer;
  if (!text.empty() && text.front() != '/') {
    return std::nullopt;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '/') {
      pointer.tokens.emplace_back();
    } else if (text[at] != '~') {
      pointer.tokens.back() += text[at];
    } else if (text.substr(at + 1, 1) == "0" || text.substr(at + 1, 1) == "1") {
      pointer.tokens.back() += text[++at] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return pointer;
}

auto to_text(const JsonPointer& pointer) -> std::string {
  std::string text;
  for (const auto& token : pointer.tokens) {
    text += '/';
    for (const char letter : token) {
      if (letter == '~' || letter == '/') {
        text += letter == '~' ? "~0" : "~1";
      } else {
        text += letter;
      }
    }
  }
  return text;
}

}  // namespace bornier::model
