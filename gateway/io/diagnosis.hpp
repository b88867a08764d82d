// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "io/broker_url.hpp"
#include "io/clock.hpp"
#include "io/tls_files.hpp"

namespace bornier::io {

struct Resolved {
  std::string address;  ///< an IPv4 address if there is one
  std::string failure;  ///< one sentence; empty if there is an address
};
/// References must live until it returns.
[[nodiscard]] auto resolve(const BrokerAddress& broker, reading::Instant until, const Clock& clock)
    -> boost::asio::awaitable<Resolved>;

/// Walks the way to a broker again after a connection failed, because Paho does not say why: name,
/// TCP, TLS. One sentence about the first step that fails, with the remedy; empty if all of them
/// work. References must live until it returns.
[[nodiscard]] auto diagnose(const BrokerAddress& broker, const TlsFiles& files,
                            reading::Instant until, const Clock& clock)
    -> boost::asio::awaitable<std::string>;

}  // namespace bornier::io
