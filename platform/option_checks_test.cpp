// SPDX-License-Identifier: Apache-2.0
#include "platform/option_checks.hpp"

#include <gmock/gmock.h>

#include <array>

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(OptionChecks, ABrokerWithAPasswordIsRefusedWithoutIt) {
  EXPECT_THAT(check_broker("mqtt://u:SECRET@broker"),
              AllOf(HasSubstr("own setting"), Not(HasSubstr("SECRET"))));
}

TEST(OptionChecks, AShareOfDigitsOnlyIsRefusedWithTheTwoThatMayBeMeant) {
  EXPECT_THAT(check_share("3"), AllOf(HasSubstr("3/N"), HasSubstr("group")));
  EXPECT_THAT(check_share("4/3"), Not(HasSubstr("/N")));
  EXPECT_EQ(check_share("3/3"), "");
  EXPECT_EQ(check_share("receivers-3"), "");
}

TEST(OptionChecks, AnEmptyClientIdIsRefused) {
  EXPECT_NE(check_client_id(""), "");
  EXPECT_EQ(check_client_id("a"), "");
}

TEST(OptionChecks, ADurationIsDigitsAndAUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("10080min"), 168h);
  for (const auto* text : {"", "10", "s", "-1s", "+1s", "1.5s", "1 s", "1h", "10081min",
                           "604800001ms", "18446744073709551615s", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(OptionChecks, ADurationThatIsRefusedIsQuotedAsItWasTyped) {
  EXPECT_THAT(check_duration("-1s", 0ms), HasSubstr("'-1s'"));
  EXPECT_THAT(check_duration("0ms", 1ms), HasSubstr("1ms"));
  EXPECT_EQ(check_duration("1ms", 1ms), "");
  EXPECT_EQ(check_duration("0s", 0ms), "");
}

TEST(OptionChecks, ALoadThatNoComputerMakesUpIsRefusedWithTheProductAndTheLimit) {
  SwarmShape shape;
  shape.meters = 100;
  shape.points = 1'000;
  EXPECT_EQ(check_load(25, shape), "");
  EXPECT_THAT(check_load(26, shape), AllOf(HasSubstr("2600000"), HasSubstr("2500000")));
  shape.meters = 101;
  EXPECT_THAT(check_load(1, shape), AllOf(HasSubstr("101000"), HasSubstr(" 100000")));
  shape.meters = shape.samples = 1'000;
  EXPECT_THAT(check_load(10'000, shape), HasSubstr("1000000000"));
  EXPECT_EQ(check_load(10'000, {}), "") << "the most gateways of the default kind";
}

TEST(OptionChecks, TheParsersTextsLoseThePasswordsOfArguments) {
  const std::array arguments{"run", "postgresql://u:SECRET@db/city", "--brokr=mqtt://u:SECRET@a"};
  EXPECT_EQ(without_passwords("not expected: postgresql://u:SECRET@db/city "
                              "--brokr=mqtt://u:SECRET@a, mqtt://u:SECRET@a",
                              arguments),
            "not expected: postgresql://u:***@db/city --brokr=mqtt://u:***@a, mqtt://u:***@a");
  EXPECT_EQ(without_passwords("run", arguments), "run");
}

}  // namespace
}  // namespace bornier::platform
