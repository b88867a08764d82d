// SPDX-License-Identifier: Apache-2.0
#include "app/meter_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "app/testing.hpp"
#include "io/testing.hpp"

namespace bornier::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::string_view settings = R"(
[write]
hint = "hold SET"
unlock = { address = 24, type = "uint16", password = 1000 }
[points]
node = { quantity = "device_setting", address = 20, type = "uint16", writable = true, sets = "unit_id" }
later = { quantity = "device_setting", address = 21, type = "uint16", writable = true, after_restart = true }
locked = { quantity = "device_setting", address = 22, type = "uint16", writable = true, locked = true }
low = { quantity = "device_setting", address = 23, type = "uint16", bits = [0, 7], writable = true }
reset = { quantity = "device_setting", address = 30, type = "uint16", write_only = true }
ratio = { quantity = "device_setting", address = 31, type = "uint16", scale = "0.1", writable = true }
)";

/// A meter of these settings behind a scripted line; time passes only while nothing comes.
class MeterWriterTest : public testing::Test {
 protected:
  MeterWriterTest() {
    meter.unit_id = wire::UnitId{7};
    meter.model = std::make_shared<const model::Model>(
        model::loaded(std::string{model::head} + std::string{settings}));
    meter.settings = model::Settings{*meter.model};
    EXPECT_TRUE(io::testing::run_until_done(loop, reader.connect()));
  }

  auto write(std::string_view name, std::string_view value,
             std::optional<reading::Decimal> password = std::nullopt) -> WriteReport {
    const auto target = target_of_point(meter, name);
    EXPECT_TRUE(target) << (target ? "" : target.error());
    const auto wanted = parse_wanted(*target, value);
    MeterWriter writer{loop.get_executor(), reader, clock, *target, nullptr};
    auto report = io::testing::run_until_done(loop, writer.write(*wanted, password));
    told = summary(*target, *wanted, report);
    return report;
  }
  void answers(std::initializer_list<std::string_view> pdus) {
    for (const auto pdu : pdus) {
      line->answers(pdu);
    }
  }
  [[nodiscard]] auto request(std::size_t index) const -> std::vector<std::byte> {
    return line->requests().at(index);
  }

  boost::asio::io_context loop;
  ManualClock clock;
  MeterSettings meter;
  ScriptedLine* line = new ScriptedLine{clock, &clock};  // owned by the reader
  MeterReader reader{loop.get_executor(), BusSettings{}, std::unique_ptr<io::Line>{line}, clock};
  std::string told;
};

TEST_F(MeterWriterTest, ReadsWritesAndReadsBack) {
  answers({"03 02 000A", "06 001F 0258", "03 02 0258"});
  const auto report = write("ratio", "60");
  EXPECT_EQ(report.end, WriteEnd::confirmed);
  EXPECT_EQ(report.before, "1.0");
  EXPECT_EQ(report.after, "60.0");
  EXPECT_EQ(told, "ratio (holding register 40032): 1.0 -> 60, confirmed");
  EXPECT_EQ(request(1), wire::bytes("06 001F 0258"));
}

TEST_F(MeterWriterTest, WritesNothingToAMeterThatDoesNotAnswer) {
  const auto report = write("ratio", "60");
  EXPECT_EQ(report.end, WriteEnd::impossible);
  EXPECT_THAT(report.told, HasSubstr("nothing was written: no answer"));
  for (const auto& asked : line->requests()) {
    EXPECT_EQ(asked.front(), std::byte{3});
  }
}

TEST_F(MeterWriterTest, NeverWritesToEverybody) {
  meter.unit_id = wire::UnitId{0};
  answers({"03 02 000A", "06 001F 0258"});
  EXPECT_EQ(write("ratio", "60").end, WriteEnd::refused);
  EXPECT_EQ(line->requests().size(), 1U) << "only read";
}

TEST_F(MeterWriterTest, TellsARefusal) {
  answers({"03 02 000A", "86 03"});
  const auto report = write("ratio", "60");
  EXPECT_EQ(report.end, WriteEnd::refused);
  EXPECT_THAT(report.told, HasSubstr("exception 3 (illegal data value): it does not take"));
  EXPECT_EQ(told, "ratio (holding register 40032): 1.0 -> 60, refused");
}

