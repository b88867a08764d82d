// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_failure.hpp"

#include <gmock/gmock.h>

namespace bornier::platform::postgres {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// The texts are libpq 15's.
TEST(PostgresFailure, SaysNothingOfThePassword) {
  struct Case {
    const char* url;
    const char* says;
    const char* shown;
  };
  for (const auto& one : {
           Case{"postgresql://u:SECRET@[::1/city",
                "end of string reached when looking for matching \"]\" in IPv6 host address in "
                "URI: \"postgresql://u:SECRET@[::1/city\"\n",
                "end of string reached when looking for matching \"]\" in IPv6 host address in "
                "URI: \"postgresql://u:***@[::1/city\""},
           Case{"postgresql://u:SECRET%zz@db/city", "invalid percent-encoded token: \"SECRET%zz\"",
                "invalid percent-encoded token: \"***\""},
           Case{"postgresql://u:a%20SECRET@db/city", "no \"a SECRET\"", "no \"***\""},
           Case{"postgresql://u:SECRET/1@db/city",
                "invalid integer value \"SECRET\" for connection option \"port\"",
                "invalid integer value \"***\" for connection option \"port\""},
           Case{"postgresql://u:a@SECRET@db/city",
                "could not translate host name \"SECRET@db\" to address: Name or service not known",
                "could not translate host name \"***\" to address: Name or service not known"},
           Case{"postgresql://db/city?password=SECRET%",
                "invalid percent-encoded token: \"SECRET%\"",
                "invalid percent-encoded token: \"***\""},
       }) {
    EXPECT_EQ(in_one_line(one.url, one.says), one.shown);
    EXPECT_THAT(with_remedy(one.url, one.says), Not(HasSubstr("SECRET")));
  }
}

TEST(PostgresFailure, LeavesTheNamesThatArePublic) {
  EXPECT_EQ(in_one_line("postgresql://city:city@db/city",
                        "connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  "
                        "password authentication failed for user \"city\"\nmore"),
            "connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL: password "
            "authentication failed for user \"city\"");
  EXPECT_EQ(
      in_one_line("postgresql://u:p@db/city?sslmod=a", "invalid URI query parameter: \"sslmod\""),
      "invalid URI query parameter: \"sslmod\"");
}

/// The server of the other tests trusts everybody.
TEST(PostgresFailure, SaysWhereAPasswordBelongs) {
  for (const auto* says : {"connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  "
                           "password authentication failed for user \"u\"",
                           "connection to server at \"db\" (10.0.0.1), port 5432 failed: "
                           "fe_sendauth: no password supplied"}) {
    EXPECT_THAT(with_remedy("postgresql://u@db/city", says),
                AllOf(HasSubstr("PGPASSFILE"), HasSubstr("--database")));
  }
}

TEST(PostgresFailure, NamesTheOptionWhereNoRemedyIsKnown) {
  EXPECT_THAT(with_remedy("postgresql://db/city", "Datenbank \u00bbcity\u00ab existiert nicht"),
              HasSubstr("--database"));
}

}  // namespace
}  // namespace bornier::platform::postgres
