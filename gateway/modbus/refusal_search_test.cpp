// SPDX-License-Identifier: Apache-2.0
#include "modbus/refusal_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <set>

#include "modbus/seeded_testing.hpp"

namespace bornier::modbus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto input = wire::Table::input_register;

auto range(std::uint16_t first, std::uint32_t count) -> Range {
  return {.table = input, .first = first, .count = count};
}

/// A meter that refuses each request that touches one of these addresses, or is longer than it
/// likes.
struct Device {
  std::set<std::uint32_t> refused;
  std::uint32_t most = 125;

  [[nodiscard]] auto answers(const Range& asked) const -> bool {
    const auto bad = refused.lower_bound(asked.first);
    return asked.count <= most && (bad == refused.end() || *bad >= asked.first + asked.count);
  }
};

struct Search {
  Refusals found;
  std::size_t requests{};
};

auto search(const Device& device, std::vector<Range> parts) -> Search {
  RefusalSearch search{std::move(parts)};
  Search result;
  for (auto asked = search.next(); asked && result.requests < 1'000; asked = search.next()) {
    ++result.requests;
    device.answers(*asked) ? search.answered() : search.refused();
  }
  result.found = search.found();
  return result;
}

TEST(RefusalSearch, LearnsNothingFromARefusalThatIsNotRepeated) {
  const auto result = search({.refused = {}, .most = 125}, {range(0, 2), range(4, 2)});
  EXPECT_EQ(result.found, Refusals{});
  EXPECT_EQ(result.requests, 1U);
}

TEST(RefusalSearch, FindsTheHoleBetweenTwoPartsThatAreAnsweredAlone) {
  const auto result = search({.refused = {3}, .most = 125}, {range(0, 2), range(4, 2)});
  EXPECT_THAT(result.found.boundaries, ElementsAre(range(2, 2)));
  EXPECT_THAT(result.found.lacking, IsEmpty());
}

TEST(RefusalSearch, LearnsNothingWhereTheWholeIsAnsweredInTheEnd) {
  RefusalSearch search{{range(0, 2), range(4, 2)}};
  search.refused();
  search.answered();
  search.answered();
  EXPECT_EQ(search.next(), range(0, 6));
  search.answered();
  EXPECT_FALSE(search.next());
  EXPECT_EQ(search.found(), Refusals{});
}

TEST(RefusalSearch, FindsThePartThatTheDeviceLacks) {
  const auto result =
      search({.refused = {4}, .most = 125}, {range(0, 2), range(2, 2), range(4, 2), range(6, 2)});
  EXPECT_THAT(result.found.lacking, ElementsAre(range(4, 2)));
  EXPECT_THAT(result.found.boundaries, IsEmpty());
}

TEST(RefusalSearch, FindsThatASinglePartIsLackingAtTheSecondRefusal) {
  const auto result = search({.refused = {1}, .most = 125}, {range(0, 2)});
  EXPECT_THAT(result.found.lacking, ElementsAre(range(0, 2)));
  EXPECT_EQ(result.requests, 1U);
}

TEST(RefusalSearch, CutsWhereAllPartsAreAnsweredButNotTogether) {
  const auto result =
      search({.refused = {}, .most = 4}, {range(0, 2), range(2, 2), range(4, 2), range(6, 2)});
  EXPECT_THAT(result.found.boundaries, ElementsAre(range(4, 0)));
}

TEST(RefusalSearch, DoesNotBlameAHoleForWhatAPartBesideItExplains) {
  const auto result = search({.refused = {0}, .most = 125}, {range(0, 2), range(4, 2)});
  EXPECT_THAT(result.found.lacking, ElementsAre(range(0, 2)));
  EXPECT_THAT(result.found.boundaries, IsEmpty());
}

TEST(RefusalSearch, AsksTwiceTheLogarithmOfThePartsWhereOneIsBad) {
  std::vector<Range> parts;
  for (std::uint16_t part = 0; part < 64; ++part) {
    parts.push_back(range(part, 1));
  }
  for (std::uint32_t bad = 0; bad < 64; ++bad) {
    const auto result = search({.refused = {bad}, .most = 125}, parts);
    EXPECT_THAT(result.found.lacking, ElementsAre(range(static_cast<std::uint16_t>(bad), 1)));
    EXPECT_LE(result.requests, 2U + 2 * 6);
  }
}

