// SPDX-License-Identifier: Apache-2.0
#include "modbus/planner.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace bornier::modbus {
namespace {

constexpr std::uint32_t table_size = 65536;

/// Addresses [first, end) of one table.
struct Span {
  wire::Table table{};
  std::uint32_t first{};
  std::uint32_t end{};
  friend auto operator==(const Span&, const Span&) -> bool = default;
};

auto span_of(const Need& need) -> Span {
  return {need.table, need.first, std::uint32_t{need.first} + need.count};
}

auto span_of(const Range& range) -> Span {
  return {range.table, range.first, range.first + range.count};
}

auto overlap(const Span& left, const Span& right) -> bool {
  return left.table == right.table && left.first < right.end && right.first < left.end;
}

/// What has to be read in one request: one need, or all that belong together.
struct Item {
  Span span;
  bool alone{};
  std::vector<std::size_t> needs;
};

/// Knows what one request may span. If it may span something, it may span every part of that which
/// begins and ends with a need: `cheapest` rests on this.
class Ground {
 public:
  /// `known`: what the needs name; addresses outside are holes.
  Ground(std::vector<Span> known, const Limits& limits)
      : limits_{limits}, known_{std::move(known)} {
    std::ranges::transform(limits.readable, std::back_inserter(known_),
                           [](const Range& range) { return span_of(range); });
    std::ranges::sort(known_, {}, [](const Span& s) { return std::tuple{s.table, s.first}; });
  }

  /// The request that reads `span`.
  [[nodiscard]] auto widened(Span span) const -> Span {
    if (limits_.even) {
      span.first -= span.first % 2;
      span.end += span.end % 2;
    }
    return span;
  }

