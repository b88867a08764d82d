// SPDX-License-Identifier: Apache-2.0
// Against a real mosquitto.
#include "app/mqtt_intake.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "io/mosquitto_for_tests.hpp"
#include "io/spawn.hpp"
#include "io/testing.hpp"
#include "model/load.hpp"

namespace bornier::app {
namespace {

using io::testing::Mosquitto;
using reading::Acquisition;
using testing::ElementsAre;
using namespace std::chrono_literals;

constexpr std::string_view switch_model = R"(format = 1
id = "switch"
version = "1"
manufacturer = "Maker"
title = "Switch"
medium = "electricity"
confidence = "high"
protocol = "mqtt"
[message.energy]
topic = "s/{device}/energy"
format = "plain"
[availability]
topic = "s/{device}/online"
online = "true"
offline = "false"
[points]
energy_active_import = { quantity = "energy_active_import", unit = "Wh" }
)";

/// Meters on one broker: "a", unless a test has others.
class MqttIntakeTest : public testing::Test {
 protected:
  void listen(std::chrono::milliseconds silent_after = 1h, std::uint32_t rate = 200) {
    std::vector<MqttIntake::Meter> meters;
    for (const auto& device : devices) {
      auto settings = std::make_shared<MqttMeterSettings>();
      settings->id = device;
      settings->model =
          std::make_shared<const model::Model>(*model::load_model(switch_model, "switch.toml"));
      settings->settings = model::Settings{*settings->model};
      if (device != all_devices) {
        settings->captures = {{"device", device}};
      }
      settings->points = {{0, milliseconds{0}}};
      settings->silent_after = silent_after;
      const auto number =
          collector.add_meter(reading::MeterNumber{1}, {{0, reading::PointNumber{1}}});
      meters.push_back({.number = number, .settings = std::move(settings)});
    }
    MqttBrokerSettings at;
    at.name = "lan";
    at.messages_per_second = rate;
    io::MqttSettings mqtt;
    mqtt.broker = "mqtt://127.0.0.1:" + std::to_string(broker.port());
    mqtt.client_id = "intake";
    mqtt.session_expiry = 1h;
    mqtt.incoming_limit = incoming_limit;
    const auto held = intake ? intake->held_filters() : std::string{};
    intake = std::make_unique<MqttIntake>(
        loop.get_executor(), at, mqtt, std::move(meters), clock, collector,
        [this] { return behind; }, held);
    io::spawn(loop.get_executor(), intake->listen_until_stopped(), "intake");
  }
  void run_until(const std::function<bool()>& condition) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < limit) {
      loop.run_one_until(std::min(limit, std::chrono::steady_clock::now() + 100ms));
    }
    ASSERT_TRUE(condition());
  }
  void listen_and_connect(std::chrono::milliseconds silent_after = 1h, std::uint32_t rate = 200) {
    listen(silent_after, rate);
    run_until([this] { return intake->is_connected() && intake->figures().reason.empty(); });
  }
  void publish(const std::string& topic, const std::string& payload, bool retained = false) {
    if (!publisher) {
      io::MqttSettings mqtt;
      mqtt.broker = "mqtt://127.0.0.1:" + std::to_string(broker.port());
      mqtt.client_id = "publisher";
      publisher = std::make_unique<io::MqttClient>(loop.get_executor(), clock.clock(), mqtt);
    }
    if (!publisher->is_connected()) {
      publisher->connect();
      run_until([this] { return publisher->is_connected(); });
    }
    ASSERT_TRUE(publisher->publish(topic, std::as_bytes(std::span{payload}), retained));
  }
  void stop() {
    intake->stop();
    run_until([this] { return intake->has_ended(); });
  }
  auto state() const -> Acquisition { return collector.meters().begin()->second.state; }
  /// Values that were collected, in order.
  auto values() -> std::vector<std::string> {
    std::vector<std::string> all;
    while (const auto chunk = pending.begin_commit()) {
      for (const auto& answer : chunk->entries->answers) {
        for (const auto& number : answer.numbers) {
          all.push_back(to_text(number.value));
        }
      }
      pending.committed();
    }
    return all;
  }

  static constexpr std::string_view all_devices = "all";
  std::vector<std::string> devices{"a"};
  std::size_t incoming_limit = 1'000;
  Mosquitto broker;
  boost::asio::io_context loop;
  TrustedClock clock{io::ClockTrust::system};
  buffer::Pending pending{1U << 20U};
  Collector collector{pending, [] {}};
  bool behind = false;
  std::unique_ptr<MqttIntake> intake;
  std::unique_ptr<io::MqttClient> publisher;
};

