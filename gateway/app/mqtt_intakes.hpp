// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/collector.hpp"
#include "app/configuration.hpp"
#include "app/mqtt_intake.hpp"
#include "app/trusted_clock.hpp"
#include "app/wakeup.hpp"
#include "batch/catalog.hpp"
#include "buffer/memo.hpp"

namespace bornier::app {

/// Those who listen to all brokers. Exchanges those that a new configuration changes; the others
/// notice nothing.
class MqttIntakes {
 public:
  using Brokers = std::vector<std::unique_ptr<MqttIntake>>;
  using Numbers = std::span<const batch::Registered::Numbers>;  ///< as mqtt_numbers() gives them

  /// `clock` and `collector` are borrowed; `disk_is_behind` as for MqttIntake.
  MqttIntakes(boost::asio::any_io_executor executor, const TrustedClock& clock,
              Collector& collector, std::function<bool()> disk_is_behind);

  /// Ends the brokers that differ in `wanted`, or are not in it.
  [[nodiscard]] auto end_what_differs(const Configuration& wanted)
      -> boost::asio::awaitable<std::vector<std::string>>;
  /// What has ended makes way for what `wanted` has. `numbers` are those of its meters in the
  /// catalog; `memos` those of an earlier run. What is new stands still until `start`.
  void change(const Configuration& wanted, Numbers numbers,
              const std::vector<buffer::Memo>& memos = {});
  void start();
  void stop();
  [[nodiscard]] auto has_ended() const -> bool;

  /// In the order of the configuration.
  [[nodiscard]] auto brokers() const noexcept -> const Brokers& { return brokers_; }

 private:
  [[nodiscard]] auto find(const std::string& name) const -> MqttIntake*;
  [[nodiscard]] auto new_broker(const Configuration& wanted, std::size_t index, Numbers numbers,
                                const std::map<std::string, std::string>& memories)
      -> std::unique_ptr<MqttIntake>;

  boost::asio::any_io_executor executor_;
  const TrustedClock& clock_;
  Collector& collector_;
  std::function<bool()> disk_is_behind_;
  Wakeup wakeup_;
  Brokers brokers_;
  std::vector<MqttIntake*> standing_still_;
};

}  // namespace bornier::app
