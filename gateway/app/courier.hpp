// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include "app/keeper.hpp"
#include "app/wakeup.hpp"
#include "batch/catalog.hpp"
#include "batch/control.hpp"
#include "delivery/delivery.hpp"
#include "io/mqtt_client.hpp"

namespace bornier::app {

/// For `status`.
struct LinkView {
  bool connected{};
  int mqtt_version{};         ///< 5 or 4 (3.1.1) of the last connection; 0: none yet
  std::string reason;         ///< why there is no connection; empty while there is one
  std::uint64_t confirmed{};  ///< batches, since the start
  std::uint64_t connections{};
  std::uint64_t dropped{};  ///< messages that cannot be understood
};

/// Takes batches to the platform and brings its answers back: one MQTT connection, driven by
/// delivery::Delivery.
class Courier {
 public:
  struct Settings {
    std::string city;
    std::string gateway;
    io::MqttSettings mqtt;  ///< its will is set for each connection
    delivery::Settings delivery;
  };
  /// What a status says beyond what the courier knows himself.
  using FillStatus = std::function<void(batch::Status&)>;

  /// `keeper` and `clock` are borrowed.
  Courier(const boost::asio::any_io_executor& executor, Settings settings,
          const TrustedClock& clock, Keeper& keeper, std::uint64_t seed);

  void set_status_source(FillStatus fill) { fill_status_ = std::move(fill); }

  /// What is on disk unconfirmed since before the start. Once, before the others.
  [[nodiscard]] auto load() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto send_for_ever() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto listen_for_ever() -> boost::asio::awaitable<void>;
  /// Nothing is sent any more; the platform learns that the gateway goes.
  [[nodiscard]] auto say_goodbye() -> boost::asio::awaitable<void>;

  /// The store's, which has another revision now. Without a connection it is published with the
  /// next one.
  [[nodiscard]] auto publish_catalog() -> boost::asio::awaitable<void>;
  void sealed(const buffer::Sealed& batches);
  void publish_status();
  [[nodiscard]] auto not_yet_sent() const -> std::vector<batch::SequenceRange>;
  [[nodiscard]] auto delivery() const -> delivery::Figures { return delivery_.figures(); }
  [[nodiscard]] auto link() const noexcept -> const LinkView& { return link_; }

 private:
  [[nodiscard]] auto publish(delivery::Publish order) -> boost::asio::awaitable<void>;
  [[nodiscard]] auto free(delivery::Confirmed confirmed) -> boost::asio::awaitable<void>;
  [[nodiscard]] auto introduce() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto obey(batch::Command command) -> boost::asio::awaitable<void>;
  /// Why nothing is sent again; empty if something is.
  [[nodiscard]] auto send_again(batch::StreamId stream, std::vector<batch::SequenceRange> ranges)
      -> boost::asio::awaitable<std::string>;
  [[nodiscard]] auto leave_stream(std::string reason) -> boost::asio::awaitable<void>;
  [[nodiscard]] auto take(io::MqttMessage message) -> boost::asio::awaitable<void>;
  void connected(const io::MqttConnected& event);
  void disconnected(const io::MqttDisconnected& event);
  [[nodiscard]] auto follow_stream() -> boost::asio::awaitable<void>;
  void say_dropped(std::string_view what, batch::Fault fault);
  [[nodiscard]] auto status(bool online) const -> batch::Status;
  [[nodiscard]] auto topic(batch::TopicKind kind) const -> std::string;

  Settings settings_;
  const TrustedClock& clock_;
  Keeper& keeper_;
  batch::StreamId stream_;  ///< that delivery and the catalog at the broker are of
  std::mt19937_64 random_;
  io::MqttClient client_;
  delivery::Delivery delivery_;
  Wakeup wakeup_;
  std::uint64_t session_;  ///< grows with each connection, and from start to start
  FillStatus fill_status_;
  std::map<io::MqttToken, delivery::Publish> on_the_way_;
  LinkView link_;
  std::uint64_t dropped_before_connection_ = 0;
  bool leaving_ = false;
};

}  // namespace bornier::app
