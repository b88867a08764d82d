// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "wire/registers.hpp"
#include "wire/result.hpp"

/// Points → requests: which blocks of registers to read so that everything needed comes at the
/// least cost.
namespace bornier::modbus {

/// Addresses of one table, as on the wire.
struct Range {
  wire::Table table{};
  std::uint16_t first{};
  std::uint32_t count{};
  friend auto operator==(const Range&, const Range&) -> bool = default;
};

/// A value somewhere in a meter: it must come whole in one answer.
struct Need {
  wire::Table table{};
  std::uint16_t first{};
  std::uint16_t count{1};
  /// The request must be for exactly these addresses: some meters give them another meaning inside
  /// a longer answer (Carlo Gavazzi EM340: 11 read alone is the product code).
  bool alone{};
  /// Needs with the same number come in one request: both halves of a counter, a value and its
  /// scale.
  std::optional<int> together;
};

/// What a meter takes. The default is the specification's own (MODBUS Application Protocol V1.1b3,
/// sections 6.1 to 6.4).
struct Limits {
  std::uint16_t max_registers{125};
  std::uint16_t max_bits{2000};
  /// Start and count of a request must be even.
  bool even{};
  /// An address that no need names can be read over. Otherwise only those in `readable` can.
  bool holes_readable{true};
  std::uint32_t max_hole{65536};  ///< the longest run of such addresses inside one request
  std::vector<Range> readable;    ///< what the meter has, though nobody needs it now
  std::vector<Range> forbidden;   ///< no request may touch these, whatever else is said
  /// No request may reach from the address before such a range to the one behind it; with `count` 0
  /// not over the edge before `first`.
  std::vector<Range> boundaries;
};

/// What requests cost, in any unit that both figures share. In microseconds on TCP: the round trip,
/// and nearly nothing. On a serial line: turnaround, pauses and the bytes that are always there;
/// and two characters.
struct Cost {
  std::uint32_t request{20'000};
  std::uint32_t word{10};  ///< one register more, or 16 coils or discrete inputs, begun or full
};

/// One request. `needs` are indices into the span given to `plan`, in ascending order of address.
struct Block {
  wire::Table table{};
  std::uint16_t first{};
  std::uint16_t count{};
  std::vector<std::size_t> needs;
  friend auto operator==(const Block&, const Block&) -> bool = default;
};

enum class PlanProblem : std::uint8_t {
  empty = 1,          ///< count is 0
  beyond_the_table,   ///< reaches past address 65535
  too_large,          ///< more than one request may carry
  odd,                ///< read alone, but not even where the meter insists on it
  several_tables,     ///< needs that belong together stand in different tables
  crosses_boundary,   ///< no request may span it
  touches_forbidden,  ///< stands in, or can only be read over, forbidden addresses
  hole_between,       ///< belong together, or is widened to be even, over what cannot be read
};

struct PlanFault {
  PlanProblem problem{};
  std::size_t need{};  ///< the first one concerned, as index
  friend auto operator==(const PlanFault&, const PlanFault&) -> bool = default;
};

/// The cheapest set of blocks: each need is in exactly one block and lies whole in it. Sorted by
/// table and address. A fault concerns the needs themselves: without that need (or with other
/// limits) there is a plan.
[[nodiscard]] auto plan(std::span<const Need> needs, const Limits& limits, const Cost& cost)
    -> wire::Result<std::vector<Block>, PlanFault>;

}  // namespace bornier::modbus
