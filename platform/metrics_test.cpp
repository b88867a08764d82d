// SPDX-License-Identifier: Apache-2.0
#include "platform/metrics.hpp"

#include <gtest/gtest.h>

#include "platform/receiver_fixture.hpp"

namespace bornier::platform {
namespace {

class MetricsTest : public ReceiverTest {
 protected:
  [[nodiscard]] auto has(const std::string& line) const -> bool {
    const auto page = to_prometheus(*receiver, 2, noon + 90s);
    return page.find("\n" + line + "\n") != std::string::npos;
  }
  const std::string labels = R"({city="tolyatti",gateway="cab-0117"} )";
};

TEST_F(MetricsTest, TellLagAndCountsOfEachGateway) {
  receive_catalog();
  receive_batch(1);
  receive_batch(4, 1s);
  store_all(1s);
  EXPECT_TRUE(has("bornier_platform_batches_total 2"));
  EXPECT_TRUE(has("bornier_platform_dropped_total 2"));
  EXPECT_TRUE(has("bornier_platform_commits_total 1"));
  EXPECT_TRUE(has("bornier_platform_gateway_lag_seconds" + labels + "90.000"));
  EXPECT_TRUE(
      has("bornier_platform_gateway_last_seen_timestamp_seconds" + labels + "1772366401.000"));
  EXPECT_TRUE(has("bornier_platform_gateway_batches_total" + labels + "2"));
  EXPECT_TRUE(has("bornier_platform_gateway_conflicts_total" + labels + "0"));
  EXPECT_TRUE(has("bornier_platform_gateway_silent" + labels + "0"));
  EXPECT_TRUE(has("bornier_platform_gateway_missing" + labels + "0")) << "not yet";
  for (auto after = 5s; after <= 155s; after += 5s) {
    run(after);
  }
  EXPECT_TRUE(has("bornier_platform_gateway_missing" + labels + "2"));
  EXPECT_TRUE(has("bornier_platform_gateway_oldest_missing" + labels + "2"));
  EXPECT_TRUE(has("bornier_platform_gateway_silent" + labels + "1"));
}

TEST_F(MetricsTest, SayNothingOfWhatIsNotKnown) {
  batch::Status status;
  status.gateway = gateway.name;
  status.online = true;
  status.unconfirmed_batches = 17;
  receiver->receive({gateway.topic(TopicKind::status), batch::encode_status(status), true}, at(0s));
  EXPECT_TRUE(has("bornier_platform_gateway_unconfirmed" + labels + "17"));
  EXPECT_EQ(to_prometheus(*receiver, 0, noon).find("gateway_oldest_unconfirmed{"),
            std::string::npos);
  status.oldest_unconfirmed = batch::Sequence{40};
  receiver->receive({gateway.topic(TopicKind::status), batch::encode_status(status), true}, at(0s));
  EXPECT_TRUE(has("bornier_platform_gateway_oldest_unconfirmed" + labels + "40"));
  EXPECT_EQ(to_prometheus(*receiver, 0, noon).find("lag_seconds{"), std::string::npos);
}

}  // namespace
}  // namespace bornier::platform