TEST_F(MqttIntakeTest, TakesWhatIsPublished) {
  listen_and_connect();
  publish("s/a/energy", "1500");
  publish("s/b/energy", "7");
  publish("s/a/energy", "1501.5");
  run_until([this] { return intake->intake(0).figures().samples == 2; });
  EXPECT_THAT(values(), ElementsAre("1.500", "1.5015"));
  EXPECT_EQ(state(), Acquisition::ok);
  stop();
}

TEST_F(MqttIntakeTest, GetsWhatWasPublishedWhileItWasAway) {
  listen_and_connect();
  stop();
  publish("s/a/energy", "1");
  publish("s/a/energy", "2");
  run_until([this] { return publisher->is_connected(); });
  listen();
  run_until([this] { return intake->intake(0).figures().samples == 2; });
  EXPECT_THAT(values(), ElementsAre("0.001", "0.002"));
  stop();
}

TEST_F(MqttIntakeTest, TakesNoRetainedMessageButHearsOfAvailability) {
  publish("s/a/energy", "1", true);
  publish("s/a/online", "false", true);
  listen_and_connect();
  run_until([this] { return intake->intake(0).figures().retained == 1; });
  run_until([this] { return state() == Acquisition::no_response; });
  EXPECT_THAT(values(), ElementsAre());
  publish("s/a/online", "true");
  run_until([this] { return state() == Acquisition::not_polled_yet; });
  publish("s/a/energy", "2");
  run_until([this] { return state() == Acquisition::ok; });
  stop();
}

TEST_F(MqttIntakeTest, CallsAMeterSilentThatSendsNothing) {
  listen_and_connect(1s);
  publish("s/a/energy", "1");
  run_until([this] { return state() == Acquisition::ok; });
  run_until([this] { return state() == Acquisition::no_response; });
  publish("s/a/energy", "2");
  run_until([this] { return state() == Acquisition::ok; });
  stop();
}

TEST_F(MqttIntakeTest, LeavesTheBrokerWhileTheDiskIsBehindAndLosesNothing) {
  listen_and_connect();
  behind = true;
  run_until([this] { return !intake->is_connected(); });
  publish("s/a/energy", "1");
  run_until([this] { return publisher->is_connected(); });
  behind = false;
  run_until([this] { return intake->intake(0).figures().samples == 1; });
  EXPECT_EQ(intake->figures().pauses, 1U);
  stop();
}

TEST_F(MqttIntakeTest, TakesOfAFloodOnlyTheRateOfItsTopic) {
  listen_and_connect(1h, 5);
  for (int message = 0; message < 100; ++message) {
    publish("s/a/energy", std::to_string(message));
  }
  run_until([this] { return intake->figures().messages == 100; });
  EXPECT_GE(intake->intake(0).figures().samples, 10U);
  EXPECT_EQ(intake->intake(0).figures().samples + intake->figures().flooded, 100U);
  EXPECT_GT(intake->figures().flooded, 0U);
  stop();
}

TEST_F(MqttIntakeTest, ComesBackWhenTheBrokerWasGone) {
  listen_and_connect();
  publish("s/a/energy", "1");
  run_until([this] { return state() == Acquisition::ok; });
  broker.kill();
  run_until([this] { return state() == Acquisition::bus_down; });
  broker.start();
  run_until([this] { return state() == Acquisition::ok; });
  EXPECT_EQ(intake->figures().connections, 2U);
  stop();
}

