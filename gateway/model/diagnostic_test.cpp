// SPDX-License-Identifier: Apache-2.0
#include "model/diagnostic.hpp"

#include <gtest/gtest.h>

#include <array>

namespace bornier::model {
namespace {

constexpr std::array<std::string_view, 4> names{"voltage", "current", "power_active", "phase"};

TEST(Diagnostic, IsWrittenAsCompilersWriteIt) {
  EXPECT_EQ(to_text(Diagnostic{"m.toml", 3, 14, "`x` is no unit"}),
            "m.toml:3:14: error: `x` is no unit");
}

TEST(Nearest, FindsWhatWasMistyped) {
  EXPECT_EQ(nearest("votlage", names), "voltage");
  EXPECT_EQ(nearest("curent", names), "current");
  EXPECT_EQ(nearest("power-active", names), "power_active");
  EXPECT_EQ(nearest("phases", names), "phase");
}

TEST(Nearest, StaysSilentWhereNothingIsClose) {
  EXPECT_EQ(nearest("temperature", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  constexpr std::array<std::string_view, 1> letter{"x"};
  EXPECT_EQ(nearest("y", letter), std::nullopt);
  EXPECT_EQ(nearest("voltage", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(10000, 'v'), names), std::nullopt);
}

TEST(Nearest, AllowsAThirdOfTheLettersToBeWrong) {
  constexpr std::array<std::string_view, 1> one{"abcdef"};
  EXPECT_EQ(nearest("abcdXY", one), "abcdef");
  EXPECT_EQ(nearest("abcXYZ", one), std::nullopt);
}

TEST(DidYouMean, IsASentenceOrNothing) {
  EXPECT_EQ(did_you_mean("votlage", names), "; did you mean `voltage`?");
  EXPECT_EQ(did_you_mean("temperature", names), "");
}

}  // namespace
}  // namespace bornier::model
