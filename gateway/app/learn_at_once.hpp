// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "app/meter_learning.hpp"
#include "app/meter_reader.hpp"

namespace bornier::app {

/// What is behind the refusals of a poll, asked without regard for others on the line. True:
/// something was found out, and reading again gives more.
[[nodiscard]] auto learn_at_once(MeterReader& reader, const MeterSettings& meter,
                                 MeterLearning& learning, const std::vector<Gathered>& gathered,
                                 modbus::Outcome outcome) -> boost::asio::awaitable<bool>;

}  // namespace bornier::app
