// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reading/time.hpp"

namespace bornier::io {
struct MqttSettings;
}  // namespace bornier::io
namespace bornier::model {
class Report;
class TableReader;
}  // namespace bornier::model

/// How a broker is reached: the same keys wherever the configuration names one.
namespace bornier::app {

struct BrokerSettings {
  std::string broker;  ///< mqtt://host:1883 or mqtts://host:8883
  std::string username;
  std::filesystem::path password_file;
  std::filesystem::path ca;
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::chrono::milliseconds keepalive{30'000};

  friend auto operator==(const BrokerSettings&, const BrokerSettings&) -> bool = default;
};

/// Reads these keys of `table`; mistakes go into `report`, which is the table's. Other keys are the
/// caller's business, and `finish` too.
[[nodiscard]] auto read_broker(model::TableReader& table, model::Report& report) -> BrokerSettings;

/// Relative paths count from the folder `base`.
void resolve_paths(BrokerSettings& settings, const std::filesystem::path& base);

/// What is wrong with the files that are named, one sentence each.
[[nodiscard]] auto objections_to_files(const BrokerSettings& settings, reading::Stamp now)
    -> std::vector<std::string>;

/// Reads the password file; where that fails, the log has a line that begins with `who`, and the
/// connection is tried without a password.
[[nodiscard]] auto mqtt_settings_of(const BrokerSettings& settings, std::string client_id,
                                    std::string_view who) -> io::MqttSettings;

}  // namespace bornier::app
