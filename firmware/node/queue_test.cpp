// SPDX-License-Identifier: Apache-2.0
#include "node/queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace bornier::node {
namespace {

TEST(EdgeQueue, GivesEdgesBackInTheirOrder) {
  EdgeQueue queue;
  queue.push({Tick{1}, 3, true});
  queue.push({Tick{2}, 4, false});
  EXPECT_EQ(queue.pop()->input, 3);
  const auto second = queue.pop();
  EXPECT_EQ(second->tick, Tick{2});
  EXPECT_FALSE(second->level);
  EXPECT_FALSE(queue.pop());
}

TEST(EdgeQueue, Holds64AndCountsTheNextByItsInput) {
  EdgeQueue queue;
  for (std::uint32_t edge = 0; edge < 64; ++edge) {
    queue.push({Tick{edge}, 1, true});
  }
  EXPECT_EQ(queue.lost(1), 0U);
  queue.push({Tick{64}, 2, true});
  queue.push({Tick{65}, 2, false});
  queue.push({Tick{66}, 1, false});
  EXPECT_EQ(queue.lost(2), 2U);
  EXPECT_EQ(queue.lost(1), 1U);
  EXPECT_EQ(queue.pop()->tick, Tick{0});
  queue.push({Tick{67}, 2, true});
  EXPECT_EQ(queue.lost(2), 2U);
}

TEST(EdgeQueue, LosesNothingSilentlyBetweenTwoThreads) {
  constexpr std::uint32_t pushed = 50'000;
  EdgeQueue queue;
  std::atomic<bool> done{false};
  std::thread interrupt{[&queue, &done] {
    for (std::uint32_t edge = 0; edge < pushed; ++edge) {
      if (edge % 100 == 0) {
        std::this_thread::yield();
      }
      queue.push({Tick{edge}, static_cast<std::uint8_t>(edge % all_inputs), edge % 2 == 0});
    }
    done = true;
  }};
  std::uint32_t got = 0;
  std::uint32_t expected_least = 0;
  const auto take_all = [&] {
    while (const auto edge = queue.pop()) {
      const auto number = edge->tick.value();
      ASSERT_GE(number, expected_least);
      ASSERT_EQ(edge->input, number % all_inputs);
      ASSERT_EQ(edge->level, number % 2 == 0);
      expected_least = number + 1;
      ++got;
    }
  };
  while (!done) {
    take_all();
    std::this_thread::yield();
  }
  interrupt.join();
  take_all();
  std::uint32_t lost = 0;
  for (std::size_t input = 0; input < all_inputs; ++input) {
    lost += queue.lost(input);
  }
  EXPECT_EQ(got + lost, pushed);
}

TEST(LineByte, KeepsItsTickWithinFourSeconds) {
  const Tick now{100};
  for (const std::uint32_t ago : {0U, 99U, 100U, 101U, 4'000'000U}) {
    const LineByte byte{std::byte{0xA5}, true, Tick{now.value() - ago}};
    EXPECT_EQ(byte.tick(now), Tick{now.value() - ago}) << ago;
    EXPECT_EQ(byte.value(), std::byte{0xA5});
    EXPECT_TRUE(byte.damaged());
  }
  EXPECT_EQ(LineByte(std::byte{1}, false, Tick{102}).tick(now), Tick{102});
  EXPECT_FALSE(LineByte(std::byte{0xFF}, false, now).damaged());
}

TEST(ByteQueue, MarksTheByteAfterALostOneAsDamaged) {
  ByteQueue queue;
  for (int byte = 0; byte < 128; ++byte) {
    queue.push(std::byte{1}, false, Tick{0});
  }
  EXPECT_EQ(queue.overruns(), 0U);
  queue.push(std::byte{2}, false, Tick{0});
  EXPECT_EQ(queue.overruns(), 1U);
  EXPECT_FALSE(queue.pop()->damaged());
  queue.push(std::byte{3}, false, Tick{0});
  queue.pop();
  queue.push(std::byte{4}, false, Tick{0});
  for (int byte = 2; byte < 128; ++byte) {
    EXPECT_FALSE(queue.pop()->damaged());
  }
  EXPECT_TRUE(queue.pop()->damaged());
  EXPECT_FALSE(queue.pop()->damaged());
}

}  // namespace
}  // namespace bornier::node
