// SPDX-License-Identifier: Apache-2.0
// Against a real mosquitto and a real database.
#include "platform/service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "io/mosquitto_for_tests.hpp"
#include "io/testing.hpp"
#include "platform/testing.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;
using batch::TopicKind;
using Answers = std::vector<io::MqttMessage>;

/// A database whose commits fail while `broken`.
class FlakyDatabase final : public Database {
 public:
  FlakyDatabase(std::unique_ptr<Database> database, std::atomic<bool>& broken)
      : database_{std::move(database)}, broken_{broken} {}

  auto store(std::span<const Arrival> arrivals)
      -> wire::Result<std::vector<Verdict>, Failure> override {
    if (broken_) {
      return Failure{"database or disk is full"};
    }
    return database_->store(arrivals);
  }
  auto known_streams() -> wire::Result<std::vector<KnownStream>, Failure> override {
    return database_->known_streams();
  }
  auto known_stream(const StreamName& name, batch::Sequence from)
      -> wire::Result<KnownStream, Failure> override {
    return database_->known_stream(name, from);
  }
  auto catalogs() -> wire::Result<std::vector<batch::Catalog>, Failure> override {
    return database_->catalogs();
  }

 private:
  std::unique_ptr<Database> database_;
  std::atomic<bool>& broken_;
};

/// A database that answers no commit until it is `released`.
class StuckDatabase final : public Database {
 public:
  explicit StuckDatabase(std::atomic<bool>& released) : released_{released} {}

  auto store(std::span<const Arrival> /*arrivals*/)
      -> wire::Result<std::vector<Verdict>, Failure> override {
    released_.wait(false);
    return Failure{"connection lost"};
  }
  auto known_streams() -> wire::Result<std::vector<KnownStream>, Failure> override {
    return std::vector<KnownStream>{};
  }
  auto known_stream(const StreamName& name, batch::Sequence /*from*/)
      -> wire::Result<KnownStream, Failure> override {
    return KnownStream{name, {}, {}};
  }
  auto catalogs() -> wire::Result<std::vector<batch::Catalog>, Failure> override {
    return std::vector<batch::Catalog>{};
  }

 private:
  std::atomic<bool>& released_;
};

class ServiceTest : public SqliteTest {
 protected:
  ~ServiceTest() override {
    if (service && !ended) {
      stop();
    }
  }

  void start(std::unique_ptr<Database> used, ServiceSettings settings = {}) {
    settings.mqtt.broker = "mqtt://127.0.0.1:" + std::to_string(broker.port());
    settings.mqtt.client_id = "platform";
    settings.mqtt.session_expiry = 1h;
    settings.limits.first_retry = 1s;
    auto created = Service::create(loop.get_executor(), clock, settings, std::move(used));
    ASSERT_TRUE(created) << created.error().text;
    service = std::move(*created);
    ended = false;
    boost::asio::co_spawn(loop, service->run(), [this](std::exception_ptr thrown) {
      EXPECT_EQ(thrown, nullptr);
      ended = true;
    });
    run_until([this] { return service->is_ready(); });
  }
  void stop() {
    service->stop();
    run_until([this] { return ended; });
    service.reset();
  }
  template <class Condition>
  void run_until(Condition condition) {
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (!condition() && loop.run_one_until(limit) > 0) {
    }
    ASSERT_TRUE(condition());
  }

