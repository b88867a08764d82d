// SPDX-License-Identifier: Apache-2.0
#include "modbus/exchange.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <vector>

#include "wire/testing.hpp"

namespace bornier::modbus {

/// Where Result::value() has none.
[[noreturn]] static auto throw_exception_from_error(Fault fault, const boost::source_location&)
    -> void {
  throw std::runtime_error{std::string{to_text(fault)}};
}

namespace {

using namespace std::chrono_literals;
using wire::bytes;
using wire::copy;
using wire::join;

constexpr reading::Instant exchange_start{1h};
constexpr auto timeout = 300ms;

auto pdu_of(std::string_view hex) -> wire::Pdu {
  wire::Pdu pdu;
  EXPECT_TRUE(pdu.append(bytes(hex)));
  return pdu;
}

auto rtu(std::uint8_t unit, std::string_view pdu) -> std::vector<std::byte> {
  return copy(wire::encode_rtu(wire::UnitId{unit}, bytes(pdu)).value().bytes());
}

auto damaged(std::vector<std::byte> frame) -> std::vector<std::byte> {
  frame.back() ^= std::byte{0x01};
  return frame;
}

/// An exchange whose request has been sent at `exchange_start`.
class Conversation : public testing::Test {
 protected:
  explicit Conversation(Exchange sent) : exchange{std::move(sent)} {
    request_sent = copy(std::get<Send>(exchange.step(exchange_start)).bytes);
    EXPECT_TRUE(std::holds_alternative<AwaitBytes>(exchange.step(exchange_start)));
  }

  auto is_waiting_at(reading::Instant now) -> bool {
    const auto step = exchange.step(now);
    const auto* await = std::get_if<AwaitBytes>(&step);
    return await != nullptr && await->until == exchange_start + timeout;
  }
  auto outcome_at(reading::Instant now) -> wire::Result<Answer, Fault> {
    return std::get<Finished>(exchange.step(now)).result;
  }
  auto answer_at(reading::Instant now) -> std::vector<std::byte> {
    return copy(outcome_at(now).value().pdu());
  }

  Exchange exchange;
  std::vector<std::byte> request_sent;
};

// Two registers of unit 7 from 0x0010; checksums worked out by hand.
const auto request = bytes("07 03 00 10 00 02 C5 A8");
const auto answer = bytes("07 03 04 00 01 86 A0 AF EB");
const auto answer_pdu = bytes("03 04 00 01 86 A0");

class RtuExchange : public Conversation {
 protected:
  RtuExchange()
      : Conversation{Exchange{Framing::rtu, wire::UnitId{7}, pdu_of("03 0010 0002"), timeout}} {}
};

TEST_F(RtuExchange, SendsTheRequestWithUnitAndChecksum) {
  EXPECT_EQ(request_sent, request);
}

TEST_F(RtuExchange, GivesTheAnswerWithoutItsFrame) {
  exchange.receive(answer);
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded(), Discarded{});
}

TEST_F(RtuExchange, GivesTheRegistersOfTheAnswer) {
  exchange.receive(answer);
  const auto outcome = outcome_at(exchange_start + 20ms);
  ASSERT_EQ(outcome->registers().size(), 2U);
  EXPECT_EQ(outcome->registers()[1], 0x86A0);
  std::array<std::uint16_t, 3> values{};
  EXPECT_EQ(outcome->registers(values), 2U);
  EXPECT_EQ(values[0], 0x0001);
  EXPECT_EQ(outcome->bits(16).size(), 0U);
}

TEST_F(RtuExchange, WaitsForTheRestOfASplitAnswer) {
  exchange.receive(std::span{answer}.first(4));
  EXPECT_TRUE(is_waiting_at(exchange_start + 20ms));
  exchange.receive(std::span{answer}.subspan(4));
  EXPECT_EQ(answer_at(exchange_start + 40ms), answer_pdu);
}

TEST_F(RtuExchange, TakesAnAnswerByteByByte) {
  for (const auto byte : answer) {
    EXPECT_TRUE(is_waiting_at(exchange_start + 20ms));
    exchange.receive(std::array{byte});
  }
  EXPECT_EQ(answer_at(exchange_start + 40ms), answer_pdu);
}

TEST_F(RtuExchange, ReportsSilenceOnlyOnceTheDeadlineIsReached) {
  EXPECT_TRUE(is_waiting_at(exchange_start + timeout - 1us));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::timeout);
}

