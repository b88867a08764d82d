// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

namespace bornier::io {

/// Starts a coroutine that runs by itself. An exception that leaves it is logged with `name` and
/// ends the process at once: systemd starts it again, and what was accepted is on disk.
void spawn(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> coroutine,
           std::string name);

}  // namespace bornier::io