TEST_F(MqttIntakeTest, Promise2_TakesAMessageOnceForEachMeterThatItConcerns) {
  devices = {"a", std::string{all_devices}};
  listen_and_connect();
  publish("s/a/energy", "1");
  publish("s/b/energy", "2");
  run_until([this] { return intake->intake(1).figures().samples >= 2; });
  EXPECT_EQ(intake->intake(0).figures().samples, 1U);
  EXPECT_EQ(intake->intake(1).figures().samples, 2U);
  EXPECT_EQ(intake->figures().messages, 2U);
  stop();
}

TEST_F(MqttIntakeTest, Promise2_EndsInAKeptSessionWhatItDoesNotWantAnyMore) {
  devices = {std::string{all_devices}};
  listen_and_connect();
  stop();
  publish("s/a/energy", "1");
  devices = {"a"};
  listen_and_connect();
  publish("s/b/energy", "7");
  publish("s/a/energy", "2");
  run_until([this] { return intake->intake(0).figures().samples >= 2; });
  EXPECT_THAT(values(), ElementsAre("0.001", "0.002"));
  EXPECT_EQ(intake->figures().messages, 2U);
  stop();
}

TEST_F(MqttIntakeTest, CallsNoMeterSilentForTheTimeThatTheBrokerWasGone) {
  listen_and_connect(2s);
  publish("s/a/energy", "1");
  run_until([this] { return state() == Acquisition::ok; });
  broker.kill();
  const auto gone = std::chrono::steady_clock::now();
  run_until([&] { return std::chrono::steady_clock::now() > gone + 3s; });
  broker.start();
  run_until([this] { return state() == Acquisition::ok; });
  run_until([this] { return state() == Acquisition::no_response; });
  stop();
}

/// While nobody takes anything. Returns once our client has acknowledged all of them.
void publish_at_once(const Mosquitto& broker, const io::Clock& clock, std::size_t messages) {
  boost::asio::io_context loop;
  io::MqttSettings mqtt;
  mqtt.broker = "mqtt://127.0.0.1:" + std::to_string(broker.port());
  mqtt.client_id = "sender";
  io::MqttClient sender{loop.get_executor(), clock, mqtt};
  sender.connect();
  const auto send_all = [&]() -> boost::asio::awaitable<void> {
    std::size_t sent = 0;
    for (std::size_t acknowledged = 0; acknowledged < messages;) {
      const auto event = co_await sender.next(clock.now().instant + 30s);
      acknowledged += event && std::holds_alternative<io::MqttAcknowledged>(*event) ? 1U : 0U;
      while (sender.is_connected() && sent < messages) {
        const auto payload = std::to_string(sent++);
        static_cast<void>(sender.publish("s/a/energy", std::as_bytes(std::span{payload})));
      }
      if (!event) {
        co_return;
      }
    }
    co_await sender.disconnect();
  };
  io::spawn(loop.get_executor(), send_all(), "sender");
  loop.run();
  const auto acknowledged = [&broker] {
    const auto log = broker.log();
    std::size_t count = 0;
    for (auto at = log.find("Received PUBACK from intake"); at != std::string::npos;
         at = log.find("Received PUBACK from intake", at + 1)) {
      ++count;
    }
    return count;
  };
  for (int look = 0; look < 3'000 && acknowledged() < messages; ++look) {
    std::this_thread::sleep_for(10ms);
  }
}

TEST_F(MqttIntakeTest, Promise2_LeavesTheBrokerThatBringsMoreThanItCanTakeAndLosesNothing) {
  listen_and_connect(1h, 1'000);
  publish_at_once(broker, clock.clock(), 501);
  run_until([this] { return intake->intake(0).figures().samples == 501; });
  EXPECT_EQ(intake->figures().pauses, 1U);
  publish_at_once(broker, clock.clock(), 499);
  run_until([this] { return intake->intake(0).figures().samples == 1'000; });
  EXPECT_EQ(intake->figures().pauses, 1U);
  EXPECT_EQ(intake->dropped(), 0U);
  stop();
}

}  // namespace
}  // namespace bornier::app
