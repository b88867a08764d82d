// SPDX-License-Identifier: Apache-2.0
#include "platform/option_checks.hpp"

#include "batch/control.hpp"
#include "io/broker_url.hpp"

namespace bornier::platform {

auto check_broker(const std::string& url) -> std::string {
  const auto address = io::parse_broker(url);
  return address ? std::string{} : address.error() + "; write mqtts://broker.city.example:8883";
}

auto check_city(const std::string& city) -> std::string {
  const bool fits = batch::parse_topic("bornier/v1/" + city + "/gateway/batch").has_value();
  return fits
             ? std::string{}
             : "'" + city + "' is no city: 1 to 64 of a-z, 0-9 and '-', as in the gateways' `city`";
}

}  // namespace bornier::platform
