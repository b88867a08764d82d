// SPDX-License-Identifier: Apache-2.0
#include "platform/gateways.hpp"

#include <gtest/gtest.h>

#include "platform/testing.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;

class GatewaysTest : public testing::Test {
 protected:
  static auto at(reading::Instant::duration after) -> reading::Now {
    return {reading::Instant{1h} + after,
            noon + std::chrono::duration_cast<std::chrono::milliseconds>(after)};
  }
  void say(bool online, std::uint64_t session, reading::Instant::duration after,
           bool retained = false) {
    batch::Status status;
    status.online = online;
    status.session = session;
    status.unconfirmed_batches = 3;
    gateways.said(cabinet, status, retained, at(after));
  }
  /// "" nothing changed, "silent", "back".
  auto news(reading::Instant::duration after) -> std::string {
    const auto changes = gateways.watch(at(after).instant);
    if (changes.empty()) {
      return "";
    }
    return changes.front().silent ? "silent" : "back";
  }

  const Gateways::Name cabinet{"tolyatti", "cab-0117"};
  Gateways gateways{150s};
};

TEST_F(GatewaysTest, AreSilentOnceNothingCameForTooLong) {
  gateways.heard(cabinet, at(0s));
  EXPECT_EQ(news(150s - 1us), "");
  EXPECT_EQ(news(150s), "silent");
  EXPECT_EQ(news(200s), "") << "told once";
  EXPECT_TRUE(gateways.figures().at(cabinet).silent);
  gateways.heard(cabinet, at(201s));
  EXPECT_EQ(news(205s), "back");
}

TEST_F(GatewaysTest, AreSilentAtOnceWhenTheirWillSaysSo) {
  say(true, 7, 0s);
  EXPECT_EQ(news(1s), "");
  say(false, 7, 2s);
  EXPECT_EQ(news(5s), "silent");
  say(true, 8, 6s);
  EXPECT_EQ(news(10s), "back");
}

TEST_F(GatewaysTest, AreNotSilentForTheWillOfAnOlderSession) {
  say(true, 8, 0s);
  say(false, 7, 1s);
  EXPECT_EQ(news(5s), "");
}

TEST_F(GatewaysTest, AreNotHeardOfByARetainedStatus) {
  say(true, 8, 0s, true);
  EXPECT_EQ(news(0s), "");
  say(true, 8, 149s, true);
  EXPECT_EQ(news(150s), "silent");
  EXPECT_EQ(gateways.figures().at(cabinet).last_seen, std::nullopt);
  EXPECT_EQ(gateways.figures().at(cabinet).unconfirmed, 3U);
}

TEST_F(GatewaysTest, AreSilentThatWereKnownAndDoNotCome) {
  gateways.expect(cabinet);
  EXPECT_EQ(news(0s), "");
  EXPECT_EQ(news(150s), "silent");
}

TEST_F(GatewaysTest, AreNotSilentBecauseTheBrokerIsGone) {
  gateways.heard(cabinet, at(0s));
  gateways.broker_lost();
  EXPECT_EQ(news(1000s), "");
  gateways.broker_found(at(1000s).instant);
  EXPECT_EQ(news(1150s - 1us), "");
  EXPECT_EQ(news(1150s), "silent") << "it has not come back with the broker";
  gateways.broker_lost();
  gateways.broker_found(at(1200s).instant);
  EXPECT_EQ(news(1201s), "") << "and another loss does not bring it back";
  gateways.heard(cabinet, at(1202s));
  EXPECT_EQ(news(1205s), "back");
}

TEST_F(GatewaysTest, AreCountedByWhatBecameOfTheirBatches) {
  const TestGateway gateway;
  const auto arrival = gateway.batch_arrival(
      gateway.payload(1, answer(noon + 5s, {number(energy, 1, 0), number(power, 2, 0)})));
  const auto& batch = std::get<BatchArrival>(arrival);
  gateways.stored(batch, Verdict::stored);
  gateways.stored(batch, Verdict::already_there);
  gateways.stored(batch, Verdict::conflict);
  gateways.stored(batch, Verdict::quarantined);
  const auto figures = gateways.figures().at(cabinet);
  EXPECT_EQ(figures.batches, 1U);
  EXPECT_EQ(figures.readings, 2U);
  EXPECT_EQ(figures.conflicts, 1U);
  EXPECT_EQ(figures.quarantined, 1U);
  EXPECT_EQ(figures.newest, noon + 5s);
}

TEST_F(GatewaysTest, AreNoMoreThanOneReceiverWatches) {
  for (std::size_t index = 0; index <= Gateways::most; ++index) {
    gateways.heard({"tolyatti", std::to_string(index)}, at(0s));
  }
  EXPECT_EQ(gateways.figures().size(), Gateways::most);
}

}  // namespace
}  // namespace bornier::platform
