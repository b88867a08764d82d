// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/clock.hpp"
#include "io/mqtt_client.hpp"
#include "simulator/description.hpp"
#include "simulator/message_meter.hpp"
#include "simulator/message_schedule.hpp"
#include "simulator/published_log.hpp"

namespace bornier::simulator {

/// Publishes what the meters of one broker say, and logs what the broker has taken. What it had no
/// answer for when a connection ends is not sent again, and what is due without a connection is
/// never sent: a meter has no memory of that.
class Publisher {
 public:
  /// Clock and log are borrowed, until `stop`.
  Publisher(const boost::asio::any_io_executor& executor, const io::Clock& clock, Broker broker,
            reading::Stamp start, PublishedLog& log);

  /// Returns after `stop`.
  [[nodiscard]] static auto publish_until_stopped(std::shared_ptr<Publisher> self)
      -> boost::asio::awaitable<void>;
  /// Hangs up. Before the io_context is destroyed.
  void stop();

  [[nodiscard]] auto find(std::string_view name) -> MessageMeter*;

 private:
  /// A message that the broker has not answered for.
  struct Sent {
    std::size_t meter{};
    reading::Stamp time;
    std::string topic;
    std::string payload;
  };

  /// When to look again.
  auto send_what_is_due(reading::Now now) -> reading::Instant;
  void send(const MessageSchedule::Due& due, reading::Stamp now);
  void happened(const io::MqttEvent& event);
  void disconnected(const std::string& reason);
  void acknowledged(const io::MqttAcknowledged& event);

  boost::asio::any_io_executor executor_;
  const io::Clock& clock_;
  PublishedLog& log_;
  std::string broker_;  ///< its address
  std::vector<MessageMeter> meters_;
  std::vector<bool> explained_;  ///< beside meters_: a message that cannot be composed
  MessageSchedule schedule_;
  std::optional<io::MqttClient> client_;
  std::map<std::uint64_t, Sent> under_way_;  ///< by token
  reading::Instant try_at_;                  ///< to connect
  bool explained_absence_ = false;
  bool explained_skips_ = false;
  bool explained_refusal_ = false;
  bool stopped_ = false;
};

}  // namespace bornier::simulator
