// SPDX-License-Identifier: Apache-2.0
#include "node/node.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "node/testing.hpp"

namespace bornier::node {
namespace {

using wire::bytes;

class NodeTest : public testing::Test {
 protected:
  NodeTest() { start(); }

  void start(ResetCause cause = ResetCause::power_on, std::uint16_t levels = 0,
             FaultRecord fault = {}) {
    chip.left = Chip::endless;
    bench = std::make_unique<Bench>(chip, Boot{Tick{0xFFFF'0000U}, levels, cause, 1, fault});
    bench->pass(milliseconds(50));
  }
  auto ask(std::string_view pdu) -> std::vector<std::byte> { return bench->ask(pdu); }
  auto count(std::size_t input) -> std::uint64_t { return bench->parts().pulses[input].count(); }
  auto events(EventKind kind) -> int { return bench->events(kind); }
  auto last_event() -> const Event& { return bench->parts().log[bench->parts().log.next() - 1]; }

  Chip chip{4096};
  std::unique_ptr<Bench> bench;
};

TEST_F(NodeTest, CountsOnOverABoot) {
  bench->pulse(3);
  bench->pass(seconds(11), milliseconds(5));
  bench->pulse(3);
  start(ResetCause::watchdog);
  EXPECT_EQ(count(3), 1U) << "the second pulse was not saved yet";
  bench->pulse(3);
  EXPECT_EQ(count(3), 2U);
  EXPECT_EQ(bench->parts().boots, 2U);
  EXPECT_EQ(events(EventKind::boot), 2);
  EXPECT_EQ(ask("04 000A 0003"), bytes("04 06 0000 0002 0003"));
}

TEST_F(NodeTest, DoesNotCountTheLevelThatItFinds) {
  start(ResetCause::power_on, 0x0001);
  bench->pass(seconds(1));
  EXPECT_EQ(count(0), 0U);
  bench->set(0, false);
  bench->pass(milliseconds(50));
  EXPECT_EQ(count(0), 0U);
  bench->pulse(0);
  EXPECT_EQ(count(0), 1U);
}

TEST_F(NodeTest, SavesAtOnceWhenTheSupplyBrownsOut) {
  bench->pulse(0);
  bench->brown_out = true;
  bench->pass(milliseconds(20));
  start();
  EXPECT_EQ(count(0), 1U);
  EXPECT_EQ(events(EventKind::brown_out), 1);
}

TEST_F(NodeTest, SavesAtOnceWhenMainsAreLost) {
  bench->pulse(0);
  bench->set(mains_input, true);
  bench->pass(milliseconds(50));
  EXPECT_EQ(events(EventKind::mains_lost), 1);
  start(ResetCause::power_on, 1U << mains_input);
  EXPECT_EQ(count(0), 1U);
  EXPECT_EQ(events(EventKind::mains_lost), 1);
  bench->set(mains_input, false);
  bench->pass(milliseconds(50));
  EXPECT_EQ(events(EventKind::mains_back), 1);
}

TEST_F(NodeTest, TellsTheDoorsStateAndNotItsBounce) {
  for (int bounce = 0; bounce < 10; ++bounce) {
    bench->set(door_input, bounce % 2 == 0);
    bench->pass(milliseconds(10));
  }
  EXPECT_EQ(events(EventKind::door_open), 0);
  bench->set(door_input, true);
  bench->pass(milliseconds(51));
  bench->set(door_input, false);
  bench->pass(milliseconds(51));
  EXPECT_EQ(events(EventKind::door_open), 1);
  EXPECT_EQ(events(EventKind::door_closed), 1);
}

TEST_F(NodeTest, TellsStormsAndStuckInputsWhenTheyBeginAndEnd) {
  EXPECT_EQ(ask("06 0153 0002"), bytes("06 0153 0002"));
  for (int edge = 0; edge < 400; ++edge) {
    bench->set(5, edge % 2 == 0);
    bench->pass(1'000);
  }
  EXPECT_EQ(events(EventKind::storm_begin), 1);
  EXPECT_EQ(last_event().source, 5);
  bench->set(5, true);
  bench->pass(seconds(3), milliseconds(5));
  EXPECT_EQ(events(EventKind::storm_end), 1);
  EXPECT_EQ(events(EventKind::stuck_begin), 1);
  EXPECT_EQ(ask("04 000D 0002"), bytes("04 04 0000 0020"));
  bench->set(5, false);
  bench->pass(milliseconds(10));
  EXPECT_EQ(events(EventKind::stuck_end), 1);
}

TEST_F(NodeTest, SaysHowManyEdgesItLostAndSeesTheLevelAllTheSame) {
  for (int edge = 0; edge < 65; ++edge) {
    bench->set(1, edge % 2 == 0);  // at one tick: no step between
  }
  EXPECT_EQ(bench->levels, 0x0002);
  bench->pass(seconds(2), milliseconds(5));
  EXPECT_EQ(events(EventKind::edges_lost), 1);
  EXPECT_TRUE(bench->parts().pulses[1].level());
  EXPECT_EQ(ask("04 0141 0001"), bytes("04 02 0001"));
  bench->set(1, false);
  bench->pass(milliseconds(10));
  bench->pulse(1);
  EXPECT_GE(count(1), 1U);
}

TEST_F(NodeTest, BelievesAnEdgeThatIsNewerThanItsLookAtThePins) {
  bench->node.edges().push({Tick{bench->tick().value() + 10}, 0, true});
  bench->step();
  EXPECT_TRUE(bench->parts().pulses[0].level());
  bench->now += 20;
  bench->step();
  EXPECT_FALSE(bench->parts().pulses[0].level()) << "by now the pins are newer";
}

TEST_F(NodeTest, CountsAcrossTheWrapOfTheTick) {
  for (int pulse = 0; pulse < 3; ++pulse) {
    bench->pass(seconds(2'000), seconds(1));
    bench->pulse(0);
  }
  EXPECT_EQ(count(0), 3U);
  EXPECT_EQ(bench->parts().pulses[0].interval(), 2'000'060'000U);
  EXPECT_EQ(bench->parts().uptime, 6'000U);
}

TEST_F(NodeTest, TellsOfDamageAndOfTheFaultBefore) {
  bench->pulse(0);
  bench->pass(seconds(11), milliseconds(5));
  chip.bytes[30 * counters_slot] = std::byte{0x55};
  start(ResetCause::fault, 0, {0x0800'1234, 0x0800'4321, 3});
  EXPECT_EQ(count(0), 1U);
  EXPECT_EQ(events(EventKind::record_damaged), 1);
  EXPECT_EQ(events(EventKind::fault_record), 1);
  EXPECT_EQ(ask("04 0018 0006"), bytes("04 0C 0800 1234 0800 4321 0000 0003"));
}

// The change of a line's settings.

TEST_F(NodeTest, ChangesItsAddressOnceTheAnswerHasLeftAndKeepsItIfConfirmed) {
  EXPECT_EQ(ask("06 0000 0011"), bytes("06 0000 0011")) << "still with the old address";
  EXPECT_EQ(bench->line.unit, 0x11);
  EXPECT_EQ(ask("04 0016 0001"), bytes("04 02 001E"));
  EXPECT_EQ(ask("06 0008 0002"), bytes("86 03"));
  EXPECT_EQ(ask("06 0008 0001"), bytes("06 0008 0001"));
  EXPECT_EQ(ask("02 001B 0001"), bytes("02 01 00"));
  bench->pass(seconds(60), milliseconds(5));
  EXPECT_EQ(bench->line.unit, 0x11);
  start();
  EXPECT_EQ(bench->line.unit, 0x11);
  EXPECT_EQ(events(EventKind::line_on_trial), 1);
  EXPECT_EQ(events(EventKind::line_confirmed), 1);
}

TEST_F(NodeTest, ReturnsToItsOldLineIfNobodyConfirmsWithin30Seconds) {
  EXPECT_EQ(ask("10 0000 0003 06 0007 00C0 0001"), bytes("10 0000 0003"));
  EXPECT_EQ(bench->line, (Line{7, 19'200, LineFormat::odd}));
  EXPECT_EQ(ask("04 0003 0001"), bytes("04 02 0008")) << "a request alone confirms nothing";
  bench->pass(seconds(29), milliseconds(1));
  EXPECT_EQ(bench->line.unit, 7);
  EXPECT_EQ(ask("02 001B 0001"), bytes("02 01 01"));
  bench->pass(seconds(1), milliseconds(1));
  EXPECT_EQ(bench->line, (Line{1, 9'600, LineFormat::even}));
  EXPECT_EQ(events(EventKind::line_reverted), 1);
  EXPECT_EQ(ask("03 0000 0003"), bytes("03 06 0001 0060 0000"));
}

TEST_F(NodeTest, APowerCutEndsATrial) {
  EXPECT_EQ(ask("06 0001 0480"), bytes("06 0001 0480"));
  EXPECT_EQ(bench->line.baud, 115'200U);
  start();
  EXPECT_EQ(bench->line.baud, 9'600U);
}

TEST_F(NodeTest, RefusesALineThatItCannotServe) {
  for (const auto* const request : {"06 0000 0000", "06 0000 00F8", "06 0001 0061", "06 0002 0004",
                                    "06 0001 0000", "06 0001 0481"}) {
    EXPECT_EQ(ask(request), bytes("86 03")) << request;
  }
  EXPECT_EQ(ask("06 0000 00F7"), bytes("06 0000 00F7"));
  EXPECT_EQ(bench->line.unit, 247);
}

TEST_F(NodeTest, ABroadcastOfABaudRateIsRefused) {
  EXPECT_TRUE(bench->ask(bytes("06 0001 00C0"), 0).empty());
  bench->pass(milliseconds(100));
  EXPECT_EQ(bench->line.baud, 9'600U);
}

TEST_F(NodeTest, WritingTheSameLineAgainIsNoTrial) {
  EXPECT_EQ(ask("06 0000 0001"), bytes("06 0000 0001"));
  EXPECT_FALSE(bench->parts().line.on_trial());
  EXPECT_EQ(events(EventKind::line_on_trial), 0);
}

// What does not work as it should.

TEST_F(NodeTest, AnswersOnlyOnceTheNumberOfItsBootIsKept) {
  bench = std::make_unique<Bench>(chip, Boot{});
  const auto frame = wire::encode_rtu(wire::UnitId{1}, bytes("04 000A 0002")).value();
  for (const auto each : frame.bytes()) {
    bench->node.bytes().push(each, false, bench->tick());
  }
  bench->step();
  bench->pass(milliseconds(100));
  EXPECT_TRUE(bench->sent.empty());
  EXPECT_EQ(ask("04 000A 0002"), bytes("04 04 0000 0002"));
}

TEST_F(NodeTest, RefusesToNameCountsThatItCouldNotRead) {
  bench->pulse(0);
  bench->pass(seconds(11), milliseconds(5));
  chip.answers = false;
  start();
  bench->pulse(0);
  EXPECT_EQ(ask("04 0100 0004"), bytes("84 04"));
  EXPECT_EQ(ask("04 0003 0001"), bytes("04 02 0008")) << "the rest is there";
  EXPECT_EQ(ask("02 001D 0001"), bytes("02 01 01"));
  chip.answers = true;
  bench->pass(seconds(11), milliseconds(5));
  EXPECT_EQ(ask("04 0100 0004"), bytes("04 08 0000 0000 0000 0002"))
      << "what was counted meanwhile is added";
}

TEST_F(NodeTest, TellsOfAStoreThatDoesNotKeepAndCountsOn) {
  chip.fails = true;
  bench->pulse(0);
  bench->pass(seconds(60), milliseconds(5));
  EXPECT_EQ(events(EventKind::store_failed), 1);
  EXPECT_EQ(ask("04 0100 0004"), bytes("04 08 0000 0000 0000 0001"));
  EXPECT_EQ(ask("02 001D 0001"), bytes("02 01 01"));
}

TEST_F(NodeTest, FeedsTheWatchdogUnlessItsLineIsNeverFreeAgain) {
  EXPECT_TRUE(bench->fed);
  const auto frame = wire::encode_rtu(wire::UnitId{1}, bytes("04 0000 0001")).value();
  bench->receive(frame.bytes());
  bench->pass(milliseconds(5));
  ASSERT_FALSE(bench->sent.empty());
  bench->transmitting_until = bench->now + seconds(100);
  bench->pass(seconds(2), milliseconds(5));
  EXPECT_TRUE(bench->fed);
  bench->pass(seconds(2), milliseconds(5));
  EXPECT_FALSE(bench->fed);
}

TEST_F(NodeTest, DoesNotFeedTheWatchdogWhileEdgesComeFasterThanTheyAreTaken) {
  for (int edge = 0; edge < 64; ++edge) {
    bench->set(0, edge % 2 == 0);
  }
  bench->step();
  EXPECT_FALSE(bench->fed);
  bench->step();
  EXPECT_TRUE(bench->fed);
}

}  // namespace
}  // namespace bornier::node
