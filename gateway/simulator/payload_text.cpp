// SPDX-License-Identifier: Apache-2.0
#include "simulator/payload_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "intake/json.hpp"
#include "intake/payload_parts.hpp"
#include "intake/time.hpp"
#include "reading/time_text.hpp"

namespace bornier::simulator {
namespace {

using model::TimeNotation;
using reading::Stamp;

/// Walks a document that is known to be JSON.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view document) : document_{document} {}

  /// The extent of the value that begins at or behind `at`.
  auto value(std::size_t at) -> Extent {
    at = behind_blanks(at);
    return {at, end_of_value(at)};
  }

  /// Where the member or element of this name begins; nothing if there is none.
  auto step(std::size_t at, const std::string& token) -> std::optional<std::size_t> {
    at = behind_blanks(at);
    const char kind = document_[at];
    if (kind != '{' && kind != '[') {
      return std::nullopt;
    }
    std::optional<std::size_t> found;
    std::size_t index = 0;
    for (at = behind_blanks(at + 1); document_[at] != '}' && document_[at] != ']';
         at = behind_blanks(at), ++index) {
      std::string name = std::to_string(index);
      if (kind == '{') {
        const auto end = end_of_value(at);
        name = characters(document_.substr(at, end - at));
        at = behind_blanks(end) + 1;  // the colon
      }
      at = behind_blanks(at);
      if (name == token) {
        found = at;
      }
      at = behind_blanks(end_of_value(at));
      at += document_[at] == ',' ? 1U : 0U;
    }
    return found;
  }

 private:
  static auto characters(std::string_view string) -> std::string {
    const auto json = intake::Json::parse(std::as_bytes(std::span{string}));
    return json ? std::string{json->root().text()} : std::string{};
  }

  [[nodiscard]] auto behind_blanks(std::size_t at) const -> std::size_t {
    return std::min(document_.find_first_not_of(" \t\r\n", at), document_.size());
  }

  [[nodiscard]] auto end_of_string(std::size_t at) const -> std::size_t {
    for (++at; at < document_.size() && document_[at] != '"'; ++at) {
      at += document_[at] == '\\' ? 1U : 0U;
    }
    return at + 1;
  }

  [[nodiscard]] auto end_of_value(std::size_t at) const -> std::size_t {
    if (document_[at] == '"') {
      return end_of_string(at);
    }
    if (document_[at] != '{' && document_[at] != '[') {
      return std::min(document_.find_first_of(",]} \t\r\n", at), document_.size());
    }
    std::size_t depth = 0;
    while (at < document_.size()) {
      const char letter = document_[at];
      depth += letter == '{' || letter == '[' ? 1U : 0U;
      depth -= letter == '}' || letter == ']' ? 1U : 0U;
      at = letter == '"' ? end_of_string(at) : at + 1;
      if (depth == 0) {
        break;
      }
    }
    return at;
  }

  std::string_view document_;
};

auto digits_in(std::string_view text) -> std::size_t {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

/// "Z", "+01:00", "-0400", "+01".
auto read_zone_ahead(std::string_view zone) -> std::chrono::minutes {
  const auto number = [](std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  if (zone.size() < 3) {
    return std::chrono::minutes{0};
  }
  const auto minutes = zone.size() > 3 ? number(zone.substr(zone.size() - 2)) : 0;
  const std::chrono::minutes ahead{number(zone.substr(1, 2)) * 60 + minutes};
  return zone.front() == '-' ? -ahead : ahead;
}

/// Of a text that is a time.
void take_iso_format(std::string_view text, TimeFormat& format) {
  constexpr std::size_t date = 10;
  format.separator = text[date];
  const auto zone = std::min(text.find_first_of("Zz+-", date + 1), text.size());
  const auto point = text.find_first_of(".,");
  if (point < zone) {
    format.decimals = static_cast<int>(zone - point) - 1;
  }
  format.zone = text.substr(zone);
  format.ahead = read_zone_ahead(format.zone);
}

auto resolution_of(const TimeFormat& format) -> std::int64_t {
  if (format.notation == TimeNotation::milliseconds) {
    return 1;
  }
  std::int64_t resolution = 1'000;
  for (int digit = 0; digit < std::min(format.decimals, 3); ++digit) {
    resolution /= 10;
  }
  return resolution;
}

}  // namespace

auto extent_in_json(std::string_view document, const model::JsonPointer& pointer)
    -> std::optional<Extent> {
  JsonWalk walk{document};
  std::size_t at = 0;
  for (const auto& token : pointer.tokens) {
    const auto next = walk.step(at, token);
    if (!next) {
      return std::nullopt;
    }
    at = *next;
  }
  return walk.value(at);
}

auto json_string(std::string_view characters) -> std::string {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char letter : characters) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x20U) {
      text += std::string{"\\u00"} + digits[code >> 4U] + digits[code & 0xFU];
      continue;
    }
    if (letter == '"' || letter == '\\') {
      text += '\\';
    }
    text += letter;
  }
  return text + '"';
}