  /// A gateway that connects, publishes `messages` and listens until it has `wanted` answers or
  /// `limit` is over.
  auto talk(std::vector<Publish> messages, std::size_t wanted, std::chrono::seconds limit)
      -> boost::asio::awaitable<Answers> {
    io::MqttSettings settings;
    settings.broker = "mqtt://127.0.0.1:" + std::to_string(broker.port());
    settings.client_id = gateway.name;
    settings.session_expiry = 1h;  // an answer that comes between two talks waits for the second
    io::MqttClient client{loop.get_executor(), clock, settings};
    Answers answers;
    client.connect();
    const auto until = clock.now().instant + limit;
    while (answers.size() < wanted) {
      auto event = co_await client.next(until);
      if (!event) {
        break;
      }
      if (std::holds_alternative<io::MqttConnected>(*event)) {
        std::vector<std::string> filters;
        filters.push_back(gateway.topic(TopicKind::confirm));
        filters.push_back(gateway.topic(TopicKind::command));
        filters.push_back("decoded/#");
        const auto subscribed = co_await client.subscribe(std::move(filters));
        EXPECT_TRUE(subscribed);
        for (const auto& message : messages) {
          EXPECT_TRUE(client.publish(message.topic, message.payload));
        }
      } else if (auto* message = std::get_if<io::MqttMessage>(&*event)) {
        answers.push_back(std::move(*message));
      }
    }
    co_await client.disconnect();
    co_return answers;
  }
  /// All that comes back to one request over HTTP.
  auto get(const std::string& request) -> std::string {
    using boost::asio::ip::tcp;
    std::string answer;
    bool done = false;
    const auto ask = [&]() -> boost::asio::awaitable<void> {
      tcp::socket socket{loop};
      const tcp::endpoint server{boost::asio::ip::address_v4::loopback(), service->metrics_port()};
      co_await socket.async_connect(server, boost::asio::use_awaitable);
      boost::system::error_code failed;
      auto writing =
          boost::asio::async_write(socket, boost::asio::buffer(request),
                                   boost::asio::redirect_error(boost::asio::use_awaitable, failed));
      co_await std::move(writing);
      auto reading =
          boost::asio::async_read(socket, boost::asio::dynamic_buffer(answer),
                                  boost::asio::redirect_error(boost::asio::use_awaitable, failed));
      co_await std::move(reading);
      done = true;
    };
    boost::asio::co_spawn(loop, ask(),
                          [](std::exception_ptr thrown) { EXPECT_EQ(thrown, nullptr); });
    run_until([&done] { return done; });
    return answer;
  }
  auto answers_to(std::vector<Publish> messages, std::size_t wanted,
                  std::chrono::seconds limit = 20s) -> Answers {
    return io::testing::run_until_done(loop, talk(std::move(messages), wanted, limit));
  }
  [[nodiscard]] auto catalog_message() const -> Publish {
    return {gateway.topic(TopicKind::catalog), batch::encode_catalog(gateway.catalog())};
  }
  [[nodiscard]] auto batch_message(std::uint64_t sequence) const -> Publish {
    const auto time = noon + std::chrono::seconds{sequence};
    return {gateway.topic(TopicKind::batch),
            gateway.payload(sequence, answer(time, {number(energy, 1, 0)}))};
  }
  void expect_confirmed(const Answers& answers, std::uint64_t sequence) {
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_FALSE(answers.front().retained);
    const auto confirmation = batch::decode_confirmation(answers.front().payload);
    ASSERT_TRUE(confirmation);
    const batch::SequenceRange range{batch::Sequence{sequence}, batch::Sequence{sequence}};
    EXPECT_EQ(*confirmation, (batch::Confirmation{gateway.stream, {range}, {}}));
  }

  io::testing::Mosquitto broker;
  boost::asio::io_context loop{1};
  io::SystemClock clock;
  std::unique_ptr<Service> service;
  bool ended = false;
};

TEST_F(ServiceTest, ConfirmsABatchAndConfirmsItAgain) {
  start(std::move(database));
  expect_confirmed(answers_to({catalog_message(), batch_message(1)}, 1), 1);
  expect_confirmed(answers_to({batch_message(1)}, 1), 1);
  EXPECT_EQ(query("SELECT value, sequence FROM reading_view"), (Rows{{"1", "1"}}));
}

TEST_F(ServiceTest, AsksForACatalogThatItDoesNotHave) {
  start(std::move(database));
  const auto answers = answers_to({batch_message(1)}, 1);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers.front().topic, gateway.topic(TopicKind::command));
  expect_confirmed(answers_to({catalog_message()}, 1), 1);
}

TEST_F(ServiceTest, Promise2_ConfirmsNothingWhileTheDatabaseFails) {
  std::atomic<bool> broken = true;
  start(std::make_unique<FlakyDatabase>(std::move(database), broken));
  EXPECT_TRUE(answers_to({catalog_message(), batch_message(1)}, 1, 3s).empty());
  EXPECT_GT(service->counters().failed_commits, 0U);
  EXPECT_EQ(count("batch"), "0");
  broken = false;
  expect_confirmed(answers_to({}, 1), 1);
  EXPECT_EQ(count("batch"), "1");
}