/// What is wanted of a meter, planned with what is known of its refusals; what it lacks is left
/// out.
auto blocks_of(const std::vector<Need>& needs, const Refusals& known) -> std::vector<Block> {
  std::vector<Need> wanted;
  std::ranges::copy_if(needs, std::back_inserter(wanted), [&](const Need& need) {
    return std::ranges::none_of(known.lacking, [&](const Range& range) {
      return range.first < need.first + need.count && need.first < range.first + range.count;
    });
  });
  Limits limits;
  limits.boundaries = known.boundaries;
  limits.forbidden = known.lacking;
  const auto blocks = plan(wanted, limits, {.request = 60'000, .word = 2'000});
  EXPECT_TRUE(blocks.has_value());
  return blocks ? *blocks : std::vector<Block>{};
}

struct Learning {
  Refusals known;
  std::size_t requests{};
  std::size_t requests_at_last{};  ///< of the plan that nothing refuses
};

/// Polls until nothing is refused.
auto learn(const Device& device, const std::vector<Need>& needs) -> Learning {
  Learning result;
  for (int poll = 0; poll < 200; ++poll) {
    const auto blocks = blocks_of(needs, result.known);
    bool refused = false;
    for (const auto& block : blocks) {
      ++result.requests;
      if (device.answers({block.table, block.first, block.count})) {
        continue;
      }
      refused = true;
      std::vector<Range> parts;
      for (const auto& need : needs) {
        if (need.first >= block.first && need.first + need.count <= block.first + block.count &&
            std::ranges::none_of(result.known.lacking,
                                 [&](const Range& range) { return range.first == need.first; })) {
          parts.push_back({need.table, need.first, need.count});
        }
      }
      const auto searched = search(device, parts);
      result.requests += searched.requests;
      add(result.known, searched.found);
    }
    if (!refused) {
      result.requests_at_last = blocks.size();
      return result;
    }
  }
  ADD_FAILURE() << "the plan is still refused after 200 polls";
  return result;
}

TEST(RefusalSearch, MakesAPlanWithoutRefusalsInABoundedNumberOfRequestsWhateverTheDeviceRefuses) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Seeded random{seed};
    Device device{.refused = {}, .most = 20 + random.draw(106)};
    std::vector<Need> needs;
    for (std::uint16_t at = 0; at < 240;) {
      const auto count = static_cast<std::uint16_t>(1 + random.draw(4));
      if (random.draw(3) == 0) {
        needs.push_back(
            {.table = input, .first = at, .count = count, .alone = false, .together = {}});
      }
      at = static_cast<std::uint16_t>(at + count);
    }
    const auto bad = random.draw(12);
    for (std::uint32_t one = 0; one < bad; ++one) {
      device.refused.insert(random.draw(244));
    }
    const auto learning = learn(device, needs);
    std::set<std::uint32_t> lacking;
    for (const auto& range : learning.known.lacking) {
      lacking.insert(range.first);
    }
    std::size_t truly_lacking = 0;
    for (const auto& need : needs) {
      const bool answers = device.answers({need.table, need.first, need.count});
      truly_lacking += answers ? 0 : 1;
      EXPECT_EQ(lacking.contains(need.first), !answers) << "seed " << seed << " at " << need.first;
    }
    // Each thing that is found takes one request that is refused and a search of its own.
    const auto things = truly_lacking + learning.known.boundaries.size();
    const auto parts = std::max<std::size_t>(needs.size(), 1);
    const auto a_search = 3 + 3 * static_cast<std::size_t>(std::bit_width(parts));
    EXPECT_LE(learning.requests, (things + 1) * (a_search + learning.requests_at_last + 2))
        << "seed " << seed;
  }
}

TEST(RefusalSearch, NeverBlamesWhatTheDeviceAnswersTogether) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    Seeded random{seed};
    Device device;
    std::vector<Range> parts;
    for (std::uint16_t at = 0; at < 100; at = static_cast<std::uint16_t>(at + 1 + random.draw(5))) {
      parts.push_back(range(at, 1));
    }
    for (auto bad = random.draw(6); bad > 0; --bad) {
      device.refused.insert(random.draw(100));
    }
    const auto result = search(device, parts);
    EXPECT_LE(result.requests, 3 * parts.size());
    for (const auto& boundary : result.found.boundaries) {
      EXPECT_FALSE(device.answers({input, boundary.first, std::max(boundary.count, 1U)}))
          << "seed " << seed;
    }
    for (const auto& lacking : result.found.lacking) {
      EXPECT_FALSE(device.answers(lacking)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace bornier::modbus
