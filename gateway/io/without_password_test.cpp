// SPDX-License-Identifier: Apache-2.0
#include "io/without_password.hpp"

#include <gtest/gtest.h>

namespace bornier::io {
namespace {

TEST(WithoutPassword, HidesWhatStandsBetweenTheUserAndTheHost) {
  EXPECT_EQ(without_password("mqtt://u:secret@broker:1883"), "mqtt://u:***@broker:1883");
  EXPECT_EQ(without_password("postgresql://u:sec%zz@db/city"), "postgresql://u:***@db/city");
  EXPECT_EQ(without_password("postgresql://u:secret@[::1/city"), "postgresql://u:***@[::1/city");
  EXPECT_EQ(without_password("postgresql://u:s@cr/t@db/city"), "postgresql://u:***@db/city");
  EXPECT_EQ(without_password("u:secret@db"), "u:***@db");
}

TEST(WithoutPassword, HidesTheParameterPassword) {
  EXPECT_EQ(without_password("postgresql://db/city?password=secret&port=1"),
            "postgresql://db/city?password=***&port=1");
  EXPECT_EQ(without_password("postgresql://u:a@db/city?sslpassword=b@c"), "postgresql://u:***");
  EXPECT_EQ(without_password("host=db password = 'sec ret' user=u"), "host=db password =***");
}

TEST(WithoutPassword, LeavesTheRest) {
  for (const auto* url : {"", "mqtts://broker.city.example:8883", "postgresql://u@[::1]:5432/city",
                          "postgresql://db/password?sslmode=require", "postgresql://u:@db/city"}) {
    EXPECT_EQ(without_password(url), url);
  }
}

}  // namespace
}  // namespace bornier::io
