// SPDX-License-Identifier: Apache-2.0
// Against a real mosquitto, and a scripted broker where mosquitto does not misbehave as wanted.
#include "io/mqtt_client.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "io/mqtt_client_fixture.hpp"

namespace bornier::io {
namespace {

using ::testing::HasSubstr;

TEST_F(MqttClientTest, PublishesAndReceivesWithMqtt5) {
  const Mosquitto broker;
  const auto receiver = client(plain(broker.port(), "receiver"));
  EXPECT_EQ(connected(*receiver).version, 5);
  EXPECT_TRUE(subscribe(*receiver, {"a/#", "$share/group/b/+"}).has_value());
  const auto sender = client(plain(broker.port(), "sender"));
  const auto welcome = connected(*sender);
  EXPECT_EQ(welcome.receive_maximum, 20);  // mosquitto's max_inflight_messages
  EXPECT_FALSE(welcome.session_present);

  const auto token = sender->publish("a/b", bytes("payload"));
  ASSERT_TRUE(token);
  const auto acknowledged = expect<MqttAcknowledged>(*sender);
  EXPECT_EQ(acknowledged.token, *token);
  EXPECT_LT(acknowledged.reason_code, 0x80);
  const auto message = expect<MqttMessage>(*receiver);
  EXPECT_EQ(message.topic, "a/b");
  EXPECT_EQ(text(message.payload), "payload");
  EXPECT_EQ(message.qos, 1);
  EXPECT_FALSE(message.retained);
  sender->publish("b/c", bytes("shared"));
  EXPECT_EQ(text(expect<MqttMessage>(*receiver).payload), "shared");
}

TEST_F(MqttClientTest, KeepsRetainedMessagesAndPublishesTheWillOfALostClient) {
  const Mosquitto broker;
  auto settings = plain(broker.port(), "mortal");
  const auto will = bytes("gone");
  settings.will = MqttWill{"state", {will.begin(), will.end()}, true};
  const auto mortal = client(settings);
  connected(*mortal);
  mortal->publish("state", bytes("alive"), true);
  expect<MqttAcknowledged>(*mortal);

  const auto observer = client(plain(broker.port(), "observer"));
  connected(*observer);
  EXPECT_TRUE(subscribe(*observer, {"state"}).has_value());
  const auto retained = expect<MqttMessage>(*observer);
  EXPECT_TRUE(retained.retained);
  EXPECT_EQ(text(retained.payload), "alive");
  const auto usurper = client(plain(broker.port(), "mortal"));
  connected(*usurper);  // the broker drops the first
  EXPECT_EQ(text(expect<MqttMessage>(*observer).payload), "gone");

  settings.client_id = "polite";
  const auto polite = client(settings);
  connected(*polite);
  run_until_done(loop, [](MqttClient& leaving) -> asio::awaitable<bool> {
    co_await leaving.disconnect();
    co_return true;
  }(*polite));
  EXPECT_EQ(expect<MqttDisconnected>(*polite).reason, "disconnected");
  EXPECT_FALSE(next(*observer, 200ms)) << "a will after a goodbye";
}

TEST_F(MqttClientTest, Promise7_KeepsItsWindowAndBoundsWhatWaits) {
  const Mosquitto broker;
  auto settings = plain(broker.port(), "many");
  settings.outgoing_limit = 500;
  const auto sender = client(settings);
  connected(*sender);
  int taken = 0;
  while (sender->publish("m", bytes("x")))
    ++taken;
  EXPECT_EQ(taken, 520);  // 20 on the way, 500 waiting
  const auto before = clock.now().instant;
  for (int i = 0; i < taken; ++i)
    expect<MqttAcknowledged>(*sender);
  // Beyond the broker's window Paho would need a second for each 20.
  EXPECT_LT(clock.now().instant - before, 15s);
}

TEST_F(MqttClientTest, Promise7_DropsAndCountsWhatNobodyTakes) {
  const Mosquitto broker;
  auto settings = plain(broker.port(), "slow");
  settings.incoming_limit = 3;
  const auto slow = client(settings);
  connected(*slow);
  EXPECT_TRUE(subscribe(*slow, {"m"}).has_value());
  const auto sender = client(plain(broker.port(), "sender"));
  connected(*sender);
  for (int i = 0; i < 10; ++i)
    sender->publish("m", bytes(std::to_string(i)));
  for (int i = 0; i < 10; ++i)
    expect<MqttAcknowledged>(*sender);
  for (int look = 0; look < 1000 && slow->dropped() < 7; ++look) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(slow->dropped(), 7U);
  for (const auto* expected : {"0", "1", "2"}) {
    EXPECT_EQ(text(expect<MqttMessage>(*slow).payload), expected);
  }
  EXPECT_FALSE(next(*slow, 50ms));
  sender->publish("m", bytes("later"));
  EXPECT_EQ(text(expect<MqttMessage>(*slow).payload), "later");
}

TEST_F(MqttClientTest, NoticesAKilledBrokerAndConnectsAgainWhenAsked) {
  Mosquitto broker;
  const auto tested = client(plain(broker.port(), "tested"));
  connected(*tested);
  broker.kill();
  EXPECT_THAT(expect<MqttDisconnected>(*tested).reason, HasSubstr("was lost"));
  EXPECT_FALSE(tested->publish("m", bytes("x")));
  tested->connect();
  EXPECT_THAT(expect<MqttDisconnected>(*tested).reason, HasSubstr("Connection refused"));
  broker.start();
  EXPECT_EQ(connected(*tested).version, 5);
  EXPECT_TRUE(tested->publish("m", bytes("x")));
  expect<MqttAcknowledged>(*tested);
}

TEST_F(MqttClientTest, HintsAtAnotherClientThatTookOver) {
  const Mosquitto broker;
  const auto first = client(plain(broker.port(), "same"));
  connected(*first);
  const auto second = client(plain(broker.port(), "same"));
  connected(*second);
  EXPECT_THAT(expect<MqttDisconnected>(*first).reason, HasSubstr("same client id"));
}

TEST_F(MqttClientTest, ReportsTheBrokersRefusals) {
  const io::testing::TemporaryFolder folder;
  std::ofstream{folder.file("acl")} << "topic read public/#\n";
  const Mosquitto broker{"allow_anonymous true\nacl_file " + folder.file("acl") + "\n"};
  const auto tested = client(plain(broker.port(), "tested"));
  connected(*tested);
  tested->publish("secret", bytes("x"));
  EXPECT_EQ(expect<MqttAcknowledged>(*tested).reason_code, 0x87);  // not authorised

  const Mosquitto closed{"allow_anonymous false\n"};
  EXPECT_THAT(failure(plain(closed.port(), "nobody")), HasSubstr("not authorised"));
}

TEST_F(MqttClientTest, TellsWhyItDoesNotGetThere) {
  EXPECT_THAT(failure(plain(io::testing::free_port(), "x")), HasSubstr("Connection refused"));
  auto settings = plain(1, "x");
  settings.broker = "mqtt://no-such-host.invalid";
  EXPECT_THAT(failure(settings), HasSubstr("\"no-such-host.invalid\" cannot be resolved"));
  settings.broker = "http://a";
  EXPECT_THAT(failure(settings), HasSubstr("has to begin with mqtt://"));
}

TEST_F(MqttClientTest, ConnectsWithAClientCertificate) {
  const Mosquitto broker{tls_broker("broker")};
  const auto tested = client(secure(broker.port()));
  EXPECT_EQ(connected(*tested).version, 5);
  tested->publish("m", bytes("x"));
  expect<MqttAcknowledged>(*tested);
}

TEST_F(MqttClientTest, TellsWhatIsWrongWithTheCertificates) {
  const Mosquitto broker{tls_broker("broker")};
  auto settings = secure(broker.port());
  settings.tls.ca = file("other-ca.pem");
  EXPECT_EQ(failure(settings),
            "the broker's certificate is not signed by an authority in " + file("other-ca.pem"));
  settings = secure(broker.port());
  settings.tls.certificate.clear();
  settings.tls.key.clear();
  EXPECT_THAT(failure(settings), HasSubstr("the broker wants a client certificate"));
  settings = secure(broker.port());
  settings.tls.certificate = file("stranger.pem");
  settings.tls.key = file("stranger.key");
  EXPECT_EQ(failure(settings),
            "the broker does not trust the authority that signed " + file("stranger.pem"));
  settings.tls.key = file("gateway.key");
  EXPECT_THAT(failure(settings), HasSubstr("is not the key of the certificate"));
  settings = secure(broker.port());
  settings.tls.certificate = file("missing.pem");
  EXPECT_THAT(failure(settings), HasSubstr(file("missing.pem") + ": cannot be read"));
}

TEST_F(MqttClientTest, TellsAnExpiredBrokerCertificateFromOneOfAnotherName) {
  const Mosquitto expired{tls_broker("expired")};
  EXPECT_THAT(failure(secure(expired.port())), HasSubstr("the broker's certificate has expired"));
  const Mosquitto elsewhere{tls_broker("elsewhere")};
  EXPECT_THAT(failure(secure(elsewhere.port())), HasSubstr("is not for \"127.0.0.1\""));
}

TEST_F(MqttClientTest, FallsBackToMqtt311WhereTheBrokerRefuses5) {
  for (const auto& refusal : {std::string{"\x20\x02\x00\x01", 4},         // as of MQTT 3.1.1
                              std::string{"\x20\x03\x00\x84\x00", 5}}) {  // as of MQTT 5
    ScriptedBroker broker{{refusal}};
    const auto tested = client(plain(broker.port(), "tested"));
    EXPECT_EQ(connected(*tested).version, 4);
    EXPECT_EQ(broker.levels(), "54");
  }
}

TEST_F(MqttClientTest, FallsBackToMqtt311WhereTheBrokerHangsUpOn5AndRemembersIt) {
  ScriptedBroker broker{{""}};
  const auto tested = client(plain(broker.port(), "tested"));
  EXPECT_EQ(connected(*tested).version, 4);
  run_until_done(loop, [](MqttClient& leaving) -> asio::awaitable<bool> {
    co_await leaving.disconnect();
    co_return true;
  }(*tested));
  expect<MqttDisconnected>(*tested);
  EXPECT_EQ(connected(*tested).version, 4);
  EXPECT_EQ(broker.levels(), "544");
}

const std::string accepted_5{"\x20\x03\x00\x00\x00", 5};  // MQTT 5, section 3.2

// Paho 1.3.12 tells nobody of a connection that ends right after its CONNACK.
TEST_F(MqttClientTest, NoticesAConnectionThatEndsRightAfterItWasAccepted) {
  ScriptedBroker broker{{accepted_5}};
  const auto tested = client(plain(broker.port(), "tested"));
  for (int time = 0; time < 3; ++time) {
    tested->connect();
    // On a slow machine Paho has not read the CONNACK when it learns of the end.
    auto event = next(*tested);
    if (event && std::holds_alternative<MqttConnected>(*event)) {
      EXPECT_FALSE(subscribe(*tested, {"a"}).has_value());
      event = next(*tested);
    }
    EXPECT_TRUE(event && std::holds_alternative<MqttDisconnected>(*event));
    EXPECT_FALSE(tested->is_connected());
  }
}

TEST_F(MqttClientTest, NoticesItAlsoWhereNobodySpeaks) {
  ScriptedBroker broker{{accepted_5}};
  const auto tested = client(plain(broker.port(), "tested"));
  tested->connect();
  auto event = next(*tested);
  if (event && std::holds_alternative<MqttConnected>(*event)) {
    event = next(*tested);
  }
  EXPECT_TRUE(event && std::holds_alternative<MqttDisconnected>(*event));
}

TEST_F(MqttClientTest, DoesNotTakeABrokerThatHasSpoken5ForOneOf311WhenTheConnectionIsCut) {
  ScriptedBroker broker{{accepted_5, ""}};
  const auto tested = client(plain(broker.port(), "tested"));
  EXPECT_EQ(connected(*tested).version, 5);
  expect<MqttDisconnected>(*tested);
  tested->connect();
  EXPECT_EQ(expect<MqttDisconnected>(*tested).reason, "the broker hung up without an answer");
  EXPECT_EQ(broker.levels(), "55");
}

}  // namespace
}  // namespace bornier::io
