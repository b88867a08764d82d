// SPDX-License-Identifier: Apache-2.0
#include "intake/coding.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bornier::intake {
namespace {

using model::Coding;

auto read(std::string_view text, Coding coding) -> std::string {
  const auto bytes = bytes_of(text, coding);
  if (!bytes) {
    return "nothing";
  }
  std::string characters;
  for (const auto byte : *bytes) {
    characters += static_cast<char>(byte);
  }
  return characters;
}

TEST(Base64, GivesBackTheVectorsOfRfc4648) {
  EXPECT_EQ(read("", Coding::base64), "");
  EXPECT_EQ(read("Zg==", Coding::base64), "f");
  EXPECT_EQ(read("Zm8=", Coding::base64), "fo");
  EXPECT_EQ(read("Zm9v", Coding::base64), "foo");
  EXPECT_EQ(read("Zm9vYmFy", Coding::base64), "foobar");
}

TEST(Base64, MayLackItsPaddingAndHaveTheUrlAlphabet) {
  EXPECT_EQ(read("Zm8", Coding::base64), "fo");
  EXPECT_EQ(read("_-8", Coding::base64), "\xFF\xEF");
  EXPECT_EQ(read("/+8=", Coding::base64), "\xFF\xEF");
}

TEST(Base64, IsNothingElse) {
  for (const auto* text : {"Z", "Zg=", "Zm9v=", "Zm 8=", "Zm9v====", "Zm8!", "=", "===="}) {
    EXPECT_EQ(read(text, Coding::base64), "nothing") << text;
  }
}

TEST(Hexadecimal, IsReadInEitherCase) {
  EXPECT_EQ(read("666F6f", Coding::hex), "foo");
  EXPECT_EQ(read("66 6f 6F", Coding::hex), "foo");
  EXPECT_EQ(read("", Coding::hex), "");
  for (const auto* text : {"6", "6 6", "6G", "0x66", "@0"}) {
    EXPECT_EQ(read(text, Coding::hex), "nothing") << text;
  }
}

}  // namespace
}  // namespace bornier::intake
