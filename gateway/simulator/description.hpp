// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/mqtt_client.hpp"
#include "model/diagnostic.hpp"
#include "reading/time.hpp"
#include "simulator/message_meter.hpp"
#include "simulator/meter.hpp"
#include "wire/result.hpp"

namespace bornier::model {
class Report;
class TableReader;
}  // namespace bornier::model

namespace bornier::simulator {

/// One TCP socket that listens, or one serial line, with the meters behind it by their unit id.
struct Endpoint {
  std::string host{"127.0.0.1"};       ///< an address
  std::uint16_t port{};                ///< 0: a free one
  bool rtu{};                          ///< RTU frames over TCP
  std::string pty;                     ///< instead of a socket: the name a serial line gets
  std::uint32_t baud{};                ///< of RTU: answers come that fast; 0: at once
  std::chrono::milliseconds babble{};  ///< a line gets noise this often; 0: never
  std::vector<MeterDescription> meters;
};

/// For messages: "127.0.0.1:1502", "/tmp/line".
[[nodiscard]] auto name_of(const Endpoint& endpoint) -> std::string;

/// A broker that meters publish to.
struct Broker {
  io::MqttSettings mqtt;
  std::vector<MessageMeterDescription> meters;
};

struct Description {
  std::vector<Endpoint> endpoints;
  std::vector<Broker> brokers;
  std::string log;                      ///< file that every answer is appended to; empty: none
  std::string published;                ///< likewise what brokers have taken
  std::optional<reading::Stamp> start;  ///< when row 0 begins; nothing: when the simulator starts
};

/// Where description files get models and the text of recordings from.
struct Sources {
  std::function<std::shared_ptr<const model::Model>(std::string_view id)> model;  ///< or null
  std::function<std::optional<std::string>(const std::string& path)> text;
  /// How a broker is reached: reads those keys of its table.
  std::function<io::MqttSettings(model::TableReader& table, model::Report& report)> broker;
};

/// Reads the TOML of `--meters FILE`; DESIGN.md shows the format. All mistakes at once.
[[nodiscard]] auto load_description(std::string_view toml, const std::string& file,
                                    const Sources& sources)
    -> wire::Result<Description, std::vector<model::Diagnostic>>;

}  // namespace bornier::simulator