TEST_F(ServiceTest, SetsGarbageAsideAndGoesOn) {
  start(std::move(database));
  const Publish garbage{gateway.topic(TopicKind::backlog), Bytes(100, std::byte{0xFF})};
  const Publish elsewhere{"bornier/v1/tolyatti/cab-0118/batch", batch_message(1).payload};
  expect_confirmed(answers_to({garbage, elsewhere, catalog_message(), batch_message(1)}, 1), 1);
  EXPECT_EQ(count("quarantine"), "2");
}

TEST_F(ServiceTest, FindsWhatCameWhileItWasAwayInItsSession) {
  start(std::move(database));
  expect_confirmed(answers_to({catalog_message(), batch_message(1)}, 1), 1);
  stop();
  EXPECT_TRUE(answers_to({batch_message(2)}, 1, 3s).empty());
  open({});
  start(std::move(database));
  run_until([this] { return service->counters().batches_stored == 1; });
  EXPECT_EQ(count("batch"), "2");
}

TEST_F(ServiceTest, GoesOnAfterTheBrokerWasKilled) {
  start(std::move(database));
  expect_confirmed(answers_to({catalog_message(), batch_message(1)}, 1), 1);
  broker.kill();
  run_until([this] { return !service->is_ready(); });
  broker.start();
  run_until([this] { return service->is_ready(); });
  expect_confirmed(answers_to({batch_message(2)}, 1), 2);
}

TEST_F(ServiceTest, CommitsAndConfirmsWhatWaitsWhenItStops) {
  ServiceSettings settings;
  settings.limits.collect = 1h;
  start(std::move(database), settings);
  EXPECT_TRUE(answers_to({catalog_message(), batch_message(1)}, 1, 4s).empty());
  EXPECT_EQ(count("batch"), "0");
  stop();
  EXPECT_EQ(count("batch"), "1");
  expect_confirmed(answers_to({}, 1), 1);
}

TEST_F(ServiceTest, Promise2_StopsWithoutADatabaseThatDoesNotAnswerAndConfirmsNothing) {
  std::atomic<bool> released = false;
  std::atomic<int> given_up = 0;
  ServiceSettings settings;
  settings.answer_within = 1s;
  settings.give_up = [&] {
    ++given_up;
    released = true;  // the process would end here
    released.notify_all();
  };
  start(std::make_unique<StuckDatabase>(released), settings);
  EXPECT_TRUE(answers_to({catalog_message(), batch_message(1)}, 1, 3s).empty());
  EXPECT_EQ(given_up, 0);
  stop();
  EXPECT_EQ(given_up, 1);
  EXPECT_TRUE(answers_to({}, 1, 1s).empty());
}

TEST_F(ServiceTest, SharesBatchesAndRepublishesWhatItStores) {
  ServiceSettings settings;
  settings.share.group = "receivers";
  settings.republish = "decoded/{city}/{gateway}";
  settings.ready_file = sqlite().folder.path() / "ready";
  start(std::move(database), settings);
  EXPECT_TRUE(std::ifstream{sqlite().folder.path() / "ready"}.good());
  const auto answers = answers_to({catalog_message(), batch_message(1)}, 2);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[0].topic == "decoded/tolyatti/cab-0117" ||
              answers[1].topic == "decoded/tolyatti/cab-0117");
}

TEST_F(ServiceTest, AnswersWhoAsksForMetrics) {
  ServiceSettings settings;
  settings.metrics = "127.0.0.1:0";
  start(std::move(database), settings);
  EXPECT_NE(get("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").find("bornier_platform_commits_total "),
            std::string::npos);
  EXPECT_TRUE(get("GET / HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(get("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
                  .starts_with("HTTP/1.1 405"));
  EXPECT_EQ(get("GET /metrics HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), "");
}

TEST_F(ServiceTest, SaysWhereItCannotListenForMetrics) {
  for (const auto* address : {"127.0.0.1", "localhost:9100", "127.0.0.1:99999", "192.0.2.1:9100"}) {
    ServiceSettings settings;
    settings.metrics = address;
    const auto created =
        Service::create(loop.get_executor(), clock, settings, *test_store->open({}));
    EXPECT_FALSE(created) << address;
  }
}

}  // namespace
}  // namespace bornier::platform