TEST_F(RtuExchange, GivesTheSameOutcomeWheneverItIsSteppedAgain) {
  exchange.receive(answer);
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  exchange.receive(rtu(7, "83 02"));
  EXPECT_EQ(answer_at(exchange_start + 1h), answer_pdu);
}

TEST_F(RtuExchange, EndsWithTheExceptionOfTheDevice) {
  exchange.receive(rtu(7, "83 02"));
  EXPECT_EQ(outcome_at(exchange_start + 20ms).error(), Fault::illegal_address);
}

TEST_F(RtuExchange, EndsWithAnExceptionThatHasNoName) {
  exchange.receive(rtu(7, "83 E0"));
  EXPECT_EQ(exception_code(outcome_at(exchange_start + 20ms).error()), wire::ExceptionCode{0xE0});
}

TEST_F(RtuExchange, DiscardsTheAnswerOfAnotherUnitAndGoesOn) {
  exchange.receive(join(rtu(8, "03 04 0009 0009"), answer));
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded(), (Discarded{.foreign = 1}));
}

TEST_F(RtuExchange, DiscardsAnAnswerToAnotherFunctionAndGoesOn) {
  exchange.receive(join(rtu(7, "04 04 0009 0009"), answer));
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded(), (Discarded{.unfitting = 1}));
}

TEST_F(RtuExchange, DiscardsALateAnswerOfAnotherLengthAndGoesOn) {
  exchange.receive(join(rtu(7, "03 02 0009"), answer));
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded(), (Discarded{.unfitting = 1}));
}

TEST_F(RtuExchange, DiscardsTheExceptionOfAnotherUnit) {
  exchange.receive(rtu(8, "83 02"));
  EXPECT_TRUE(is_waiting_at(exchange_start + 20ms));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::timeout);
}

TEST_F(RtuExchange, ReportsThatTheAnswerDidNotFit) {
  exchange.receive(rtu(7, "03 02 0009"));
  EXPECT_TRUE(is_waiting_at(exchange_start + timeout - 1us));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::unfitting_answer);
}

TEST_F(RtuExchange, ReportsAWrongChecksumRatherThanSilence) {
  exchange.receive(damaged(answer));
  EXPECT_TRUE(is_waiting_at(exchange_start + timeout - 1us));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::bad_crc);
  EXPECT_EQ(exchange.discarded().damaged, 1U);
}

TEST_F(RtuExchange, FindsAGoodAnswerAfterADamagedOne) {
  exchange.receive(join(damaged(answer), answer));
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded().damaged, 1U);
}

TEST_F(RtuExchange, ReportsAnAnswerThatStoppedHalfWay) {
  exchange.receive(std::span{answer}.first(8));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::truncated);
}

TEST_F(RtuExchange, SkipsBytesThatBelongToNoFrame) {
  exchange.receive(join(bytes("00 FF 55"), answer));
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded().stray, 3U);
}

TEST_F(RtuExchange, FindsTheAnswerBehindNoiseThatLooksLikeALongFrame) {
  exchange.receive(join(bytes("11 03 F0"), answer));
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded().stray, 3U);
}

TEST_F(RtuExchange, TakesNoFrameOutOfTheMiddleOfItsOwnAnswer) {
  // Registers that happen to hold exception 2 of this unit, with its checksum.
  const auto inner = rtu(7, "83 02");
  exchange.receive(join(bytes("07 03 04"), inner));
  EXPECT_TRUE(is_waiting_at(exchange_start + 20ms));
}

