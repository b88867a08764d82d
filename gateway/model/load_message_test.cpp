// SPDX-License-Identifier: Apache-2.0
// What load_model says of models that speak MQTT. Lines are counted from the first one after the
// head.
#include <gtest/gtest.h>

#include "model/load.hpp"

namespace bornier::model {
namespace {

constexpr std::string_view message_head = R"(format = 1
id = "m"
version = "1"
manufacturer = "Maker"
title = "Meter"
medium = "water"
confidence = "high"
protocol = "mqtt"
)";
constexpr int message_head_lines = 8;

auto load_message_model(std::string_view parts) -> wire::Result<Model, std::vector<Diagnostic>> {
  return load_model(std::string{message_head} + std::string{parts}, "m.toml");
}

/// "2:7: message" of each mistake.
auto message_mistakes(std::string_view parts) -> std::string {
  const auto model = load_message_model(parts);
  std::string all;
  if (!model) {
    for (const auto& mistake : model.error()) {
      all += (all.empty() ? "" : "\n") + std::to_string(mistake.line - message_head_lines) + ":" +
             std::to_string(mistake.column) + ": " + mistake.message;
    }
  }
  return all;
}

constexpr std::string_view json_message =
    "[message.a]\ntopic = \"x/{device}\"\nformat = \"json\"\n";
constexpr std::string_view bytes_message =
    "[message.a]\ntopic = \"x/{device}\"\nformat = \"bytes\"\n";

auto with(std::string_view message, std::string_view rest) -> std::string {
  return message_mistakes(std::string{message} + std::string{rest});
}

TEST(MessageModel, HasMessagesInTheOrderOfTheFile) {
  const auto model = load_message_model(R"([message.z]
topic = "x/{device}"
format = "plain"
[message.a]
topic = "y/{device}/{what}"
format = "fields"
separator = ";"
[availability]
topic = "{device}/online"
online = "1"
offline = ["0", "no"]
[points]
volume = { quantity = "volume", unit = "L", message = "z" }
flow = { quantity = "flow", unit = "m3/h", message = "a", field = "q", where = { what = "f" } }
)");
  ASSERT_TRUE(model) << to_text(model.error().front());
  EXPECT_EQ(model->messages[0].name, "z");
  EXPECT_EQ(to_text(model->messages[1].topic), "y/{device}/{what}");
  EXPECT_EQ(model->messages[1].separator, ';');
  EXPECT_EQ(model->silent_after, std::chrono::hours{1});
  EXPECT_EQ(model->availabilities.front().offline, (std::vector<std::string>{"0", "no"}));
  EXPECT_EQ(model->places[1].messages, std::vector<std::size_t>{1});
  EXPECT_EQ(place_text(*model, 1), "q where {what} = f");
}

TEST(MessageModel, RefusesWhatBelongsToRegisters) {
  EXPECT_EQ(
      message_mistakes("limits = { even = true }\n[message.a]\ntopic = \"x\"\nformat = \"plain\"\n"
                       "[points]\nvolume = { quantity = \"volume\", unit = \"L\", address = 7 }\n"),
      "1:10: the model does not take `limits`: it is for registers, and this model speaks MQTT; "
      "remove it\n"
      "6:45: point `volume` has no key `address`; remove it");
}

TEST(MessageModel, NeedsMessages) {
  EXPECT_EQ(message_mistakes("[points]\nvolume = { quantity = \"volume\", unit = \"L\" }\n"),
            "-7:1: the model needs `message`");
}

TEST(MessageModel, SaysWhatIsWrongWithATopic) {
  const auto topic = [](std::string_view text) {
    const auto parsed = parse_topic(text);
    return parsed ? std::string{} : parsed.error();
  };
  EXPECT_EQ(topic("a/{b}/c"), "");
  EXPECT_EQ(topic("/devices/{d}"), "");
  EXPECT_EQ(topic("a/+/c"), "a topic has no + or #; write {name} for a level that varies");
  EXPECT_EQ(topic("a/x{b}"),
            "\"x{b}\" is no capture: it takes a whole level, as {name} of a-z, 0-9 and _");
  EXPECT_EQ(topic("{b}/{b}"), "{b} stands there twice; a capture has one value");
  EXPECT_EQ(topic(""), "a topic has 1 to 65535 bytes");
}

TEST(MessageModel, SaysWhatIsWrongWithAPlace) {
  EXPECT_EQ(with(json_message,
                 "[points]\nvolume = { quantity = \"volume\", unit = \"L\", pointer = \"v\" }\n"),
            "5:55: `v` is no JSON pointer; write \"/power\", or \"\" for all of the element");
  EXPECT_EQ(with(json_message, "[points]\nvolume = { quantity = \"volume\", unit = \"L\" }\n"),
            "5:10: point `volume` needs `pointer`");
  EXPECT_EQ(with(json_message,
                 "[points]\nvolume = { quantity = \"volume\", unit = \"L\", pointer = \"/v\", "
                 "message = \"b\" }\n"),
            "5:71: the model has no message `b`");
  EXPECT_EQ(with(json_message,
                 "[points]\nvolume = { quantity = \"volume\", unit = \"L\", pointer = \"/v\", "
                 "where = { phase = \"1\" } }\n"),
            "5:69: the topic of message `a` has no {phase}");
  EXPECT_EQ(with(bytes_message,
                 "[points]\nvolume = { quantity = \"volume\", unit = \"L\", byte = 0, type = "
                 "\"uint9\" }\n")
                .substr(0, 71),
            "5:62: `uint9` is no type of bytes; one of: uint8, int8, uint24, int24, ");
}

TEST(MessageModel, SaysWhatIsWrongWithHistory) {
  constexpr std::string_view points =
      "[points]\nvolume = { quantity = \"volume\", unit = \"L\", pointer = \"\" }\n";
  const auto each = [&](std::string_view text) {
    return with(json_message, "each = " + std::string{text} + "\n" + std::string{points});
  };
  EXPECT_EQ(each("{ in = \"/l\", time = { at = \"/t\", as = \"s\" } }"), "");
  EXPECT_EQ(each("{ in = \"/l\" }"),
            "4:8: say when each sample was taken: `time` in every element, or a `step` from one to "
            "the next");
  EXPECT_EQ(each("{ in = \"/l\", step = \"-1h\" }"),
            "4:8: `step` counts from the time of the message; add its `time`, or a `base` here");
  EXPECT_EQ(
      each("{ in = \"/l\", step = \"soon\", base = { at = \"/t\", as = \"s\" } }").substr(0, 38),
      "4:28: `soon` is no step of time; write");
  EXPECT_EQ(
      each("{ in = \"/l\", time = { at = \"/t\", as = \"s\" }, add_to = { volume = \"start\" } }"),
      "4:64: write the point of the differences and the one they are added to: "
      "{ volume_hourly = \"volume_at_log\" }");
}

TEST(MessageModel, SaysWhatIsWrongWithBytes) {
  constexpr std::string_view points =
      "[points]\nvolume = { quantity = \"volume\", unit = \"L\", byte = 0, type = \"uint8\" }\n";
  const auto key = [&](std::string_view text) {
    return with(bytes_message, std::string{text} + "\n" + std::string{points});
  };
  EXPECT_EQ(key("begins = \"01 ?? fF\""), "");
  EXPECT_EQ(key("begins = \"1\""),
            "4:10: `1` is no beginning; write two hexadecimal digits a byte, or ?? for any: \"01 "
            "?? 46\"");
  EXPECT_EQ(key("separator = \";\""),
            "4:13: message `a` does not take `separator`: only fields have one; write format = "
            "\"fields\"");
  EXPECT_EQ(key("root = \"/a\""), "4:8: only JSON has one; remove the key");
  EXPECT_EQ(key("time = { byte = 0, type = \"uint32\", as = \"iso\" }"),
            "4:42: bytes hold a number; write \"s\" or \"ms\"");
}

TEST(Topic, GivesWhatItsCapturesStandFor) {
  const auto topic = *parse_topic("a/{b}/{c}");
  EXPECT_EQ(match(topic, "a/1/2"), (Captures{{"b", "1"}, {"c", "2"}}));
  EXPECT_EQ(match(topic, "a//2"), (Captures{{"b", ""}, {"c", "2"}}));
  EXPECT_FALSE(match(topic, "a/1"));
  EXPECT_FALSE(match(topic, "a/1/2/3"));
  EXPECT_FALSE(match(topic, "b/1/2"));
  EXPECT_FALSE(match(topic, ""));
}

TEST(Topic, IsFilledWithOneOrMoreLevels) {
  const auto filled = fill(*parse_topic("a/{b}/{c}"), {{"b", "x/y"}});
  EXPECT_EQ(filter_of(filled), "a/x/y/+");
  EXPECT_EQ(match(filled, "a/x/y/7"), (Captures{{"c", "7"}}));
  EXPECT_EQ(filter_of(fill(*parse_topic("{base}/d"), {{"base", ""}})), "/d");
}

TEST(JsonPointer, IsWrittenAsRfc6901Says) {
  EXPECT_EQ(parse_json_pointer("/a~1b/~0/0")->tokens, (std::vector<std::string>{"a/b", "~", "0"}));
  EXPECT_EQ(parse_json_pointer("")->tokens, std::vector<std::string>{});
  EXPECT_EQ(parse_json_pointer("/")->tokens, std::vector<std::string>{""});
  EXPECT_FALSE(parse_json_pointer("a"));
  EXPECT_FALSE(parse_json_pointer("/~2"));
  EXPECT_FALSE(parse_json_pointer("/~"));
}

}  // namespace
}  // namespace bornier::model
