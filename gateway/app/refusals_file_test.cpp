// SPDX-License-Identifier: Apache-2.0
#include "app/refusals_file.hpp"

#include <gtest/gtest.h>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

class RefusalsFileTest : public testing::Test {
 protected:
  auto understood(const std::string& text) const -> RefusalsByMeter {
    auto refusals = parse_refusals(text, meters);
    EXPECT_TRUE(refusals) << refusals.error();
    return refusals ? *refusals : RefusalsByMeter{};
  }

  std::vector<MeterSettings> meters{two_point_meter({})};
  RefusalsByMeter known{
      {"main",
       {.boundaries = {{.table = wire::Table::input_register, .first = 30, .count = 4}},
        .lacking = {{.table = wire::Table::holding_register, .first = 65'534, .count = 2}}}}};
};

TEST_F(RefusalsFileTest, SaysAfterARestartWhatWasKnownBefore) {
  EXPECT_EQ(understood(refusals_text(known, meters)), known);
}

TEST_F(RefusalsFileTest, ForgetsWhatWasLearnedWithAnotherVersionOfTheModel) {
  const auto text = refusals_text(known, meters);
  auto model = *meters[0].model;
  model.version += ".1";
  meters[0].model = std::make_shared<const model::Model>(std::move(model));
  EXPECT_TRUE(understood(text).empty());
}

TEST_F(RefusalsFileTest, ForgetsMetersThatAreNoLongerConfigured) {
  const auto text = refusals_text(known, meters);
  meters[0].id = "another";
  EXPECT_TRUE(understood(text).empty());
}

TEST_F(RefusalsFileTest, RefusesATextThatIsNoSuchFile) {
  const std::string head = R"({"meters":{"main":{"model":")" + meters[0].model->id +
                           R"(","version":")" + meters[0].model->version + R"(",)";
  for (const auto* text : {"", "{", "[]", "{}", R"({"meters":[]})", R"({"meters":{"main":{}}})"}) {
    EXPECT_FALSE(parse_refusals(text, meters)) << text;
  }
  for (const auto* ranges : {"7", "[7]", R"([["input",1]])", R"([["inputs",1,2]])",
                             R"([["input",-1,2]])", R"([["input",65535,2]])"}) {
    const auto text = head + R"("boundaries":[],"lacking":)" + ranges + "}}}";
    EXPECT_FALSE(parse_refusals(text, meters)) << text;
  }
  EXPECT_TRUE(parse_refusals(head + R"("boundaries":[],"lacking":[["input",65534,2]]}}})", meters));
}

}  // namespace
}  // namespace bornier::app
