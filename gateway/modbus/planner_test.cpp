// SPDX-License-Identifier: Apache-2.0
#include "modbus/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "modbus/seeded_testing.hpp"

namespace bornier::modbus {
namespace {

using ::testing::ElementsAre;
using wire::Table;

constexpr auto holding = Table::holding_register;

auto need(std::uint16_t first, std::uint16_t count = 1) -> Need {
  return Need{holding, first, count, false, std::nullopt};
}

auto alone(std::uint16_t first, std::uint16_t count) -> Need {
  return Need{holding, first, count, true, std::nullopt};
}

auto together(int group, std::uint16_t first, std::uint16_t count = 1) -> Need {
  return Need{holding, first, count, false, group};
}

auto planned(const std::vector<Need>& needs, const Limits& limits = {}, const Cost& cost = {})
    -> std::vector<Block> {
  const auto result = plan(needs, limits, cost);
  EXPECT_TRUE(result.has_value());
  return result ? *result : std::vector<Block>{};
}

auto fault(const std::vector<Need>& needs, const Limits& limits = {}) -> PlanFault {
  const auto result = plan(needs, limits, Cost{});
  EXPECT_FALSE(result.has_value());
  return result ? PlanFault{} : result.error();
}

TEST(Planner, PlansNothingForNoNeeds) {
  EXPECT_TRUE(planned({}).empty());
}

TEST(Planner, MergesNeighboursIntoOneRequest) {
  EXPECT_THAT(planned({need(2, 2), need(0, 2)}), ElementsAre(Block{holding, 0, 4, {1, 0}}));
}

TEST(Planner, ReadsOverAHoleWhileThatIsCheaperThanAnotherRequest) {
  const Cost cost{.request = 100, .word = 10};
  EXPECT_THAT(planned({need(0), need(10)}, {}, cost), ElementsAre(Block{holding, 0, 11, {0, 1}}));
  EXPECT_THAT(planned({need(0), need(12)}, {}, cost),
              ElementsAre(Block{holding, 0, 1, {0}}, Block{holding, 12, 1, {1}}));
}

TEST(Planner, NeverMixesTables) {
  EXPECT_THAT(planned({Need{Table::input_register, 0, 1, false, {}}, need(0),
                       Need{Table::coil, 0, 1, false, {}}}),
              ElementsAre(Block{Table::coil, 0, 1, {2}}, Block{Table::input_register, 0, 1, {0}},
                          Block{holding, 0, 1, {1}}));
}

TEST(Planner, FillsARequestUpToTheLimitAndNotBeyond) {
  EXPECT_THAT(planned({need(0, 2), need(123, 2)}), ElementsAre(Block{holding, 0, 125, {0, 1}}));
  EXPECT_EQ(planned({need(0, 2), need(124, 2)}).size(), 2U);
}

TEST(Planner, CountsBitsByTheirOwnLimit) {
  const Need first{Table::coil, 0, 1, false, {}};
  EXPECT_EQ(planned({first, Need{Table::coil, 1999, 1, false, {}}}).size(), 1U);
  EXPECT_EQ(planned({first, Need{Table::coil, 2000, 1, false, {}}}).size(), 2U);
}

TEST(Planner, CutsWhereTheWholeIsCheapestAndNotWhereTheFirstRequestIsFull) {
  // Filled from the left: 0 to 19 and 21, 21 words. Cut before 18: 5 words in as many requests.
  Limits limits;
  limits.max_registers = 20;
  EXPECT_THAT(planned({need(0), need(18, 2), need(21)}, limits, Cost{100, 1}),
              ElementsAre(Block{holding, 0, 1, {0}}, Block{holding, 18, 4, {1, 2}}));
}

TEST(Planner, StartsAndCountsEvenWhereTheMeterInsists) {
  Limits limits;
  limits.even = true;
  EXPECT_THAT(planned({need(1), need(4, 2)}, limits), ElementsAre(Block{holding, 0, 6, {0, 1}}));
  EXPECT_EQ(fault({alone(1, 1)}, limits), (PlanFault{PlanProblem::odd, 0}));
}

TEST(Planner, WidensAnEvenRequestOnlyOverWhatCanBeRead) {
  Limits limits;
  limits.even = true;
  limits.holes_readable = false;
  EXPECT_EQ(fault({need(1)}, limits), (PlanFault{PlanProblem::hole_between, 0}));
  limits.readable = {Range{holding, 0, 1}};
  EXPECT_THAT(planned({need(1)}, limits), ElementsAre(Block{holding, 0, 2, {0}}));
}

TEST(Planner, LeavesHolesAloneThatTheMeterRefuses) {
  Limits limits;
  limits.holes_readable = false;
  EXPECT_EQ(planned({need(0, 2), need(3)}, limits).size(), 2U);
  limits.readable = {Range{holding, 2, 1}};
  EXPECT_EQ(planned({need(0, 2), need(3)}, limits).size(), 1U);
}

TEST(Planner, ReadsOverAHoleOfTheLongestAllowedLength) {
  Limits limits;
  limits.max_hole = 3;
  EXPECT_EQ(planned({need(0), need(4)}, limits).size(), 1U);
  EXPECT_EQ(planned({need(0), need(5)}, limits).size(), 2U);
}

TEST(Planner, NeverTouchesForbiddenAddresses) {
  Limits limits;
  limits.forbidden = {Range{holding, 2, 1}};
  EXPECT_EQ(planned({need(0, 2), need(3)}, limits).size(), 2U);
  limits.forbidden = {Range{Table::input_register, 2, 1}};
  EXPECT_EQ(planned({need(0, 2), need(3)}, limits).size(), 1U);
}

TEST(Planner, NamesTheNeedThatStandsInForbiddenAddresses) {
  Limits limits;
  limits.forbidden = {Range{holding, 5, 1}};
  EXPECT_EQ(fault({need(0), need(4, 2)}, limits), (PlanFault{PlanProblem::touches_forbidden, 1}));
  EXPECT_EQ(planned({need(0), need(6)}, limits).size(), 2U);
}

TEST(Planner, CutsAtABoundary) {
  Limits limits;
  limits.boundaries = {Range{holding, 100, 0}};
  EXPECT_EQ(planned({need(98, 2), need(100, 2)}, limits).size(), 2U);
  EXPECT_EQ(planned({need(100, 2), need(102, 2)}, limits).size(), 1U);
  EXPECT_EQ(fault({need(99, 2)}, limits), (PlanFault{PlanProblem::crosses_boundary, 0}));
}

TEST(Planner, ReachesIntoABoundaryOfSeveralAddressesButNotAcrossIt) {
  Limits limits;
  limits.boundaries = {Range{holding, 100, 4}};
  EXPECT_EQ(planned({need(98, 2), need(102, 2)}, limits).size(), 1U);
  EXPECT_EQ(planned({need(98, 2), need(103, 2)}, limits).size(), 2U);
  EXPECT_EQ(planned({need(101, 2), need(104, 2)}, limits).size(), 1U);
}

TEST(Planner, ReadsAloneWhatHasAnotherMeaningInALongerAnswer) {
  // Carlo Gavazzi EM340: 000Bh read alone is the product code, 000Ah to 000Bh a voltage.
  EXPECT_THAT(planned({need(10, 2), alone(11, 1), need(12, 2), alone(11, 1)}),
              ElementsAre(Block{holding, 10, 4, {0, 2}}, Block{holding, 11, 1, {1, 3}}));
}

TEST(Planner, ReadsAloneEvenWhereHolesCannotBeRead) {
  Limits limits;
  limits.holes_readable = false;
  EXPECT_THAT(planned({alone(11, 1)}, limits), ElementsAre(Block{holding, 11, 1, {0}}));
}

TEST(Planner, KeepsTogetherWhatBelongsTogether) {
  const Cost cost{.request = 1, .word = 100};
  EXPECT_THAT(planned({together(7, 0), together(8, 5), together(7, 10)}, {}, cost),
              ElementsAre(Block{holding, 0, 11, {0, 1, 2}}));
}

TEST(Planner, NamesTheNeedsThatCannotComeTogether) {
  EXPECT_EQ(fault({need(0), together(7, 0), together(7, 125)}),
            (PlanFault{PlanProblem::too_large, 1}));
  EXPECT_EQ(fault({together(7, 0), Need{Table::input_register, 1, 1, false, 7}}),
            (PlanFault{PlanProblem::several_tables, 1}));
  Limits limits;
  limits.holes_readable = false;
  EXPECT_EQ(fault({together(7, 0), together(7, 2)}, limits),
            (PlanFault{PlanProblem::hole_between, 0}));
  EXPECT_EQ(planned({together(7, 0), together(7, 2), need(1)}, limits).size(), 1U);
}

TEST(Planner, RefusesNeedsThatNoRequestCanCarry) {
  EXPECT_EQ(fault({need(0, 0)}), (PlanFault{PlanProblem::empty, 0}));
  EXPECT_EQ(fault({need(0, 126)}), (PlanFault{PlanProblem::too_large, 0}));
  EXPECT_EQ(fault({need(65535, 2)}), (PlanFault{PlanProblem::beyond_the_table, 0}));
  EXPECT_THAT(planned({need(65535, 1)}), ElementsAre(Block{holding, 65535, 1, {0}}));
}

struct Case {
  std::vector<Need> needs;
  Limits limits;
  Cost cost;
};

/// Small enough that every grouping of the needs can be tried.
auto small_case(std::uint32_t seed) -> Case {
  Seeded random{seed};
  const auto draw = [&](std::uint32_t below) { return random.draw(below); };
  Case result;
  const auto table = [&] { return draw(8) == 0 ? Table::coil : holding; };
  const auto short16 = [&](std::uint32_t below) { return static_cast<std::uint16_t>(draw(below)); };
  result.limits.max_registers = static_cast<std::uint16_t>(3 + draw(12));
  result.limits.max_bits = static_cast<std::uint16_t>(3 + draw(20));
  result.limits.even = draw(4) == 0;
  result.limits.holes_readable = draw(3) != 0;
  result.limits.max_hole = draw(2) == 0 ? draw(6) : 100;
  for (auto* ranges :
       {&result.limits.forbidden, &result.limits.boundaries, &result.limits.readable}) {
    for (auto left = draw(3); left > 0; --left) {
      const bool may_be_an_edge = ranges == &result.limits.boundaries;
      ranges->push_back(Range{table(), short16(26), (may_be_an_edge ? 0 : 1) + draw(2)});
    }
  }
  result.cost = Cost{draw(30), draw(5)};
  for (auto left = 1 + draw(6); left > 0; --left) {
    Need each{table(), short16(24), static_cast<std::uint16_t>(1 + draw(3)), draw(8) == 0, {}};
    if (draw(4) == 0) {
      each.together = static_cast<int>(draw(2));
    }
    result.needs.push_back(each);
  }
  return result;
}

/// Written from the contract alone: may these needs share a request, and at which cost?
auto request_for(const Case& c, const std::vector<std::size_t>& members) -> std::optional<Block> {
  const Table table = c.needs[members.front()].table;
  std::uint32_t first = 65536;
  std::uint32_t end = 0;
  bool any_alone = false;
  for (const std::size_t member : members) {
    const Need& each = c.needs[member];
    if (each.table != table) {
      return std::nullopt;
    }
    first = std::min<std::uint32_t>(first, each.first);
    end = std::max<std::uint32_t>(end, each.first + each.count);
    any_alone |= each.alone;
  }
  // A group is read alone if one of its needs is.
  const auto group_alone = [&](const Need& n) {
    return n.alone || (n.together && std::ranges::any_of(c.needs, [&](const Need& o) {
                         return o.together == n.together && o.alone;
                       }));
  };
  if (any_alone) {
    for (const std::size_t member : members) {
      if (!group_alone(c.needs[member])) {
        return std::nullopt;
      }
      // Different groups share a request only if each of them spans exactly the same.
      std::uint32_t group_first = 65536;
      std::uint32_t group_end = 0;
      for (std::size_t other = 0; other < c.needs.size(); ++other) {
        const Need& o = c.needs[other];
        if (other == member || (o.together && o.together == c.needs[member].together)) {
          group_first = std::min<std::uint32_t>(group_first, o.first);
          group_end = std::max<std::uint32_t>(group_end, o.first + o.count);
        }
      }
      if (group_first != first || group_end != end) {
        return std::nullopt;
      }
    }
  }
  if (c.limits.even) {
    if (any_alone && (first % 2 != 0 || end % 2 != 0)) {
      return std::nullopt;
    }
    first -= first % 2;
    end += end % 2;
  }
  if (end - first > (table == Table::coil ? c.limits.max_bits : c.limits.max_registers)) {
    return std::nullopt;
  }
  std::uint32_t hole = 0;
  for (std::uint32_t address = first; address < end; ++address) {
    const auto inside = [&](const Range& r) {
      return r.table == table && address >= r.first && address < r.first + r.count;
    };
    if (std::ranges::any_of(c.limits.forbidden, inside)) {
      return std::nullopt;
    }
    if (address > first && std::ranges::any_of(c.limits.boundaries, [&](const Range& r) {
          return r.table == table && r.first == address && address + r.count < end;
        })) {
      return std::nullopt;
    }
    const bool named = std::ranges::any_of(c.needs, [&](const Need& n) {
      return n.table == table && address >= n.first && address < n.first + n.count &&
             (any_alone || !group_alone(n));
    });
    hole = named || std::ranges::any_of(c.limits.readable, inside) ? 0 : hole + 1;
    if (hole > (c.limits.holes_readable ? c.limits.max_hole : 0)) {
      return std::nullopt;
    }
  }
  return Block{table, static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(end - first),
               members};
}

auto price(const Block& block, const Cost& cost) -> std::uint64_t {
  const std::uint64_t words = block.table == Table::coil ? (block.count + 15U) / 16U : block.count;
  return cost.request + cost.word * words;
}

/// The price of the cheapest partition of the needs, or nothing if there is none.
class BruteForce {
 public:
  explicit BruteForce(const Case& c) : case_{c} { place(0); }
  [[nodiscard]] auto best() const -> std::optional<std::uint64_t> { return best_; }

