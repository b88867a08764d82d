// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>

#include "model/load_parts.hpp"
#include "model/message_types.hpp"
#include "model/notation.hpp"

/// What a model that speaks MQTT has instead of registers: messages, availability, captures.
namespace bornier::model {
namespace {

constexpr std::array<std::string_view, 4> formats{"plain", "json", "fields", "bytes"};
constexpr std::array<std::string_view, 2> codings{"hex", "base64"};
constexpr std::array<std::string_view, 3> time_notations{"iso", "s", "ms"};
constexpr std::array<std::string_view, 1> zones{"utc"};
constexpr std::chrono::hours usual_silence{1};
constexpr DurationRange any_silence{std::chrono::seconds{1}, std::chrono::days{366}};
constexpr std::chrono::milliseconds longest_step = std::chrono::days{366};

auto read_topic(TableReader& reader) -> TopicTemplate {
  const auto written = reader.required_text("topic");
  if (written.empty()) {
    return {};
  }
  auto topic = parse_topic(written);
  if (!topic) {
    reader.complain("topic", topic.error());
    return {};
  }
  return *std::move(topic);
}

auto pointer_in(TableReader& reader, std::string_view key, std::string_view text) -> JsonPointer {
  auto pointer = parse_json_pointer(text);
  if (!pointer) {
    reader.complain(key, quoted(text) +
                             " is no JSON pointer; write \"/object/volume\", with ~1 for a slash "
                             "and ~0 for a tilde in a name");
  }
  return std::move(pointer).value_or(JsonPointer{});
}

auto is_in_json(const Message& message) -> bool {
  return message.format == PayloadFormat::json || message.data.has_value();
}

/// A duration that may have a minus before it.
auto read_shift(TableReader& reader, std::string_view key) -> std::chrono::milliseconds {
  const auto written = reader.text(key);
  if (!written) {
    return {};
  }
  const bool negative = written->starts_with('-');
  const auto duration = parse_duration(std::string_view{*written}.substr(negative ? 1 : 0));
  if (!duration || *duration > longest_step) {
    reader.complain(key, quoted(*written) +
                             " is no step of time; write a whole number and a unit, such as "
                             "\"-1h\" or \"15min\"");
    return {};
  }
  return negative ? -*duration : *duration;
}

auto read_time(TableReader& parent, std::string_view key, Report& report, PayloadFormat format,
               bool may_be_in_json = false) -> std::optional<TimeSource> {
  const toml::table* table = parent.table(key);
  if (table == nullptr) {
    return std::nullopt;
  }
  TableReader reader{*table, quoted(key), report};
  TimeSource time;
  reader.require("as");
  time.notation = static_cast<TimeNotation>(reader.choice("as", time_notations).value_or(0));
  time.utc = reader.choice("zone", zones).has_value();
  time.needed = reader.boolean("needed").value_or(false);
  if (may_be_in_json && !reader.has("byte")) {
    format = PayloadFormat::json;
  }
  if (format == PayloadFormat::json) {
    reader.require("at");
    time.place.pointers.push_back(pointer_in(reader, "at", reader.text("at").value_or("")));
  } else if (format == PayloadFormat::bytes && reader.has("at")) {
    reader.complain("at", "of bytes the time is one of them: byte = 0, type = \"uint32\"");
  } else if (format == PayloadFormat::plain) {
    parent.complain(key, "a payload that is the value has no time; remove the key");
  }
  Encoding encoding;
  if (format == PayloadFormat::fields) {
    read_field(reader, time.place);
  } else if (format == PayloadFormat::bytes) {
    read_bytes(reader, time.place, encoding);
  }
  if (format == PayloadFormat::bytes && time.notation == TimeNotation::iso) {
    reader.complain("as", "bytes hold a number; write \"s\" or \"ms\"");
  }
  reader.finish();
  return time;
}

void read_each(TableReader& parent, Report& report, Message& message) {
  const toml::table* table = parent.table("each");
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, "`each`", report};
  Each each;
  constexpr std::int64_t furthest = 65'535;
  if (message.format == PayloadFormat::json) {
    reader.require("in");
    each.in = pointer_in(reader, "in", reader.text("in").value_or(""));
  } else if (message.format == PayloadFormat::bytes) {
    reader.require("stride");
    each.byte = static_cast<std::uint16_t>(reader.whole("byte", 0, furthest).value_or(0));
    each.stride = static_cast<std::uint16_t>(reader.whole("stride", 1, furthest).value_or(1));
    each.count = static_cast<std::uint16_t>(reader.whole("count", 1, furthest).value_or(0));
  } else {
    parent.complain("each", "only JSON and bytes hold several samples; remove the key");
  }
  each.time = read_time(reader, "time", report, message.format);
  each.base = read_time(reader, "base", report, message.format, message.data.has_value());
  each.first = read_shift(reader, "first");
  each.step = read_shift(reader, "step");
  const bool has_step = reader.has("step");
  if (each.time.has_value() == has_step) {
    parent.complain("each",
                    "say when each sample was taken: `time` in every element, or a `step` from one "
                    "to the next");
  } else if (has_step && !message.time && !each.base) {
    parent.complain("each",
                    "`step` counts from the time of the message; add its `time`, or a `base` here");
  }
  for (const std::string_view key : {"add_to", "subtract_from"}) {
    static_cast<void>(reader.node(key));  // once the points are known: resolve_messages
  }
  reader.finish();
  message.each = std::move(each);
}

/// "01 ?? 46"; nothing if it is not written so.
auto parse_beginning(std::string_view text)
    -> std::optional<std::vector<std::optional<std::byte>>> {
  std::vector<std::optional<std::byte>> bytes;
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(3, text.size()))) {
    unsigned value = 0;
    const auto two = text.substr(0, 2);
    const auto [end, fault] = std::from_chars(two.data(), two.data() + two.size(), value, 16);
    const bool is_byte = fault == std::errc{} && end == two.data() + 2;
    const bool separated = text.size() <= 2 || text[2] == ' ';
    if (two.size() != 2 || !separated || (!is_byte && two != "??")) {
      return std::nullopt;
    }
    bytes.push_back(is_byte ? std::optional{static_cast<std::byte>(value)} : std::nullopt);
  }
  return bytes;
}

