// SPDX-License-Identifier: Apache-2.0
#include "io/tcp_line.hpp"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string_view>

#include "io/run_exchange.hpp"
#include "io/testing.hpp"

namespace bornier::io {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using io::testing::run_until_done;
using namespace std::chrono_literals;

/// A server on a free port whose connections the test holds by hand.
class TcpLineTest : public ::testing::Test {
 protected:
  auto line_to(std::uint16_t port, std::chrono::milliseconds write_timeout = 2s) -> TcpLine {
    return TcpLine{loop.get_executor(), clock, TcpSettings{"127.0.0.1", port, write_timeout}};
  }
  auto port() const -> std::uint16_t { return acceptor.local_endpoint().port(); }
  auto soon() const -> reading::Instant { return clock.now().instant + 10s; }

  auto connect(TcpLine& line) -> error_code {
    const auto outcome = run_until_done(loop, line.connect(soon()));
    return outcome ? error_code{} : outcome.error();
  }
  auto write(TcpLine& line, std::string_view text) -> error_code {
    const auto outcome = run_until_done(loop, line.write(std::as_bytes(std::span{text})));
    return outcome ? error_code{} : outcome.error();
  }
  auto read(TcpLine& line, std::chrono::milliseconds patience) -> wire::Result<std::string> {
    const auto got = run_until_done(loop, line.read_some(clock.now().instant + patience));
    if (!got)
      return got.error();
    return std::string{reinterpret_cast<const char*>(got->data()), got->size()};
  }

