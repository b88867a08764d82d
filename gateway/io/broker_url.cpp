// SPDX-License-Identifier: Apache-2.0
#include "io/broker_url.hpp"

#include <charconv>

#include "io/without_password.hpp"

namespace bornier::io {

auto parse_broker(std::string_view url) -> wire::Result<BrokerAddress, std::string> {
  const auto mistake = [&](std::string_view what) {
    return "broker \"" + without_password(url) + "\": " + std::string{what};
  };
  const auto colon = url.find("://");
  const auto scheme = url.substr(0, colon);
  BrokerAddress address;
  if (colon != std::string_view::npos && (scheme == "mqtts" || scheme == "ssl")) {
    address.tls = true;
  } else if (colon == std::string_view::npos || (scheme != "mqtt" && scheme != "tcp")) {
    return mistake("has to begin with mqtt:// or mqtts://");
  }
  address.port = address.tls ? 8883 : 1883;

  auto rest = url.substr(colon + 3);
  if (rest.find_first_of("/@ ") != std::string_view::npos) {
    return mistake("only a host and a port may follow ://; a user name has its own setting");
  }
  auto port = std::string_view::npos;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos)
      return mistake("misses the ] of an IPv6 address");
    address.host = rest.substr(1, end - 1);
    if (end + 1 < rest.size())
      port = end + 1;
  } else {
    port = rest.rfind(':');
    address.host = rest.substr(0, port);
  }
  if (address.host.empty())
    return mistake("has no host");
  if (port == std::string_view::npos)
    return address;

  const auto digits = rest.substr(port + 1);
  const auto* end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, address.port);
  if (rest[port] != ':' || failure != std::errc{} || stop != end || address.port == 0) {
    return mistake("the port has to be a number from 1 to 65535");
  }
  return address;
}

}  // namespace bornier::io