void read_shape(TableReader& reader, Message& message) {
  if (message.format != PayloadFormat::bytes) {
    for (const std::string_view key : {"begins", "length"}) {
      reader.forbid(key, "it tells bytes apart; use `where`");
    }
    return;
  }
  if (const auto text = reader.text("begins")) {
    const auto bytes = parse_beginning(*text);
    if (!bytes) {
      reader.complain("begins", quoted(*text) +
                                    " is no beginning; write two hexadecimal digits a byte, or ?? "
                                    "for any: \"01 ?? 46\"");
    }
    message.begins = bytes.value_or(std::vector<std::optional<std::byte>>{});
  }
  message.length = static_cast<std::size_t>(reader.whole("length", 1, 65'535).value_or(0));
}

void read_coding(TableReader& reader, Message& message) {
  if (message.format != PayloadFormat::bytes) {
    for (const std::string_view key : {"data", "coding"}) {
      reader.forbid(key, "it tells how bytes are written; write format = \"bytes\"");
    }
    return;
  }
  if (const auto data = reader.text("data")) {
    message.data = pointer_in(reader, "data", *data);
    reader.require("coding");
  }
  if (const auto coding = reader.choice("coding", codings)) {
    message.coding = *coding == 0 ? Coding::hex : Coding::base64;
  }
}

void read_separator(TableReader& reader, Message& message) {
  if (message.format != PayloadFormat::fields) {
    reader.forbid("separator", "only fields have one; write format = \"fields\"");
  } else if (const auto separator = reader.text("separator")) {
    if (separator->size() == 1) {
      message.separator = separator->front();
    } else {
      reader.complain("separator", "a separator is one character, such as \";\"");
    }
  }
}

void read_identity(TableReader& reader, Message& message) {
  for (const auto& text : reader.texts("identity").value_or(std::vector<std::string>{})) {
    message.identity.push_back(pointer_in(reader, "identity", text));
  }
  if (!message.identity.empty() && !is_in_json(message)) {
    reader.complain("identity", "the pointers need JSON; remove the key");
  }
}

void load_availability(Draft& draft, const toml::table& table) {
  TableReader reader{table, "[availability]", draft.report};
  Availability availability;
  availability.topic = read_topic(reader);
  if (const auto pointer = reader.text("pointer")) {
    availability.pointer = pointer_in(reader, "pointer", *pointer);
  }
  availability.online = read_one_or_more(reader, "online");
  availability.offline = read_one_or_more(reader, "offline");
  reader.require("offline");
  reader.finish();
  draft.model.availabilities.push_back(std::move(availability));
}

/// Which points of elements are differences, now that the points are known.
void resolve_accumulations(Draft& draft, const toml::table& each, Message& message) {
  for (const bool down : {false, true}) {
    const auto node = each[down ? "subtract_from" : "add_to"];
    const auto* pairs = node.as_table();
    if (pairs == nullptr) {
      if (node) {
        draft.report.add(*node.node(),
                         "write pairs of points: { volume_hourly = \"volume_at_log\" }");
      }
      continue;
    }
    for (const auto& [name, value] : *pairs) {
      const auto point = find_point(draft.model, name.str());
      const auto start = find_point(draft.model, value.value<std::string>().value_or(""));
      if (!point || !start || point == start) {
        draft.report.add(name.source(),
                         "write the point of the differences and the one they are added to: "
                         "{ volume_hourly = \"volume_at_log\" }");
        continue;
      }
      message.each->accumulations.push_back({*point, *start, down});
    }
  }
}

}  // namespace

auto read_one_or_more(TableReader& reader, std::string_view key) -> std::vector<std::string> {
  const toml::node* node = reader.node(key);
  if (node != nullptr && node->is_string()) {
    return {node->as_string()->get()};
  }
  return reader.texts(key).value_or(std::vector<std::string>{});
}

auto read_requirements(TableReader& parent, Report& report, bool has_pointers)
    -> std::vector<Requirement> {
  std::vector<Requirement> requirements;
  const toml::table* table = parent.table("where");
  if (table == nullptr) {
    return requirements;
  }
  for (const auto& [key, node] : *table) {
    Requirement requirement;
    const std::string_view name = key.str();
    if (!name.empty() && name.front() != '/') {
      requirement.capture = name;
    } else if (has_pointers) {
      requirement.pointer = pointer_in(parent, "where", name);
    } else {
      report.add(key.source(), "only JSON has pointers; name a capture of the topic");
    }
    if (const auto* text = node.as_string()) {
      requirement.values.push_back(text->get());
    } else if (const auto* list = node.as_array(); list != nullptr && !list->empty()) {
      for (const auto& element : *list) {
        requirement.values.push_back(element.value<std::string>().value_or(""));
      }
    }
    if (requirement.values.empty() || std::ranges::count(requirement.values, "") > 0) {
      report.add(node, "`where` takes a text in quotes, or a list of them");
    }
    requirements.push_back(std::move(requirement));
  }
  return requirements;
}

auto read_message(Draft& draft, TableReader& reader, std::string name) -> Message {
  Message message;
  message.name = std::move(name);
  message.topic = read_topic(reader);
  reader.require("format");
  message.format = static_cast<PayloadFormat>(reader.choice("format", formats).value_or(0));
  read_separator(reader, message);
  read_coding(reader, message);
  read_shape(reader, message);
  message.where = read_requirements(reader, draft.report, is_in_json(message));
  if (const auto root = reader.text("root")) {
    message.root = pointer_in(reader, "root", *root);
    if (message.format != PayloadFormat::json) {
      reader.complain("root", "only JSON has one; remove the key");
    }
  }
  message.time = read_time(reader, "time", draft.report, message.format, message.data.has_value());
  read_identity(reader, message);
  read_each(reader, draft.report, message);
  return message;
}

void load_messages(Draft& draft, TableReader& root) {
  auto& model = draft.model;
  model.silent_after = root.duration("silent_after", any_silence).value_or(usual_silence);
  model.captures = root.text_map("captures");
  for (const auto& [name, value] : model.captures) {
    if (const auto objection = objection_to_capture(value)) {
      root.complain("captures", "{" + name + "} cannot be " + quoted(value) + ": " + *objection);
    }
  }
  const toml::node* availability = root.node("availability");
  if (availability != nullptr && availability->is_table()) {
    load_availability(draft, *availability->as_table());
  } else {
    for (const toml::table* table : root.tables("availability")) {
      load_availability(draft, *table);
    }
  }
  root.require("message");
  for (const auto& [name, table] : tables_of_file(draft, root.table("message"), "message")) {
    TableReader reader{*table, "message " + quoted(name), draft.report};
    model.messages.push_back(read_message(draft, reader, name));
    reader.finish();
  }
}

void resolve_messages(Draft& draft, TableReader& root) {
  const auto* messages = root.table("message");
  for (auto& message : draft.model.messages) {
    if (message.each && messages != nullptr) {
      resolve_accumulations(draft, *(*messages)[message.name]["each"].as_table(), message);
    }
  }
}

void resolve_own_message(Draft& draft, TableReader& table) {
  auto& message = draft.model.messages.front();
  if (const auto* each = table.table("each"); message.each && each != nullptr) {
    resolve_accumulations(draft, *each, message);
  }
}

void forbid_registers(TableReader& root) {
  for (const std::string_view key : {"limits", "timing", "serial", "defaults", "detect", "write",
                                     "base", "scan_list", "code", "event_log"}) {
    root.forbid(key, "it is for registers, and this model speaks MQTT; remove it");
  }
}

}  // namespace bornier::model
