// SPDX-License-Identifier: Apache-2.0
#include "model/sunspec.hpp"

#include <gtest/gtest.h>

#include <map>

namespace bornier::model {
namespace {

using Registers = std::map<std::uint16_t, std::uint16_t>;
using Found = std::vector<std::optional<std::uint16_t>>;

/// A device with "SunS" at `place` and these models behind it.
auto device(std::uint16_t place, const std::vector<std::array<std::uint16_t, 2>>& list)
    -> Registers {
  Registers registers{{place, 0x5375}, {static_cast<std::uint16_t>(place + 1), 0x6E53}};
  auto at = static_cast<std::uint16_t>(place + 2);
  for (const auto& [id, length] : list) {
    registers[at] = id;
    registers[static_cast<std::uint16_t>(at + 1)] = length;
    at = static_cast<std::uint16_t>(at + 2 + length);
  }
  return registers;
}

class SunSpecWalkTest : public testing::Test {
 protected:
  /// How many requests it took.
  auto walk(const Registers& registers) -> int {
    int requests = 0;
    while (const auto at = walk_.next()) {
      if (++requests > 1'000) {
        ADD_FAILURE() << "the walk does not end";
        break;
      }
      const auto first = registers.find(*at);
      const auto second = registers.find(static_cast<std::uint16_t>(*at + 1));
      if (first == registers.end() || second == registers.end()) {
        walk_.refused();
      } else {
        walk_.answered({first->second, second->second});
      }
    }
    return requests;
  }

  std::vector<SunSpecModel> wanted_{{1, 40'002, 66}, {203, 40'068, 107}};
  SunSpecWalk walk_{wanted_};
};

TEST_F(SunSpecWalkTest, FindsModelsBehindOthersAndStopsAtTheLastWanted) {
  const auto requests = walk(device(40'000, {{1, 66}, {120, 26}, {203, 105}, {0xFFFF, 0}}));
  EXPECT_EQ(walk_.found(), (Found{40'002, 40'098}));
  EXPECT_EQ(requests, 4);
}

TEST_F(SunSpecWalkTest, LooksAtAllThreePlaces) {
  walk(device(50'000, {{1, 65}, {203, 105}, {0xFFFF, 0}}));
  EXPECT_EQ(walk_.found(), (Found{50'002, 50'069}));
  walk_ = SunSpecWalk{wanted_};
  walk(device(0, {{1, 66}, {203, 105}, {0xFFFF, 0}}));
  EXPECT_EQ(walk_.found(), (Found{2, 70}));
}

TEST_F(SunSpecWalkTest, TakesOtherWordsAtAPlaceForNoMark) {
  auto registers = device(50'000, {{1, 66}, {203, 105}});
  registers[40'000] = 0x5375;
  registers[40'001] = 0;
  walk(registers);
  EXPECT_EQ(walk_.found(), (Found{50'002, 50'070}));
}

TEST_F(SunSpecWalkTest, KnowsWhatADeviceLacks) {
  walk(device(40'000, {{1, 66}, {201, 105}, {0xFFFF, 0}}));
  EXPECT_EQ(walk_.found(), (Found{40'002, std::nullopt}));
}

TEST_F(SunSpecWalkTest, KnowsADeviceThatSpeaksSomethingElse) {
  EXPECT_EQ(walk({}), 3);
  EXPECT_EQ(walk_.found(), (Found{std::nullopt, std::nullopt}));
}

TEST_F(SunSpecWalkTest, TakesTheFirstOfSeveralWithOneId) {
  walk(device(40'000, {{203, 105}, {203, 105}, {1, 66}}));
  EXPECT_EQ(walk_.found(), (Found{40'216, 40'002}));
}

// Registers behind a shorter one are the next model's.
TEST_F(SunSpecWalkTest, LeavesAModelThatIsShorterThanItsPointsReach) {
  walk(device(40'000, {{1, 66}, {203, 104}, {0xFFFF, 0}}));
  EXPECT_EQ(walk_.found(), (Found{40'002, std::nullopt}));
  walk_ = SunSpecWalk{wanted_};
  walk(device(40'000, {{1, 66}, {203, 104}, {203, 105}, {0xFFFF, 0}}));
  EXPECT_EQ(walk_.found(), (Found{40'002, 40'176}));
}

TEST_F(SunSpecWalkTest, LeavesAModelThatGoesPastTheLastAddress) {
  walk(device(50'000, {{1, 66}, {7, 65'428 - 50'072}, {203, 105}}));
  EXPECT_EQ(walk_.found(), (Found{50'002, 65'428}));
  walk_ = SunSpecWalk{wanted_};
  walk(device(50'000, {{1, 66}, {7, 65'430 - 50'072}, {203, 105}}));
  EXPECT_EQ(walk_.found(), (Found{50'002, std::nullopt}));
}

TEST_F(SunSpecWalkTest, LooksAtTheNextPlaceAfterSilence) {
  walk_.silent();
  EXPECT_EQ(walk_.next(), 50'000);
  walk_.silent();
  walk_.silent();
  EXPECT_EQ(walk_.next(), 40'000);
}

TEST_F(SunSpecWalkTest, TakesSilenceBehindTheMarkForTheEndOnlyIfItLasts) {
  walk_.answered(sunspec_mark);
  walk_.silent();
  walk_.silent();
  EXPECT_EQ(walk_.next(), 40'002);
  walk_.answered({1, 66});
  walk_.silent();
  walk_.silent();
  walk_.silent();
  EXPECT_EQ(walk_.next(), std::nullopt);
  EXPECT_EQ(walk_.found(), (Found{40'002, std::nullopt}));
}

TEST_F(SunSpecWalkTest, EndsWhereTheListBreaksOff) {
  walk(device(40'000, {{1, 66}}));
  EXPECT_EQ(walk_.found(), (Found{40'002, std::nullopt}));
}

TEST_F(SunSpecWalkTest, EndsAtTheLastAddress) {
  walk(device(50'000, {{1, 66}, {7, 65'000}}));
  EXPECT_EQ(walk_.found(), (Found{50'002, std::nullopt}));
}

TEST_F(SunSpecWalkTest, EndsInAListOfEmptyModels) {
  Registers registers = device(0, {{1, 66}});
  for (std::uint16_t at = 70; at < 4'000; ++at) {
    registers[at] = 0;
  }
  EXPECT_LT(walk(registers), 70);
}

}  // namespace
}  // namespace bornier::model
