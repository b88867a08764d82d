// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "app/configuration.hpp"
#include "io/clock.hpp"
#include "io/line.hpp"

namespace bornier::app {

/// The line of a bus, not yet connected. `clock` must outlive it.
[[nodiscard]] auto make_line(const boost::asio::any_io_executor& executor, const io::Clock& clock,
                             const BusSettings& bus) -> std::unique_ptr<io::Line>;

}  // namespace bornier::app
