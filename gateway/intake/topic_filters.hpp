// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bornier::intake {

/// Filters, of words and + only, that match at least what these do, and of which no two match the
/// same topic: some brokers send a message once for each filter that matches (MQTT 5, section
/// 3.3.4; mosquitto does). Two that overlap become one: where they differ it has a +.
[[nodiscard]] auto without_overlap(std::vector<std::string> filters) -> std::vector<std::string>;

}  // namespace bornier::intake
