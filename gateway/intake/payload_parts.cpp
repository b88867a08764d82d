// SPDX-License-Identifier: Apache-2.0
#include "intake/payload_parts.hpp"

#include "model/register_words.hpp"

namespace bornier::intake {

auto as_text(Bytes bytes) -> std::string_view {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

auto trimmed(std::string_view text) -> std::string_view {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

auto field_in(std::string_view text, const model::Place& place, char separator)
    -> std::optional<std::string_view> {
  for (std::size_t index = 1; !text.empty() || index == 1; ++index) {
    const auto field = trimmed(text.substr(0, text.find(separator)));
    const auto rest = text.find(separator);
    text.remove_prefix(rest == std::string_view::npos ? text.size() : rest + 1);
    if (place.field_name.empty()) {
      if (index == place.field) {
        return field;
      }
      continue;
    }
    const auto mark = field.find_first_of("=:");
    if (mark != std::string_view::npos && trimmed(field.substr(0, mark)) == place.field_name) {
      return trimmed(field.substr(mark + 1));
    }
  }
  return std::nullopt;
}

auto number_in(Bytes bytes, bool low_first) -> std::uint64_t {
  std::uint64_t bits = 0;
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    const auto byte = bytes[low_first ? bytes.size() - 1 - index : index];
    bits = (bits << 8U) | std::to_integer<std::uint64_t>(byte);
  }
  return bits;
}

auto bytes_in(Bytes payload, const model::Place& place) -> std::optional<Bytes> {
  if (place.byte > payload.size() || payload.size() - place.byte < place.width) {
    return std::nullopt;
  }
  return payload.subspan(place.byte, place.width);
}

auto words_in(Bytes bytes, const model::Place& place, const model::Encoding& encoding)
    -> std::vector<std::uint16_t> {
  if (bytes.size() > sizeof(std::uint64_t)) {
    std::vector<std::uint16_t> words;
    for (std::size_t index = 0; index + 1 < bytes.size(); index += 2) {
      words.push_back(static_cast<std::uint16_t>(number_in(bytes.subspan(index, 2), false)));
    }
    return words;
  }
  const bool is_characters = encoding.type == model::RegisterType::text ||
                             encoding.type == model::RegisterType::text1 ||
                             encoding.type == model::RegisterType::hex;
  auto bits = number_in(bytes, place.low_first && !is_characters);
  const auto width = bytes.size() * 8;
  if (place.is_signed && width < 64 && ((bits >> (width - 1)) & 1U) != 0) {
    bits |= ~std::uint64_t{0} << width;
  }
  return model::words_of(bits, encoding);
}

}  // namespace bornier::intake