TEST_F(MeterWriterTest, TellsAMeterThatOnlyAcknowledges) {
  answers({"03 02 000A", "06 001F 0258", "03 02 000A", "03 02 000A"});
  const auto report = write("ratio", "60");
  EXPECT_EQ(report.end, WriteEnd::not_taken);
  EXPECT_THAT(report.told, HasSubstr("does not show it: hold SET"));
  EXPECT_EQ(told, "ratio (holding register 40032): 1.0 -> 60, not taken, shows 1.0");
}

TEST_F(MeterWriterTest, WaitsForAMeterThatShowsItLate) {
  answers({"03 02 000A", "06 001F 0258", "03 02 000A", "03 02 0258"});
  EXPECT_EQ(write("ratio", "60").end, WriteEnd::confirmed);
}

TEST_F(MeterWriterTest, SendsAWriteOnceAndReadsWhatCameOfIt) {
  line->answers("03 02 000A");
  line->is_silent();
  line->answers("03 02 0258");
  EXPECT_EQ(write("ratio", "60").end, WriteEnd::confirmed);
  EXPECT_EQ(line->requests().size(), 3U);
}

TEST_F(MeterWriterTest, TakesALongAcknowledgementForOne) {
  answers({"03 02 000A", "86 05", "03 02 0258"});
  EXPECT_EQ(write("ratio", "60").end, WriteEnd::confirmed);
}

TEST_F(MeterWriterTest, KeepsTheOtherBitsOfTheRegister) {
  answers({"03 02 AB01", "06 0017 AB02", "03 02 AB02"});
  EXPECT_EQ(write("low", "2").end, WriteEnd::confirmed);
  EXPECT_EQ(request(1), wire::bytes("06 0017 AB02"));
}

TEST_F(MeterWriterTest, OpensWhatIsLockedFirst) {
  answers({"03 02 0001", "06 0018 03E8", "06 0016 0002", "03 02 0002"});
  EXPECT_EQ(write("locked", "2").end, WriteEnd::confirmed);
  EXPECT_EQ(request(1), wire::bytes("06 0018 03E8")) << "the maker's password, 1000";
}

TEST_F(MeterWriterTest, WritesNothingWhereThePasswordIsRefused) {
  answers({"03 02 0001", "86 03"});
  const auto report = write("locked", "2", reading::Decimal{7, 0});
  EXPECT_EQ(report.end, WriteEnd::refused);
  EXPECT_THAT(report.told, HasSubstr("--password"));
  EXPECT_EQ(request(1), wire::bytes("06 0018 0007"));
  EXPECT_EQ(line->requests().size(), 2U);
}

TEST_F(MeterWriterTest, DoesNotReadWhatCannotBeRead) {
  answers({"06 001E 0001"});
  EXPECT_EQ(write("reset", "1").end, WriteEnd::accepted);
  EXPECT_EQ(told, "reset (holding register 40031): 1, accepted");
  EXPECT_EQ(line->requests().size(), 1U);
}

TEST_F(MeterWriterTest, FindsAMeterThatHasMoved) {
  answers({"03 02 0007", "06 0014 0009", "03 02 0009"});
  const auto report = write("unit_id", "9");
  EXPECT_EQ(report.end, WriteEnd::confirmed);
  EXPECT_THAT(report.told, HasSubstr("answers as unit 9 now"));
  EXPECT_THAT(line->units(), ElementsAre(7, 7, 9));
}

TEST_F(MeterWriterTest, FindsAMeterThatHasNotMovedYet) {
  answers({"03 02 0007", "06 0014 0009"});
  line->is_silent();
  line->answers("03 02 0009");
  line->is_silent();
  line->answers("03 02 0009");
  const auto report = write("unit_id", "9");
  EXPECT_EQ(report.end, WriteEnd::accepted);
  EXPECT_THAT(report.told, HasSubstr("still answers as unit 7; restart it, then it is unit 9"));
}

TEST_F(MeterWriterTest, NamesTheOldPlaceOfAMeterThatIsLost) {
  answers({"03 02 0007", "06 0014 0009"});
  const auto report = write("unit_id", "9");
  EXPECT_EQ(report.end, WriteEnd::lost);
  EXPECT_THAT(report.told, HasSubstr("neither as unit 9 nor as unit 7, as which it did before"));
}

TEST_F(MeterWriterTest, HintsAtARestart) {
  answers({"03 02 0001", "06 0015 0002", "03 02 0002"});
  EXPECT_THAT(write("later", "2").told, HasSubstr("restarted"));
}

}  // namespace
}  // namespace bornier::app
