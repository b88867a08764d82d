// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "io/clock.hpp"
#include "io/tls_files.hpp"
#include "reading/time.hpp"
#include "wire/result.hpp"
#include "wire/tagged.hpp"

namespace bornier::io {

namespace asio = boost::asio;

struct MqttWill {
  std::string topic;
  std::vector<std::byte> payload;
  bool retained = true;
};

struct MqttSettings {
  std::string
      broker;  ///< mqtt://host[:port] (1883) or mqtts://host[:port] (8883); tcp, ssl likewise
  std::string client_id;
  std::string username;
  std::string password;
  TlsFiles tls;  ///< of mqtts://
  std::chrono::seconds keep_alive{30};
  std::chrono::seconds connect_timeout{10};
  /// 0: a clean start with every connection. Otherwise the broker keeps the session (subscriptions
  /// and queued messages of QoS 1) for so long; with MQTT 3.1.1 for as long as it likes. What came
  /// meanwhile follows MqttConnected at once, whether `subscribe` is called again or not.
  std::chrono::seconds session_expiry{0};
  std::optional<MqttWill> will;
  /// Messages that wait for `next`. When they are full a message is dropped and counted: Paho's
  /// thread is never held up. It was acknowledged all the same (see MqttClient): only a sender that
  /// waits for an answer of its own repeats it.
  std::size_t incoming_limit = 1000;
  std::size_t incoming_bytes_limit = 16UL * 1024 * 1024;
  /// A longer message is not taken, and counted. With MQTT 5 the broker is told and does not send
  /// it; with 3.1.1 Paho has it in memory before anybody can refuse it.
  std::size_t longest_incoming = 16UL * 1024 * 1024;
  /// Messages that wait for their turn to be published (see `publish`).
  std::size_t outgoing_limit = 1000;
};

/// Names one publication of one client.
using MqttToken = wire::Tagged<struct MqttTokenTag, std::uint64_t>;

struct MqttConnected {
  int version{};  ///< 5, or 4 for MQTT 3.1.1
  std::uint16_t receive_maximum{};
  bool session_present{};
};
/// Also the end of an attempt to connect. All publications not acknowledged are forgotten.
struct MqttDisconnected {
  std::string reason;  ///< one sentence for the operator, with the remedy where there is one
};
struct MqttMessage {
  std::string topic;
  std::vector<std::byte> payload;
  bool retained{};  ///< it is older than the subscription; false for what is published meanwhile
  std::uint8_t qos{};
  bool duplicate{};           ///< the broker sent it before and had no PUBACK (QoS 1)
  std::uint16_t packet_id{};  ///< the broker's, used again once acknowledged; 0 with QoS 0
};
struct MqttAcknowledged {
  MqttToken token;
  std::uint8_t reason_code{};  ///< of the PUBACK: below 0x80 it was taken; 0 with MQTT 3.1.1
};
using MqttEvent = std::variant<MqttConnected, MqttDisconnected, MqttMessage, MqttAcknowledged>;

/// One connection to a broker. Paho's threads only copy and post; everything here runs on the
/// executor's one thread. It never reconnects and keeps nothing: that is delivery's business.
///
/// When a message of QoS 1 is acknowledged (Paho C 1.3.12, tried with callbacks that took 1.5 s,
/// under both versions): Paho sends the PUBACK when its message callback has returned, true or
/// false; there is no other way to acknowledge. While a callback runs, Paho's only thread for
/// receiving stands still for all clients of the process, and so does whoever publishes: holding it
/// until a message is on disk is out of the question. Ours copies and returns. So a message is
/// acknowledged before `next` has yielded it, and the broker does not send it again: a kill or
/// power cut loses what waits for `next` and what its taker has not put on disk yet. What the
/// broker could not deliver before, it keeps (session_expiry).
class MqttClient {
 public:
  /// `clock` must outlive the client.
  MqttClient(asio::any_io_executor executor, const Clock& clock, MqttSettings settings);
  /// Paho says goodbye for a connection that is still there (no will is published). May take up to
  /// a second. Before the io_context is destroyed.
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  auto operator=(const MqttClient&) -> MqttClient& = delete;

  /// For the next connection: a will names its session.
  void set_will(MqttWill will);

  /// One attempt, in the background: `next` yields MqttConnected or MqttDisconnected. MQTT 5 first;
  /// within the same attempt 3.1.1 where the broker refuses 5, or hangs up on it and never spoke
  /// it, which is remembered. Nothing happens while connected or connecting.
  void connect();

  /// The next event, or nothing once `until` has passed. One coroutine at a time.
  [[nodiscard]] auto next(reading::Instant until) -> asio::awaitable<std::optional<MqttEvent>>;

  /// QoS 1. At most min(broker's receive maximum, 20) are on the way at a time, the others wait
  /// here. Nothing if not connected or outgoing_limit wait already.
  auto publish(std::string topic, std::span<const std::byte> payload, bool retained = false)
      -> std::optional<MqttToken>;

  /// QoS 1; QoS 0 for a clean session with MQTT 3.1.1. `$share/group/filter` too. An error names
  /// the filters that were refused.
  [[nodiscard]] auto subscribe(std::vector<std::string> filters)
      -> asio::awaitable<wire::Result<void, std::string>>;

  /// Of a session that the broker has kept. One that it does not know is no error.
  [[nodiscard]] auto unsubscribe(std::vector<std::string> filters)
      -> asio::awaitable<wire::Result<void, std::string>>;

  /// Says goodbye (no will is published) and waits for it, a second at most.
  auto disconnect() -> asio::awaitable<void>;

  [[nodiscard]] auto is_connected() const -> bool;
  /// Messages dropped because incoming_limit or incoming_bytes_limit was reached.
  [[nodiscard]] auto dropped() const -> std::uint64_t;
  /// Messages beyond longest_incoming.
  [[nodiscard]] auto too_long() const -> std::uint64_t;
  /// Messages that wait for `next`.
  [[nodiscard]] auto waiting() const -> std::size_t;
  /// Half of what may wait does.
  [[nodiscard]] auto is_filling() const -> bool;

 private:
  class Session;
  std::shared_ptr<Session> session_;
};

}  // namespace bornier::io
