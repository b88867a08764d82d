// SPDX-License-Identifier: Apache-2.0
// What a client gets that listens to others: sessions, retained messages, acknowledgements. Against
// a real mosquitto, which has a door in front that speaks MQTT 3.1.1 only for half of the tests.
#include <gmock/gmock.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "io/mqtt_client_fixture.hpp"

namespace bornier::io {
namespace {

/// Refuses MQTT 5 (its protocol level is byte 8 of the CONNECT) and passes all else on.
class Only311 {
 public:
  explicit Only311(std::uint16_t broker) : broker_{asio::ip::address_v4::loopback(), broker} {
    asio::co_spawn(loop_, accept(), asio::detached);
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  ~Only311() {
    loop_.stop();
    thread_.join();
  }
  Only311(const Only311&) = delete;
  auto operator=(const Only311&) -> Only311& = delete;
  [[nodiscard]] auto port() const -> std::uint16_t { return acceptor_.local_endpoint().port(); }

 private:
  using Socket = asio::ip::tcp::socket;

  auto accept() -> asio::awaitable<void> {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(loop_, serve(std::move(socket)), asio::detached);
    }
  }
  auto serve(Socket client) -> asio::awaitable<void> {
    using asio::experimental::awaitable_operators::operator||;
    std::array<char, 9> begin{};
    co_await asio::async_read(client, asio::buffer(begin), asio::use_awaitable);
    if (begin[8] == 5) {
      const std::string refusal{"\x20\x02\x00\x01", 4};  // MQTT 3.1.1, table 3.1
      co_await asio::async_write(client, asio::buffer(refusal), asio::use_awaitable);
      co_return;
    }
    Socket broker{loop_};
    co_await broker.async_connect(broker_, asio::use_awaitable);
    co_await asio::async_write(broker, asio::buffer(begin), asio::use_awaitable);
    auto both = pump(client, broker) || pump(broker, client);
    co_await std::move(both);
  }
  static auto pump(Socket& from, Socket& to) -> asio::awaitable<void> {
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto got = co_await from.async_read_some(asio::buffer(buffer), asio::use_awaitable);
      co_await asio::async_write(to, asio::buffer(buffer, got), asio::use_awaitable);
    }
  }

  asio::ip::tcp::endpoint broker_;
  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

/// Each with both versions of MQTT. The sender always speaks 5, on a loop of its own: the tested
/// client does not get a turn while it sends.
class MqttSubscriberTest : public MqttClientTest, public ::testing::WithParamInterface<int> {
 protected:
  MqttSubscriberTest() {
    if (GetParam() == 4)
      door.emplace(broker.port());
    sender.connect();
    EXPECT_TRUE(happens_to_sender());
  }
  auto tested(std::chrono::seconds session_expiry) -> std::unique_ptr<MqttClient> {
    auto settings = plain(door ? door->port() : broker.port(), "tested");
    settings.session_expiry = session_expiry;
    return client(settings);
  }
  auto happens_to_sender() -> std::optional<MqttEvent> {
    return run_until_done(sender_loop, sender.next(clock.now().instant + 30s));
  }
  /// Returns once the broker has it.
  void send(std::string topic, std::string_view payload, bool retained = false) {
    EXPECT_TRUE(sender.publish(std::move(topic), bytes(payload), retained));
    const auto event = happens_to_sender();
    EXPECT_TRUE(event && std::holds_alternative<MqttAcknowledged>(*event));
  }
  void wait_for_log(std::string_view line) {
    for (int look = 0; look < 1000 && broker.log().find(line) == std::string::npos; ++look) {
      std::this_thread::sleep_for(10ms);
    }
    EXPECT_THAT(broker.log(), ::testing::HasSubstr(line));
  }

