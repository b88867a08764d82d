// SPDX-License-Identifier: Apache-2.0
#include "io/broker_url.hpp"

#include <gtest/gtest.h>

namespace bornier::io {
namespace {

auto parsed(std::string_view url) -> BrokerAddress {
  const auto address = parse_broker(url);
  return address ? *address : BrokerAddress{};
}
auto refused(std::string_view url) -> bool {
  return parse_broker(url).has_error();
}

TEST(BrokerUrl, KnowsTheUsualPorts) {
  EXPECT_EQ(parsed("mqtt://broker.city.example"),
            (BrokerAddress{false, "broker.city.example", 1883}));
  EXPECT_EQ(parsed("mqtts://10.0.0.1"), (BrokerAddress{true, "10.0.0.1", 8883}));
  EXPECT_EQ(parsed("tcp://a"), (BrokerAddress{false, "a", 1883}));
  EXPECT_EQ(parsed("ssl://a"), (BrokerAddress{true, "a", 8883}));
}

TEST(BrokerUrl, TakesAPortFrom1To65535) {
  EXPECT_EQ(parsed("mqtt://a:1").port, 1);
  EXPECT_EQ(parsed("mqtt://a:65535").port, 65535);
  EXPECT_TRUE(refused("mqtt://a:0"));
  EXPECT_TRUE(refused("mqtt://a:65536"));
  EXPECT_TRUE(refused("mqtt://a:"));
  EXPECT_TRUE(refused("mqtt://a:1883x"));
}

TEST(BrokerUrl, TakesAnIpv6AddressInBrackets) {
  EXPECT_EQ(parsed("mqtts://[fe80::1]"), (BrokerAddress{true, "fe80::1", 8883}));
  EXPECT_EQ(parsed("mqtts://[::1]:9000"), (BrokerAddress{true, "::1", 9000}));
  EXPECT_TRUE(refused("mqtts://[::1"));
  EXPECT_TRUE(refused("mqtts://[::1]9000"));
}

TEST(BrokerUrl, RefusesWhatIsNoBroker) {
  for (const auto* url : {"", "broker", "http://a", "mqtt:/a", "mqtt://", "mqtt://:1883",
                          "mqtt://user@a", "mqtt://a/path", "mqtt://a b"}) {
    EXPECT_TRUE(refused(url)) << url;
  }
  EXPECT_NE(parse_broker("http://a").error().find("\"http://a\""), std::string::npos);
}

TEST(BrokerUrl, DoesNotRepeatAPassword) {
  for (const auto* url : {"mqtt://u:secret@a", "http://u:secret@a", "mqtt://u:se/cret@a:0"}) {
    EXPECT_EQ(parse_broker(url).error().find("cret"), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace bornier::io
