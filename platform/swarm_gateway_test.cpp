// SPDX-License-Identifier: Apache-2.0
#include "platform/swarm_gateway.hpp"

#include <gtest/gtest.h>

#include "batch/catalog.hpp"
#include "batch/named_readings.hpp"

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;
using batch::Sequence;

constexpr batch::StreamId stream{7};
constexpr reading::Now swarm_noon{reading::Instant{1h}, reading::stamp_at(1'767'268'800'000)};

auto shape() -> SwarmShape {
  SwarmShape shape;
  shape.meters = 2;
  shape.points = 3;
  shape.samples = 4;
  shape.every = 40s;
  return shape;
}

auto stored(std::uint64_t first, std::uint64_t last) -> batch::Confirmation {
  return {.stream = stream, .stored = {{Sequence{first}, Sequence{last}}}, .conflicts = {}};
}

TEST(SwarmGateway, SealsBatchesThatItsCatalogDecodes) {
  SwarmGateway gateway{shape(), 5, stream, swarm_noon.stamp};
  EXPECT_EQ(gateway.topic(batch::TopicKind::batch), "bornier/v1/swarm/swarm-5/batch");
  const auto catalog = batch::decode_catalog(gateway.catalog());
  ASSERT_TRUE(catalog);
  const auto decoded = batch::decode_batch(gateway.seal(swarm_noon).payload);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->header.sequence, Sequence{1});
  EXPECT_EQ(decoded->header.readings, 2U * 3U * 4U);
  EXPECT_EQ(decoded->header.last, swarm_noon.stamp);
  EXPECT_EQ(decoded->header.first, swarm_noon.stamp - 30s);
  std::size_t named = 0;
  for_each_reading(*decoded, batch::CatalogIndex{*catalog}, [&](const auto& reading) {
    named += reading.definition != nullptr && reading.meter != nullptr ? 1 : 0;
  });
  EXPECT_EQ(named, 2U * 3U * 4U);
}

TEST(SwarmGateway, TakesNoTimeTwiceWhenItCatchesUp) {
  SwarmGateway gateway{shape(), 5, stream, swarm_noon.stamp};
  const auto span = [&gateway](reading::Instant::duration after) {
    const auto header = batch::decode_header(
        gateway
            .seal({swarm_noon.instant + after,
                   swarm_noon.stamp + std::chrono::floor<std::chrono::milliseconds>(after)})
            .payload);
    return std::pair{header->first, header->last};
  };
  EXPECT_EQ(span(0s).second, swarm_noon.stamp);
  EXPECT_EQ(span(75s), (std::pair{swarm_noon.stamp + 45s, swarm_noon.stamp + 75s}));
  EXPECT_EQ(span(80s), (std::pair{swarm_noon.stamp + 85s, swarm_noon.stamp + 115s}));
  EXPECT_EQ(span(120s), (std::pair{swarm_noon.stamp + 125s, swarm_noon.stamp + 155s}));
  EXPECT_EQ(span(200s).second, swarm_noon.stamp + 200s);
}

TEST(SwarmGateway, KeepsBatchesUntilTheyAreConfirmed) {
  SwarmGateway gateway{shape(), 1, stream, swarm_noon.stamp};
  for (int batch = 0; batch < 3; ++batch) {
    gateway.seal(swarm_noon);
  }
  auto foreign = stored(1, 3);
  foreign.stream = batch::StreamId{8};
  EXPECT_TRUE(gateway.confirm(foreign, swarm_noon.instant).empty());
  const auto freed = gateway.confirm(stored(2, 9), swarm_noon.instant + 250ms);
  ASSERT_EQ(freed.size(), 2U);
  EXPECT_EQ(freed[0].readings, 24U);
  EXPECT_EQ(freed[0].took, 250ms);
  ASSERT_EQ(gateway.unconfirmed().size(), 1U);
  EXPECT_EQ(gateway.unconfirmed().front().sequence, Sequence{1});
  EXPECT_TRUE(gateway.confirm(stored(2, 9), swarm_noon.instant).empty()) << "confirmed twice";
  EXPECT_EQ(batch::decode_header(gateway.seal(swarm_noon).payload)->oldest_held, Sequence{1});
}

}  // namespace
}  // namespace bornier::platform
