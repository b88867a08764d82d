// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <vector>

#include "io/clock.hpp"
#include "io/mqtt_client.hpp"
#include "platform/swarm_gateway.hpp"

namespace bornier::platform {

struct SwarmSettings {
  io::MqttSettings mqtt;  ///< the client ids are made up
  SwarmShape shape;
  std::uint32_t gateways{100};
  std::chrono::milliseconds lasts{60'000};     ///< so long batches are sent
  std::chrono::milliseconds patience{90'000};  ///< then confirmations are waited for so long
};

struct SwarmReport {
  std::uint64_t batches_sent{};
  std::uint64_t batches_confirmed{};
  std::uint64_t batches_repeated{};
  std::uint64_t batches_held_back{};  ///< not sent, because too many were unconfirmed
  std::uint64_t readings_sent{};
  std::uint64_t readings_confirmed{};
  std::uint64_t connections_made{};
  std::uint64_t connections_lost{};             ///< of those
  std::uint64_t attempts_failed{};              ///< to make one
  std::vector<std::chrono::microseconds> took;  ///< of each batch confirmed, in no order

  [[nodiscard]] auto all_confirmed() const -> bool {
    return batches_sent > 0 && batches_sent == batches_confirmed && batches_held_back == 0;
  }
};

/// Many gateways at once, each with its own connection to the broker, that send batches on time
/// whether or not the platform keeps up: a load test. Their marks are spread evenly.
[[nodiscard]] auto run_swarm(boost::asio::any_io_executor executor, const io::Clock& clock,
                             SwarmSettings settings) -> boost::asio::awaitable<SwarmReport>;

void print(std::ostream& out, const SwarmSettings& settings, SwarmReport report);

}  // namespace bornier::platform
