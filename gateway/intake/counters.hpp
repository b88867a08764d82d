// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "model/model.hpp"
#include "reading/decimal.hpp"
#include "reading/time.hpp"

namespace bornier::intake {

/// What the counters of a meter showed last, so that a fall is seen, also across a restart.
class Counters {
 public:
  /// Takes what a counter shows now. What it showed before, if that was more and it has not just
  /// wrapped (from the last tenth before its rollover to the first one after 0). A late sample, by
  /// the meter's own time, changes nothing.
  [[nodiscard]] auto take(const model::Point& point, reading::Decimal value,
                          std::optional<reading::Stamp> time) -> std::optional<reading::Decimal>;

  /// At most 4 KiB: beyond 240 counters some are forgotten.
  [[nodiscard]] auto to_bytes() const -> std::string;
  /// Nothing if the bytes are not of `to_bytes`. Times are not kept.
  [[nodiscard]] static auto of_bytes(std::string_view bytes) -> std::optional<Counters>;

  friend auto operator==(const Counters&, const Counters&) -> bool = default;

 private:
  struct Last {
    reading::Decimal value;
    std::optional<reading::Stamp> time;
    friend auto operator==(const Last&, const Last&) -> bool = default;
  };
  std::map<std::uint64_t, Last> last_;  ///< by a digest of the point's name
};

}  // namespace bornier::intake
