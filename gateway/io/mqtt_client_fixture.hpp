// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "io/certificates_for_tests.hpp"
#include "io/mosquitto_for_tests.hpp"
#include "io/mqtt_client.hpp"
#include "io/testing.hpp"

/// What the tests of MqttClient share.
namespace bornier::io {

using io::testing::Certificates;
using io::testing::Mosquitto;
using io::testing::run_until_done;
using namespace std::chrono_literals;

inline auto bytes(std::string_view text) -> std::span<const std::byte> {
  return std::as_bytes(std::span{text});
}
inline auto text(const std::vector<std::byte>& payload) -> std::string {
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

class MqttClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { certificates = std::make_unique<Certificates>(); }
  static void TearDownTestSuite() { certificates.reset(); }

  static auto plain(std::uint16_t port, std::string id) -> MqttSettings {
    MqttSettings settings;
    settings.broker = "mqtt://127.0.0.1:" + std::to_string(port);
    settings.client_id = std::move(id);
    settings.connect_timeout = 5s;
    return settings;
  }
  static auto secure(std::uint16_t port) -> MqttSettings {
    auto settings = plain(port, "secure");
    settings.broker = "mqtts://127.0.0.1:" + std::to_string(port);
    settings.tls = {file("ca.pem"), file("gateway.pem"), file("gateway.key")};
    return settings;
  }
  static auto tls_broker(const std::string& certificate) -> std::string {
    return "allow_anonymous true\nrequire_certificate true\ncafile " + file("ca.pem") +
           "\ncertfile " + file(certificate + ".pem") + "\nkeyfile " + file(certificate + ".key") +
           '\n';
  }
  static auto file(const std::string& name) -> std::string { return certificates->file(name); }

  auto client(MqttSettings settings) -> std::unique_ptr<MqttClient> {
    return std::make_unique<MqttClient>(loop.get_executor(), clock, std::move(settings));
  }
  auto next(MqttClient& client, std::chrono::milliseconds patience = 30s)
      -> std::optional<MqttEvent> {
    return run_until_done(loop, client.next(clock.now().instant + patience));
  }
  template <class Event>
  auto expect(MqttClient& client) -> Event {
    auto event = next(client);
    if (event && std::holds_alternative<Event>(*event))
      return std::get<Event>(*event);
    ADD_FAILURE() << "another event, or none";
    if (event && std::holds_alternative<MqttDisconnected>(*event)) {
      ADD_FAILURE() << std::get<MqttDisconnected>(*event).reason;
    }
    return {};
  }
  auto connected(MqttClient& client) -> MqttConnected {
    client.connect();
    return expect<MqttConnected>(client);
  }
  auto failure(MqttSettings settings) -> std::string {
    const auto failing = client(std::move(settings));
    failing->connect();
    return expect<MqttDisconnected>(*failing).reason;
  }
  auto subscribe(MqttClient& client, std::vector<std::string> filters)
      -> wire::Result<void, std::string> {
    return run_until_done(loop, client.subscribe(std::move(filters)));
  }

  static inline std::unique_ptr<Certificates> certificates;
  asio::io_context loop;
  SystemClock clock;
};

/// Accepts connections one after the other; the CONNECT's protocol level (byte 8 of it, after
/// "MQTT") picks the reply. After a CONNECT of MQTT 5 it hangs up; with MQTT 3.1.1 it accepts, says
/// `after_accepting` and stays.
class ScriptedBroker {
 public:
  /// The last reply is given again and again.
  explicit ScriptedBroker(std::deque<std::string> replies_to_5, std::string after_accepting = "")
      : replies_to_5_{std::move(replies_to_5)},
        reply_to_3_{std::string{"\x20\x02\x00\x00", 4} + after_accepting} {}  // MQTT 3.1.1, 3.2
  ~ScriptedBroker() {
    boost::system::error_code ignored;
    stopping_ = true;
    asio::io_context loop;
    asio::ip::tcp::socket last{loop};
    last.connect(acceptor_.local_endpoint(), ignored);
    last.close();
    thread_.join();
  }
  [[nodiscard]] auto port() const -> std::uint16_t { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] auto levels() const -> std::string { return levels_; }

 private:
  void serve() {
    while (!stopping_) {
      auto socket = acceptor_.accept();
      char connect[9];
      boost::system::error_code failure;
      asio::read(socket, asio::buffer(connect), failure);
      if (failure)
        continue;  // whoever only looked whether somebody is there
      levels_ += std::to_string(static_cast<int>(connect[8]));
      if (connect[8] != 5) {
        asio::write(socket, asio::buffer(reply_to_3_), failure);
        kept_.push_back(std::move(socket));
        continue;
      }
      asio::write(socket, asio::buffer(replies_to_5_.front()), failure);
      if (replies_to_5_.size() > 1)
        replies_to_5_.pop_front();
    }
  }

  std::deque<std::string> replies_to_5_;
  std::string reply_to_3_;
  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
  std::vector<asio::ip::tcp::socket> kept_;
  std::string levels_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_{[this] { serve(); }};
};

}  // namespace bornier::io