  asio::io_context loop;
  SystemClock clock;
  tcp::acceptor acceptor{loop, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
};

TEST_F(TcpLineTest, WritesAndReads) {
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  auto peer = acceptor.accept();
  ASSERT_FALSE(write(line, "ask"));
  char asked[3];
  asio::read(peer, asio::buffer(asked));
  EXPECT_EQ((std::string_view{asked, 3}), "ask");
  asio::write(peer, asio::buffer("answer", 6));
  EXPECT_EQ(read(line, 10s).value(), "answer");
}

TEST_F(TcpLineTest, ReadsNothingOnceTheTimeHasPassedAndStaysOpen) {
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  auto peer = acceptor.accept();
  const auto before = clock.now().instant;
  EXPECT_EQ(read(line, 50ms).value(), "");
  EXPECT_GE(clock.now().instant, before + 50ms);
  EXPECT_EQ(read(line, -1s).value(), "");
  EXPECT_TRUE(line.is_open());
  asio::write(peer, asio::buffer("late", 4));
  EXPECT_EQ(read(line, 10s).value(), "late");
}

TEST_F(TcpLineTest, ReportsAServerThatHangsUpAndConnectsAgain) {
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  acceptor.accept().close();
  EXPECT_EQ(read(line, 10s).error(), asio::error::eof);
  EXPECT_FALSE(line.is_open());
  EXPECT_EQ(write(line, "x"), asio::error::not_connected);
  ASSERT_FALSE(connect(line));
  EXPECT_FALSE(write(line, "x"));
}

TEST_F(TcpLineTest, DoesNotWasteARequestOnAConnectionThatWasClosedWhileIdle) {
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  auto peer = acceptor.accept();
  peer.shutdown(tcp::socket::shutdown_send);
  peer.close();
  ASSERT_FALSE(connect(line));
  ASSERT_FALSE(write(line, "x"));
  char asked = 0;
  auto second = acceptor.accept();
  asio::read(second, asio::buffer(&asked, 1));
  EXPECT_EQ(asked, 'x');
}

TEST_F(TcpLineTest, DrainsLateBytes) {
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  auto peer = acceptor.accept();
  asio::write(peer, asio::buffer("stale", 5));
  line.drain();
  EXPECT_EQ(read(line, 20ms).value(), "");
  EXPECT_TRUE(line.is_open());
}

TEST_F(TcpLineTest, ClosesAConnectionThatDrainingDoesNotEmpty) {
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  auto peer = acceptor.accept();
  peer.non_blocking(true);
  const std::string flood(std::size_t{64} * 1024, 'x');
  error_code full;
  std::size_t sent = 0;
  while (!full)
    sent += peer.write_some(asio::buffer(flood), full);
  ASSERT_GT(sent, flood.size());
  line.drain();
  EXPECT_FALSE(line.is_open());
}

TEST_F(TcpLineTest, ReportsARefusedConnection) {
  const auto closed_port = port();
  acceptor.close();
  auto line = line_to(closed_port);
  EXPECT_EQ(connect(line), asio::error::connection_refused);
  EXPECT_FALSE(line.is_open());
}

TEST_F(TcpLineTest, GivesUpOnAServerThatDoesNotAcceptInTime) {
  // A queue of one that is full: the kernel leaves the next SYN without an answer.
  acceptor.close();
  acceptor.open(tcp::v4());
  acceptor.bind({asio::ip::address_v4::loopback(), 0});
  acceptor.listen(0);
  tcp::socket filler{loop};
  filler.connect(acceptor.local_endpoint());
  auto line = line_to(port());
  const auto outcome = run_until_done(loop, line.connect(clock.now().instant + 100ms));
  EXPECT_EQ(outcome.error(), asio::error::timed_out);
}

TEST_F(TcpLineTest, GivesUpOnAPeerThatTakesNoBytes) {
  auto line = line_to(port(), 100ms);
  ASSERT_FALSE(connect(line));
  const auto peer = acceptor.accept();
  EXPECT_EQ(write(line, std::string(32'000'000, 'x')), asio::error::timed_out);
  EXPECT_FALSE(line.is_open());
}

TEST_F(TcpLineTest, IsNamedAfterItsEndpoint) {
  EXPECT_EQ(line_to(502).name(), "127.0.0.1:502");
}

TEST_F(TcpLineTest, RunsAnExchangeToItsAnswer) {
  // MODBUS Application Protocol V1.1b3, section 6.3: read registers 108-110 of unit 17
  const auto request = wire::encode_request(
      wire::Read{wire::Table::holding_register, wire::RegisterAddress{0x6B}, 3});
  ASSERT_TRUE(request);
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  auto peer = acceptor.accept();
  const std::string answer{"\x00\x01\x00\x00\x00\x09\x11\x03\x06\x02\x2B\x00\x00\x00\x64", 15};
  asio::write(peer, asio::buffer(answer));
  modbus::Exchange exchange{modbus::Framing::tcp, wire::UnitId{17}, *request, 5s,
                            wire::TransactionId{1}};
  const auto outcome = run_until_done(loop, run(exchange, line, clock));
  std::array<std::uint16_t, 3> registers{};
  EXPECT_EQ(outcome.value().registers(registers), 3U);
  EXPECT_EQ(registers, (std::array<std::uint16_t, 3>{0x022B, 0, 0x64}));
  char asked[12];
  asio::read(peer, asio::buffer(asked));
  EXPECT_EQ((std::string{asked, 12}),
            (std::string{"\x00\x01\x00\x00\x00\x06\x11\x03\x00\x6B\x00\x03", 12}));
}

TEST_F(TcpLineTest, DoesNotTakeALateRtuAnswerForThatToTheNextRequest) {
  const auto request = wire::encode_request(
      wire::Read{wire::Table::holding_register, wire::RegisterAddress{0x6B}, 3});
  ASSERT_TRUE(request);
  auto line = line_to(port());
  ASSERT_FALSE(connect(line));
  auto peer = acceptor.accept();
  // Unit 17, three registers, as if an earlier request of the same shape had been answered late.
  asio::write(peer, asio::buffer(std::string{"\x11\x03\x06\xAE\x41\x56\x52\x43\x40\x49\xAD", 11}));
  modbus::Exchange exchange{modbus::Framing::rtu, wire::UnitId{17}, *request, 100ms};
  const auto outcome = run_until_done(loop, run(exchange, line, clock));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), make_error_code(modbus::Fault::timeout));
}

}  // namespace
}  // namespace bornier::io
