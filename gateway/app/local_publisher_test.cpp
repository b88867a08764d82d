// SPDX-License-Identifier: Apache-2.0
// Against a real mosquitto.
#include "app/local_publisher.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "io/mosquitto_for_tests.hpp"
#include "io/spawn.hpp"
#include "io/testing.hpp"

namespace bornier::app {
namespace {

using io::testing::Mosquitto;
using reading::PointNumber;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// Meter "main" with the point "a" of number 1.
class LocalPublisherTest : public testing::Test {
 protected:
  static auto plain(std::uint16_t port, std::string id) -> io::MqttSettings {
    io::MqttSettings settings;
    settings.broker = "mqtt://127.0.0.1:" + std::to_string(port);
    settings.client_id = std::move(id);
    settings.connect_timeout = 5s;
    return settings;
  }
  void publish_to(std::uint16_t port, bool retain = false, std::size_t most_waiting = 10'000) {
    LocalPublisher::Settings settings;
    settings.mqtt = plain(port, "publisher");
    settings.topic = "bornier";
    settings.retain = retain;
    settings.most_waiting = most_waiting;
    tested = std::make_unique<LocalPublisher>(loop.get_executor(), settings, clock, 1);
    batch::Registration registration;
    registration.meter.id = "main";
    registration.points.emplace_back().name = "a";
    tested->add_names({registration},
                      {{.meter = reading::MeterNumber{1}, .points = {PointNumber{1}}}});
    io::spawn(loop.get_executor(), tested->publish_for_ever(), "local");
  }
  void listen(std::uint16_t port) {
    listener = std::make_unique<io::MqttClient>(loop.get_executor(), clock, plain(port, "ear"));
    listener->connect();
    ASSERT_TRUE(run(listener->next(clock.now().instant + 30s)));
    ASSERT_TRUE(run(listener->subscribe({"bornier/#"})).has_value());
  }
  template <class T>
  auto run(boost::asio::awaitable<T> coroutine) -> T {
    return io::testing::run_until_done(loop, std::move(coroutine));
  }
  void accept(std::int64_t value) {
    reading::Entries entries;
    entries.answers.push_back(
        {.time = reading::stamp_at(0), .numbers = {{PointNumber{1}, {}, {value, 0}}}, .texts = {}});
    tested->accepted(entries, true);
  }
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (!condition() && loop.run_one_until(limit) > 0) {
    }
    EXPECT_TRUE(condition());
  }
  void run_until_connected(bool connected = true) {
    run_until([=, this] { return tested->view().connected == connected; });
  }
  /// What the listener hears until it is quiet: topics and payloads.
  auto heard(std::size_t count) -> std::vector<std::string> {
    std::vector<std::string> messages;
    while (messages.size() < count) {
      const auto event = run(listener->next(clock.now().instant + 20s));
      const auto* message = event ? std::get_if<io::MqttMessage>(&*event) : nullptr;
      if (message == nullptr) {
        ADD_FAILURE() << "another event, or none";
        break;
      }
      const auto* text = reinterpret_cast<const char*>(message->payload.data());
      messages.push_back((message->retained ? "retained " : "") + message->topic + " " +
                         std::string{text, message->payload.size()});
    }
    return messages;
  }
  static auto line(std::int64_t value) -> std::string {
    return R"(bornier/main/a {"time":"1970-01-01T00:00:00.000Z","value":)" + std::to_string(value) +
           "}";
  }

  boost::asio::io_context loop;
  io::SystemClock clock;
  std::unique_ptr<LocalPublisher> tested;
  std::unique_ptr<io::MqttClient> listener;
};

TEST_F(LocalPublisherTest, PublishesWhatIsAccepted) {
  const Mosquitto broker;
  listen(broker.port());
  publish_to(broker.port());
  accept(1);  // before it is connected
  run_until_connected();
  accept(2);
  EXPECT_THAT(heard(2), ElementsAre(line(1), line(2)));
  run_until([this] { return tested->view().published == 2; });
  EXPECT_EQ(tested->view().dropped, 0U);
  EXPECT_EQ(tested->view().reason, "");
  listener.reset();
  listen(broker.port());
  accept(3);
  EXPECT_THAT(heard(1), ElementsAre(line(3))) << "nothing was retained";
}

TEST_F(LocalPublisherTest, RetainsTheNewestWhereThatIsWanted) {
  const Mosquitto broker;
  publish_to(broker.port(), true);
  accept(1);
  accept(2);
  run_until([this] { return tested->view().published == 2; });
  listen(broker.port());
  EXPECT_THAT(heard(1), ElementsAre("retained " + line(2)));
}

TEST_F(LocalPublisherTest, PublishesMoreThanAWindowAtOnceInOrder) {
  const Mosquitto broker{"allow_anonymous true\nmax_queued_messages 0\n"};
  listen(broker.port());
  publish_to(broker.port());
  std::vector<std::string> expected;
  for (std::int64_t value = 0; value < 200; ++value) {
    accept(value);
    expected.push_back(line(value));
  }
  EXPECT_EQ(heard(200), expected);
}

TEST_F(LocalPublisherTest, Promise7_KeepsTheNewestWhileTheBrokerIsAway) {
  Mosquitto broker;
  publish_to(broker.port(), true, 3);
  run_until_connected();
  broker.kill();
  run_until_connected(false);
  EXPECT_THAT(tested->view().reason, HasSubstr("was lost"));
  for (std::int64_t value = 1; value <= 5; ++value) {
    accept(value);
  }
  EXPECT_EQ(tested->waiting(), 3U);
  EXPECT_EQ(tested->view().dropped, 2U);
  broker.start();
  run_until([this] { return tested->view().published == 3; });
  EXPECT_TRUE(tested->view().connected);
  EXPECT_EQ(tested->view().reason, "");
  listen(broker.port());
  EXPECT_THAT(heard(1), ElementsAre("retained " + line(5)));
}

TEST_F(LocalPublisherTest, CountsWhatTheBrokerRefuses) {
  const io::testing::TemporaryFolder folder;
  std::ofstream{folder.file("acl")} << "topic read public/#\n";
  const Mosquitto broker{"allow_anonymous true\nacl_file " + folder.file("acl") + "\n"};
  publish_to(broker.port());
  accept(1);
  run_until([this] { return tested->view().refused == 1; });
  EXPECT_EQ(tested->view().published, 0U);
  EXPECT_EQ(tested->waiting(), 0U);
}

}  // namespace
}  // namespace bornier::app