  const Mosquitto broker;
  std::optional<Only311> door;
  asio::io_context sender_loop;
  MqttClient sender{sender_loop.get_executor(), clock, plain(broker.port(), "sender")};
};
INSTANTIATE_TEST_SUITE_P(BothVersions, MqttSubscriberTest, ::testing::Values(5, 4));

TEST_P(MqttSubscriberTest, GetsWhatWasPublishedWhileItWasAwayAlsoBeforeItSubscribes) {
  auto first = tested(1h);
  EXPECT_EQ(connected(*first).version, GetParam());
  EXPECT_TRUE(subscribe(*first, {"q/#"}).has_value());
  first.reset();
  send("q/1", "while away");
  send("q/2", "this too");

  const auto second = tested(1h);
  const auto welcome = connected(*second);
  EXPECT_EQ(welcome.version, GetParam());
  // Of MQTT 3.1.1's CONNACK Paho tells it as well.
  EXPECT_TRUE(welcome.session_present);
  EXPECT_EQ(text(expect<MqttMessage>(*second).payload), "while away");
  EXPECT_TRUE(subscribe(*second, {"q/#"}).has_value());
  send("q/3", "while there");
  const auto waited = expect<MqttMessage>(*second);
  EXPECT_EQ(text(waited.payload), "this too");
  EXPECT_EQ(waited.qos, 1);
  EXPECT_FALSE(waited.retained);
  EXPECT_EQ(text(expect<MqttMessage>(*second).payload), "while there");
  EXPECT_FALSE(next(*second, 200ms));
}

TEST_P(MqttSubscriberTest, LosesWhatWasPublishedWhileItWasAwayWithoutASession) {
  auto first = tested(0s);
  connected(*first);
  EXPECT_TRUE(subscribe(*first, {"q/#"}).has_value());
  first.reset();
  send("q/1", "while away");
  const auto second = tested(0s);
  EXPECT_FALSE(connected(*second).session_present);
  EXPECT_TRUE(subscribe(*second, {"q/#"}).has_value());
  EXPECT_FALSE(next(*second, 200ms));
}

// See the comment of MqttClient.
TEST_P(MqttSubscriberTest, HasAMessageAcknowledgedBeforeAnybodyTookIt) {
  auto first = tested(1h);
  connected(*first);
  EXPECT_TRUE(subscribe(*first, {"q/#"}).has_value());
  send("q/1", "in memory only");
  wait_for_log("Received PUBACK from tested");
  first.reset();
  const auto second = tested(1h);
  EXPECT_TRUE(connected(*second).session_present);
  EXPECT_FALSE(next(*second, 200ms));
}

TEST_P(MqttSubscriberTest, TellsRetainedMessagesFromFreshOnes) {
  send("meters/1/power", "old 1", true);
  send("meters/2/power", "old 2", true);
  const auto listener = tested(1h);
  connected(*listener);
  EXPECT_TRUE(subscribe(*listener, {"meters/+/power"}).has_value());
  std::vector<std::string> old;
  for (int i = 0; i < 2; ++i) {
    const auto message = expect<MqttMessage>(*listener);
    EXPECT_TRUE(message.retained);
    EXPECT_FALSE(message.duplicate);
    old.push_back(text(message.payload));
  }
  EXPECT_THAT(old, ::testing::UnorderedElementsAre("old 1", "old 2"));
  // Retained for those who come later: for us it is fresh.
  send("meters/1/power", "new", true);
  const auto fresh = expect<MqttMessage>(*listener);
  EXPECT_EQ(text(fresh.payload), "new");
  EXPECT_FALSE(fresh.retained);
  EXPECT_NE(fresh.packet_id, 0);
}

TEST_F(MqttClientTest, TellsADuplicateAndItsPacketId) {
  // PUBLISH of MQTT 3.1.1, section 3.3: DUP and QoS 1, topic "m", packet id 0x0107, payload "x";
  // after it one of QoS 0.
  const std::string refusal{"\x20\x02\x00\x01", 4};
  const std::string messages{"\x3A\x06\x00\x01m\x01\x07x\x30\x04\x00\x01my", 14};
  ScriptedBroker broker{{refusal}, messages};
  const auto tested = client(plain(broker.port(), "tested"));
  EXPECT_EQ(connected(*tested).version, 4);
  const auto again = expect<MqttMessage>(*tested);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.packet_id, 0x0107);
  EXPECT_EQ(text(again.payload), "x");
  const auto once = expect<MqttMessage>(*tested);
  EXPECT_FALSE(once.duplicate);
  EXPECT_EQ(once.packet_id, 0);
  EXPECT_EQ(once.qos, 0);
}

TEST_P(MqttSubscriberTest, TakesNoMessageThatIsTooLong) {
  auto settings = plain(door ? door->port() : broker.port(), "tested");
  settings.longest_incoming = 1'000;
  const auto tested = client(settings);
  connected(*tested);
  EXPECT_TRUE(subscribe(*tested, {"a"}).has_value());
  send("a", std::string(2'000, 'x'));
  send("a", "short");
  EXPECT_EQ(text(expect<MqttMessage>(*tested).payload), "short");
  EXPECT_EQ(tested->too_long(), GetParam() == 4 ? 1U : 0U);
}

TEST_P(MqttSubscriberTest, UnsubscribesFromWhatItHasAndFromWhatItHasNot) {
  const auto tested = this->tested(0s);
  connected(*tested);
  EXPECT_TRUE(subscribe(*tested, {"a", "b"}).has_value());
  EXPECT_TRUE(run_until_done(loop, tested->unsubscribe({"a", "c"})).has_value());
  send("a", "1");
  send("b", "2");
  EXPECT_EQ(expect<MqttMessage>(*tested).topic, "b");
}

}  // namespace
}  // namespace bornier::io
