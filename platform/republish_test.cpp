// SPDX-License-Identifier: Apache-2.0
#include "platform/republish.hpp"

#include <gtest/gtest.h>

#include "platform/testing.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;

TEST(Republisher, WritesReadingsWithTheirOwnDigits) {
  const TestGateway gateway;
  Republisher republisher;
  republisher.learn(gateway.catalog());
  auto entries = answer(noon + 7ms, {number(energy, 4'216'030, -3)});
  entries.answers[0].texts.push_back({display, {}, "E\"17"});
  const auto batch = batch::decode_batch(gateway.payload(3, entries));
  ASSERT_TRUE(batch);
  EXPECT_EQ(
      republisher.to_json(*batch),
      R"({"city":"tolyatti","gateway":"cab-0117","stream":"0123456789abcdef","sequence":3,"readings":[)"
      R"({"meter":"school-12-main","point":"energy_active_import","time":"2026-03-01T12:00:00.007Z","value":4216.030,"unit":"kW.h","quality":0},)"
      R"({"meter":"school-12-main","point":"display","time":"2026-03-01T12:00:00.007Z","text":"E\"17","unit":"","quality":0}]})");
}

TEST(Republisher, IsSilentAboutATombstoneAndAboutAnUnknownCatalog) {
  const TestGateway gateway;
  Republisher republisher;
  const auto batch = batch::decode_batch(gateway.payload(1, answer(noon, {number(energy, 1, 0)})));
  EXPECT_FALSE(republisher.to_json(*batch));
  republisher.learn(gateway.catalog());
  EXPECT_TRUE(republisher.to_json(*batch));
  EXPECT_FALSE(republisher.to_json(*batch::decode_batch(gateway.tombstone(2))));
}

}  // namespace
}  // namespace bornier::platform