  /// Nothing, if `request` (already widened) may be sent.
  [[nodiscard]] auto problem(const Span& request) const -> std::optional<PlanProblem> {
    const auto size = request.end - request.first;
    if (size > (wire::is_bits(request.table) ? limits_.max_bits : limits_.max_registers)) {
      return PlanProblem::too_large;
    }
    for (const Range& boundary : limits_.boundaries) {
      if (boundary.table == request.table && boundary.first > request.first &&
          boundary.first + boundary.count < request.end) {
        return PlanProblem::crosses_boundary;
      }
    }
    for (const Range& forbidden : limits_.forbidden) {
      if (overlap(span_of(forbidden), request)) {
        return PlanProblem::touches_forbidden;
      }
    }
    if (longest_hole(request) > (limits_.holes_readable ? limits_.max_hole : 0)) {
      return PlanProblem::hole_between;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] auto longest_hole(const Span& request) const -> std::uint32_t {
    std::uint32_t longest = 0;
    std::uint32_t reached = request.first;
    for (const Span& known : known_) {
      if (!overlap(known, request)) {
        continue;
      }
      if (known.first > reached) {
        longest = std::max(longest, known.first - reached);
      }
      reached = std::max(reached, known.end);
    }
    return request.end > reached ? std::max(longest, request.end - reached) : longest;
  }

  const Limits& limits_;
  std::vector<Span> known_;
};

/// Needs that belong together become one item; the rest are items of their own.
auto gather(std::span<const Need> needs) -> wire::Result<std::vector<Item>, PlanFault> {
  std::vector<Item> items;
  std::map<int, std::size_t> groups;
  for (std::size_t index = 0; index < needs.size(); ++index) {
    const Need& need = needs[index];
    const Span span = span_of(need);
    if (need.count == 0) {
      return PlanFault{PlanProblem::empty, index};
    }
    if (span.end > table_size) {
      return PlanFault{PlanProblem::beyond_the_table, index};
    }
    const auto group =
        need.together ? groups.try_emplace(*need.together, items.size()).first : groups.end();
    if (group == groups.end() || group->second == items.size()) {
      items.push_back(Item{span, need.alone, {index}});
      continue;
    }
    Item& item = items[group->second];
    if (item.span.table != span.table) {
      return PlanFault{PlanProblem::several_tables, index};
    }
    item.span.first = std::min(item.span.first, span.first);
    item.span.end = std::max(item.span.end, span.end);
    item.alone |= need.alone;
    item.needs.push_back(index);
  }
  return items;
}

/// The addresses that the needs of these items name. Those between needs that belong together are
/// holes like any other.
auto named(std::span<const Need> needs, std::span<const Item> items) -> std::vector<Span> {
  std::vector<Span> spans;
  for (const Item& item : items) {
    std::ranges::transform(item.needs, std::back_inserter(spans),
                           [&](std::size_t need) { return span_of(needs[need]); });
  }
  return spans;
}

auto order(const Item& item) -> std::tuple<wire::Table, std::uint32_t, std::uint32_t> {
  return {item.span.table, item.span.first, item.span.end};
}

auto merged(const Span& left, const Span& right) -> Span {
  return {left.table, std::min(left.first, right.first), std::max(left.end, right.end)};
}

auto price(const Span& request, const Cost& cost) -> std::uint64_t {
  const auto size = request.end - request.first;
  const auto words = wire::is_bits(request.table) ? (size + 15) / 16 : size;
  return cost.request + std::uint64_t{cost.word} * words;
}

auto block(const Span& request, std::span<const Item> items) -> Block {
  Block result{request.table,
               static_cast<std::uint16_t>(request.first),
               static_cast<std::uint16_t>(request.end - request.first),
               {}};
  for (const Item& item : items) {
    result.needs.insert(result.needs.end(), item.needs.begin(), item.needs.end());
  }
  return result;
}

/// Cuts `items`, sorted by `order`, into runs, each run one request.
///
/// Runs are enough. Let two requests X and Y of any plan begin at x ≤ y, and let an item of X begin
/// at y or later. If it ends inside Y it can move to Y, which does not grow; if it ends behind Y,
/// all of Y lies inside X and can move there. Either way the plan gets no dearer and, by `Ground`,
/// stays allowed.
auto cheapest(std::span<const Item> items, const Ground& ground, const Cost& cost)
    -> std::vector<Block> {
  struct Choice {
    std::uint64_t price{};
    std::size_t begin{};  ///< of the last run
    Span request;
  };
  std::vector<Choice> best(items.size() + 1);
  for (std::size_t end = 1; end <= items.size(); ++end) {
    best[end].price = std::numeric_limits<std::uint64_t>::max();
    Span span = items[end - 1].span;
    for (std::size_t begin = end; begin-- > 0 && items[begin].span.table == span.table;) {
      span = merged(span, items[begin].span);
      const Span request = ground.widened(span);
      if (ground.problem(request)) {
        break;
      }
      const auto total = best[begin].price + price(request, cost);
      if (total < best[end].price) {
        best[end] = Choice{total, begin, request};
      }
    }
  }
  std::vector<Block> blocks;
  for (std::size_t end = items.size(); end > 0; end = best[end].begin) {
    const std::size_t begin = best[end].begin;
    blocks.push_back(block(best[end].request, items.subspan(begin, end - begin)));
  }
  return blocks;
}

/// Items that are read alone: one request for each range.
auto apart(std::span<const Item> items) -> std::vector<Block> {
  std::vector<Block> blocks;
  for (auto item = items.begin(); item != items.end();) {
    const auto end =
        std::find_if(item, items.end(), [&](const Item& o) { return order(o) != order(*item); });
    blocks.push_back(block(item->span, {item, end}));
    item = end;
  }
  return blocks;
}

auto first_fault(std::span<const Item> items, const Ground& ground) -> std::optional<PlanFault> {
  for (const Item& item : items) {
    const Span request = ground.widened(item.span);
    if (item.alone && request != item.span) {
      return PlanFault{PlanProblem::odd, item.needs.front()};
    }
    if (const auto problem = ground.problem(request)) {
      return PlanFault{*problem, item.needs.front()};
    }
  }
  return std::nullopt;
}

}  // namespace

auto plan(std::span<const Need> needs, const Limits& limits, const Cost& cost)
    -> wire::Result<std::vector<Block>, PlanFault> {
  auto gathered = gather(needs);
  if (!gathered) {
    return gathered.error();
  }
  std::vector<Item>& items = *gathered;
  std::ranges::stable_sort(items, {}, order);
  // Not std::ranges: its subrange does not compile with clang 14.
  const auto alone_from = std::stable_partition(items.begin(), items.end(),
                                                [](const Item& item) { return !item.alone; });
  const std::span shared{items.begin(), alone_from};
  const std::span alone{alone_from, items.end()};

  // What is read alone has another meaning inside a longer answer: a hole for everything else.
  const Ground ground{named(needs, shared), limits};
  if (const auto fault = first_fault(shared, ground)) {
    return *fault;
  }
  if (const auto fault = first_fault(alone, Ground{named(needs, items), limits})) {
    return *fault;
  }
  std::vector<Block> blocks = cheapest(shared, ground, cost);
  std::ranges::move(apart(alone), std::back_inserter(blocks));
  for (Block& each : blocks) {
    std::ranges::stable_sort(each.needs, {}, [&](std::size_t need) { return needs[need].first; });
  }
  std::ranges::stable_sort(blocks, {}, [](const Block& each) {
    return std::tuple{each.table, each.first, each.count};
  });
  return blocks;
}

}  // namespace bornier::modbus