TEST_F(RtuExchange, SkipsItsOwnEcho) {
  exchange.receive(request);
  EXPECT_TRUE(is_waiting_at(exchange_start + 20ms));
  exchange.receive(answer);
  EXPECT_EQ(answer_at(exchange_start + 40ms), answer_pdu);
  EXPECT_EQ(exchange.discarded(), Discarded{});
}

TEST_F(RtuExchange, ReportsSilenceAfterItsOwnEcho) {
  for (const auto byte : request) {
    exchange.receive(std::array{byte});
  }
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::timeout);
}

TEST_F(RtuExchange, TakesMoreBytesThanItsBufferHolds) {
  std::vector<std::byte> flood;
  for (int times = 0; times < 200; ++times) {
    flood = join(flood, rtu(8, "03 04 0009 0009"));
  }
  exchange.receive(join(flood, answer));
  EXPECT_EQ(answer_at(exchange_start + 20ms), answer_pdu);
  EXPECT_EQ(exchange.discarded().foreign, 200U);
}

TEST(Exchange, WaitsFromTheStepAfterTheRequestWasSent) {
  Exchange exchange{Framing::rtu, wire::UnitId{7}, pdu_of("03 0010 0002"), timeout};
  ASSERT_TRUE(std::holds_alternative<Send>(exchange.step(exchange_start)));
  const auto written = exchange_start + 250ms;  // 256 bytes at 9600 baud
  EXPECT_EQ(std::get<AwaitBytes>(exchange.step(written)).until, written + timeout);
}

TEST(Exchange, IgnoresWhatArrivedBeforeTheRequestWasSent) {
  Exchange exchange{Framing::rtu, wire::UnitId{7}, pdu_of("03 0010 0002"), timeout};
  exchange.receive(answer);
  EXPECT_TRUE(std::holds_alternative<Send>(exchange.step(exchange_start)));
  EXPECT_TRUE(std::holds_alternative<AwaitBytes>(exchange.step(exchange_start)));
}

TEST(Exchange, TakesAnAnswerThatIsThereBeforeTheNextStep) {
  Exchange exchange{Framing::rtu, wire::UnitId{7}, pdu_of("03 0010 0002"), timeout};
  ASSERT_TRUE(std::holds_alternative<Send>(exchange.step(exchange_start)));
  exchange.receive(answer);
  EXPECT_TRUE(std::get<Finished>(exchange.step(exchange_start)).result);
}

TEST(Exchange, GivesSlavesTheTurnaroundDelayAfterABroadcastAndExpectsNoAnswer) {
  // Landis+Gyr UH50 with WZU-485E-MOD: a request to unit 0 makes all meters refresh, silently.
  Exchange exchange{Framing::rtu, wire::UnitId{0}, pdu_of("06 0001 0003"), timeout};
  ASSERT_TRUE(std::holds_alternative<Send>(exchange.step(exchange_start)));
  EXPECT_EQ(std::get<AwaitBytes>(exchange.step(exchange_start)).until, exchange_start + timeout);
  exchange.receive(rtu(1, "06 0001 0003"));
  EXPECT_TRUE(std::holds_alternative<AwaitBytes>(exchange.step(exchange_start + timeout - 1ms)));
  const auto outcome = std::get<Finished>(exchange.step(exchange_start + timeout)).result;
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->pdu().empty());
}

TEST(Exchange, GivesTheBitsThatWereAskedFor) {
  Exchange exchange{Framing::rtu, wire::UnitId{1}, pdu_of("01 0013 0013"), timeout};
  ASSERT_TRUE(std::holds_alternative<Send>(exchange.step(exchange_start)));
  exchange.receive(rtu(1, "01 03 CD6B05"));
  const auto outcome = std::get<Finished>(exchange.step(exchange_start)).result;
  EXPECT_EQ(outcome->bits(19).size(), 19U);
  EXPECT_TRUE(outcome->bits(19)[18]);
  EXPECT_EQ(outcome->registers().size(), 0U);
}

