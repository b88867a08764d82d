// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "io/mqtt_client.hpp"
#include "platform/database.hpp"
#include "platform/receiver.hpp"
#include "platform/share.hpp"

namespace bornier::platform {

struct ServiceSettings {
  io::MqttSettings mqtt;
  std::string city;       ///< empty: every city of the broker
  Share share;            ///< what of it is ours
  std::string republish;  ///< topic for JSON, {city} and {gateway} filled in; empty: none
  std::string metrics;    ///< HOST:PORT of GET /metrics, numeric; empty: none
  std::filesystem::path ready_file;  ///< written once subscribed; empty: none
  ReceiverLimits limits;
  /// How long a stop waits for one answer of the database.
  std::chrono::seconds answer_within{10};
  /// What then ends the process. Nothing else can: the thread that waits for the answer cannot be
  /// interrupted, and holds what it stores. Empty: an exit at once, as a failure.
  std::function<void()> give_up;
};

/// The receiver at work: between the broker and the database.
class Service {
 public:
  /// `clock` must outlive the service. Fails if the database cannot be read or
  /// `metrics` not be listened on.
  [[nodiscard]] static auto create(const boost::asio::any_io_executor& executor,
                                   const io::Clock& clock, ServiceSettings settings,
                                   std::unique_ptr<Database> database)
      -> wire::Result<std::unique_ptr<Service>, Failure>;
  ~Service();

  /// Until stop(): then commits what waits, confirms it and takes leave of the broker. Where the
  /// database does not answer, the process is ended; nothing is confirmed, so gateways repeat it.
  [[nodiscard]] auto run() -> boost::asio::awaitable<void>;
  void stop();

  /// Subscriptions are in place.
  [[nodiscard]] auto is_ready() const -> bool;
  [[nodiscard]] auto counters() const -> const Counters&;
  /// Where GET /metrics is answered; 0 if nowhere.
  [[nodiscard]] auto metrics_port() const -> std::uint16_t;

 private:
  class Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bornier::platform
