// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mqtt/async_client.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "io/broker_url.hpp"
#include "io/mailbox.hpp"
#include "io/mqtt_client.hpp"

namespace bornier::io {

/// What stands behind MqttClient. Its coroutines hold it alive by a shared_ptr, Paho's callbacks
/// know it by a weak_ptr that is only locked on the executor's thread.
class MqttClient::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::any_io_executor executor, const Clock& clock, MqttSettings settings);

  [[nodiscard]] auto executor() const -> const asio::any_io_executor& { return executor_; }
  void shut_down();
  void set_will(MqttWill will) { settings_.will = std::move(will); }

  /// False if there is nothing to begin.
  auto begin_attempt() -> bool;
  static auto attempt(std::shared_ptr<Session> self) -> asio::awaitable<void>;
  static auto next(std::shared_ptr<Session> self, reading::Instant until)
      -> asio::awaitable<std::optional<MqttEvent>>;
  auto publish(std::string topic, std::span<const std::byte> payload, bool retained)
      -> std::optional<MqttToken>;
  static auto subscribe(std::shared_ptr<Session> self, std::vector<std::string> filters)
      -> asio::awaitable<wire::Result<void, std::string>>;
  static auto unsubscribe(std::shared_ptr<Session> self, std::vector<std::string> filters)
      -> asio::awaitable<wire::Result<void, std::string>>;
  static auto disconnect(std::shared_ptr<Session> self, std::string reason = "disconnected")
      -> asio::awaitable<void>;

  [[nodiscard]] auto is_connected() const -> bool { return link_ == Link::up; }
  [[nodiscard]] auto dropped() const -> std::uint64_t { return inbox_->dropped; }
  [[nodiscard]] auto too_long() const -> std::uint64_t { return inbox_->too_long; }
  [[nodiscard]] auto waiting() const -> std::size_t { return inbox_->messages; }
  [[nodiscard]] auto is_filling() const -> bool {
    return inbox_->messages >= settings_.incoming_limit / 2 ||
           inbox_->bytes >= settings_.incoming_bytes_limit / 2;
  }

 private:
  enum class Link : std::uint8_t { down, connecting, up };

  /// How one of Paho's actions ended.
  struct Outcome {
    bool ok{};
    int return_code{};  ///< Paho's own if negative; with MQTT 3.1.1 the broker's if positive
    int reason_code{};  ///< the broker's, with MQTT 5
    std::uint16_t receive_maximum{};
    bool session_present{};
  };

  /// Paho's listeners as a function, called on Paho's threads.
  class Relay : public mqtt::iaction_listener {
   public:
    std::function<void(const mqtt::token&, bool ok)> handler;
    void on_success(const mqtt::token& token) override { handler(token, true); }
    void on_failure(const mqtt::token& token) override { handler(token, false); }
  };

  /// Shared with Paho's threads.
  struct Inbox {
    std::atomic<std::size_t> messages = 0;
    std::atomic<std::size_t> bytes = 0;
    std::atomic<std::uint64_t> dropped = 0;
    std::atomic<std::uint64_t> too_long = 0;
  };

  struct Outgoing {
    MqttToken token;
    mqtt::const_message_ptr message;
  };

  [[nodiscard]] static auto outcome_of(const mqtt::token& token, bool ok) -> Outcome;
  [[nodiscard]] auto url_of(const std::string& host) const -> std::string;
  [[nodiscard]] auto paho(int version) -> mqtt::async_client&;
  [[nodiscard]] auto make_paho(int version) -> std::unique_ptr<mqtt::async_client>;
  [[nodiscard]] auto connect_options(int version) const -> mqtt::connect_options;
  [[nodiscard]] auto try_version(int version) -> asio::awaitable<Outcome>;
  [[nodiscard]] auto refusal_text(const Outcome& outcome) const -> std::string;
  template <class Handler>
  [[nodiscard]] auto posting(Handler handler);

  /// One after another: Paho answers for one at a time. `refusals` is how the error begins.
  template <class Ask>
  [[nodiscard]] static auto ask_for_each(std::shared_ptr<Session> self,
                                         std::vector<std::string> filters, std::string refusals,
                                         Ask ask)
      -> asio::awaitable<wire::Result<void, std::string>>;

  void go_up(int version, const Outcome& outcome);
  void go_down(std::string reason);
  /// Paho's word for a lost connection may be missing, or late and about an earlier one: what
  /// counts is the state that it has now.
  void look_at_connection();
  void push(MqttEvent event);
  void push_early();
  void received(const mqtt::const_message_ptr& message);
  void acknowledged(std::uint64_t token, const Outcome& outcome);
  void hand_over();

  asio::any_io_executor executor_;
  const Clock& clock_;
  MqttSettings settings_;
  BrokerAddress broker_;
  std::string address_;  ///< of its name, as of the present attempt
  Link link_ = Link::down;
  bool shut_down_ = false;
  std::optional<int> working_version_;
  bool has_spoken_5_ = false;  ///< the broker, since the start
  int version_ = 0;            ///< of the present connection

  std::deque<MqttEvent> events_;
  std::deque<MqttMessage> early_;  ///< of a resumed session: here before the word that it is up
  asio::steady_timer wake_;
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();

  std::uintptr_t last_token_ = 0;
  std::deque<Outgoing> outgoing_;
  std::size_t on_the_way_ = 0;
  std::size_t window_ = 0;

  Mailbox<Outcome> connect_outcome_;
  Mailbox<Outcome> subscribe_outcome_;
  Mailbox<Outcome> disconnect_outcome_;
  Relay connect_relay_;
  Relay publish_relay_;
  Relay subscribe_relay_;
  Relay disconnect_relay_;
  // Last, so that Paho's threads are gone before anything they use. Kept for good once made:
  // taking one down takes up to a second.
  std::unique_ptr<mqtt::async_client> paho_5_;
  std::unique_ptr<mqtt::async_client> paho_3_;
};

}  // namespace bornier::io
