// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/collector.hpp"
#include "app/configuration.hpp"
#include "app/trusted_clock.hpp"
#include "app/wakeup.hpp"
#include "intake/meter_intake.hpp"
#include "intake/topic_table.hpp"
#include "io/mqtt_client.hpp"

namespace bornier::app {

/// Counts of a broker since the start.
struct BrokerFigures {
  std::uint64_t connections{};
  std::uint64_t messages{};
  std::uint64_t repeated{};  ///< sent again by the broker although we had them
  std::uint64_t flooded{};   ///< beyond messages_per_second of their topic, not taken
  std::uint64_t pauses{};    ///< times that we left the broker because it brought too much
  std::uint64_t too_long{};  ///< messages whose topic is longer than any that is known
  /// Why nothing can come; empty while the broker has our subscriptions.
  std::string reason = "the first connection is not there yet";
  int mqtt_version{};  ///< 5, or 4 for MQTT 3.1.1; 0 before the first connection
};

/// What the memory of a meter is kept under, and that of its counters.
[[nodiscard]] auto memo_key(const MqttMeterSettings& meter) -> std::string;
[[nodiscard]] auto counters_key(const MqttMeterSettings& meter) -> std::string;
/// And what a broker was asked for.
[[nodiscard]] auto filters_key(const std::string& broker) -> std::string;

/// Takes the messages of the meters of one broker.
class MqttIntake {
 public:
  struct Meter {
    std::size_t number{};  ///< in the collector
    std::shared_ptr<const MqttMeterSettings> settings;
    std::string memory{};    ///< of an earlier run, see intake::MeterIntake
    std::string counters{};  ///< likewise
    /// Of the point that tells how much later than its own time a sample came; nothing if its
    /// messages have no time of their own.
    std::optional<reading::PointNumber> arrival_delay{};
  };

  /// Clock and collector are borrowed. `disk_is_behind` asks whether readings wait for a slow disk:
  /// then the broker is left until it has caught up, and keeps what comes meanwhile.
  /// `held_filters`: held_filters() of an earlier run, which the broker's session may still have.
  MqttIntake(const boost::asio::any_io_executor& executor, const MqttBrokerSettings& settings,
             io::MqttSettings mqtt, std::vector<Meter> meters, const TrustedClock& clock,
             Collector& collector, std::function<bool()> disk_is_behind,
             std::string_view held_filters = {});

  /// Returns after `stop`, once the broker has been told goodbye.
  [[nodiscard]] auto listen_until_stopped() -> boost::asio::awaitable<void>;
  void stop();
  [[nodiscard]] auto has_ended() const noexcept -> bool { return ended_; }

  [[nodiscard]] auto settings() const noexcept -> const MqttBrokerSettings& { return settings_; }
  [[nodiscard]] auto figures() const noexcept -> const BrokerFigures& { return figures_; }
  [[nodiscard]] auto is_connected() const -> bool { return client_.is_connected(); }
  [[nodiscard]] auto dropped() const -> std::uint64_t { return client_.dropped(); }
  [[nodiscard]] auto too_long() const -> std::uint64_t {
    return figures_.too_long + client_.too_long();
  }
  /// A line each.
  [[nodiscard]] auto held_filters() const -> std::string;
  [[nodiscard]] auto meters() const noexcept -> const std::vector<Meter>& { return meters_; }
  /// Its number in the catalog has changed.
  void renumber_delay(std::size_t meter, std::optional<reading::PointNumber> number) {
    meters_[meter].arrival_delay = number;
  }
  [[nodiscard]] auto intake(std::size_t meter) const -> const intake::MeterIntake& {
    return states_[meter].intake;
  }

 private:
  struct State {
    intake::MeterIntake intake;
    reading::Instant silent_from;             ///< unless it sends something before
    std::optional<reading::Instant> heard{};  ///< when it last sent anything
    bool offline{};                           ///< by its own word, or its last will
    std::string explained{};                  ///< the problem that stands in the log
    reading::Instant explained_at{};
    model::FallReport falls{};
    std::optional<reading::Stamp> delay_told{};  ///< of the sample of this time
  };
  /// A message that the broker may send again after a connection was lost.
  struct Sent {
    std::uint16_t packet_id{};
    std::size_t digest{};
  };

  [[nodiscard]] auto next_step() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto say_goodbye() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto take_what_waits() -> boost::asio::awaitable<void>;
  void happened(const io::MqttEvent& event);
  void connected(const io::MqttConnected& event);
  [[nodiscard]] auto leave(std::string reason) -> boost::asio::awaitable<void>;
  [[nodiscard]] auto subscribe() -> boost::asio::awaitable<void>;
  void hold(std::vector<std::string> filters);
  void subscribed(const wire::Result<void, std::string>& outcome);
  void disconnected(const std::string& reason);
  void received(const io::MqttMessage& message);
  [[nodiscard]] auto was_here(const io::MqttMessage& message) -> bool;
  void hand_over(std::size_t meter, const io::MqttMessage& message, const Collector::Moment& at);
  void tell_falls(std::size_t meter, std::span<const model::Fall> falls,
                  const Collector::Moment& at);
  void tell_losses(const Collector::Moment& at);
  void end_backlog();
  void keep(std::size_t meter, const intake::Taken& taken, const Collector::Moment& at);
  void explain(std::size_t meter);
  void watch_silence(const reading::Now& now);
  [[nodiscard]] auto filters() const -> std::vector<std::string>;
  [[nodiscard]] auto meters_of(std::string_view topic) const -> std::vector<std::size_t>;

  boost::asio::any_io_executor executor_;
  MqttBrokerSettings settings_;
  std::vector<Meter> meters_;
  std::vector<State> states_;  ///< beside meters_
  const TrustedClock& clock_;
  Collector& collector_;
  std::function<bool()> disk_is_behind_;
  io::MqttClient client_;
  Wakeup wakeup_;
  intake::TopicTable topics_;
  std::deque<Sent> sent_;
  std::vector<std::string> held_;  ///< filters that the broker's session may have; sorted
  bool held_too_many_ = false;     ///< one that is not wanted may send a message once more
  BrokerFigures figures_;
  reading::Instant try_at_;  ///< to connect
  bool here_ = false;
  reading::Instant here_until_;  ///< what came since then the broker has kept
  std::optional<reading::Instant> gone_since_;
  bool is_backlog_ = false;  ///< what comes may be what the broker has kept
  reading::Instant connected_at_;
  std::uint8_t qos_{};  ///< of the last message
  std::uint32_t failures_{};
  reading::Instant look_at_silence_;
  bool explained_flood_ = false;
  std::uint64_t told_losses_{};
  reading::Instant tell_losses_at_;
  bool subscribing_ = false;
  bool leaving_ = false;  ///< by our own wish, until it has happened
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace bornier::app