 private:
  void place(std::size_t next) {
    if (next == case_.needs.size()) {
      weigh();
      return;
    }
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      sets_[set].push_back(next);
      place(next + 1);
      sets_[set].pop_back();
    }
    sets_.push_back({next});
    place(next + 1);
    sets_.pop_back();
  }

  void weigh() {
    std::uint64_t total = 0;
    for (const auto& members : sets_) {
      for (const auto& others : sets_) {
        if (&others != &members && share_a_group(members, others)) {
          return;
        }
      }
      const auto block = request_for(case_, members);
      if (!block) {
        return;
      }
      total += price(*block, case_.cost);
    }
    best_ = std::min(best_.value_or(std::numeric_limits<std::uint64_t>::max()), total);
  }

  [[nodiscard]] auto share_a_group(const std::vector<std::size_t>& left,
                                   const std::vector<std::size_t>& right) const -> bool {
    return std::ranges::any_of(left, [&](std::size_t l) {
      return case_.needs[l].together && std::ranges::any_of(right, [&](std::size_t r) {
               return case_.needs[l].together == case_.needs[r].together;
             });
    });
  }

  const Case& case_;
  std::vector<std::vector<std::size_t>> sets_;
  std::optional<std::uint64_t> best_;
};

TEST(Planner, IsAsCheapAsTheBestOfAllPartitions) {
  int plans = 0;
  for (std::uint32_t seed = 0; seed < 6000; ++seed) {
    const Case c = small_case(seed);
    const auto best = BruteForce{c}.best();
    const auto blocks = plan(c.needs, c.limits, c.cost);
    ASSERT_EQ(blocks.has_value(), best.has_value()) << "seed " << seed;
    if (!blocks) {
      ASSERT_LT(blocks.error().need, c.needs.size());
      continue;
    }
    ++plans;
    std::uint64_t total = 0;
    std::multiset<std::size_t> covered;
    for (const Block& block : *blocks) {
      const auto expected = request_for(c, block.needs);
      ASSERT_TRUE(expected.has_value()) << "seed " << seed;
      ASSERT_EQ(block.first, expected->first) << "seed " << seed;
      ASSERT_EQ(block.count, expected->count) << "seed " << seed;
      covered.insert(block.needs.begin(), block.needs.end());
      total += price(block, c.cost);
    }
    ASSERT_EQ(total, *best) << "seed " << seed;
    ASSERT_EQ(covered.size(), c.needs.size()) << "seed " << seed;
    for (std::size_t index = 0; index < c.needs.size(); ++index) {
      ASSERT_EQ(covered.count(index), 1U) << "seed " << seed;
    }
  }
  EXPECT_GT(plans, 2000) << "the generator makes too few cases that can be planned";
}

}  // namespace
}  // namespace bornier::modbus
