// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/live_meter.hpp"
#include "app/meter_reader.hpp"
#include "io/clock.hpp"
#include "io/line.hpp"

namespace bornier::app {

/// What the answers say about all points of the requests. What did not answer is `no_response`.
[[nodiscard]] auto look_of(const MeterSettings& meter, const std::vector<Request>& requests,
                           const std::vector<Gathered>& gathered) -> Look;

/// Told what is being done, in one line without its end.
using Progress = std::function<void(const std::string&)>;

/// Reads the meters of one bus, one after the other, some of them several times, and judges them. A
/// dead one costs its own timeouts; a bus that cannot be opened is tried once. `meters` and `clock`
/// are borrowed.
[[nodiscard]] auto check_bus(BusSettings bus, std::vector<LiveMeter*> meters,
                             std::unique_ptr<io::Line> line, const io::Clock& clock,
                             Progress progress) -> boost::asio::awaitable<void>;

}  // namespace bornier::app
