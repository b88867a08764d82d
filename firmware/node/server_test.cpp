// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/register_map.hpp"
#include "node/testing.hpp"

namespace bornier::node {
namespace {

using wire::bytes;

/// Unit 1 at 9600 Bd; requests and answers without unit and checksum, by MODBUS Application
/// Protocol V1.1b3, section 6.
class ServerTest : public testing::Test {
 protected:
  ServerTest() { bench.pass(milliseconds(50)); }

  auto ask(std::string_view pdu) -> std::vector<std::byte> { return bench.ask(pdu); }
  /// No answer to a broadcast.
  void tell_all(std::string_view pdu) { EXPECT_TRUE(bench.ask(bytes(pdu), 0).empty()); }

  Chip chip{4096};
  Bench bench{chip, {Tick{0xFFFF'0000U}, 0, ResetCause::power_on, 0x0123'4567'89AB'CDEF, {}}};
};

TEST_F(ServerTest, AnswersTheWholeFrame) {
  // Checksums by Python, as of appendix B.
  EXPECT_EQ(bench.ask_raw(bytes("01 04 00 00 00 01 31 CA")), bytes("01 04 02 42 4E 09 A4"));
}

TEST_F(ServerTest, AnswersAfterASilenceOf3Point5Characters) {
  const auto frame = wire::encode_rtu(wire::UnitId{1}, bytes("04 0000 0001")).value();
  bench.receive(frame.bytes());
  const auto end = bench.now;
  bench.pass(silence(9'600) - 2, 1);
  EXPECT_TRUE(bench.sent.empty());
  bench.pass(10, 1);
  EXPECT_FALSE(bench.sent.empty());
  EXPECT_GE(bench.sent_at - end, silence(9'600));
}

TEST_F(ServerTest, ReadsIdentityInOneGo) {
  EXPECT_EQ(ask("04 0000 0008"), bytes("04 10 424E 0001 0001 0008 0123 4567 89AB CDEF"));
  EXPECT_EQ(ask("04 0005 0001"), bytes("04 02 4567")) << "a value may be read in part";
}

TEST_F(ServerTest, ReadsCountsTogether) {
  bench.pulse(0);
  bench.pulse(7);
  bench.pulse(7);
  EXPECT_EQ(ask("04 0100 0004"), bytes("04 08 0000 0000 0000 0001"));
  EXPECT_EQ(ask("04 011C 0004"), bytes("04 08 0000 0000 0000 0002"));
  EXPECT_EQ(ask("04 012E 0002"), bytes("04 04 0000 EA60")) << "60 ms from pulse to pulse";
}

TEST_F(ServerTest, ReadsAsManyRegistersAsAnAnswerHolds) {
  EXPECT_EQ(ask("04 0400 007D").size(), 2U + 250U);
}

TEST_F(ServerTest, RefusesMoreRegistersThanAnAnswerHoldsAndNone) {
  for (const auto* read : {"04 0400 007E", "04 0400 FFFF", "04 0400 0000"}) {
    EXPECT_EQ(ask(read), bytes("84 03")) << read;
  }
  EXPECT_EQ(ask("03 0100 007E"), bytes("83 03"));
  EXPECT_EQ(ask("02 0000 07D1"), bytes("82 03"));
}

TEST_F(ServerTest, ReadsBitsOfInputs) {
  bench.set(2, true);
  bench.set(9, true);
  bench.pass(milliseconds(50));
  EXPECT_EQ(ask("02 0000 0008"), bytes("02 01 04"));
  EXPECT_EQ(ask("02 0008 0002"), bytes("02 01 00")) << "mains is present when low";
  bench.set(9, false);
  bench.set(8, true);
  bench.pass(milliseconds(60));
  EXPECT_EQ(ask("02 0008 0002"), bytes("02 01 03"));
  EXPECT_EQ(ask("02 0000 001E").size(), 6U);
}

TEST_F(ServerTest, ReadsAndWritesSettings) {
  EXPECT_EQ(ask("03 0000 0004"), bytes("03 08 0001 0060 0000 000A"));
  EXPECT_EQ(ask("06 0003 003C"), bytes("06 0003 003C"));
  EXPECT_EQ(ask("03 0003 0001"), bytes("03 02 003C"));
  EXPECT_EQ(ask("10 0174 0004 08 0001 86A0 FFFD 0001"), bytes("10 0174 0004"));
  EXPECT_EQ(ask("03 0174 0004"), bytes("03 08 0001 86A0 FFFD 0001"));
  EXPECT_EQ(bench.events(EventKind::settings_changed), 2);
}

TEST_F(ServerTest, AppliesNewWidthsToTheCounting) {
  EXPECT_EQ(ask("10 0101 0002 04 0064 03E8"), bytes("10 0101 0002"));  // 10 ms, 100 ms
  bench.pass(milliseconds(20));
  bench.pulse(0, milliseconds(99), milliseconds(20));
  EXPECT_EQ(bench.parts().pulses[0].count(), 0U);
  bench.pulse(0, milliseconds(101), milliseconds(20));
  EXPECT_EQ(bench.parts().pulses[0].count(), 1U);
}

TEST_F(ServerTest, WritingAPulseValueDoesNotInterruptAPulse) {
  EXPECT_EQ(ask("06 0102 03E8"), bytes("06 0102 03E8"));  // 100 ms
  bench.pass(milliseconds(10));
  bench.set(0, true);
  EXPECT_EQ(ask("10 0104 0002 04 0000 0005"), bytes("10 0104 0002"));
  EXPECT_EQ(bench.parts().pulses[0].count(), 0U);
  bench.pass(milliseconds(100));
  EXPECT_EQ(bench.parts().pulses[0].count(), 1U);
}

TEST_F(ServerTest, WritesAllOrNothing) {
  EXPECT_EQ(ask("10 0003 0003 06 0014 0003 0001"), bytes("90 03")) << "door_mode 3 is none";
  EXPECT_EQ(ask("03 0003 0001"), bytes("03 02 000A"));
  EXPECT_EQ(ask("10 010B 0002 04 0000 0000"), bytes("90 03")) << "the last word of start_index";
  EXPECT_EQ(ask("10 010C 0001 02 0000"), bytes("90 02")) << "behind the settings of input 1";
  EXPECT_EQ(ask("06 0104 0001"), bytes("86 03")) << "half a pulse value";
  EXPECT_EQ(bench.events(EventKind::settings_changed), 0);
}

/// A setting with the last values that it takes and the first that it does not.
struct SettingLimit {
  std::uint16_t address;
  std::uint16_t first, last;
  std::optional<std::uint16_t> below, above;
};
class SettingLimits : public ServerTest, public testing::WithParamInterface<SettingLimit> {
 protected:
  auto write(std::uint16_t value) -> bool {
    std::array<std::byte, 5> pdu{std::byte{6}};
    wire::ByteWriter out{std::span{pdu}.subspan(1)};
    out.u16(GetParam().address);
    out.u16(value);
    return bench.ask(pdu, 1).size() == 5;
  }
};

TEST_P(SettingLimits, AreHeldOnBothSides) {
  const auto limit = GetParam();
  EXPECT_TRUE(write(limit.last));
  EXPECT_TRUE(write(limit.first));
  EXPECT_FALSE(limit.above && write(*limit.above));
  EXPECT_FALSE(limit.below && write(*limit.below));
  EXPECT_EQ(bench.events(EventKind::settings_changed) > 0, true);
}

INSTANTIATE_TEST_SUITE_P(
    Map, SettingLimits,
    testing::Values(SettingLimit{3, 1, 60, 0, 61}, SettingLimit{4, 0, 2, {}, 3},
                    SettingLimit{5, 1, 10'000, 0, 10'001}, SettingLimit{0x100, 0, 2, {}, 3},
                    SettingLimit{0x171, 1, 0xFFFF, 0, {}}, SettingLimit{0x173, 0, 0xFFFF, {}, {}},
                    SettingLimit{0x106, 0xFFF4, 12, 0xFFF3, 13}, SettingLimit{0x107, 0, 4, {}, 5}));

TEST_F(ServerTest, SetsAStartIndexOnlyWhileUnlocked) {
  const auto write = "10 0118 0004 08 0000 0000 0001 E240";
  EXPECT_EQ(ask(write), bytes("90 03"));
  EXPECT_EQ(ask("06 0009 5EA0"), bytes("86 03")) << "a wrong key";
  EXPECT_EQ(ask("06 0009 5EA1"), bytes("06 0009 5EA1"));
  EXPECT_EQ(ask(write), bytes("10 0118 0004"));
  EXPECT_EQ(ask("03 0118 0004"), bytes("03 08 0000 0000 0001 E240"));
  EXPECT_EQ(bench.events(EventKind::index_set), 1);
  EXPECT_EQ(bench.parts().pulses[1].count(), 0U) << "the count is never set";
  bench.pass(seconds(59), milliseconds(5));
  EXPECT_EQ(ask("04 0017 0001"), bytes("04 02 0001"));
  bench.pass(seconds(1), milliseconds(5));
  EXPECT_EQ(ask("04 0017 0001"), bytes("04 02 0000"));
  EXPECT_EQ(ask(write), bytes("90 03"));
}

TEST_F(ServerTest, SavesWhenACoilSaysSo) {
  bench.pulse(0);
  EXPECT_EQ(ask("01 0000 0001"), bytes("01 01 01")) << "the pulse waits to be saved";
  EXPECT_EQ(ask("05 0000 FF00"), bytes("05 0000 FF00"));
  EXPECT_EQ(ask("01 0000 0001"), bytes("01 01 00"));
  EXPECT_EQ(bench.parts().journal.saves(), 2U) << "the boot's and this one";
}

TEST_F(ServerTest, MarksEventsAsUnreadUntilTheyAreRead) {
  EXPECT_EQ(ask("01 0001 0001"), bytes("01 01 01")) << "the boot";
  EXPECT_EQ(ask("0F 0000 0002 01 00"), bytes("0F 0000 0002"));
  EXPECT_EQ(ask("01 0001 0001"), bytes("01 01 00"));
  EXPECT_EQ(ask("05 0001 FF00"), bytes("85 03"));
  bench.set(8, true);
  bench.pass(milliseconds(100));
  EXPECT_EQ(ask("01 0000 0002"), bytes("01 01 02"));
}

TEST_F(ServerTest, ShowsEventsWhereTheirNumberPutsThem) {
  // Event 1 at 0x0408: boot 1, kind 1 from cause 1 (power on), 0 s after boot.
  EXPECT_EQ(ask("04 0408 0008"), bytes("04 10 0000 0001 0001 0101 0000 0000 0000 0000"));
  EXPECT_EQ(ask("04 0400 0008"), bytes("04 10 0000 0000 0000 0000 0000 0000 0000 0000"));
  EXPECT_EQ(ask("04 0012 0004"), bytes("04 08 0000 0001 0000 0002"));
  EXPECT_EQ(ask("04 0488 0078").size(), 242U) << "15 events in one request";
}

TEST_F(ServerTest, RefusesByTheSpecification) {
  EXPECT_EQ(ask("04 001E 0001"), bytes("84 02"));
  EXPECT_EQ(ask("04 001D 0002"), bytes("84 02")) << "partly outside";
  EXPECT_EQ(ask("03 010B 0002"), bytes("83 02"));
  EXPECT_EQ(ask("01 0002 0001"), bytes("81 02"));
  EXPECT_EQ(ask("02 001D 0002"), bytes("82 02"));
  EXPECT_EQ(ask("05 0002 FF00"), bytes("85 02"));
  EXPECT_EQ(ask("06 0010 0000"), bytes("86 02"));
  EXPECT_EQ(ask("03 0000 0000"), bytes("83 03"));
  EXPECT_EQ(ask("03 0000 007E"), bytes("83 03"));
  EXPECT_EQ(ask("05 0000 0001"), bytes("85 03"));
  EXPECT_EQ(ask("16 0003 FFFF 0000"), bytes("96 01"));
  EXPECT_EQ(ask("17 0003 0001 0003 0001 02 0001"), bytes("97 01"));
  EXPECT_EQ(ask("07"), bytes("87 01"));
  EXPECT_EQ(ask("41 01 02 03"), bytes("C1 01"));
}

TEST_F(ServerTest, SaysWhatItIs) {
  EXPECT_EQ(ask("2B 0E 01 00"), bytes("2B 0E 01 81 00 00 03 00 07 426F726E696572"
                                      "01 0A 70756C73652D6E6F6465 02 03 302E31"));
  EXPECT_EQ(ask("2B 0E 04 02"), bytes("2B 0E 04 81 00 00 01 02 03 302E31"));
  EXPECT_EQ(ask("2B 0E 04 03"), bytes("AB 02"));
  EXPECT_EQ(ask("2B 0D 01 00"), bytes("AB 01"));
}

TEST_F(ServerTest, ExecutesABroadcastAndSaysNothing) {
  tell_all("06 0003 0014");
  EXPECT_EQ(bench.parts().settings.word(3), 20);
  tell_all("04 0000 0001");
  tell_all("06 0000 0009");
  bench.pass(seconds(1));
  EXPECT_EQ(bench.line.unit, 1) << "one address for all is refused";
}

TEST_F(ServerTest, IsSilentToOthersAndToDamagedFrames) {
  EXPECT_TRUE(bench.ask(bytes("04 0000 0001"), 2).empty());
  auto frame = wire::copy(wire::encode_rtu(wire::UnitId{1}, bytes("06 0003 0014")).value().bytes());
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    frame[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_TRUE(bench.ask_raw(frame).empty()) << bit;
    frame[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
  }
  EXPECT_EQ(bench.parts().settings.word(3), 10);
}

TEST_F(ServerTest, DoesNotAnswerOnceOthersTalk) {
  const auto frame = wire::encode_rtu(wire::UnitId{1}, bytes("04 0000 0001")).value();
  bench.receive(frame.bytes());
  const auto other = wire::encode_rtu(wire::UnitId{2}, bytes("04 0000 0001")).value();
  bench.receive(other.bytes());
  bench.pass(milliseconds(200));
  EXPECT_TRUE(bench.sent.empty());
  EXPECT_EQ(ask("04 0003 0001"), bytes("04 02 0008"));
}

TEST_F(ServerTest, CountsForDiagnostics) {
  EXPECT_EQ(ask("08 0000 A537"), bytes("08 0000 A537"));
  EXPECT_EQ(ask("08 000A 0000"), bytes("08 000A 0000"));
  EXPECT_TRUE(bench.ask(bytes("04 0000 0001"), 2).empty());
  EXPECT_EQ(ask("04 0000 0000"), bytes("84 03"));
  tell_all("06 0003 0014");
  EXPECT_TRUE(bench.ask_raw(bytes("01 04 0000 0001 0000")).empty());
  EXPECT_EQ(ask("08 000B 0000"), bytes("08 000B 0004")) << "whole frames, this one too";
  EXPECT_EQ(ask("08 000C 0000"), bytes("08 000C 0001")) << "damaged ones";
  EXPECT_EQ(ask("08 000D 0000"), bytes("08 000D 0001")) << "exceptions";
  EXPECT_EQ(ask("08 000E 0000"), bytes("08 000E 0006")) << "for this node or for all";
  EXPECT_EQ(ask("08 000F 0000"), bytes("08 000F 0001")) << "not answered";
  EXPECT_EQ(ask("08 0012 0000"), bytes("08 0012 0000"));
  EXPECT_EQ(ask("08 0003 0000"), bytes("88 01"));
  EXPECT_EQ(ask("08 000B 0001"), bytes("88 03"));
  EXPECT_EQ(ask("08 0001 0001"), bytes("88 03"));
  EXPECT_EQ(ask("08 0001 FF00"), bytes("08 0001 FF00"));
  EXPECT_EQ(ask("08 000B 0000"), bytes("08 000B 0001"));
}

TEST_F(ServerTest, OnlyListensUntilItIsRestarted) {
  EXPECT_TRUE(ask("08 0004 0000").empty());
  EXPECT_TRUE(ask("04 0000 0001").empty());
  EXPECT_TRUE(ask("06 0003 0014").empty());
  EXPECT_EQ(bench.parts().settings.word(3), 10);
  EXPECT_TRUE(ask("08 0001 0000").empty());
  EXPECT_EQ(ask("04 0003 0001"), bytes("04 02 0008"));
}

/// The frames of the [[test]] entries in config/models/bornier-node.toml: where these change, those
/// do.
TEST_F(ServerTest, ShowsTheFramesThatTheModelFileIsTestedWith) {
  bench.pulse(0);
  bench.pulse(7);
  bench.pulse(7);
  bench.pulse(2, milliseconds(5));
  bench.set(8, true);
  ASSERT_EQ(ask("06 0003 003C"), bytes("06 0003 003C"));
  ASSERT_EQ(ask("10 0174 0004 08 0000 000A FFFD 0003"), bytes("10 0174 0004"));
  ASSERT_EQ(ask("06 0009 5EA1"), bytes("06 0009 5EA1"));
  ASSERT_EQ(ask("10 0178 0004 08 0000 0000 0001 E240"), bytes("10 0178 0004"));
  bench.pass(seconds(3));
  EXPECT_EQ(ask("04 0002 001C"),
            bytes("04 38 0001 0008 0123 4567 89AB CDEF 0000 0003 0000 0001 0001 0000 0000 0000 "
                  "0000 0001 0000 0001 0000 0007 0000 0039 0000 0000 0000 0000 0000 0000"));
  EXPECT_EQ(ask("04 0100 0004"), bytes("04 08 0000 0000 0000 0001"));
  EXPECT_EQ(ask("04 011C 0004"), bytes("04 08 0000 0000 0000 0002"));
  EXPECT_EQ(ask("04 012C 0004"), bytes("04 08 0000 0000 0000 EA60"));
  EXPECT_EQ(ask("04 0132 0004"), bytes("04 08 0000 0000 0000 0001"));
  EXPECT_EQ(ask("02 0000 001E"), bytes("02 04 00 03 00 10"));
  EXPECT_EQ(ask("03 0000 0008"), bytes("03 10 0001 0060 0000 003C 0001 0032 0002 0014"));
  EXPECT_EQ(ask("03 0170 000C"), bytes("03 18 0001 0014 00C8 A8C0 0000 000A FFFD 0003 "
                                       "0000 0000 0001 E240"));
}

}  // namespace
}  // namespace bornier::node
