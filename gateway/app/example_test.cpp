// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "app/configuration.hpp"

namespace bornier::app {
namespace {

TEST(ExampleConfiguration, HasNoMistakes) {
  const auto configuration = load_configuration(BORNIER_SOURCE_DIR "/config/gateway.example.toml");
  ASSERT_TRUE(configuration) << to_text(configuration.error().front());
  EXPECT_EQ(configuration->meters.size(), 4U);
  EXPECT_TRUE(configuration->platform);
  EXPECT_TRUE(configuration->digest.starts_with("crc32c:"));
}

}  // namespace
}  // namespace bornier::app
