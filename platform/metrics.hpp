// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "platform/receiver.hpp"

namespace bornier::platform {

/// What /metrics answers: Prometheus' text format 0.0.4. `lost` are messages that came faster than
/// they were taken from the client.
[[nodiscard]] auto to_prometheus(const Receiver& receiver, std::uint64_t lost, reading::Stamp now)
    -> std::string;

}  // namespace bornier::platform
