// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "model/load_parts.hpp"
#include "model/message_types.hpp"
#include "model/register_types.hpp"
#include "model/register_words.hpp"

/// Where in its messages a point stands.
namespace bornier::model {
namespace {

constexpr std::array<std::string_view, 2> byte_orders{"big", "little"};
constexpr std::int64_t furthest_byte = 65'535;

/// Numbers whose width no register has: they are decoded as the next wider type.
struct OddWidth {
  std::string_view name;
  std::uint16_t bytes;
  bool is_signed;
  Encoding encoding;
};
constexpr std::array odd_widths{
    OddWidth{"uint8", 1, false, {RegisterType::uint16, 1}},
    OddWidth{"int8", 1, true, {RegisterType::int16, 1}},
    OddWidth{"uint24", 3, false, {RegisterType::uint32, 2}},
    OddWidth{"int24", 3, true, {RegisterType::int32, 2}},
    OddWidth{"uint40", 5, false, {RegisterType::uint64, 4}},
    OddWidth{"int40", 5, true, {RegisterType::int64, 4}},
    OddWidth{"int48", 6, true, {RegisterType::int64, 4}},
    OddWidth{"bcd8", 1, false, {RegisterType::bcd16, 1}},
    OddWidth{"bcd24", 3, false, {RegisterType::bcd32, 2}},
    OddWidth{"bcd48", 6, false, {RegisterType::bcd32, 3}},
};

/// The messages that the point names; all if it names none.
auto read_messages_of_point(Draft& draft, TableReader& reader) -> std::vector<std::size_t> {
  std::vector<std::size_t> indexes;
  const auto& messages = draft.model.messages;
  const auto names = read_one_or_more(reader, "message");
  if (names.empty()) {
    for (std::size_t index = 0; index < messages.size(); ++index) {
      indexes.push_back(index);
    }
    return indexes;
  }
  std::vector<std::string_view> known;
  for (const auto& message : messages) {
    known.push_back(message.name);
  }
  for (const auto& name : names) {
    const auto found = std::ranges::find(known, name);
    if (found == known.end()) {
      reader.complain("message",
                      "the model has no message " + quoted(name) + did_you_mean(name, known));
    } else {
      indexes.push_back(static_cast<std::size_t>(found - known.begin()));
    }
  }
  return indexes;
}

/// Of all messages of a point; nothing (and reported) if they differ or there are none.
auto format_of(const Draft& draft, TableReader& reader, const std::vector<std::size_t>& messages)
    -> std::optional<PayloadFormat> {
  std::optional<PayloadFormat> format;
  for (const auto index : messages) {
    const auto one = draft.model.messages[index].format;
    if (format && *format != one) {
      reader.complain("message",
                      "a point stands in one format only; name messages of one format here");
      return std::nullopt;
    }
    format = one;
  }
  return format;
}

void check_captures(const Draft& draft, TableReader& reader, const PointPlace& place) {
  for (const auto& requirement : place.where) {
    if (requirement.capture.empty()) {
      continue;
    }
    for (const auto index : place.messages) {
      const auto& levels = draft.model.messages[index].topic.levels;
      const bool known = std::ranges::any_of(levels, [&](const TopicLevel& level) {
        return level.capture && level.text == requirement.capture;
      });
      if (!known) {
        reader.complain("where", "the topic of message " +
                                     quoted(draft.model.messages[index].name) + " has no {" +
                                     requirement.capture + "}");
      }
    }
  }
}

void read_place_in_bytes(Draft& draft, TableReader& reader, Point& point, PointPlace& place) {
  read_bytes(reader, place.place, point.encoding);
  read_contents(draft, reader, point, place.place.width * 8U);
  if (std::size_t{draft.free_address} + point.encoding.registers > 65'535) {
    reader.complain("type", "all points of a model together have at most 131070 bytes");
    return;
  }
  point.address = draft.free_address;
  draft.free_address = static_cast<std::uint16_t>(point.address + point.encoding.registers);
}

void read_place_in_text(TableReader& reader, PayloadFormat format, Point& point,
                        PointPlace& place) {
  for (const std::string_view key : {"byte", "type", "order", "bits", "offset", "unsupported"}) {
    reader.forbid(key, "it is for bytes; the digits of a text say all");
  }
  if (format == PayloadFormat::json) {
    reader.require("pointer");
    for (const auto& written : read_one_or_more(reader, "pointer")) {
      const auto pointer = parse_json_pointer(written);
      if (!pointer) {
        reader.complain("pointer", quoted(written) +
                                       " is no JSON pointer; write \"/power\", or \"\" for all of "
                                       "the element");
      }
      place.place.pointers.push_back(pointer.value_or(JsonPointer{}));
    }
  } else if (format == PayloadFormat::fields) {
    read_field(reader, place.place);
  }
  place.absent = reader.texts("absent").value_or(std::vector<std::string>{});
  point.encoding = {RegisterType::written, 0};
}

}  // namespace

void read_field(TableReader& reader, Place& place) {
  reader.require("field");
  const toml::node* node = reader.node("field");
  if (node != nullptr && node->is_string()) {
    place.field_name = node->as_string()->get();
  } else {
    place.field = static_cast<std::size_t>(reader.whole("field", 1, 1'000).value_or(1));
  }
}

void read_bytes(TableReader& reader, Place& place, Encoding& encoding) {
  reader.require("byte");
  reader.require("type");
  place.byte = static_cast<std::uint16_t>(reader.whole("byte", 0, furthest_byte).value_or(0));
  place.low_first = reader.choice("order", byte_orders).value_or(0) == 1;
  const auto type = reader.text("type");
  if (!type) {
    return;
  }
  const auto odd = std::ranges::find(odd_widths, *type, &OddWidth::name);
  if (odd != odd_widths.end()) {
    place.width = odd->bytes;
    place.is_signed = odd->is_signed;
    encoding = odd->encoding;
    return;
  }
  const auto parsed = parse_register_type(*type);
  if (!parsed || parsed->type == RegisterType::boolean) {
    reader.complain("type", quoted(*type) +
                                " is no type of bytes; one of: uint8, int8, uint24, int24, uint40, "
                                "int40, int48, bcd8, bcd24, bcd48, " +
                                register_type_names());
    return;
  }
  encoding = *parsed;
  place.width = static_cast<std::uint16_t>(2 * parsed->registers);
}

void read_message_place(Draft& draft, TableReader& reader, Point& point) {
  auto& place = draft.model.places.back();
  place.messages = read_messages_of_point(draft, reader);
  const auto format = format_of(draft, reader, place.messages);
  place.where = read_requirements(reader, draft.report, format == PayloadFormat::json);
  check_captures(draft, reader, place);
  point.table = wire::Table::holding_register;
  if (!format) {
    // Which keys it needs cannot be told: advice would only lead astray.
    for (const std::string_view key :
         {"pointer", "field", "byte", "type", "order", "bits", "offset", "absent", "unsupported"}) {
      static_cast<void>(reader.node(key));
    }
    point.encoding = {RegisterType::written, 0};
    return;
  }
  if (*format != PayloadFormat::json) {
    reader.forbid("pointer", "its messages are no JSON; remove the key");
  }
  if (*format != PayloadFormat::fields) {
    reader.forbid("field", "its messages have no fields; remove the key");
  }
  if (*format == PayloadFormat::bytes) {
    read_place_in_bytes(draft, reader, point, place);
  } else {
    read_place_in_text(reader, *format, point, place);
  }
}

}  // namespace bornier::model
