// SPDX-License-Identifier: Apache-2.0
#include "intake/json.hpp"

#include <gtest/gtest.h>

namespace bornier::intake {
namespace {

auto parse(std::string_view text) -> wire::Result<Json, Fault> {
  return Json::parse(std::as_bytes(std::span{text}));
}

/// What stands at the pointer; "nothing" if nothing does.
auto at(std::string_view text, std::string_view pointer) -> std::string {
  const auto json = parse(text);
  const auto found = (*json).root().find(*model::parse_json_pointer(pointer));
  return found ? std::string{found->text()} : "nothing";
}

TEST(Json, KeepsTheDigitsOfNumbers) {
  const auto* text = R"({"a":230.20,"b":-0.0,"c":1e400,"d":12345678901234567890123,"e":1.50E+2})";
  EXPECT_EQ(at(text, "/a"), "230.20");
  EXPECT_EQ(at(text, "/b"), "-0.0");
  EXPECT_EQ(at(text, "/c"), "1e400");
  EXPECT_EQ(at(text, "/d"), "12345678901234567890123");
  EXPECT_EQ(at(text, "/e"), "1.50E+2");
  EXPECT_EQ(at("17", ""), "17");
  EXPECT_EQ(at("0.30000000000000004", ""), "0.30000000000000004");
}

TEST(Json, FindsWhatAPointerSays) {
  // RFC 6901, section 5
  const auto* text =
      R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})";
  EXPECT_EQ(at(text, "/foo/0"), "bar");
  EXPECT_EQ(at(text, "/"), "0");
  EXPECT_EQ(at(text, "/a~1b"), "1");
  EXPECT_EQ(at(text, "/c%d"), "2");
  EXPECT_EQ(at(text, "/i\\j"), "5");
  EXPECT_EQ(at(text, "/k\"l"), "6");
  EXPECT_EQ(at(text, "/ "), "7");
  EXPECT_EQ(at(text, "/m~0n"), "8");
  EXPECT_EQ(at(text, "/foo/1"), "baz");
  EXPECT_EQ(at(text, "/foo/2"), "nothing");
  EXPECT_EQ(at(text, "/foo/01"), "nothing");
  EXPECT_EQ(at(text, "/foo/-"), "nothing");
  EXPECT_EQ(at(text, "/foo/bar"), "nothing");
  EXPECT_EQ(at(text, "/a~1b/0"), "nothing");
}

TEST(Json, TakesTheLastOfSeveralMembersOfOneName) {
  EXPECT_EQ(at(R"({"a":1,"a":2})", "/a"), "2");
}

TEST(Json, StepsOverWhatIsNested) {
  EXPECT_EQ(at(R"([[1,[2,3]],{"x":[4]},5])", "/2"), "5");
  EXPECT_EQ(at(R"([[1,[2,3]],{"x":[4]},5])", "/1/x/0"), "4");
}

TEST(Json, RefusesWhatIsNone) {
  for (const auto* text : {"", "{", "nope", R"({"a":1)", R"({"a":1}})", R"({"a":NaN})", "{'a':1}",
                           R"({"a":01})", R"({"a":1,})", "\xEF\xBB\xBF{}", "\"caf\xE9\"", "1 2"}) {
    const auto json = parse(text);
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error(), Fault::not_json) << text;
  }
}

TEST(Json, IsBoundedInDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse(nested(max_json_depth)));
  const auto deeper = parse(nested(max_json_depth + 1));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error(), Fault::too_deep);
}

TEST(Json, IsBoundedInValues) {
  const auto list = [](std::size_t values) {
    std::string text = "[0";
    for (std::size_t index = 1; index < values; ++index) {
      text += ",0";
    }
    return text + "]";
  };
  EXPECT_TRUE(parse(list(max_json_values - 1)));
  const auto longer = parse(list(max_json_values));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error(), Fault::too_many_values);
}

TEST(Json, IsBoundedInBytes) {
  const auto text = [](std::size_t bytes) { return "\"" + std::string(bytes - 2, 'x') + "\""; };
  EXPECT_TRUE(parse(text(max_payload_bytes)));
  const auto larger = parse(text(max_payload_bytes + 1));
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error(), Fault::too_large);
}

}  // namespace
}  // namespace bornier::intake
