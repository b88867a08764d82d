// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/model.hpp"
#include "reading/decimal.hpp"
#include "reading/time.hpp"

namespace bornier::model {

/// It only rises, unless its device is reset or exchanged.
[[nodiscard]] auto is_counter(const Point& point) noexcept -> bool;

/// What the counters of a meter showed last, so that a fall is seen, also across a restart.
class Counters {
 public:
  /// Takes what a counter shows now. What it showed before, if that was more and it has not just
  /// wrapped (from the last tenth before its rollover to the first one after 0). A late sample, by
  /// the meter's own time, changes nothing; digits that it no longer shows are no fall.
  [[nodiscard]] auto take(const Point& point, reading::Decimal value,
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

/// A counter that came back lower than before.
struct Fall {
  std::size_t point{};  ///< index into Model::points
  reading::Decimal before;
  reading::Decimal after;
  friend auto operator==(const Fall&, const Fall&) -> bool = default;
};

/// Each reading that fell is marked; a counter that goes to and fro is not told each time, but once
/// a minute, with how often it fell.
class FallReport {
 public:
  struct Told {
    std::int64_t falls{};  ///< since the last that was told
    std::string text;      ///< point and both values, of the last fall
  };
  /// Of the meter's last answer; empty: only what still waits may be told.
  [[nodiscard]] auto take(const Model& model, std::span<const Fall> falls, reading::Instant now)
      -> std::optional<Told>;
  /// It was another device that counted.
  void forget() noexcept { waiting_ = 0; }

 private:
  std::int64_t waiting_{};
  Fall last_;
  std::optional<reading::Instant> told_at_;
};

}  // namespace bornier::model
