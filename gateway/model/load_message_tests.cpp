// SPDX-License-Identifier: Apache-2.0
#include "model/load_parts.hpp"
#include "model/topic.hpp"
#include "reading/time_text.hpp"

/// The tests of a model that speaks MQTT.
namespace bornier::model {
namespace {

auto digit_of(char letter) -> int {
  if (letter >= '0' && letter <= '9') {
    return letter - '0';
  }
  if (letter >= 'a' && letter <= 'f') {
    return letter - 'a' + 10;
  }
  return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

/// "01 8c0D"; nothing if it is no whole number of bytes.
auto bytes_in(std::string_view text) -> std::optional<std::string> {
  std::string bytes;
  int high = -1;
  for (const char letter : text) {
    if (letter == ' ' && high < 0) {
      continue;
    }
    const int digit = digit_of(letter);
    if (digit < 0) {
      return std::nullopt;
    }
    if (high >= 0) {
      bytes += static_cast<char>(high * 16 + digit);
    }
    high = high >= 0 ? -1 : digit;
  }
  return high < 0 ? std::optional{bytes} : std::nullopt;
}

void read_payload(TableReader& reader, MessageTest& message) {
  if (const auto hex = reader.text("payload_hex")) {
    const auto bytes = bytes_in(*hex);
    if (!bytes) {
      reader.complain("payload_hex", "bytes are written as two hexadecimal digits each: \"01 8C\"");
    }
    message.payload = bytes.value_or("");
    reader.forbid("payload", "`payload_hex` says it already");
  } else {
    reader.require("payload");
    message.payload = reader.text("payload").value_or("");
  }
}

auto read_stamp(Report& report, const toml::node& node) -> std::string {
  auto text = node.value<std::string>().value_or("");
  if (!reading::parse_stamp(text)) {
    report.add(node, "a time is written in UTC with milliseconds: \"2026-11-28T04:00:00.000Z\"");
  }
  return text;
}

/// One table of `expect`, with its time.
auto read_sample(Draft& draft, toml::table table) -> ExpectedSample {
  ExpectedSample sample;
  if (const auto* time = table.get("time")) {
    sample.time = read_stamp(draft.report, *time);
    table.erase("time");
  }
  sample.points = read_expected(draft, &table);
  return sample;
}

void read_samples(Draft& draft, const toml::node& node, MessageTest& message) {
  if (const auto* table = node.as_table()) {
    message.samples.push_back(read_sample(draft, *table));
    return;
  }
  const auto* list = node.as_array();
  if (list == nullptr) {
    draft.report.add(node, "`expect` takes a table of points, or a list of such tables");
    return;
  }
  for (const auto& element : *list) {
    if (const auto* table = element.as_table()) {
      message.samples.push_back(read_sample(draft, *table));
    } else {
      draft.report.add(element, "a sample is a table: { time = \"…\", point = \"…\" }");
    }
  }
}

}  // namespace

void read_message_test(Draft& draft, TableReader& reader, FrameTest& test) {
  MessageTest message;
  message.topic = reader.required_text("topic");
  read_payload(reader, message);
  message.captures = reader.text_map("captures");
  if (const auto* arrived = reader.node("arrived")) {
    message.arrived = read_stamp(draft.report, *arrived);
  }
  if (const auto* expected = reader.node("expect")) {
    read_samples(draft, *expected, message);
  }
  test.message = std::move(message);
}

}  // namespace bornier::model
