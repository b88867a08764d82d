// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "modbus/planner.hpp"

namespace bornier::modbus {

/// What a device turned out to refuse, beyond what its model says.
struct Refusals {
  /// As Limits::boundaries: what lies between two parts that are answered, though not together.
  std::vector<Range> boundaries;
  std::vector<Range> lacking;  ///< parts that are refused alone
  friend auto operator==(const Refusals&, const Refusals&) -> bool = default;
};

/// Adds what was found, without repetitions.
void add(Refusals& known, const Refusals& found);

/// Finds out what a device refuses of a request that it has refused (exception 0x02 or 0x03), by
/// halves. A machine: ask for what next() names, tell it what came, until next() names nothing.
/// For a request of n parts it asks 3n requests at the most, and 2 + 2 log2 n where one is bad.
class RefusalSearch {
 public:
  /// What the request was for: parts of one table that come whole or not at all, in ascending order
  /// and without overlap; at least one.
  explicit RefusalSearch(std::vector<Range> parts);

  /// First the whole once more: a refusal may have been a device that was just starting.
  [[nodiscard]] auto next() const -> std::optional<Range>;
  void answered() { take(false); }
  void refused() { take(true); }

  /// Complete once next() names nothing.
  [[nodiscard]] auto found() const noexcept -> const Refusals& { return found_; }

 private:
  /// Parts [begin, end), which were refused together.
  struct Node {
    std::size_t begin{};
    std::size_t end{};
    /// `again`: both halves were answered; was it only a bad moment?
    enum class Ask : std::uint8_t { whole, left, right, again, done } ask{};
    bool explained{};  ///< the refusal, by something found inside
    [[nodiscard]] auto middle() const noexcept -> std::size_t { return begin + (end - begin) / 2; }
  };
  void take(bool refused);
  /// Leaves what is done.
  void climb();
  [[nodiscard]] auto span(std::size_t begin, std::size_t end) const -> Range;

  std::vector<Range> parts_;
  std::vector<Node> path_;  ///< from the whole to what is asked about now; empty at the end
  Refusals found_;
};

}  // namespace bornier::modbus
