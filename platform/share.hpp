// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bornier::platform {

/// How several receivers divide what gateways send.
struct Share {
  /// Of a shared subscription (MQTT 5): the broker gives each batch to one receiver of the group.
  /// Empty: none.
  std::string group;
  /// Each receiver keeps to its own gateways, also with a broker that speaks only 3.1.1: this one
  /// is number `part` of `parts`.
  std::uint32_t part = 1;
  std::uint32_t parts = 1;

  /// Whether the gateway is one of this receiver's.
  [[nodiscard]] auto contains(std::string_view city, std::string_view gateway) const -> bool;
};

/// "1/3" to "3/3" are parts, another text without '/', '+' and '#' is a group. Digits alone are
/// neither: most likely a part was meant.
[[nodiscard]] auto parse_share(std::string_view text) -> std::optional<Share>;

/// Our session at the broker unless the user names it: the same after a restart, another one for
/// each city and each part that a host may have a receiver for. Of a group it knows no member from
/// another: there the user has to name it.
[[nodiscard]] auto default_client_id(std::string_view host, std::string_view city,
                                     const Share& share) -> std::string;

}  // namespace bornier::platform
