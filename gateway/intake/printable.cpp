// SPDX-License-Identifier: Apache-2.0
#include "intake/printable.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "reading/utf8.hpp"

namespace bornier::intake {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

/// A character and its bytes; `text` is UTF-8 and not empty.
struct Character {
  std::uint32_t code{};
  std::size_t bytes{};
};

auto first_of(std::string_view text) -> Character {
  const auto at = [text](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index]));
  };
  const auto lead = at(0);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t code = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
  for (std::size_t index = 1; index < bytes; ++index) {
    code = (code << 6U) | (at(index) & 0x3FU);
  }
  return {code, bytes};
}

/// Control characters of ASCII and Latin 1, marks and overrides of direction, invisible ones,
/// separators of lines, tags.
auto is_unfit(std::uint32_t code) -> bool {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x61C ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
         (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

auto as_digits(std::string_view bytes, std::size_t longest) -> std::string {
  std::string text = "hex";
  for (const char byte : bytes) {
    if (text.size() + 3 > longest) {
      return text + "…";
    }
    const auto value = static_cast<unsigned char>(byte);
    text += ' ';
    text += digits[value >> 4U];
    text += digits[value & 0xFU];
  }
  return text;
}

/// As much of it as is shown: whole characters; nothing if it is no text.
auto text_in(std::string_view bytes, std::size_t longest) -> std::optional<std::string_view> {
  constexpr std::size_t longest_character = 4;
  auto shown = bytes.substr(0, longest);
  for (std::size_t cut = 0; bytes.size() > longest && cut < longest_character && !shown.empty() &&
                            !reading::is_utf8(shown);
       ++cut) {
    shown.remove_suffix(1);  // within a character
  }
  const bool is_text = reading::is_utf8(shown) && std::ranges::none_of(shown, [](char letter) {
                         const auto byte = static_cast<unsigned char>(letter);
                         return byte < '\t' || (byte > '\r' && byte < 0x1B);
                       });
  return is_text ? std::optional{shown} : std::nullopt;
}

}  // namespace

auto printable(std::string_view text, std::size_t longest) -> std::string {
  const auto shown = text_in(text, longest);
  if (!shown) {
    return as_digits(text, longest);
  }
  std::string line;
  for (std::string_view rest = *shown; !rest.empty();) {
    const auto [code, bytes] = first_of(rest);
    const bool blank = code == '\t' || code == '\n' || code == '\r';
    if (blank || is_unfit(code)) {
      line += blank ? " " : "?";
    } else {
      line += rest.substr(0, bytes);
    }
    rest.remove_prefix(bytes);
  }
  return line + (text.size() > longest ? "…" : "");
}

auto toml_string(std::string_view text) -> std::string {
  const auto valid = reading::to_utf8(text);
  std::string written = "\"";
  for (std::string_view rest = valid; !rest.empty();) {
    const auto [code, bytes] = first_of(rest);
    if (is_unfit(code)) {
      written += "\\U";
      for (unsigned shift = 32; shift > 0; shift -= 4) {
        written += digits[(code >> (shift - 4)) & 0xFU];
      }
    } else {
      written += code == '"' || code == '\\' ? "\\" : "";
      written += rest.substr(0, bytes);
    }
    rest.remove_prefix(bytes);
  }
  return written + '"';
}

}  // namespace bornier::intake
