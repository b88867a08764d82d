// SPDX-License-Identifier: Apache-2.0
// [event_log] of a model file, and what its entries say.
#include "model/event_log.hpp"

#include <gmock/gmock.h>

#include "model/test_models.hpp"

namespace bornier::model {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view log_points = R"([points]
next = { quantity = "status", address = 20, type = "uint32" }
boots = { quantity = "status", address = 10, type = "uint32" }
uptime = { quantity = "hour_counter", unit = "s", address = 8, type = "uint32" }
text = { quantity = "fw_version", address = 30, type = "string:2" }
)";

/// Of the pulse node, but for two entries instead of 32 (firmware/node/register_map.hpp).
constexpr std::string_view node_log = R"([event_log]
table = "input"
address = 1024
registers = 8
entries = 2
next = "next"
boots = "boots"
uptime = "uptime"
number = { register = 0, type = "uint32" }
boot = { register = 2, type = "uint16" }
kind = { register = 3, type = "uint16", bits = [8, 15] }
source = { register = 3, type = "uint16", bits = [0, 7] }
time = { register = 4, type = "uint32" }
value = { register = 6, type = "uint16" }
kinds = { 1 = "boot", "1.3" = "boot after the watchdog", 3 = "storm on input {source+1}", 8 = "{value} of {source}" }
)";

auto log_with(std::string_view what, std::string_view by) -> std::string {
  std::string log{node_log};
  log.replace(log.find(what), what.size(), by);
  return log;
}

auto mistakes_of_log(const std::string& log, std::string_view before = "") -> std::string {
  const auto text = std::string{head} + std::string{before} + std::string{log_points} + log;
  const auto model = load_model(text, "m.toml");
  return model ? "" : to_text(model.error());
}

class EventLogTest : public testing::Test {
 protected:
  Model model = loaded(std::string{head} + std::string{log_points} + std::string{node_log});
  const EventLog& log = *model.event_log;

  /// 70,000 s into boot 65,538.
  [[nodiscard]] auto entry(std::uint16_t kind_and_source, std::uint16_t value = 0) const
      -> LoggedEvent {
    const std::vector<std::uint16_t> words{1, 2, 2, kind_and_source, 1, 4464, value, 0};
    return logged_event(log, words);
  }
};

TEST_F(EventLogTest, KnowsWhereItIs) {
  EXPECT_EQ(log.table, wire::Table::input_register);
  EXPECT_EQ(log.address, 1024);
  EXPECT_EQ(log.registers, 8);
  EXPECT_EQ(log.entries, 2);
  EXPECT_EQ(model.points[log.next].name, "next");
  EXPECT_EQ(model.points[log.boots].name, "boots");
  EXPECT_EQ(model.points[log.uptime].name, "uptime");
}

