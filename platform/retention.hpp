// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace bornier::platform {

/// How long readings are kept, by the class of their batch; nothing: for ever. Whole partitions go,
/// a month of detail and a year of billing, once all of it is older. Rows of batches stay.
struct Retention {
  std::optional<std::chrono::hours> detail;
  std::optional<std::chrono::hours> billing;
};

/// "90d", "12w", "10y" (a year is 365.2425 days).
[[nodiscard]] auto parse_keep(std::string_view text) -> std::optional<std::chrono::hours>;

}  // namespace bornier::platform