TEST(Exchange, TakesTheRepetitionOfAWriteAsItsAnswer) {
  Exchange exchange{Framing::rtu, wire::UnitId{1}, pdu_of("06 0001 0003"), timeout};
  ASSERT_TRUE(std::holds_alternative<Send>(exchange.step(exchange_start)));
  exchange.receive(rtu(1, "06 0001 0003"));
  EXPECT_TRUE(std::get<Finished>(exchange.step(exchange_start)).result);
}

// MODBUS Messaging on TCP/IP V1.0b, section 4.4.2.1: one word at address 5 (4 on the wire).
class TcpExchange : public Conversation {
 protected:
  TcpExchange()
      : Conversation{Exchange{Framing::tcp, wire::UnitId{0xFF}, pdu_of("03 0004 0001"), timeout,
                              wire::TransactionId{0x1501}}} {}

  const std::vector<std::byte> good = bytes("1501 0000 0005 FF 03 02 0005");
};

TEST_F(TcpExchange, SendsTheRequestWithTransactionAndUnit) {
  EXPECT_EQ(request_sent, bytes("1501 0000 0006 FF 03 0004 0001"));
}

TEST_F(TcpExchange, GivesTheAnswerWithoutItsFrame) {
  exchange.receive(good);
  EXPECT_EQ(answer_at(exchange_start + 20ms), bytes("03 02 0005"));
}

TEST_F(TcpExchange, WaitsForTheRestOfASplitAnswer) {
  for (const auto byte : good) {
    EXPECT_TRUE(is_waiting_at(exchange_start + 20ms));
    exchange.receive(std::array{byte});
  }
  EXPECT_EQ(answer_at(exchange_start + 40ms), bytes("03 02 0005"));
}

TEST_F(TcpExchange, DiscardsTheLateAnswerOfAnEarlierTransaction) {
  exchange.receive(join(bytes("1500 0000 0005 FF 03 02 0009"), good));
  EXPECT_EQ(answer_at(exchange_start + 20ms), bytes("03 02 0005"));
  EXPECT_EQ(exchange.discarded(), (Discarded{.foreign = 1}));
}

TEST_F(TcpExchange, DiscardsTheAnswerOfAnotherUnit) {
  exchange.receive(bytes("1501 0000 0005 01 03 02 0009"));
  EXPECT_TRUE(is_waiting_at(exchange_start + 20ms));
  EXPECT_EQ(exchange.discarded(), (Discarded{.foreign = 1}));
}

TEST_F(TcpExchange, ReportsThatTheAnswerDidNotFit) {
  exchange.receive(bytes("1501 0000 0007 FF 03 04 0005 0006"));
  EXPECT_TRUE(is_waiting_at(exchange_start + timeout - 1us));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::unfitting_answer);
}

TEST_F(TcpExchange, EndsWithTheExceptionOfTheDevice) {
  exchange.receive(bytes("1501 0000 0003 FF 83 0B"));
  EXPECT_EQ(outcome_at(exchange_start + 20ms).error(), Fault::gateway_target_silent);
}

TEST_F(TcpExchange, EndsAtOnceWhenTheStreamHasNoFrames) {
  exchange.receive(bytes("48 54 54 50 2F 31"));  // "HTTP/1"
  EXPECT_EQ(outcome_at(exchange_start + 20ms).error(), Fault::broken_stream);
}

TEST_F(TcpExchange, ReportsAnAnswerThatStoppedHalfWay) {
  exchange.receive(std::span{good}.first(10));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::truncated);
}

TEST_F(TcpExchange, ReportsSilenceOnlyOnceTheDeadlineIsReached) {
  EXPECT_TRUE(is_waiting_at(exchange_start + timeout - 1us));
  EXPECT_EQ(outcome_at(exchange_start + timeout).error(), Fault::timeout);
}

TEST(Exchange, AnswersUnit0OverTcpLikeAnyOther) {
  Exchange exchange{Framing::tcp, wire::UnitId{0}, pdu_of("03 0004 0001"), timeout};
  ASSERT_TRUE(std::holds_alternative<Send>(exchange.step(exchange_start)));
  EXPECT_TRUE(std::holds_alternative<AwaitBytes>(exchange.step(exchange_start)));
}

}  // namespace
}  // namespace bornier::modbus