TEST_F(EventLogTest, TakesAnEntryApart) {
  EXPECT_EQ(entry(0x0302, 7),
            (LoggedEvent{
                .number = 65538, .boot = 2, .time = 70'000s, .kind = 3, .source = 2, .value = 7}));
}

TEST_F(EventLogTest, SaysWhatTheFileSaysOfItsKind) {
  EXPECT_EQ(text_of(log, entry(0x0302)), "storm on input 3");
  EXPECT_EQ(text_of(log, entry(0x0103)), "boot after the watchdog") << "its own source";
  EXPECT_EQ(text_of(log, entry(0x0104)), "boot") << "any other source";
  EXPECT_EQ(text_of(log, entry(0x0805, 65535)), "65535 of 5");
}

TEST_F(EventLogTest, SaysTheNumbersOfAKindThatTheFileDoesNotKnow) {
  EXPECT_EQ(text_of(log, entry(0xFF02, 9)),
            "event of kind 255, which the model does not know (source 2, value 9)");
}

TEST_F(EventLogTest, DatesWhatWasInThisBoot) {
  EXPECT_EQ(age_of(log, entry(0x0100), 65'538, 70'060s), 60s) << "the low half of its number";
  EXPECT_EQ(age_of(log, entry(0x0100), 2, 70'000s), 0s);
}

TEST_F(EventLogTest, DoesNotDateWhatWasInAnotherBoot) {
  EXPECT_EQ(age_of(log, entry(0x0100), 65'539, 70'060s), std::nullopt);
  EXPECT_EQ(age_of(log, entry(0x0100), 65'538, 69'999s), std::nullopt) << "later than now";
}

TEST_F(EventLogTest, ComparesBootsByTheirDifference) {
  const auto of_boot_2 = entry(0x0100);
  EXPECT_TRUE(is_of_later_boot(log, of_boot_2, 1));
  EXPECT_FALSE(is_of_later_boot(log, of_boot_2, 65'538)) << "the same";
  EXPECT_FALSE(is_of_later_boot(log, of_boot_2, 3));
  EXPECT_TRUE(is_of_later_boot(log, of_boot_2, 65'535)) << "three boots before 65,538";
  EXPECT_TRUE(is_of_later_boot(log, of_boot_2, 65'536 + 2 - 32'767));
  EXPECT_FALSE(is_of_later_boot(log, of_boot_2, 65'536 + 2 - 32'768));
}

TEST(LoadEventLog, IsNotNeeded) {
  EXPECT_FALSE(loaded(std::string{head} + std::string{log_points}).event_log);
}

TEST(LoadEventLog, MayReachTheLastAddress) {
  EXPECT_EQ(mistakes_of_log(log_with("1024", "65520")), "");
  EXPECT_THAT(mistakes_of_log(log_with("1024", "65521")), HasSubstr("past address 65535"));
}

TEST(LoadEventLog, HasNoMoreRegistersThanAreReadInOneLook) {
  EXPECT_EQ(mistakes_of_log(log_with("entries = 2", "entries = 512")), "");
  EXPECT_THAT(mistakes_of_log(log_with("entries = 2", "entries = 513")),
              HasSubstr("at most 4096 registers"));
}

TEST(LoadEventLog, HasNumbersOf32Bits) {
  EXPECT_THAT(mistakes_of_log(log_with("number = { register = 0, type = \"uint32\" }",
                                       "number = { register = 0, type = \"uint16\" }")),
              HasSubstr("write a uint32"));
}

TEST(LoadEventLog, HasEntriesThatOneRequestReads) {
  constexpr auto limits = "[limits]\nregisters_per_request = ";
  EXPECT_EQ(mistakes_of_log(std::string{node_log}, std::string{limits} + "8\n"), "");
  EXPECT_THAT(mistakes_of_log(std::string{node_log}, std::string{limits} + "7\n"),
              HasSubstr("one request has to read an entry"));
}

TEST(LoadEventLog, LiesWithinOneRange) {
  constexpr auto range = "[limits]\nranges = [{ table = \"input\", first = 1024, last = ";
  constexpr auto others = " }, { table = \"holding\", first = 0, last = 99 }]\n";
  EXPECT_EQ(mistakes_of_log(std::string{node_log}, range + std::string{"1039"} + others), "");
  EXPECT_THAT(mistakes_of_log(std::string{node_log}, range + std::string{"1038"} + others),
              HasSubstr("no range of `limits` holds the whole log"));
}

TEST(LoadEventLog, NamesPointsThatAreNumbers) {
  EXPECT_THAT(mistakes_of_log(log_with("next = \"next\"", "next = \"last\"")),
              HasSubstr("m.toml:20:8: error: the model has no point `last`"));
  EXPECT_THAT(mistakes_of_log(log_with("boots = \"boots\"", "boots = \"text\"")),
              HasSubstr("point `text` is no uint32 that can be read"));
}

TEST(LoadEventLog, HasFieldsWithinAnEntry) {
  EXPECT_EQ(mistakes_of_log(log_with("register = 6", "register = 7")), "");
  EXPECT_THAT(mistakes_of_log(log_with("register = 6", "register = 8")),
              HasSubstr("an entry ends at register 7"));
  EXPECT_THAT(mistakes_of_log(log_with("[8, 15]", "[8, 16]")),
              HasSubstr("the highest bit: [0, 7]"));
  EXPECT_THAT(mistakes_of_log(log_with("[8, 15]", "[9, 8]")), HasSubstr("the highest bit: [0, 7]"));
  EXPECT_THAT(mistakes_of_log(
                  log_with("register = 0, type = \"uint32\"", "register = 0, type = \"uint64\"")),
              HasSubstr("an entry has uint16 or uint32"));
}

TEST(LoadEventLog, HasKindsThatAreNumbers) {
  EXPECT_THAT(mistakes_of_log(log_with("\"1.3\"", "\"1.x\"")), HasSubstr("`1.x` is no kind"));
  EXPECT_THAT(mistakes_of_log(log_with("\"1.3\"", "boot")), HasSubstr("`boot` is no kind"));
}

TEST(LoadEventLog, IsOfRegistersOnly) {
  const auto model =
      load_model("format = 1\nid = \"m\"\nprotocol = \"mqtt\"\n" + std::string{node_log}, "m.toml");
  ASSERT_FALSE(model);
  EXPECT_THAT(to_text(model.error()), HasSubstr("it is for registers"));
}

}  // namespace
}  // namespace bornier::model
