// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reading/time.hpp"

/// What a bus and its units did, and what that means.
namespace bornier::modbus {

/// How long answers take: the last thousand or so weigh, older ones fade.
class Latencies {
 public:
  void add(reading::Instant::duration took) noexcept;
  /// Answers that weigh.
  [[nodiscard]] auto count() const noexcept -> std::uint32_t { return count_; }
  /// So many thousandths of the answers took no longer, to a fifth of it; nothing: none has come.
  [[nodiscard]] auto percentile(std::uint32_t permille) const noexcept
      -> std::optional<reading::Instant::duration>;

 private:
  /// Four a doubling, from a quarter of a millisecond to a minute.
  std::array<std::uint16_t, 72> counts_{};
  std::uint32_t count_{};
};

/// The share of time that something takes, over the last minute.
class Occupancy {
 public:
  /// `until` does not lie before an earlier one.
  void busy(reading::Instant from, reading::Instant until);
  /// In thousandths, of the minute before `now`, or of the time since `begin` if that is less.
  [[nodiscard]] auto permille(reading::Instant begin, reading::Instant now) const -> std::uint32_t;

 private:
  struct Slot {
    std::int64_t number{-1};  ///< of the ten seconds, counted from the clock's beginning
    reading::Instant::duration busy{};
  };
  std::array<Slot, 7> slots_{};
};

/// What came of the requests to one unit id.
struct UnitCounts {
  std::uint64_t requests{};
  std::uint64_t answers{};
  std::map<std::uint8_t, std::uint64_t> exceptions;  ///< by code
  std::uint64_t timeouts{};
  std::uint64_t damaged{};  ///< answers with a wrong checksum, or cut short
  std::uint64_t foreign{};  ///< while it was asked: frames of other units, or for another request
  std::uint64_t late{};     ///< answers that came after they were given up
  std::uint64_t stray{};    ///< bytes that are part of no frame
};

/// Since the start.
struct UnitHealth : UnitCounts {
  std::uint32_t timeouts_in_a_row{};
  Latencies latencies;

  /// Before each request.
  void look(reading::Instant now);
  /// What was counted in the last half hour to hour, or since the start if that is less: so soon a
  /// repair shows.
  [[nodiscard]] auto recent() const -> UnitCounts;

 private:
  std::optional<reading::Instant> window_since_;
  UnitCounts at_window_;         ///< the counts when the window began
  UnitCounts at_window_before_;  ///< and when the one before it did
};

/// By unit id.
using UnitsHealth = std::map<std::uint8_t, UnitHealth>;

/// How long the first byte of a unit's answer is waited for: four times what its slow answers took
/// of late, and after three in a row that did not come, every fourth time, as long as `ceiling`:
/// the probes of a dead meter cost its neighbours little, and one that has become slow is found.
/// Until ten answers have come, the ceiling.
[[nodiscard]] auto patience(const UnitHealth& unit, std::chrono::milliseconds ceiling)
    -> reading::Instant::duration;

enum class LineKind : std::uint8_t { serial, network };

/// What a person should look at now, a sentence each; nothing where the pattern is not known.
[[nodiscard]] auto hints(const UnitsHealth& health, LineKind kind) -> std::vector<std::string>;

}  // namespace bornier::modbus
