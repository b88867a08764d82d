// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/result.hpp"

namespace bornier::io {

struct BrokerAddress {
  bool tls{};
  std::string host;  ///< name or address, an IPv6 one without brackets
  std::uint16_t port{};
  friend auto operator==(const BrokerAddress&, const BrokerAddress&) -> bool = default;
};

/// mqtt://host, mqtts://host:port, tcp://…, ssl://…; without a port 1883, or 8883 with TLS. The
/// error is a sentence that quotes the text, without a password that it holds.
[[nodiscard]] auto parse_broker(std::string_view url) -> wire::Result<BrokerAddress, std::string>;

}  // namespace bornier::io
