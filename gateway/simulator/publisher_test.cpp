// SPDX-License-Identifier: Apache-2.0
// Against a real mosquitto.
#include "simulator/publisher.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <memory>
#include <set>

#include "io/mosquitto_for_tests.hpp"
#include "io/testing.hpp"
#include "simulator/message_testing.hpp"
#include "simulator/simulator.hpp"

namespace bornier::simulator {
namespace {

using io::testing::Mosquitto;
using testing::ElementsAre;
using namespace std::chrono_literals;

class PublisherTest : public testing::Test {
 protected:
  ~PublisherTest() override {
    simulator.stop();
    listener.reset();
    loop.restart();
    loop.run();
  }

  static auto plain(std::uint16_t port, std::string id) -> io::MqttSettings {
    io::MqttSettings settings;
    settings.broker = "mqtt://127.0.0.1:" + std::to_string(port);
    settings.client_id = std::move(id);
    settings.connect_timeout = 5s;
    return settings;
  }
  static auto meter(const std::string& name, std::chrono::milliseconds every)
      -> MessageMeterDescription {
    MessageMeterDescription meter;
    meter.name = name;
    meter.model = small_plug();
    meter.captures = {{"device", name}};
    const std::vector<std::string> messages{"voltage"};
    meter.repertoire = std::make_shared<const MessageRepertoire>(
        *repertoire_of(meter.model, model::Settings{*meter.model}, messages));
    meter.every = every;
    return meter;
  }
  void start(std::vector<MessageMeterDescription> meters) {
    Description description;
    description.brokers = {{plain(broker.port(), "meters"), std::move(meters)}};
    description.published = folder.file("published.csv");
    const auto started = simulator.start(std::move(description));
    ASSERT_TRUE(started) << started.error();
  }
  void listen() {
    listener =
        std::make_unique<io::MqttClient>(loop.get_executor(), clock, plain(broker.port(), "ear"));
    listener->connect();
    ASSERT_TRUE(run(listener->next(clock.now().instant + 30s)));
    ASSERT_TRUE(run(listener->subscribe({"plugs/#"})).has_value());
  }
  template <class T>
  auto run(boost::asio::awaitable<T> coroutine) -> T {
    return io::testing::run_until_done(loop, std::move(coroutine));
  }
  /// The next message, "TOPIC PAYLOAD"; empty if none comes.
  auto heard(std::chrono::milliseconds patience = 20s) -> std::string {
    const auto event = run(listener->next(clock.now().instant + patience));
    const auto* message = event ? std::get_if<io::MqttMessage>(&*event) : nullptr;
    if (message == nullptr) {
      return {};
    }
    return message->topic + (message->retained ? " retained " : " ") +
           std::string{reinterpret_cast<const char*>(message->payload.data()),
                       message->payload.size()};
  }
  /// "METER TOPIC POINT VALUE UNIT" of each line of the log, header left out.
  [[nodiscard]] auto logged() const -> std::vector<std::string> {
    std::ifstream file{folder.file("published.csv")};
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      line.erase(0, line.find(',') + 1);
      line.erase(line.rfind(','));
      std::ranges::replace(line, ',', ' ');
      lines.push_back(std::move(line));
    }
    EXPECT_FALSE(lines.empty());
    lines.erase(lines.begin());
    return lines;
  }
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < limit) {
      loop.run_one_for(100ms);
    }
    EXPECT_TRUE(condition());
  }

  Mosquitto broker;
  io::testing::TemporaryFolder folder;
  boost::asio::io_context loop;
  io::SystemClock clock;
  Simulator simulator{loop.get_executor(), clock};
  std::unique_ptr<io::MqttClient> listener;
};

TEST_F(PublisherTest, LogsWhatTheBrokerHasTaken) {
  listen();
  auto one = meter("p1", 50ms);
  one.values.fixed = {{"voltage", "229.5"}};
  start({one});
  EXPECT_EQ(heard(), "plugs/p1/voltage 229.5");
  EXPECT_EQ(heard(), "plugs/p1/voltage 229.5");
  run_until([this] { return logged().size() >= 2; });
  EXPECT_EQ(logged().at(1), "p1 plugs/p1/voltage voltage 229.5 V");
}

TEST_F(PublisherTest, RetainsWhatIsToBeRetained) {
  auto kept = meter("p1", 50ms);
  kept.retained = true;
  start({kept});
  run_until([this] { return !logged().empty(); });
  ASSERT_TRUE(simulator.command("dead p1"));
  listen();
  EXPECT_TRUE(heard().starts_with("plugs/p1/voltage retained "));
}

TEST_F(PublisherTest, KillsAndRevivesMetersByName) {
  auto dead = meter("p2", 20ms);
  dead.dead = true;
  listen();
  start({meter("p1", 20ms), dead});
  for (int message = 0; message < 5; ++message) {
    EXPECT_TRUE(heard().starts_with("plugs/p1/"));
  }
  ASSERT_TRUE(simulator.command("dead p1"));
  int after_its_death = 0;
  while (after_its_death < 20 && !heard(200ms).empty()) {
    ++after_its_death;
  }
  EXPECT_LT(after_its_death, 20);
  ASSERT_TRUE(simulator.command("alive p2"));
  EXPECT_TRUE(heard().starts_with("plugs/p2/"));
  EXPECT_EQ(simulator.command("dead p3").error(), "there is no meter p3");
  EXPECT_EQ(simulator.command("restart p2").error(),
            "p2 speaks MQTT: there is nothing that a restart would change");
}

TEST_F(PublisherTest, GoesOnWhenTheBrokerComesBackAndLogsNothingMeanwhile) {
  start({meter("p1", 20ms)});
  run_until([this] { return logged().size() >= 5; });
  broker.kill();
  loop.restart();
  loop.run_for(300ms);
  const auto before = logged().size();
  loop.run_for(1500ms);
  EXPECT_EQ(logged().size(), before);
  broker.start();
  run_until([&] { return logged().size() >= before + 5; });
}

TEST_F(PublisherTest, TellsOfNothingThatTheBrokerRefuses) {
  std::ofstream{folder.file("acl")} << "topic readwrite plugs/p1/#\n";
  const Mosquitto strict{"allow_anonymous true\nacl_file " + folder.file("acl") + "\n"};
  Description description;
  description.brokers = {{plain(strict.port(), "meters"), {meter("p1", 20ms), meter("p2", 20ms)}}};
  description.published = folder.file("published.csv");
  ASSERT_TRUE(simulator.start(std::move(description)));
  run_until([this] { return logged().size() >= 10; });
  for (const auto& line : logged()) {
    EXPECT_TRUE(line.starts_with("p1 ")) << line;
  }
}

TEST_F(PublisherTest, SendsTheMessagesOfManyMetersInTime) {
  std::vector<MessageMeterDescription> meters;
  for (int number = 0; number < 200; ++number) {
    meters.push_back(meter("p" + std::to_string(number), 1s));
  }
  start(std::move(meters));
  run_until([this] { return logged().size() >= 400; });
  std::set<std::string> names;
  for (const auto& line : logged()) {
    names.insert(line.substr(0, line.find(' ')));
  }
  EXPECT_EQ(names.size(), 200U);
}

}  // namespace
}  // namespace bornier::simulator
