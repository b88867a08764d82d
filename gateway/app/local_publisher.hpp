// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "app/local_messages.hpp"
#include "io/clock.hpp"
#include "io/mqtt_client.hpp"

namespace bornier::app {

/// For `status`. Counts are readings and changes of state, since the start.
struct LocalView {
  std::string broker;
  bool connected{};
  std::string reason;         ///< why there is no connection; empty while there is one
  std::uint64_t published{};  ///< the broker has acknowledged them
  std::uint64_t refused{};    ///< it has answered that it does not take them
  std::uint64_t dropped{};    ///< the oldest, while more waited than there is room for
};

/// Says on a broker nearby what was accepted, for whoever wants it on the spot. It is no delivery:
/// nothing waits for it, nothing of it outlives the process, and of what the broker does not take
/// in time the oldest is dropped. QoS 1, for the acknowledgements: with QoS 0 nobody learns that a
/// broker has stopped taking anything, and all of it would pile up in Paho.
class LocalPublisher {
 public:
  struct Settings {
    io::MqttSettings mqtt;
    std::string topic;  ///< that all topics begin with
    bool retain{};
    std::size_t most_waiting = 10'000;
  };

  /// `clock` is borrowed.
  LocalPublisher(const boost::asio::any_io_executor& executor, Settings settings,
                 const io::Clock& clock, std::uint64_t seed);

  /// What is configured now; see LocalNames.
  void add_names(const std::vector<batch::Registration>& registrations,
                 const std::vector<batch::Registered::Numbers>& numbers) {
    names_.add(registrations, numbers);
  }

  /// It is on disk. Returns at once.
  void accepted(const reading::Entries& entries, bool trusted);

  [[nodiscard]] auto publish_for_ever() -> boost::asio::awaitable<void>;
  /// Nothing is published any more.
  [[nodiscard]] auto say_goodbye() -> boost::asio::awaitable<void>;

  [[nodiscard]] auto view() const noexcept -> const LocalView& { return view_; }
  [[nodiscard]] auto waiting() const noexcept -> std::size_t { return waiting_.size(); }

 private:
  enum class Link : std::uint8_t { down, connecting, up };

  void hand_over();
  void take(const io::MqttEvent& event);
  void connected(const io::MqttConnected& event);
  void disconnected(const io::MqttDisconnected& event);
  void acknowledged(const io::MqttAcknowledged& event);
  void drop_oldest();

  Settings settings_;
  const io::Clock& clock_;
  LocalNames names_;
  std::mt19937_64 random_;
  io::MqttClient client_;
  std::deque<LocalMessage> waiting_;
  std::deque<std::pair<io::MqttToken, LocalMessage>> on_the_way_;
  LocalView view_;
  Link link_ = Link::down;
  reading::Instant next_attempt_;  ///< to connect, while the link is down
  reading::Instant connected_at_;
  std::uint32_t failures_ = 0;  ///< attempts and short connections in a row
  bool refusal_told_ = false;   ///< with this connection
  bool dropping_told_ = false;  ///< since all that waited was published
  bool leaving_ = false;
};

}  // namespace bornier::app