auto extent_of_field(std::string_view text, const model::Place& place, char separator)
    -> std::optional<Extent> {
  const auto field = intake::field_in(text, place, separator);
  if (!field) {
    return std::nullopt;
  }
  const auto begin = static_cast<std::size_t>(field->data() - text.data());
  return Extent{begin, begin + field->size()};
}

auto decimals_of(std::string_view number) -> std::optional<int> {
  if (number.starts_with('-') || number.starts_with('+')) {
    number.remove_prefix(1);
  }
  const auto whole = digits_in(number);
  number.remove_prefix(whole);
  if (!number.starts_with('.')) {
    const bool is_number = whole > 0 && (number.empty() || number.find_first_of("eE") == 0);
    return is_number ? std::optional{0} : std::nullopt;
  }
  const auto decimals = digits_in(number.substr(1));
  number.remove_prefix(1 + decimals);
  const bool is_number =
      whole + decimals > 0 && (number.empty() || number.find_first_of("eE") == 0);
  return is_number ? std::optional{static_cast<int>(decimals)} : std::nullopt;
}

auto format_of_time(std::string_view written, const model::TimeSource& source) -> TimeFormat {
  TimeFormat format;
  format.notation = source.notation;
  format.quoted = written.starts_with('"');
  if (format.quoted) {
    written = written.substr(1, written.size() - 2);
  }
  const bool is_time = intake::parse_time(written, source).has_value();
  if (source.notation != TimeNotation::iso) {
    format.decimals =
        source.notation == TimeNotation::seconds ? decimals_of(written).value_or(0) : 0;
  } else if (is_time) {
    take_iso_format(written, format);
  } else {
    format.quoted = true;
    format.decimals = 3;
  }
  return format;
}

auto cut_to(const TimeFormat& format, Stamp time) -> Stamp {
  const auto milliseconds = reading::milliseconds_since_1970(time);
  const auto resolution = resolution_of(format);
  const auto rest = milliseconds % resolution;
  return reading::stamp_at(milliseconds - (rest < 0 ? rest + resolution : rest));
}

auto write_time(const TimeFormat& format, Stamp time) -> std::string {
  const auto milliseconds = reading::milliseconds_since_1970(time);
  std::string text;
  if (format.notation == TimeNotation::milliseconds) {
    text = std::to_string(milliseconds);
  } else {
    auto fraction = std::to_string(1'000 + milliseconds % 1'000).substr(1);
    fraction.resize(static_cast<std::size_t>(std::max(format.decimals, 0)), '0');
    if (format.notation == TimeNotation::seconds) {
      text = std::to_string(milliseconds / 1'000);
    } else {
      constexpr std::size_t up_to_seconds = 19;
      text = to_text(time + format.ahead).substr(0, up_to_seconds);
      text[10] = format.separator;
    }
    if (!fraction.empty()) {
      text += '.' + fraction;
    }
    if (format.notation == TimeNotation::iso) {
      text += format.zone;
    }
  }
  return format.quoted ? json_string(text) : text;
}

auto text_of_bytes(std::span<const std::byte> bytes, model::Coding coding) -> std::string {
  std::string text;
  if (coding == model::Coding::hex) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const auto byte : bytes) {
      const auto value = std::to_integer<unsigned>(byte);
      text += digits[value >> 4U];
      text += digits[value & 0xFU];
    }
    return text;
  }
  if (coding == model::Coding::none) {
    return std::string{intake::as_text(bytes)};
  }
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t begin = 0; begin < bytes.size(); begin += 3) {
    const auto group = bytes.subspan(begin, std::min<std::size_t>(3, bytes.size() - begin));
    const auto bits = intake::number_in(group, false) << (8 * (3 - group.size()));
    for (std::size_t digit = 0; digit < 4; ++digit) {
      text += digit <= group.size() ? digits[(bits >> (18 - 6 * digit)) & 0x3FU] : '=';
    }
  }
  return text;
}

}  // namespace bornier::simulator
